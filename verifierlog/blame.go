package verifierlog

import (
	"slices"
	"strings"
)

// blame returns the cells that the message is about, in the state before the refused instruction. The history of these cells shows the
// reason.
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
		if o.operation == kernelCall { // the mistake may be in the memory that an argument points to
			blamed = append(blamed, stackCells(before, frame, n, 0, 8)...)
		}
	} else if len(blamed) == 0 {
		for _, n := range o.suspects() {
			add(n)
		}
	}
	if o.operation == storeOperation && (strings.Contains(s.reason, "overwrite") || strings.Contains(s.reason, "corrupt")) {
		blamed = append(blamed, stackCells(before, frame, o.dst, o.offset, o.size)...) // the value there must not be overwritten
	}
	return append(blamed, s.namedSlots(o, frame, before)...)
}

// nobodysFault lists the beginnings of messages that are not about a value.
var nobodysFault = [...]string{
	"BPF program is too large", "The sequence of ", "BPF_EXIT instruction in ", "helper call might sleep", "program must be sleepable",
	"cannot call ", "calling kernel function ", "program of this type cannot use helper", "invalid func ", "kernel btf_id ",
	"unknown opcode ", "BPF_LD_[ABS|IND] instructions not allowed ",
}

func isNobodysFault(reason string) bool {
	begins := func(s string) bool { return strings.HasPrefix(reason, s) }
	return slices.ContainsFunc(nobodysFault[:], begins) || strings.HasSuffix(reason, " uses reserved fields")
}

// blameArithmetic returns the number when a number is added to a pointer: the messages name the pointer, but the number is wrong.
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

// suspects are the registers that a message is about when it does not name one.
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

// namedRegister finds the register that a message names: in its last line, or in the lines before it, which have the numbers.
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

// subjects returns the registers that the message is about: the one that it names, or the registers of the instruction.
func (r Report) subjects() []int {
	if isNobodysFault(r.Reason) {
		return nil
	}
	if n, ok := namedRegister(r.Reason, r.Details); ok {
		return []int{n}
	}
	return slices.DeleteFunc(parseOperands(r.Text).suspects(), func(n int) bool { return n < 0 })
}

// argumentWords come before the number of an argument, which counts from 0: argument 0 is in R1.
var argumentWords = [...]string{"arg#", "args#", "arg #", "arg"}

func registerIn(text string) (int, bool) {
	if n, ok := numberAfter(text, "R"); ok && n <= 10 {
		return n, true
	}
	if n, ok := numberAfter(text, "helper arg"); ok && n <= 5 { // for helpers the kernel prints the number of the register
		return n, true
	}
	for _, word := range argumentWords {
		if n, ok := numberAfter(text, word); ok && n < 5 {
			return n + 1, true
		}
	}
	return 0, false
}

// namedSlots finds the stack bytes that a message names: "invalid read from stack R2 off -16+8 size 16" is about the byte 8 above -16.
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
	more, _ := parseInt(second) // 0 when there is none
	if v := before.Value(register(frame, base)); v.Kind == PointerStack && v.Frame >= 0 {
		frame = v.Frame
	}
	if cell := cellOf(Place{Frame: frame, Register: -1, Offset: offset + more}); ok && cell >= 0 {
		return []int{cell}
	}
	return nil
}

// stackCells returns the stack slots that an access through a register touches. It returns none when the register does not point to the
// stack, or when its offset is variable.
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
