package verifierlog

import (
	"slices"
	"strings"
)

// blame returns the cells that the message is about, in the state before the instruction that is refused: those whose history tells why.
func (s *slicer) blame(o operands, frame int, before *Snapshot) []int {
	if isNobodysFault(s.reason) {
		return nil
	}
	var blamed []int
	add := func(n int) {
		if cell := cellOf(register(frame, n)); n >= 0 && n != 10 && cell >= 0 {
			blamed = append(blamed, cell)
		}
	}
	if o.operation == arithmetic {
		s.blameArithmetic(o, frame, before, add)
	}
	if n, ok := namedRegister(s.reason, s.details); ok {
		add(n)
		if o.operation == kernelCall { // what an argument points to may be what is wrong with it
			blamed = append(blamed, stackCells(before, frame, n, 0, 8)...)
		}
	} else if len(blamed) == 0 {
		for _, n := range o.suspects() {
			add(n)
		}
	}
	if o.operation == storeOperation && (strings.Contains(s.reason, "overwrite") || strings.Contains(s.reason, "corrupt")) {
		blamed = append(blamed, stackCells(before, frame, o.dst, o.offset, o.size)...) // what is there must stay
	}
	return append(blamed, s.namedSlots(o, frame, before)...)
}

// nobodysFault lists the beginnings of messages that no value is to blame for.
var nobodysFault = [...]string{
	"BPF program is too large", "The sequence of ", "BPF_EXIT instruction in ", "helper call might sleep", "program must be sleepable",
	"cannot call ", "calling kernel function ", "program of this type cannot use helper", "invalid func ", "kernel btf_id ",
	"unknown opcode ", "BPF_LD_[ABS|IND] instructions not allowed ",
}

func isNobodysFault(reason string) bool {
	begins := func(s string) bool { return strings.HasPrefix(reason, s) }
	return slices.ContainsFunc(nobodysFault[:], begins) || strings.HasSuffix(reason, " uses reserved fields")
}

// blameArithmetic: where a pointer is added to a number, messages speak of the pointer, and the number is to blame.
func (s *slicer) blameArithmetic(o operands, frame int, before *Snapshot, add func(n int)) {
	pointer := before.Value(register(frame, o.dst)).Kind.IsPointer()
	if o.src >= 0 && before.Value(register(frame, o.src)).Kind.IsPointer() {
		add(o.dst)
		if pointer {
			add(o.src)
		}
		return
	}
	add(o.src)
	if !pointer {
		add(o.dst)
	}
}

// suspects are the registers that a message without one is about.
func (o operands) suspects() []int {
	switch o.operation {
	case loadOperation:
		return []int{o.src}
	case storeOperation, atomicOperation:
		return []int{o.dst}
	case jumpOperation, arithmetic, moveOperation:
		return []int{o.dst, o.src}
	case exitOperation:
		return []int{0}
	}
	return nil
}

// namedRegister finds the register that a message names: in its last line, or in those before, which have the numbers.
func namedRegister(reason string, details []string) (int, bool) {
	if n, ok := registerIn(reason); ok {
		return n, true
	}
	for i := len(details) - 1; i >= 0; i-- {
		if n, ok := registerIn(details[i]); ok {
			return n, true
		}
	}
	if strings.HasPrefix(reason, "release kernel function ") { // functions that release take what they release first
		return 1, true
	}
	return 0, false
}

// subjects are the registers that the message of a report is about: the one that it names, or else what the instruction works with.
func (r Report) subjects() []int {
	if isNobodysFault(r.Reason) {
		return nil
	}
	if n, ok := namedRegister(r.Reason, r.Details); ok {
		return []int{n}
	}
	return slices.DeleteFunc(parseOperands(r.Text).suspects(), func(n int) bool { return n < 0 })
}

// argumentWords stand in front of an argument's number, counted from 0: R1 has the first.
var argumentWords = [...]string{"arg#", "args#", "arg #", "arg"}

func registerIn(text string) (int, bool) {
	if n, ok := numberAfter(text, "R"); ok && n <= 10 {
		return n, true
	}
	if n, ok := numberAfter(text, "helper arg"); ok && n <= 5 { // of helpers the register's number is printed
		return n, true
	}
	for _, word := range argumentWords {
		if n, ok := numberAfter(text, word); ok && n < 5 {
			return n + 1, true
		}
	}
	return 0, false
}

// namedSlots finds the stack that a message names: "invalid read from stack R2 off -16+8 size 16" is about the byte 8 above -16.
func (s *slicer) namedSlots(o operands, frame int, before *Snapshot) []int {
	_, rest, ok := strings.Cut(s.reason, " from stack ")
	if !ok {
		return nil
	}
	base, ok := registerIn(rest)
	if !ok {
		base = o.src
	}
	_, rest, ok = strings.Cut(rest, "off")
	if !ok {
		return nil
	}
	rest, _, _ = strings.Cut(strings.TrimLeft(rest, " ="), " ")
	first, second := rest, ""
	if i := strings.LastIndexByte(rest, '+'); i > 0 {
		first, second = rest[:i], rest[i+1:]
	}
	offset, ok := parseInt(first)
	more, _ := parseInt(second) // 0 without
	if v := before.Value(register(frame, base)); v.Kind == PointerStack && v.Frame >= 0 {
		frame = v.Frame
	}
	if cell := cellOf(Place{Frame: frame, Register: -1, Offset: offset + more}); ok && cell >= 0 {
		return []int{cell}
	}
	return nil
}

// stackCells returns the stack slots that an access through a register touches; none when it points elsewhere, or its offset varies.
func stackCells(state *Snapshot, frame, base, offset, size int) []int {
	if base == 10 {
		return slotCells(frame, offset, size)
	}
	v := state.Value(register(frame, base))
	if v.Kind != PointerStack || v.Bounds.Min != v.Bounds.Max {
		return nil
	}
	if v.Frame >= 0 {
		frame = v.Frame
	}
	return slotCells(frame, int(v.Offset)+offset, size)
}

func slotCells(frame, offset, size int) []int {
	var cells []int
	for at := offset; at < offset+size; at++ {
		cell := cellOf(Place{Frame: frame, Register: -1, Offset: at})
		if cell >= 0 && (len(cells) == 0 || cells[len(cells)-1] != cell) {
			cells = append(cells, cell)
		}
	}
	return cells
}
