package compile

import (
	"math"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// stretch makes jumps reach their labels. Their distance has 16 bits, and code may be longer. From ISA level v4 on there is gotol with
// 32 bits (Linux 6.6, kernel/bpf/verifier.c, visit_insn). Before, chains of gotos lead to the label (see islands.go).
//
// It is a pass of its own because it adds instructions, which push other jumps apart. It looks again until no jump is too far, and
// after it nothing is added any more. The layout pass reports distances that still do not fit.
func stretch(u *unit) { u.stretch(math.MaxInt16) }

// reach is how far jumps reach forward; backward it is one slot more. Tests use a smaller number.
func (u *unit) stretch(reach int) {
	tooFar := func(f *function) bool {
		return f.size > reach && slices.ContainsFunc(f.jumps, func(i int32) bool {
			in := &f.code[i]
			if apart := int(in.to) - int(i); -reach/2 < apart && apart < reach/2 {
				return false // because no instruction takes more than two slots
			}
			return f.leadsOn(in) && isShort(in.Op) && !fits(f.distance(int(in.slot), int(in.to)), reach)
		})
	}
	if !slices.ContainsFunc(u.funcs, tooFar) {
		return
	}
	u.place()
	refs := u.references()
	moved := make(map[*function][]int32)
	for _, f := range u.funcs {
		if f.size <= reach {
			continue
		}
		var to []int32
		switch {
		case u.target.Level == 0 || u.target.Level >= isa.V4:
			to = f.lengthen(reach, !u.fixed)
		case !u.fixed:
			to = f.overIslands(reach)
		}
		if to != nil {
			f.labels.move(to)
			moved[f] = to
		}
	}
	u.place()
	for _, r := range refs {
		r.follow(moved)
	}
}

// leadsOn reports whether an instruction is a jump to a label that stands before an instruction. The layout pass refuses jumps to other
// labels.
func (f *function) leadsOn(in *instr) bool {
	return in.is(labelled) && in.to != nowhere && int(in.to) < len(f.code)
}

// distance is the distance of a jump at a slot to an instruction.
func (f *function) distance(slot, to int) int { return f.slotAt(to) - slot - 1 }

func fits(distance, reach int) bool { return distance <= reach && distance >= -reach-1 }

// A reference is a call, or a load of a function's address, whose target was given as a distance (dsl.Raw). It must lead to the same
// instruction afterwards.
type reference struct {
	from, to  *function
	at, index int // at is the index of the reference in from, index that of its target in to
}

// references finds all references. Jumps that were given as a distance become jumps to an instruction, as if there were a label.
func (u *unit) references() []reference {
	var refs []reference
	for _, f := range u.funcs {
		turned := false
		for _, i := range f.numbers {
			in := &f.code[i]
			distance, _, _ := in.Displacement()
			to, index, ok := u.instructionAt(f.first + int(in.slot) + 1 + int(distance))
			switch {
			case !ok: // check or the kernel refuses it
			case !in.IsJump():
				refs = append(refs, reference{f, to, int(i), index})
			case to == f:
				in.flags = in.flags&^numbered | labelled
				in.to = int32(index)
				turned = true
			}
		}
		if turned {
			f.relist()
		}
	}
	return refs
}

// follow sets the distance of a reference again.
func (r reference) follow(moved map[*function][]int32) {
	if to := moved[r.from]; to != nil {
		r.at = int(to[r.at])
	}
	if to := moved[r.to]; to != nil {
		r.index = int(to[r.index])
	}
	in := &r.from.code[r.at]
	distance := r.to.first + r.to.slotAt(r.index) - (r.from.first + int(in.slot) + 1)
	if out, err := in.WithDisplacement(int64(distance)); err == nil { // it has 32 bits, which is enough for any program
		in.Instruction = out
	}
}

// headroom is how much shorter than its reach a jump must be to be left as it is. It is 0 at first. If each added instruction pushes
// one more jump out of reach, there would be a round for each. So after some rounds jumps are lengthened early, and in the end all of
// them, which ends the rounds.
func headroom(round, reach int) int {
	const exact = 12
	switch {
	case round < exact:
		return 0
	case round-exact >= 16:
		return 2 * reach
	}
	return min(max(reach/256, 1)<<(round-exact), 2*reach)
}

// lengthen replaces jumps that are too far by jumps with gotol, for targets that have it. If nothing may be added, only gotos become
// gotols. It returns the new index of each instruction.
func (f *function) lengthen(reach int, more bool) (moved []int32) {
	var short []int32 // the indexes of jumps
	for _, i := range f.jumps {
		if in := &f.code[i]; f.leadsOn(in) && isShort(in.Op) && (isGoto(in.Op) || more && int(i)+1 < len(f.code)) {
			short = append(short, i)
		}
	}
	grown := make([]uint8, len(f.code)) // by how many instructions each grows
	moved = make([]int32, len(f.code)+1)
	for i := range moved {
		moved[i] = int32(i)
	}
	for round, again := 0, true; again; round++ {
		again = false
		limit := reach - headroom(round, reach)
		still := short[:0]
		for _, i := range short {
			in := &f.code[i]
			pushed := moved[in.to] - in.to - (moved[i] - i)
			switch {
			case fits(f.distance(int(in.slot), int(in.to))+int(pushed), limit):
				still = append(still, i)
			case isGoto(in.Op):
				in.Instruction = isa.JumpLong(0)
			default:
				grown[i] = 2
				if _, ok := in.Op.Negated(); ok {
					grown[i] = 1
				}
				again = true
			}
		}
		short = still
		if again {
			count := int32(0)
			for i, n := range grown {
				moved[i] = int32(i) + count
				count += int32(n)
			}
			moved[len(f.code)] = int32(len(f.code)) + count
		}
	}
	f.spread(grown, moved)
	return moved
}

// spread makes room for gotols and writes them. It works from the end, so that nothing is overwritten before it is moved.
func (f *function) spread(grown []uint8, moved []int32) {
	old, size := len(f.code), int(moved[len(f.code)])
	f.code = slices.Grow(f.code, size-old)[:size]
	f.size += size - old
	for i := old - 1; i >= 0; i-- {
		in := f.code[i]
		at := moved[i]
		in.slot += at - int32(i)
		if in.is(labelled) && in.to != nowhere {
			in.to = moved[in.to]
		}
		if grown[i] > 0 {
			f.putLong(at, &in)
		}
		f.code[at] = in
	}
	f.relist()
}

// putLong turns a conditional jump into a short one, and puts the gotol to the target after it.
func (f *function) putLong(at int32, in *instr) {
	far := *in
	far.Instruction, far.flags = isa.JumpLong(0), labelled|added
	if not, ok := in.Op.Negated(); ok { // if !c goto +1; gotol label
		in.Op = not
		in.to = at + 2
		far.slot++
		f.code[at+1] = far
		return
	}
	over := far // if c goto +1; goto +1; gotol label
	over.Instruction, over.to = isa.Jump(0), at+3
	in.to = at + 2
	over.slot++
	far.slot += 2
	f.code[at+1], f.code[at+2] = over, far
}

func isGoto(op isa.Opcode) bool { return op == isa.Jump(0).Op }
