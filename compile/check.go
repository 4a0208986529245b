package compile

import (
	"fmt"
	"slices"
	"sort"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// check refuses code with a shape that the kernel is known to refuse. The next pass finds what is wrong on some path; see verify.go.
func check(u *unit) {
	if u.target.Unchecked {
		return
	}
	for _, f := range u.funcs {
		if len(f.code) == 0 {
			continue
		}
		u.checkInstructions(f)
		u.checkEnd(f)
		if u.checkJumps(f) {
			u.checkReachable(f)
		}
	}
}

// checkInstructions checks each instruction alone.
func (u *unit) checkInstructions(f *function) {
	for i := range f.code {
		in := &f.code[i]
		_, t, err := u.classify(in)
		if in.is(vague) {
			continue
		}
		if err != nil {
			u.found(f, i, mistake.BadInstruction, mistake.Finding{Detail: err.Error()})
			continue
		}
		if u.target.Level != 0 && t.level > u.target.Level {
			u.found(f, i, mistake.NeedsLevel,
				mistake.Finding{Detail: fmt.Sprintf("%q needs ISA level %v, the target has %v", in.Instruction, t.level, u.target.Level),
					Note: fmt.Sprintf("Linux takes it since %v", t.since)})
		} else if has := u.target.Kernel; has != (isa.KernelVersion{}) && t.since != (isa.KernelVersion{}) && !has.AtLeast(t.since) {
			finding := mistake.Finding{Detail: fmt.Sprintf("%q came with Linux %v, but the target is Linux %v", in.Instruction,
				t.since, has)}
			if in.Op == isa.MayGoto(0).Op {
				finding.Help = "it is made for f.While: for this target use f.For, f.ForUpTo or f.Loop"
			}
			u.found(f, i, mistake.NeedsLevel, finding)
		}
		if t.writes(in, isa.R10) {
			u.found(f, i, mistake.FramePointer, mistake.Finding{Detail: fmt.Sprintf("%q writes r10, but the frame pointer is read-only",
				in.Instruction), Help: "copy it to another register first"})
		}
		if in.IsHelperCall() && in.Imm < 0 {
			u.found(f, i, mistake.BadInstruction,
				mistake.Finding{Detail: fmt.Sprintf("%q: there is no helper with the number %d", in.Instruction, in.Imm)})
		}
		if in.IsHelperCall() {
			u.checkHelperIsThere(f, i, linux.HelperByID(int32(in.Imm)))
		}
		if t.limit != 0 && !(isa.Operand{Kind: t.limit}).LinuxAccepts(in.Imm) {
			u.found(f, i, mistake.BadInstruction, mistake.Finding{Detail: fmt.Sprintf("%q: Linux does not accept the constant %d here",
				in.Instruction, in.Imm), Help: linuxTakes(t.limit)})
		}
	}
}

// checkHelperIsThere compares the release that brought a helper with the target's. Distributions move helpers to older releases, but
// then the target's release is not what the program needs to know.
func (u *unit) checkHelperIsThere(f *function, i int, h *linux.Helper) {
	has := u.target.Kernel
	if h == nil || has == (isa.KernelVersion{}) {
		return
	}
	if since, ok := isa.ParseKernelVersion(string(h.Since)); ok && !has.AtLeast(since) {
		u.found(f, i, mistake.UnknownHelper, mistake.Finding{Detail: fmt.Sprintf("%s came with Linux %s, but the target is Linux %v",
			h.Name, h.Since, has)})
	}
}

// linuxTakes says which constants Linux accepts where RFC 9669 allows more.
func linuxTakes(imm isa.OperandKind) string {
	switch imm {
	case isa.OperandDivisor:
		return "the divisor must not be 0"
	case isa.OperandShift32:
		return "the shift must be 0 to 31"
	case isa.OperandShift64:
		return "the shift must be 0 to 63"
	}
	return ""
}

// checkEnd refuses code that goes on past its last instruction.
func (u *unit) checkEnd(f *function) {
	last := len(f.code) - 1
	if f.code[last].is(ends) {
		return
	}
	u.found(f, last, mistake.NoExit, mistake.Finding{Detail: fmt.Sprintf("the function goes on past its last instruction, %q",
		f.item(last)), Help: "end it with Exit() or a jump"})
}

// checkJumps reports whether the target of each jump is an instruction. The targets of jumps with a label are known. It finds
// the targets of other jumps and of calls: code from dsl.Raw may hold several functions.
func (u *unit) checkJumps(f *function) bool {
	ok := true
	for _, i := range f.jumps {
		ok = ok && !f.code[i].is(vague)
	}
	f.inner = nil
	for _, n := range f.numbers {
		i := int(n)
		in := &f.code[i]
		distance, _, _ := in.Displacement()
		slot := int(in.slot) + 1 + int(distance)
		to, index, begins := u.instructionAt(f.first + slot)
		switch {
		case !in.is(jumps) && !begins:
			u.found(f, i, mistake.JumpOutside,
				mistake.Finding{Detail: fmt.Sprintf("%q jumps to slot %d, where no instruction begins", in.Instruction, f.first+slot)})
		case !in.is(jumps):
			if to == f {
				f.inner = append(f.inner, index)
			}
		case slot < 0 || slot >= f.size:
			u.found(f, i, mistake.JumpOutside,
				mistake.Finding{Detail: fmt.Sprintf("%q jumps out of the function: to slot %d of %d", in.Instruction, slot, f.size)})
			ok = false
		case !begins:
			u.found(f, i, mistake.JumpOutside, mistake.Finding{Detail: fmt.Sprintf("%q jumps into the middle of a 64-bit load",
				in.Instruction), Help: "a 64-bit load takes two slots"})
			ok = false
		default:
			in.to = int32(index)
		}
	}
	slices.Sort(f.inner)
	f.inner = slices.Compact(f.inner)
	return ok
}

// indexOfSlot finds the index of the instruction at a slot, or where it would be. exact is false when the slot is the second
// one of a 64-bit load, or is outside the code.
func (f *function) indexOfSlot(slot int) (index int, exact bool) {
	if f.size == len(f.code) { // no 64-bit load
		index = min(max(slot, 0), len(f.code))
		return index, index == slot
	}
	index = sort.Search(len(f.code), func(i int) bool { return int(f.code[i].slot) >= slot })
	return index, f.slotAt(index) == slot
}

// checkReachable refuses code that no path reaches, as the kernel does. It reports only the first instruction of each such stretch.
func (u *unit) checkReachable(f *function) {
	reached := make([]bool, len(f.code))
	work := append([]int{0}, f.inner...)
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for i < len(f.code) && !reached[i] {
			reached[i] = true
			in := &f.code[i]
			if in.Op == isa.GotoX(0).Op {
				return // the targets are in a map, so nothing is known
			}
			if in.is(jumps) && in.to != nowhere {
				work = append(work, int(in.to))
			}
			if in.is(ends) {
				break
			}
			i++
		}
	}
	named := false
	for i := range f.code {
		switch {
		case reached[i]:
			named = false
		case !named && !f.code[i].is(added): // an added instruction is unreachable only if the jump that needs it is
			named = true
			if at := f.endlessBefore(i); at >= 0 {
				u.found(f, at, mistake.EndlessLoop, mistake.Finding{Detail: fmt.Sprintf("%q: nothing leaves this loop", f.item(at)),
					Help: "leave it under a condition, with a conditional jump to a label after it"})
				continue
			}
			u.found(f, i, mistake.Unreachable, mistake.Finding{Detail: fmt.Sprintf("no path reaches %q", f.item(i)),
				Help: "remove it, or put a label here and jump to it"})
		}
	}
}

// endlessBefore is the jump that ends before instruction i, if it makes a loop that no jump and no exit leaves; otherwise -1.
func (f *function) endlessBefore(i int) int {
	at := i - 1
	if at < 0 || !f.code[at].is(jumps) || !f.code[at].is(ends) || int(f.code[at].to) > at || f.code[at].to == nowhere {
		return -1
	}
	first := int(f.code[at].to)
	for n := first; n < at; n++ {
		in := &f.code[n]
		if in.is(jumps) && (int(in.to) < first || int(in.to) > at) || in.is(ends) && !in.is(jumps) {
			return -1
		}
	}
	return at
}
