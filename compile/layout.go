package compile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/internal/spell"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// layout gives every function its place, and turns labels and calls of other functions into distances.
func layout(u *unit) {
	u.place()
	for _, f := range u.funcs {
		f.placed = true
	}
	for _, f := range u.funcs {
		for _, i := range f.jumps {
			u.placeJump(f, int(i))
		}
		for _, i := range f.calls {
			in := &f.code[i]
			sub := f.callees[in.to]
			u.displace(f, int(i), sub.first-(f.first+int(in.slot)+1))
		}
	}
}

// place puts the functions one after the other.
func (u *unit) place() {
	next := 0
	for _, f := range u.funcs {
		f.first = next
		next += f.size
	}
}

// instructionAt finds the instruction that begins at a slot of the object. ok is false if none does. The functions must have their
// places.
func (u *unit) instructionAt(slot int) (f *function, index int, ok bool) {
	n, _ := slices.BinarySearchFunc(u.funcs, slot, func(f *function, slot int) int { return f.first + f.size - 1 - slot })
	if slot < 0 || n == len(u.funcs) {
		return nil, 0, false
	}
	f = u.funcs[n]
	index, ok = f.indexOfSlot(slot - f.first)
	return f, index, ok
}

func (u *unit) placeJump(f *function, i int) {
	in := &f.code[i]
	switch int(in.to) {
	case nowhere:
		name := f.item(i).Name()
		finding := mistake.Finding{Detail: fmt.Sprintf("no label %q in this program", name)}
		if near := f.labels.nearest(name); near != "" {
			finding.Help = "did you mean " + quote(near) + "?"
		}
		in.flags |= vague
		u.found(f, i, mistake.UnknownLabel, finding)
	case len(f.code):
		in.flags |= vague
		u.found(f, i, mistake.JumpOutside, mistake.Finding{Detail: fmt.Sprintf("the label %q is after the last instruction",
			f.item(i).Name()), Help: "put it before an instruction, Exit() for example"})
	default:
		u.displace(f, i, f.slotAt(int(in.to))-int(in.slot)-1)
	}
}

// nearest is the label with the name that is most like another name; "" if none is like it.
func (l *labels) nearest(name string) string {
	if l.sorted == nil {
		l.sorted = []string{}
		for _, known := range slices.Sorted(maps.Keys(l.number)) {
			if l.at[l.number[known]] != nowhere {
				l.sorted = append(l.sorted, known)
			}
		}
	}
	// Comparing names takes time. If there are so many labels, they come from a loop, and one suggestion is as good as a thousand.
	const comparisons = 10_000_000
	if l.compared += len(l.sorted); l.compared > comparisons && l.compared > len(l.sorted) {
		return ""
	}
	return spell.Nearest(name, slices.Values(l.sorted))
}

// displace sets the distance of a jump or call, in slots counted from the next one.
func (u *unit) displace(f *function, i, distance int) {
	in := &f.code[i]
	if in.is(labelled) && isShort(in.Op) && distance == int(int16(distance)) { // this is most jumps, and does the same as WithDisplacement
		in.Off = int16(distance)
		return
	}
	out, err := in.WithDisplacement(int64(distance))
	if err != nil {
		in.flags |= vague
		u.found(f, i, mistake.JumpTooFar, u.tooFar(f, i, distance))
		return
	}
	in.Instruction = out
}

// isShort reports whether a jump with that opcode has its distance in 16 bits: all but gotol.
func isShort(op isa.Opcode) bool {
	switch op.Operation() {
	case isa.OpCall, isa.OpExit:
		return false
	case isa.OpJA, isa.OpJCOND:
		return op.Class() == isa.ClassJMP && op.Source() == isa.SrcK
	}
	return op.Class() == isa.ClassJMP || op.Class() == isa.ClassJMP32
}

// tooFar is the finding that a distance does not fit. It names both ends.
func (u *unit) tooFar(f *function, i, distance int) mistake.Finding {
	item := f.item(i)
	if callee := f.callee(i); callee != nil {
		return mistake.Finding{Detail: fmt.Sprintf("%q is %d instructions away; calls reach 2147483647", callee.program.Name, distance)}
	}
	finding := mistake.Finding{}
	if item.Kind == record.JumpTo {
		n := f.labels.number[item.Name()]
		distance = f.slotAt(int(f.labels.at[n])) - int(f.code[i].slot) - 1 // to the label, and not only to the next goto on the way
		finding.Detail = fmt.Sprintf("%q is %d instructions away; this instruction reaches 32767", item.Name(), distance)
		finding.Note = fmt.Sprintf("the label is at %v", record.Position(f.items[f.labels.item[n]].Site()))
	} else {
		finding.Detail = fmt.Sprintf("the target of %q is %d instructions away; this instruction reaches 32767", item, distance)
		finding.Note = fmt.Sprintf("its target is at %v", record.Position(f.item(int(f.code[i].to)).Site()))
	}
	switch {
	case u.fixed && isGoto(f.code[i].Op): // the target does not have gotol
		finding.Help = "gotos cannot be added on the way, as where gotox leads is in a map, by number; from ISA level v4 (Linux 6.6) " +
			"on, JumpLong reaches"
	case u.fixed:
		finding.Help = "a jump that reaches farther cannot be added, as where gotox leads is in a map, by number; jump to a place " +
			"nearby that has a JumpLong"
	default:
		finding.Help = "too many labels are too far, and the gotos on the way to them take up its room; from ISA level v4 (Linux 6.6) " +
			"on, each jump reaches"
	}
	return finding
}
