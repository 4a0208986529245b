package vm

import (
	"encoding/binary"
	"syscall"
)

// currentTask is bpf_get_current_task(), and bpf_get_current_task_btf().
func currentTask(m *Machine) (uint64, error) { return m.Object(m.current().Object) }

// functionArg is bpf_get_func_arg(ctx, n, value): an argument of the function that is traced.
func functionArg(m *Machine) (uint64, error) {
	to, err := m.Writable(m.Arg(3), 8)
	if err != nil {
		return 0, err
	}
	const most = 12
	if m.Arg(2) >= most {
		return errnoOf(syscall.EINVAL)
	}
	from, err := m.Bytes(m.Arg(1)+8*uint64(uint32(m.Arg(2))), 8)
	if err != nil {
		return errnoOf(syscall.EINVAL)
	}
	binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from))
	return 0, nil
}
