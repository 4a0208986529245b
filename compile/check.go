package compile

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// check refuses what the kernel is known to refuse. It first looks at the shape
// of the code, then at its paths (see paths.go), function by function.
//
// It claims only what is certain: what it cannot follow it leaves to the kernel.
func check(u *unit) {
	for _, f := range u.funcs {
		if len(f.code) == 0 {
			continue
		}
		sound := u.checkInstructions(f)
		sound = u.checkEnd(f) && sound
		targets, ok := u.checkJumps(f)
		if !ok {
			continue // no paths to follow
		}
		reached := u.checkReachable(f, targets)
		if sound && reached {
			u.checkPaths(f, targets)
		}
	}
}

// checkInstructions looks at each instruction alone. It reports whether all
// have sensible operands.
func (u *unit) checkInstructions(f *function) bool {
	ok := true
	for i := range f.code {
		in := &f.code[i]
		if in.vague {
			continue
		}
		form, err := in.Form()
		if err != nil {
			u.found(f, i, BadInstruction, Finding{Detail: err.Error()})
			ok = false
			continue
		}
		info := form.Info()
		if u.target.Level != 0 && info.Level > u.target.Level {
			u.found(f, i, NeedsLevel, Finding{Detail: fmt.Sprintf("%q needs ISA level %v, the target has %v", in.Instruction, info.Level, u.target.Level),
				Note: fmt.Sprintf("Linux takes it since %v", info.Since)})
		}
		if in.Writes().Has(isa.R10) {
			u.found(f, i, FramePointer, Finding{Detail: fmt.Sprintf("%q writes r10, the frame pointer, which is read-only", in.Instruction), Help: "copy it to another register first"})
			ok = false
		}
		if takes := linuxTakes(info.Imm); takes != "" && !info.Imm.LinuxAccepts(in.Imm) {
			u.found(f, i, BadInstruction, Finding{Detail: fmt.Sprintf("%q: Linux takes no constant %d here", in.Instruction, in.Imm), Help: takes})
		}
	}
	return ok
}

// linuxTakes says which constants Linux takes where RFC 9669 allows more.
func linuxTakes(o isa.Operand) string {
	switch o.Kind {
	case isa.OperandDivisor:
		return "a divisor is not 0"
	case isa.OperandShift32:
		return "a shift is within 0 to 31"
	case isa.OperandShift64:
		return "a shift is within 0 to 63"
	}
	return ""
}

// checkEnd refuses code that runs past its end.
func (u *unit) checkEnd(f *function) bool {
	last := len(f.code) - 1
	if f.code[last].IsTerminator() {
		return true
	}
	u.found(f, last, NoExit, Finding{Detail: fmt.Sprintf("the program goes on after its last instruction, %q", f.code[last].item), Help: "end it with Exit() or a jump"})
	return false
}

// inner finds the instructions that calls within the function lead to: code
// taken as it is (dsl.Raw) may hold several functions.
func (f *function) inner() []int {
	var entries []int
	for i := range f.code {
		in := &f.code[i]
		distance, _, ok := in.Displacement()
		if !ok || in.IsJump() || in.sub != nil || in.vague {
			continue
		}
		index, exact := indexOfSlot(f.slots, f.slots[i]+1+int(distance))
		if exact && index < len(f.code) && !slices.Contains(entries, index) {
			entries = append(entries, index)
		}
	}
	slices.Sort(entries)
	return entries
}

// noTarget stands in a list of jump targets for instructions that don't jump.
const noTarget = -1

// checkJumps finds the index of the instruction that each jump leads to. It
// reports whether all jumps lead to one.
func (u *unit) checkJumps(f *function) (targets []int, ok bool) {
	targets = make([]int, len(f.code))
	ok = true
	for i := range f.code {
		in := &f.code[i]
		targets[i] = noTarget
		distance, _, jumps := in.Displacement()
		if !in.IsJump() || !jumps {
			continue
		}
		if in.vague {
			ok = false
			continue
		}
		slot := f.slots[i] + 1 + int(distance)
		index, exact := indexOfSlot(f.slots, slot)
		switch {
		case slot < 0 || slot >= f.slots[len(f.code)]:
			u.found(f, i, JumpOutside, Finding{Detail: fmt.Sprintf("%q leads out of the function: to slot %d of %d", in.Instruction, slot, f.slots[len(f.code)])})
			ok = false
		case !exact:
			u.found(f, i, JumpOutside, Finding{Detail: fmt.Sprintf("%q leads into the middle of a 64-bit load", in.Instruction), Help: "a 64-bit load takes two slots"})
			ok = false
		default:
			targets[i] = index
		}
	}
	return targets, ok
}

// indexOfSlot finds the instruction at a slot; exact is false when the slot is
// the second one of a 64-bit load.
func indexOfSlot(slots []int, slot int) (index int, exact bool) {
	low, high := 0, len(slots)-1
	for low < high {
		mid := (low + high) / 2
		if slots[mid] < slot {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, slots[low] == slot
}

// checkReachable refuses code that no path leads to, as the kernel does. Of
// each stretch of it, the first instruction is named.
func (u *unit) checkReachable(f *function, targets []int) bool {
	reached := make([]bool, len(f.code)+1)
	work := append([]int{0}, f.inner()...)
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for i < len(f.code) && !reached[i] {
			reached[i] = true
			in := &f.code[i]
			if in.Op == isa.GotoX(0).Op {
				return true // where it leads is in a map: nothing is known
			}
			if targets[i] != noTarget {
				work = append(work, targets[i])
			}
			if in.IsTerminator() {
				break
			}
			i++
		}
	}
	ok := true
	for i := range f.code {
		if !reached[i] && (i == 0 || reached[i-1]) {
			u.found(f, i, Unreachable, Finding{Detail: fmt.Sprintf("no path leads to %q", f.code[i].item), Help: "remove it, or put a label here that is jumped to"})
			ok = false
		}
	}
	return ok
}
