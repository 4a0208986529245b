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

// trace chooses the code that is run: the program's own, or one with an opTrace before each instruction.
func (m *Machine) trace() {
	if m.Trace == nil {
		m.code, m.stride = m.prog.steps, 1
		return
	}
	if m.traced == nil {
		m.traced = make([]instr, 0, 2*len(m.prog.steps))
		for _, in := range m.prog.steps {
			if in.op >= opJump && in.op <= opCall { // off is a target
				in.off *= 2
			}
			m.traced = append(m.traced, instr{op: opTrace}, in)
		}
		end := len(m.traced)
		m.traced[end-2].op = opNothing // opEnd is not an instruction
	}
	m.code, m.stride = m.traced, 2
}

// step calls Trace for the instruction with an index in code.
func (m *Machine) step(index int) {
	index /= m.stride
	slot := m.prog.slot(index)
	m.Trace(Step{Slot: slot, Instruction: m.prog.source[index], Pos: m.prog.position(slot), Machine: m})
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }
