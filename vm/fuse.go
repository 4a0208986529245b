package vm

const (
	maxFused   = 3 // how many instructions one step of the machine may run
	maxLetters = 4
)

// A pattern is a sequence of instructions that is one step. Its registers have letters, from 1: equal letters are one register. A letter
// that the sequence changes is no other letter's register, so that its value need not be read again. Letters that are 0 are any registers.
type pattern struct {
	length  int
	steps   [maxFused]patternStep
	written uint8 // a bit for each letter that it changes
}

type patternStep struct {
	op       op
	dst, src uint8
}

// matches reports whether the pattern is at the beginning of code.
func (p *pattern) matches(code []instr) bool {
	var registers [maxLetters + 1]uint8 // by letter: one more than the number
	for n, s := range p.steps[:p.length] {
		in := &code[n]
		if in.first() != s.op || s.dst != 0 && !bind(&registers[s.dst], in.dst) || s.src != 0 && !bind(&registers[s.src], in.src) {
			return false
		}
	}
	for one := 1; one <= maxLetters; one++ {
		for other := one + 1; other <= maxLetters; other++ {
			same := registers[one] != 0 && registers[one] == registers[other]
			if same && p.written&(1<<one|1<<other) != 0 {
				return false
			}
		}
	}
	return true
}

// bind gives a letter a register, and reports false if it has another one.
func bind(letter *uint8, register uint8) bool {
	if *letter == 0 {
		*letter = register + 1
	}
	return *letter == register+1
}

// first is the op of the instruction itself, where in may be the beginning of a sequence.
func (in *instr) first() op {
	if in.op < firstFused {
		return in.op
	}
	return patterns[in.op-firstFused].steps[0].op
}

// fuse makes the instructions that begin a sequence run it. It goes backwards, and takes what leads to the fewest steps up to the end. The
// other instructions of a sequence stay what they are, because a jump may lead to them, and because exec runs them one by one.
func fuse(code []instr) {
	steps := make([]int32, len(code)+1) // up to the end of code
	for n := len(code) - 1; n >= 0; n-- {
		steps[n] = steps[n+1] + 1
		for _, number := range patternsBy[code[n].op] {
			p := &patterns[number]
			if n+p.length <= len(code) && steps[n+p.length]+1 < steps[n] && p.matches(code[n:]) {
				code[n].op, steps[n] = firstFused+op(number), steps[n+p.length]+1
			}
		}
	}
}
