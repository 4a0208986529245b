package vm

import (
	"strconv"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Step is an instruction that is about to run.
type Step struct {
	Slot        int
	Instruction isa.Instruction
	Pos         mistake.Position // the line that it comes from, if the program knows it
	Machine     *Machine         // with the registers and memory before the instruction
}

// traced is the program's code with an opTrace before each instruction.
func (p *Program) traced() []instr {
	p.makeTraced.Do(func() {
		code := make([]instr, 0, 2*len(p.steps))
		for _, in := range p.steps {
			in.op = in.first()
			if in.op >= opJump && in.op <= opCall { // off is a target
				in.off *= 2
			}
			code = append(code, instr{op: opTrace}, in)
		}
		code[len(code)-2].op = opNothing // opEnd is not an instruction
		p.tracedSteps = code
	})
	return p.tracedSteps
}

// step counts the instruction with an index in code, and calls Trace for it. Trace may end the context, and so the run.
func (m *Machine) step(index int) error {
	index /= m.stride
	if m.counts != nil {
		m.count(index)
	}
	if m.Trace == nil {
		return nil
	}
	slot := m.prog.slot(index)
	m.Trace(Step{Slot: slot, Instruction: m.prog.source[index], Pos: m.prog.position(slot), Machine: m})
	if m.ctx.Err() != nil {
		return m.check(index * m.stride)
	}
	return nil
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }
