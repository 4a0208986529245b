package vm

import (
	"github.com/bpfsmith/bpfsmith/isa"
)

// Linux takes loads through pointers that were read from its own structs, and does not ask whether they are nil: such a load is compiled
// with an entry for its fault, and gives 0 (BPF_PROBE_MEM, kernel/bpf/verifier.c and bpf_jit_comp.c, 6.18). For other pointers the
// verifier requires a comparison. So a load at nil is a fault of the program, or it is 0, depending on where the pointer came from. The
// code says it, and it is asked only when such a load is met.

// An origin is where the value of a register came from.
type origin uint8

const (
	unreached   origin = iota // no path leads there yet
	fromUnknown               // not from one place that matters
	fromContext               // the context: an array of arguments, or a struct that the program is passed
	fromFrame                 // the frame: R10, or a sum with it
	fromPassed                // loaded from the context
	fromObject                // loaded from an object: through a pointer that was passed, or loaded from an object itself
)

// join is what is known after two paths meet.
func (o origin) join(other origin) origin {
	switch {
	case o == unreached || o == other:
		return other
	case other == unreached:
		return o
	}
	return fromUnknown
}

const frameWords = stackSize / 8

// origins are what registers and the frame have before an instruction. at is where a pointer into the frame points to, from its begin.
type origins struct {
	regs  [11]origin
	at    [11]int64
	frame [frameWords]origin
}

// join adds another path. It reports whether anything has changed.
func (o *origins) join(other *origins) bool {
	before := *o
	for r := range o.regs {
		joined := o.regs[r].join(other.regs[r])
		if joined == fromFrame && o.regs[r] == fromFrame && other.regs[r] == fromFrame && o.at[r] != other.at[r] {
			joined = fromUnknown
		} else if o.regs[r] == unreached {
			o.at[r] = other.at[r]
		}
		o.regs[r] = joined
	}
	for n := range o.frame {
		o.frame[n] = o.frame[n].join(other.frame[n])
	}
	return *o != before
}

// loadsFromObjects says for each instruction whether it loads through a pointer that was loaded from an object.
func (p *Program) loadsFromObjects() []bool {
	p.makeObjectLoads.Do(func() {
		states := make([]origins, len(p.source)+1)
		work := []int{}
		flow := func(to int, o *origins) {
			if to < len(p.source) && states[to].join(o) {
				work = append(work, to)
			}
		}
		var begin origins
		for r := range begin.regs {
			begin.regs[r] = fromUnknown
		}
		for n := range begin.frame {
			begin.frame[n] = fromUnknown
		}
		begin.regs[isa.R1], begin.regs[isa.R10], begin.at[isa.R10] = fromContext, fromFrame, stackSize
		flow(0, &begin)
		p.objectLoads = make([]bool, len(p.source))
		for len(work) > 0 {
			index := work[len(work)-1]
			work = work[:len(work)-1]
			p.follow(index, states[index], flow)
		}
		for index, step := range p.steps[:len(p.source)] {
			if op := step.first(); op >= opLoad8 && op <= opLoadSX32 {
				p.objectLoads[index] = states[index].regs[min(step.src, 10)] == fromObject
			}
		}
	})
	return p.objectLoads
}

// follow gives what an instruction leaves to those that may be next. Functions of the program get what they are passed.
func (p *Program) follow(index int, o origins, flow func(to int, o *origins)) {
	step := p.steps[index]
	dst, src := min(step.dst, 10), min(step.src, 10)
	switch op := step.first(); {
	case op == opMov64Reg:
		o.regs[dst], o.at[dst] = o.regs[src], o.at[src]
	case op == opAdd64Imm:
		o.at[dst] += int64(step.imm)
	case op >= opLoad8 && op <= opLoadSX32:
		o.regs[dst] = o.loaded(src, int64(step.off), op == opLoad64)
	case op >= opStore8 && op <= opStoreImm64:
		o.stored(dst, int64(step.off), src, op == opStore64)
	case op == opCall:
		called := o
		called.regs[isa.R10], called.at[isa.R10] = fromFrame, stackSize
		for n := range called.frame {
			called.frame[n] = fromUnknown
		}
		for r := range called.regs[:isa.R10] {
			if called.regs[r] == fromFrame { // of the caller
				called.regs[r] = fromUnknown
			}
		}
		flow(int(step.off), &called)
		o.call()
	case op >= opCallHelper && op <= opCallX:
		o.call()
	case op == opJump || op == opMayGoto || op.isBranch():
		flow(int(step.off), &o)
		if op == opJump {
			return
		}
	case op == opExit || op == opGotoX || op == opEnd:
		return
	case op == opAtomic:
		o.regs[src], o.regs[isa.R0] = fromUnknown, fromUnknown
		o.stored(dst, int64(step.off), src, false)
	case op != opNothing:
		o.regs[dst] = fromUnknown
	}
	flow(index+1, &o)
}

// call forgets what a call changes.
func (o *origins) call() {
	for r := range isa.R6 {
		o.regs[r] = fromUnknown
	}
}

// loaded is the origin of what is loaded.
func (o *origins) loaded(base uint8, off int64, wide bool) origin {
	if !wide {
		return fromUnknown
	}
	switch o.regs[base] {
	case fromContext:
		return fromPassed
	case fromPassed, fromObject:
		return fromObject
	case fromFrame:
		if at := o.at[base] + off; at >= 0 && at < stackSize && at%8 == 0 {
			return o.frame[at/8]
		}
	}
	return fromUnknown
}

// stored notes a store. One that may go anywhere into the frame makes all of it unknown.
func (o *origins) stored(base uint8, off int64, value uint8, wide bool) {
	if o.regs[base] != fromFrame {
		return
	}
	at := o.at[base] + off
	if at < 0 || at >= stackSize {
		return
	}
	o.frame[at/8] = fromUnknown
	if wide && at%8 == 0 {
		o.frame[at/8] = o.regs[value]
		if o.regs[value] == fromFrame {
			o.frame[at/8] = fromUnknown
		}
	}
}
