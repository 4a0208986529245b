package vm

import "fmt"

// SetVariable makes data the variable of the kernel with a name, such as runqueues: programs read it through its address. A variable with
// a copy for each processor has one here, for all of them.
func (m *Machine) SetVariable(name string, data []byte) {
	if m.variables == nil {
		m.variables = make(map[string]uint64)
	}
	m.variables[name] = m.Add(Memory{Name: "the variable " + name, Data: data, ReadOnly: true})
}

// missingVariable is the fault of a load of the address of a variable that the machine does not have.
func (m *Machine) missingVariable(index int, name string) error {
	return m.fault(Missing, index, fmt.Sprintf("the variable %s is not in the machine; add it: m.SetVariable(%q, data)", name, name))
}

// perCPUPointer is bpf_per_cpu_ptr(variable, cpu): the address for a processor, or nil if there is no such processor.
func perCPUPointer(m *Machine) (uint64, error) {
	if uint32(m.Arg(2)) >= uint32(m.Scheduling.cpus()) {
		return 0, nil
	}
	return m.Arg(1), nil
}

// thisCPUPointer is bpf_this_cpu_ptr(variable).
func thisCPUPointer(m *Machine) (uint64, error) { return m.Arg(1), nil }
