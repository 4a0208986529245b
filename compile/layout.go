package compile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/spell"
	"github.com/bpfsmith/bpfsmith/isa"
)

// layout gives every instruction its slot and turns labels and calls of other
// functions into displacements.
func layout(u *unit) {
	next := 0
	for _, f := range u.funcs {
		f.first = next
		f.slots = make([]int, len(f.code)+1)
		slot := 0
		for i, in := range f.code {
			f.slots[i] = slot
			slot += in.Slots()
		}
		f.slots[len(f.code)] = slot
		next += slot
	}
	for _, f := range u.funcs {
		for i := range f.code {
			in := &f.code[i]
			switch {
			case in.label != "":
				u.placeJump(f, i)
			case in.sub != nil:
				from := f.first + f.slots[i] + 1
				u.displace(f, i, in.sub.first-from, in.sub.program.Name)
			}
		}
	}
}

func (u *unit) placeJump(f *function, i int) {
	in := &f.code[i]
	target, ok := f.labels[in.label]
	if !ok {
		finding := Finding{Detail: fmt.Sprintf("no label %q in this program", in.label)}
		if near := spell.Nearest(in.label, slices.Values(slices.Sorted(maps.Keys(f.labels)))); near != "" {
			finding.Help = "did you mean " + quote(near) + "?"
		}
		in.vague = true
		u.found(f, i, UnknownLabel, finding)
		return
	}
	if target == len(f.code) {
		in.vague = true
		u.found(f, i, JumpOutside, Finding{Detail: fmt.Sprintf("the label %q stands after the last instruction", in.label), Help: "put it before an instruction, Exit() for example"})
		return
	}
	u.displace(f, i, f.slots[target]-f.slots[i]-1, in.label)
}

// displace sets the distance of a jump or call, in slots from the next one.
func (u *unit) displace(f *function, i, distance int, name string) {
	in := &f.code[i]
	out, err := in.WithDisplacement(int64(distance))
	if err != nil {
		finding := Finding{Detail: fmt.Sprintf("%q is %d instructions away; this instruction reaches 32767", name, distance)}
		if index, ok := f.labels[name]; ok && index < len(f.code) {
			finding.Note = fmt.Sprintf("the label stands at %v", f.code[index].item.Pos())
		}
		if in.Op == isa.Jump(0).Op {
			finding.Help = "JumpLong reaches farther (ISA level v4, Linux 6.6)"
		} else {
			finding.Help = "jump to a place nearby that has a JumpLong"
		}
		in.vague = true
		u.found(f, i, JumpTooFar, finding)
		return
	}
	in.Instruction = out
}
