package verify

import "github.com/bpfsmith/bpfsmith/isa"

// A saved state is the part of a state that matters at an instruction. Registers that are not read before they are written again are
// left out. A program of a million instructions has a hundred thousand of them, and most have one or two registers.
type saved struct {
	frames  []savedFrame
	held    []held
	rcu     int32
	preempt int32
	entered [sections]int32
	guess   bool
	via     int32
}

type savedFrame struct {
	fn, call int32
	kept     isa.RegisterSet // the registers that are in regs
	callback bool
	regs     []value // the lowest register first
	stack    []slot
}

// survive are the registers that keep their values when a function calls another.
const survive = 1<<isa.R6 | 1<<isa.R7 | 1<<isa.R8 | 1<<isa.R9

// keptOf are the registers of a frame that are read later, for a state at instruction at. R10 is always the frame's own.
func keptOf(s *state, frame int, marks []mark, at int) isa.RegisterSet {
	if frame < len(s.frames)-1 {
		return survive & marks[s.frames[frame+1].call+1].live
	}
	return marks[at].live &^ (1 << isa.R10)
}

// save keeps what matters of a state at instruction at. It uses the memory that p has.
func (p *saved) save(s *state, marks []mark, at int, r *room) {
	p.frames = fit(r, &r.frames, p.frames, len(s.frames))
	for i := range s.frames {
		from, to := &s.frames[i], &p.frames[i]
		var kept isa.RegisterSet
		count := 0
		registersOf(keptOf(s, i, marks, at), func(reg isa.Register) {
			if from.regs[reg].kind != none {
				kept |= isa.Registers(reg)
				count++
			}
		})
		to.fn, to.call, to.callback, to.kept = int32(from.fn), int32(from.call), from.callback, kept
		to.regs = fit(r, &r.values, to.regs, count)
		n := 0
		registersOf(kept, func(reg isa.Register) {
			to.regs[n] = from.regs[reg]
			n++
		})
		to.stack = fit(r, &r.slots, to.stack, len(from.stack))
		copy(to.stack, from.stack)
	}
	p.held = append(p.held[:0], s.held...)
	p.rcu, p.preempt, p.guess, p.via = int32(s.rcu), int32(s.preempt), s.guess, int32(s.via)
	for i, at := range s.entered {
		p.entered[i] = int32(at)
	}
}

// restore writes the state back. Registers that were left out have no value.
func (p *saved) restore(s *state) {
	s.frames = framesFor(s.frames, len(p.frames))
	for i := range p.frames {
		from, to := &p.frames[i], &s.frames[i]
		to.fn, to.call, to.callback = int(from.fn), int(from.call), from.callback
		to.regs = [11]value{isa.R10: framePointer(i)}
		n := 0
		registersOf(from.kept, func(reg isa.Register) {
			to.regs[reg] = from.regs[n]
			n++
		})
		to.stack = append(to.stack[:0], from.stack...)
	}
	s.held = append(s.held[:0], p.held...)
	s.rcu, s.preempt, s.guess, s.via = int(p.rcu), int(p.preempt), p.guess, int(p.via)
	for i, at := range p.entered {
		s.entered[i] = int(at)
	}
}
