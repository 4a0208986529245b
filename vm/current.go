package vm

// A Task is the thread that runs when the kernel calls a program: programs that trace ask for it.
type Task struct {
	Process, Thread uint32 // their numbers; the kernel calls them tgid and pid
	User, Group     uint32
	Cgroup          uint64  // the number of its cgroup
	Name            string  // at most 15 bytes, as in /proc/PID/comm
	Object          *Struct // its task_struct; nil if programs do not ask for it
}

// firstTask runs programs until [Machine.Current] is set to another one.
var firstTask = Task{Process: 1000, Thread: 1000, User: 1000, Group: 1000, Cgroup: 1, Name: "test"}

func (m *Machine) current() Task {
	if m.Current == nil {
		return firstTask
	}
	return *m.Current
}

func currentProcess(m *Machine) (uint64, error) {
	t := m.current()
	return uint64(t.Process)<<32 | uint64(t.Thread), nil
}

func currentUser(m *Machine) (uint64, error) {
	t := m.current()
	return uint64(t.Group)<<32 | uint64(t.User), nil
}

func currentCgroup(m *Machine) (uint64, error) { return m.current().Cgroup, nil }

// currentName fills the memory: with the name, what of it there is room for, and zeros. The last byte is always a zero.
func currentName(m *Machine) (uint64, error) {
	to, err := m.Writable(m.Arg(1), int(uint32(m.Arg(2))))
	if err != nil || len(to) == 0 {
		return 0, err
	}
	const longest = 15 // TASK_COMM_LEN has the zero too (include/linux/sched.h, 6.18)
	name := m.current().Name
	clear(to)
	copy(to[:len(to)-1], name[:min(len(name), longest)])
	return 0, nil
}
