package verify

import (
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A slotSet is a set of the 8-byte slots of a frame: bit 0 is the one below R10.
type slotSet uint64

const allSlots = ^slotSet(0)

func slotAtIndex(k int) slotSet { return 1 << k }

// A demand is what the paths from an instruction on need of a state.
type demand struct {
	regs    isa.RegisterSet // registers whose number decides something; of the others only the kind matters
	numbers slotSet         // slots of the function's own frame whose number does
	reads   slotSet         // slots that are read before they are written
}

func (d demand) empty() bool { return d.regs == 0 && d.numbers|d.reads == 0 }

func (d demand) with(e demand) demand {
	return demand{d.regs | e.regs, d.numbers | e.numbers, d.reads | e.reads}
}

func (d demand) without(e demand) demand {
	return demand{d.regs &^ e.regs, d.numbers &^ e.numbers, d.reads &^ e.reads}
}

// A matter is what was seen at an instruction.
type matter struct {
	before  demand          // what the instruction and the paths from it need
	touched slotSet         // slots of the own frame that it reads (a load) or writes (a store)
	linked  isa.RegisterSet // registers of which a branch learns something together
	along   slotSet         // and slots
}

// matters are the demands at each instruction, as far as paths were followed. The kernel finds them in the same way: what a path used
// is followed backward (mark_chain_precision and bpf_live_stack, kernel/bpf/, Linux 6.18). It follows the path that was walked; here
// all ways to an instruction count, so a demand may be larger than the kernel's. When all paths from a state have ended, its demand is
// complete. Another state that differs only in what nobody needs adds nothing.
//
// They cost room and time, so they are only collected for programs that have many paths.
type matters struct {
	at      []matter
	blocks  []block
	callers [][]int32 // by function: the calls of it
	leaves  [][]int32 // by function: where it ends
	queue   []change
}

// A change is a demand that must be added before an instruction.
type change struct {
	at  int
	add demand
}

// collectDemands prepares to collect demands.
func (c *checker) collectDemands() {
	m := &matters{at: make([]matter, len(c.code)), blocks: c.divide(), callers: make([][]int32, len(c.starts)),
		leaves: make([][]int32, len(c.starts))}
	for i := range c.marks {
		switch {
		case c.code[i].IsSubprogramCall():
			fn := c.functionOf(c.to(i))
			m.callers[fn] = append(m.callers[fn], int32(i))
		case c.marks[i].what == exits:
			fn := c.functionOf(i)
			m.leaves[fn] = append(m.leaves[fn], int32(i))
		}
	}
	c.matters = m
}

// numbersMatter records that an instruction depends on the numbers in registers.
func (c *checker) numbersMatter(i int, set isa.RegisterSet) {
	if c.matters != nil {
		c.demand(i, demand{regs: set})
	}
}

// slotsRead records that an instruction reads slots of a frame. numbers says that it depends on the numbers in them.
func (c *checker) slotsRead(s *state, i, frame int, set slotSet, numbers bool) {
	if c.matters == nil {
		return
	}
	d := demand{reads: set}
	if frame < len(s.frames)-1 { // of a caller: at the call there
		d.numbers = set
		c.demand(s.frames[frame+1].call, d)
		return
	}
	if numbers {
		d.numbers = set
	}
	c.demand(i, d)
}

// slotLoaded records that a load reads a slot of a frame into a register.
func (c *checker) slotLoaded(s *state, i, frame, k int) {
	if c.matters == nil {
		return
	}
	set := slotAtIndex(k)
	c.slotsRead(s, i, frame, set, false)
	if m := &c.matters.at[i]; frame == len(s.frames)-1 && m.touched&set == 0 {
		m.touched |= set
		if c.code[i].Op.Class() != isa.ClassLDX {
			c.demand(i, demand{numbers: set}) // an atomic operation
		} else if c.after(i).regs.Has(c.code[i].Dst) {
			c.demand(i, demand{numbers: set})
		}
	}
}

// slotStored records that a store writes a register into a slot of a frame.
func (c *checker) slotStored(s *state, i, frame, k int) {
	if c.matters == nil || c.code[i].Op.Class() != isa.ClassSTX {
		return
	}
	src := isa.Registers(c.code[i].Src)
	if frame < len(s.frames)-1 || c.code[i].Op.Mode() == isa.ModeATOMIC {
		c.numbersMatter(i, src)
		return
	}
	set := slotAtIndex(k)
	if m := &c.matters.at[i]; m.touched&set == 0 {
		m.touched |= set
		if c.after(i).numbers&set != 0 {
			c.numbersMatter(i, src)
		}
	}
}

// learnTogether records that a branch learns about all numbers with an id, or about both of its registers.
func (c *checker) learnTogether(s *state, i int, ids ...uint32) {
	if c.matters == nil {
		return
	}
	in := &c.code[i]
	regs, slots := in.Reads(), slotSet(0)
	f := s.top()
	among := func(v *value) bool { return v.kind == number && v.id != 0 && (v.id == ids[0] || v.id == ids[1]) }
	for r := range f.regs {
		if among(&f.regs[r]) {
			regs |= isa.Registers(isa.Register(r))
		}
	}
	for k := range f.stack {
		if f.stack[k].bytes[7] == spilled && among(&f.stack[k].val) {
			slots |= slotAtIndex(k)
		}
	}
	m := &c.matters.at[i]
	if m.linked&regs == regs && m.along&slots == slots {
		return
	}
	m.linked, m.along = m.linked|regs, m.along|slots
	c.demand(i, c.through(i, c.after(i)))
}

// after is the demand after an instruction within its function.
func (c *checker) after(i int) demand {
	var d demand
	if !c.marks[i].ends() {
		d = c.matters.at[i+1].before
	}
	if c.marks[i].leads() {
		d = d.with(c.matters.at[c.to(i)].before)
	}
	return d
}

// demand adds a demand before an instruction, and before all instructions that lead there.
func (c *checker) demand(i int, d demand) {
	m := c.matters
	m.queue = append(m.queue, change{i, d})
	for len(m.queue) > 0 {
		next := m.queue[len(m.queue)-1]
		m.queue = m.queue[:len(m.queue)-1]
		c.spreadBackward(next.at, next.add)
	}
}

// spreadBackward adds a demand before an instruction and before those in its block that lead to it. What comes before the block waits in
// the queue.
func (c *checker) spreadBackward(i int, add demand) {
	m := c.matters
	for {
		at := &m.at[i]
		add = add.without(at.before)
		if add.empty() {
			return
		}
		at.before = at.before.with(add)
		if c.marks[i].is(first) {
			break
		}
		i--
		add = c.through(i, add)
	}
	n := blockAt(m.blocks, i)
	before(m.blocks, n, func(from int) {
		last := c.lastOf(m.blocks, from)
		if d := c.through(last, add); !d.empty() {
			m.queue = append(m.queue, change{last, d})
		}
	})
	fn := c.functionOf(i)
	if args := add.regs & argumentRegisters; i == c.starts[fn] && args != 0 {
		for _, call := range m.callers[fn] {
			m.queue = append(m.queue, change{int(call), demand{regs: args}})
		}
	}
}

const (
	argumentRegisters = isa.RegisterSet(1<<isa.R1 | 1<<isa.R2 | 1<<isa.R3 | 1<<isa.R4 | 1<<isa.R5)
	clobbered         = argumentRegisters | 1<<isa.R0
)

// through is the demand before an instruction that a demand after it makes.
func (c *checker) through(i int, d demand) demand {
	in := &c.code[i]
	dst := isa.Registers(in.Dst)
	switch c.marks[i].what {
	case computes:
		if d.regs&dst == 0 {
			break
		}
		if in.Op.Operation() == isa.OpMov {
			d.regs &^= dst
		}
		if in.Op.Source() == isa.SrcX && in.Op.Operation() != isa.OpEnd {
			d.regs |= isa.Registers(in.Src)
		}
	case loadsConstant:
		d.regs &^= dst
	case loads:
		if d.regs&dst != 0 {
			d.regs &^= dst
			d.numbers |= c.matters.at[i].touched
		}
	case stores:
		if in.Op.Mode() == isa.ModeATOMIC {
			break // the slots of an atomic operation always matter
		}
		if in.Op.Class() == isa.ClassSTX && d.numbers&c.matters.at[i].touched != 0 {
			d.regs |= isa.Registers(in.Src)
		}
		if in.Dst == isa.R10 && in.Op.Size() == isa.DW && in.Off < 0 && in.Off%8 == 0 && in.Off >= -linux.StackSize {
			own := slotAtIndex(int(-in.Off-1) / 8)
			d.numbers, d.reads = d.numbers&^own, d.reads&^own
		}
	case branches:
		m := &c.matters.at[i]
		if d.regs&m.linked != 0 || d.numbers&m.along != 0 {
			d.regs, d.numbers = d.regs|m.linked, d.numbers|m.along
		}
	case calls:
		if in.IsSubprogramCall() && d.regs.Has(isa.R0) {
			for _, exit := range c.matters.leaves[c.functionOf(c.to(i))] {
				if result := isa.Registers(isa.R0); c.matters.at[exit].before.regs&result == 0 {
					c.matters.queue = append(c.matters.queue, change{int(exit), demand{regs: result}})
				}
			}
		}
		d.regs &^= clobbered
	case loadsPacket:
		d.regs &^= clobbered
	}
	return d
}
