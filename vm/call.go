package vm

import (
	"fmt"
	"maps"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A Function is a helper or a function of the kernel, written in Go. It reads its arguments with Machine.Arg, and memory that they point
// to with Machine.Bytes and Machine.Writable. Its result is R0. An error ends the program.
type Function func(m *Machine) (uint64, error)

// functions are the helpers and kernel functions of a machine.
type functions struct {
	helpers [linux.HelperCount]Function // by number
	kernel  map[string]Function         // by name
}

// standard are the functions that each machine has.
var standard = functions{helpers: helpers, kernel: kernelFunctions}

// Arg is an argument of the helper that is running, from 1 to 5; it is in the register with that number.
func (m *Machine) Arg(n int) uint64 { return m.regs[n&7] }

// SetHelper makes f the helper with a name as the kernel has it, such as bpf_get_prandom_u32.
func (m *Machine) SetHelper(name string, f Function) error {
	id, ok := linux.HelperID(name)
	if !ok {
		return fmt.Errorf("SetHelper: there is no helper %s", name)
	}
	m.ownFunctions().helpers[id] = f
	return nil
}

// SetKernelFunction makes f the function of the kernel with a name, such as tcp_slow_start. Programs call it by its BTF id; Options.Kernel
// gives the name of an id.
func (m *Machine) SetKernelFunction(name string, f Function) {
	m.ownFunctions().kernel[name] = f
	m.bindings = nil
	m.bind(m.prog)
}

// ownFunctions are those of this machine alone, which may be changed.
func (m *Machine) ownFunctions() *functions {
	if m.functions == &standard {
		own := standard
		own.kernel = maps.Clone(standard.kernel)
		m.functions = &own
	}
	return m.functions
}

// call runs a call that is not one of the program's own functions by a distance. next is where to go on.
func (m *Machine) call(in *instr, pc int) (next int, err error) {
	index := pc - 1
	m.called = pc
	switch in.op {
	case opCallHelper:
		return m.goOn(pc, m.callHelper(in.imm, index))
	case opCallKfunc:
		return pc, m.callKernel(in.imm, index)
	}
	to := m.regs[in.dst&15]
	if target, ok := codeIndex(to); ok && target < len(m.prog.source) {
		if !m.enter(pc) {
			return 0, m.fault(TooDeep, index, tooDeep)
		}
		if m.executed >= m.nextCheck {
			if err := m.check(index); err != nil {
				return 0, err
			}
		}
		return target * m.stride, nil
	}
	if to == 0 || to >= uint64(linux.HelperCount) {
		return 0, m.fault(BadTarget, index, fmt.Sprintf("the register has %#x, which is neither a function nor a helper's number", to))
	}
	return m.goOn(pc, m.callHelper(to, index))
}

// goOn is where to go on after a helper: after the call, or at the beginning of another program after a tail call.
func (m *Machine) goOn(pc int, err error) (next int, _ error) {
	if m.next != nil && err == nil {
		m.use(m.next)
		m.next = nil
		return 0, nil
	}
	return pc, err
}

// callKernel calls the function of the kernel with an index in the program's list.
func (m *Machine) callKernel(n uint64, index int) error {
	name := m.prog.kernel[n]
	f := m.kernel[n]
	if f == nil {
		return m.fault(Missing, index, fmt.Sprintf("%s is not in the machine; add it: "+
			"m.SetKernelFunction(%q, func(m *vm.Machine) (uint64, error) { … })", name, name))
	}
	result, err := f(m)
	if err != nil {
		return m.failed(index, name, err)
	}
	m.regs[isa.R0] = result
	if m.executed >= m.nextCheck {
		return m.check(index)
	}
	return nil
}

// callHelper calls the helper with a number.
func (m *Machine) callHelper(id uint64, index int) error {
	var f Function
	if id < uint64(len(m.functions.helpers)) {
		f = m.functions.helpers[id]
	}
	if f == nil {
		return m.missingHelper(id, index)
	}
	result, err := f(m)
	if err != nil {
		name, _ := linux.HelperName(int32(id))
		return m.failed(index, name, err)
	}
	m.regs[isa.R0] = result
	if m.executed >= m.nextCheck {
		return m.check(index)
	}
	return nil
}

func (m *Machine) missingHelper(id uint64, index int) error {
	name, ok := linux.HelperName(int32(id))
	if !ok {
		return m.fault(Missing, index, fmt.Sprintf("there is no helper with the number %d", int32(id)))
	}
	return m.fault(Missing, index, fmt.Sprintf("%s is not in the machine; add it: "+
		"m.SetHelper(%q, func(m *vm.Machine) (uint64, error) { … })", name, name))
}
