package vm

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"syscall"
)

// The functions of sched_ext (kernel/sched/ext.c and ext_idle.c, Linux 6.12 to 6.18).

// Numbers of queues (enum scx_dsq_id_flags, kernel/sched/ext_internal.h).
const (
	QueueBuiltin uint64 = 1 << 63          // a queue that the kernel has made
	QueueGlobal         = QueueBuiltin | 1 // of all processors
	QueueLocal          = QueueBuiltin | 2 // of the processor that runs the program
	QueueLocalOn        = QueueBuiltin | 1<<62
	queueCPU            = 1<<32 - 1 // the bits of QueueLocalOn with the processor
)

// A Scheduling is the state of sched_ext in a machine: the queues that programs have made and filled, and processors.
type Scheduling struct {
	CPUs   int            // how many there are; 0 stands for 4
	Idle   map[int32]bool // those that are idle; picking one makes it busy
	Kicked []Kick         // in order
	queues map[uint64][]Queued
}

// A Queued is a task in a queue.
type Queued struct {
	Task  *Struct
	Slice uint64 // how long it may run, in nanoseconds
	VTime uint64 // its clock, in queues by vtime
	Flags uint64
}

// A Kick asks a processor to look for a task (scx_bpf_kick_cpu).
type Kick struct {
	CPU   int32
	Flags uint64
}

// Queue gives the tasks of a queue: one of the scheduler's, QueueGlobal, or QueueLocalOn with the number of a processor. ok is false if
// there is no such queue.
func (s *Scheduling) Queue(id uint64) (tasks []Queued, ok bool) {
	tasks, ok = s.queues[id]
	return tasks, ok || id&QueueBuiltin != 0
}

// Put adds a queue of the scheduler, or a task to the end of one, as if a program had done it.
func (s *Scheduling) Put(id uint64, tasks ...Queued) {
	if s.queues == nil {
		s.queues = make(map[uint64][]Queued)
	}
	s.queues[id] = append(s.queues[id], tasks...)
}

// clone copies the state.
func (s *Scheduling) clone() Scheduling {
	c := Scheduling{CPUs: s.CPUs, Idle: maps.Clone(s.Idle), Kicked: slices.Clone(s.Kicked), queues: maps.Clone(s.queues)}
	for id, tasks := range c.queues {
		c.queues[id] = slices.Clone(tasks)
	}
	return c
}

func (s *Scheduling) cpus() int32 {
	if s.CPUs == 0 {
		return 4
	}
	return int32(s.CPUs)
}

// pickIdle takes a processor that is idle: the first choice, or else the first one.
func (s *Scheduling) pickIdle(first int32) (cpu int32, ok bool) {
	for n := range s.cpus() + 1 {
		if cpu = n - 1; n == 0 {
			cpu = first
		}
		if s.Idle[cpu] {
			s.Idle[cpu] = false
			return cpu, true
		}
	}
	return 0, false
}

// queueOf is the queue with a number, from the point of view of the processor that runs the program.
func (m *Machine) queueOf(id uint64) uint64 {
	if id == QueueLocal {
		return QueueLocalOn | uint64(m.CPU)
	}
	return id
}

// scxError is what the kernel ends a scheduler for.
func scxError(format string, args ...any) error {
	return fmt.Errorf("the kernel ends the scheduler: "+format, args...)
}

// scxCreateQueue is s32 scx_bpf_create_dsq(u64 id, s32 node).
func scxCreateQueue(m *Machine) (uint64, error) {
	id := m.Arg(1)
	if _, ok := m.Scheduling.queues[id]; ok {
		return errnoOf(syscall.EEXIST)
	}
	if id&QueueBuiltin != 0 || int32(m.Arg(2)) < -1 {
		return errnoOf(syscall.EINVAL)
	}
	m.Scheduling.Put(id)
	return 0, nil
}

// scxDestroyQueue is void scx_bpf_destroy_dsq(u64 id).
func scxDestroyQueue(m *Machine) (uint64, error) {
	delete(m.Scheduling.queues, m.Arg(1))
	return 0, nil
}

// scxInsert is void scx_bpf_dsq_insert(struct task_struct *p, u64 id, u64 slice, u64 flags); scx_bpf_dispatch until Linux 6.12.
func scxInsert(m *Machine) (uint64, error) {
	return 0, m.insertTask(m.Arg(2), Queued{Slice: m.Arg(3), Flags: m.Arg(4)}, func(tasks []Queued, one Queued) []Queued {
		const head = 1 << 4 // SCX_ENQ_HEAD
		if one.Flags&head != 0 {
			return slices.Insert(tasks, 0, one)
		}
		return append(tasks, one)
	})
}

// scxInsertByTime is void scx_bpf_dsq_insert_vtime(p, id, slice, vtime, flags); scx_bpf_dispatch_vtime until Linux 6.12. Clocks may wrap
// around.
func scxInsertByTime(m *Machine) (uint64, error) {
	one := Queued{Slice: m.Arg(3), VTime: m.Arg(4), Flags: m.Arg(5)}
	if m.Arg(2)&QueueBuiltin != 0 {
		return 0, scxError("%#x is a queue of the kernel, which are not by vtime", m.Arg(2))
	}
	return 0, m.insertTask(m.Arg(2), one, func(tasks []Queued, one Queued) []Queued {
		at := slices.IndexFunc(tasks, func(other Queued) bool { return int64(one.VTime-other.VTime) < 0 })
		if at < 0 {
			at = len(tasks)
		}
		return slices.Insert(tasks, at, one)
	})
}

// insertTask puts the task of the first argument into a queue.
func (m *Machine) insertTask(id uint64, one Queued, insert func(tasks []Queued, one Queued) []Queued) error {
	task, err := m.ObjectAt(m.Arg(1), "task_struct")
	if err != nil {
		return err
	}
	tasks, ok := m.Scheduling.Queue(m.queueOf(id))
	if !ok {
		return scxError("there is no queue %#x", id)
	}
	if cpu := id & queueCPU; id&QueueLocalOn == QueueLocalOn && cpu >= uint64(m.Scheduling.cpus()) {
		return scxError("there is no processor %d", cpu)
	}
	one.Task = task
	m.Scheduling.Put(m.queueOf(id)) // it may be a local one, which is made when it is used
	m.Scheduling.queues[m.queueOf(id)] = insert(slices.Clone(tasks), one)
	return nil
}

// scxMoveToLocal is bool scx_bpf_dsq_move_to_local(u64 id); scx_bpf_consume until Linux 6.12.
func scxMoveToLocal(m *Machine) (uint64, error) {
	tasks, ok := m.Scheduling.Queue(m.Arg(1))
	switch {
	case !ok:
		return 0, scxError("there is no queue %#x", m.Arg(1))
	case len(tasks) == 0:
		return 0, nil
	}
	m.Scheduling.queues[m.Arg(1)] = slices.Clone(tasks[1:])
	m.Scheduling.Put(m.queueOf(QueueLocal), tasks[0])
	return 1, nil
}

// scxQueued is s32 scx_bpf_dsq_nr_queued(u64 id).
func scxQueued(m *Machine) (uint64, error) {
	tasks, ok := m.Scheduling.Queue(m.queueOf(m.Arg(1)))
	if !ok {
		return errnoOf(syscall.ENOENT)
	}
	return uint64(len(tasks)), nil
}

// scxSelectCPU is s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 previous, u64 flags, bool *idle): the previous processor if it is
// idle, or else another one that is. The kernel also looks at caches and NUMA nodes.
func scxSelectCPU(m *Machine) (uint64, error) {
	if _, err := m.ObjectAt(m.Arg(1), "task_struct"); err != nil {
		return 0, err
	}
	idle, err := m.Writable(m.Arg(4), 1)
	if err != nil {
		return 0, err
	}
	previous := int32(m.Arg(2))
	if previous < 0 || previous >= m.Scheduling.cpus() {
		return 0, scxError("there is no processor %d", previous)
	}
	cpu, ok := m.Scheduling.pickIdle(previous)
	if idle[0] = 0; !ok {
		return uint64(previous), nil
	}
	idle[0] = 1
	return uint64(cpu), nil
}

// scxPickIdle is s32 scx_bpf_pick_idle_cpu(const struct cpumask *allowed, u64 flags). All processors are allowed.
func scxPickIdle(m *Machine) (uint64, error) {
	cpu, ok := m.Scheduling.pickIdle(0)
	if !ok {
		return errnoOf(syscall.EBUSY)
	}
	return uint64(cpu), nil
}

// scxTestIdle is bool scx_bpf_test_and_clear_cpu_idle(s32 cpu).
func scxTestIdle(m *Machine) (uint64, error) {
	cpu := int32(m.Arg(1))
	if !m.Scheduling.Idle[cpu] {
		return 0, nil
	}
	m.Scheduling.Idle[cpu] = false
	return 1, nil
}

// scxKick is void scx_bpf_kick_cpu(s32 cpu, u64 flags).
func scxKick(m *Machine) (uint64, error) {
	cpu := int32(m.Arg(1))
	if cpu < 0 || cpu >= m.Scheduling.cpus() {
		return 0, scxError("there is no processor %d", cpu)
	}
	m.Scheduling.Kicked = append(m.Scheduling.Kicked, Kick{cpu, m.Arg(2)})
	return 0, nil
}

// scxCPUs is u32 scx_bpf_nr_cpu_ids(void).
func scxCPUs(m *Machine) (uint64, error) { return uint64(m.Scheduling.cpus()), nil }

// scxTaskCPU is s32 scx_bpf_task_cpu(const struct task_struct *p): the field cpu, where the types have it.
func scxTaskCPU(m *Machine) (uint64, error) {
	task, err := m.ObjectAt(m.Arg(1), "task_struct")
	if err != nil {
		return 0, err
	}
	for _, path := range []string{"thread_info.cpu", "cpu"} {
		known := task.err
		f, ok := task.field(path)
		if task.err = known; ok {
			return uint64(binary.LittleEndian.Uint32(task.data[f.Offset:])), nil
		}
	}
	return 0, errNoCPU
}

var errNoCPU = fmt.Errorf("the types have no field of task_struct with its processor: add scx_bpf_task_cpu with SetKernelFunction")
