// Package sched is a scheduler for all tasks of a machine. It consists of some small programs. The kernel (sched_ext, Linux 6.12) calls
// them when there is something to decide:
//
//	a task wakes up     selectCPU: which processor? An idle one gets the task at once
//	it must wait        enqueue: into the queue that all processors share
//	a processor idles   dispatch: the first one of the queue
//	it runs, it stops   running, stopping: measure what it has used
//
// As a FIFO, the queue is in order of arrival, and every task may run for 20 ms at a time. With weights, each task has a clock. The clock
// of a task with more weight (nice) runs slower, and the queue is in order of the clocks. So the machine's time is shared by weight.
//
// When a scheduler lets a task wait for too long (30 s here), or breaks another rule, the kernel ends it and continues with its own
// scheduler.
package sched

import (
	"errors"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/maps"
)

// A Scheduler can be registered. It has the maps that its programs share with user space.
type Scheduler struct {
	weighted bool
	counts   *maps.PerCPUArray[Counts] // of one element
	clock    *maps.Global[uint64]      // of the task that is furthest ahead
	exit     *maps.Global[Exit]
}

// Counts count what the programs on a processor have done.
type Counts struct {
	Direct     uint64 // tasks that went to an idle processor at once
	Queued     uint64 // tasks that were put into the queue
	Dispatched uint64 // tasks that were taken out of it
	Ran        uint64 // turns
	Nanos      uint64 // how long all turns took together; only weighted schedulers measure it
}

// New makes a scheduler: a FIFO, or one that uses weights.
func New(weighted bool) *Scheduler {
	return &Scheduler{
		weighted: weighted,
		counts:   maps.NewPerCPUArray[Counts]("counts", 1),
		clock:    maps.NewGlobal("clock", uint64(0)),
		exit:     maps.NewGlobal("exit", Exit{}),
	}
}

// Ops is the implementation with a name.
func (s *Scheduler) Ops(name string) scx.Ops {
	ops := scx.Ops{
		Name: name, License: "GPL", TimeoutMs: 30_000,
		SelectCPU: s.selectCPU, Enqueue: s.enqueue, Dispatch: s.dispatch, Init: s.initialize, Exit: s.exited,
		Sleepable: scx.SleepableOps{Init: true}, // it allocates
	}
	if s.weighted {
		ops.Running, ops.Stopping, ops.Enable = s.running, s.stopping, s.enable
	}
	return ops
}

// Counts returns what the programs have done on all processors.
func (s *Scheduler) Counts() (sum Counts, err error) {
	each, err := s.counts.Lookup(0)
	for _, c := range each {
		sum.Direct += c.Direct
		sum.Queued += c.Queued
		sum.Dispatched += c.Dispatched
		sum.Ran += c.Ran
		sum.Nanos += c.Nanos
	}
	return sum, err
}

// Close closes the maps. Call it after the link is closed.
func (s *Scheduler) Close() error {
	return errors.Join(s.counts.Close(), s.clock.Close(), s.exit.Close())
}

// shared is the number of the queue that all processors share. The scheduler chooses the numbers.
const shared = uint64(0)

// slice is how long a turn may be, in nanoseconds.
const slice = uint64(scx.SliceDfl)

// selectCPU chooses a processor for a task that wakes up, as the kernel would. An idle processor gets the task at once; then enqueue is
// not called.
func (s *Scheduler) selectCPU(f *dsl.Fn, p scx.Task, previous dsl.S32, flags dsl.U64) dsl.S32 {
	idle := dsl.Local[bool](f)
	cpu := p.SelectCPUDfl(previous, flags, idle)
	f.If(idle.U8("").Ne(0), func() {
		s.count(f, "Direct")
		insert(f, p, scx.DSQLocal, f.U64(0))
	})
	return cpu
}

// enqueue puts a task into the queue.
func (s *Scheduler) enqueue(f *dsl.Fn, p scx.Task, flags dsl.U64) {
	s.count(f, "Queued")
	if !s.weighted {
		insert(f, p, shared, flags)
		return
	}
	// A task that has slept for a long time must not be ahead by more than one turn.
	earliest := s.clock.In(f).U64("").Sub(slice)
	vtime := p.ScxDsqVtime().Var()
	f.If(before(vtime.Get(), earliest), func() { vtime.Set(earliest) })
	f.IfKfunc("scx_bpf_dsq_insert_vtime", func() {
		f.Kernel("scx_bpf_dsq_insert_vtime", p, shared, slice, vtime, flags)
	}).Else(func() { p.DispatchVtime(shared, slice, vtime, flags) })
}

// dispatch gives the first task of the queue to a processor that has nothing to do.
func (s *Scheduler) dispatch(f *dsl.Fn, cpu dsl.S32, previous scx.Task) {
	took := f.U8(0).Var()
	f.IfKfunc("scx_bpf_dsq_move_to_local", func() {
		took.Set(f.Kernel("scx_bpf_dsq_move_to_local", shared).U8())
	}).Else(func() { took.Set(scx.Consume(f, shared).U8()) })
	f.If(took.Ne(0), func() { s.count(f, "Dispatched") })
}

// running sets the common clock to that of the task that is furthest ahead.
func (s *Scheduler) running(f *dsl.Fn, p scx.Task) {
	clock := s.clock.In(f).U64("")
	vtime := p.ScxDsqVtime()
	f.If(before(clock.Get(), vtime), func() { clock.Set(vtime) }) // if two processors do this at once, either value is good
}

// stopping moves a task's clock forward by the time that it has used, less if the task has more weight; 100 is the weight of nice 0.
func (s *Scheduler) stopping(f *dsl.Fn, p scx.Task, runnable dsl.Bool) {
	used := f.U64(slice).Sub(p.ScxSlice().Min(slice))
	p.SetScxDsqVtime(p.ScxDsqVtime().Add(used.Mul(100).Div(p.ScxWeight().U64())))
	counts := s.counts.In(f).Lookup(0)
	f.If(counts.NotNil(), func() {
		counts.U64("Ran").Inc(1)
		counts.U64("Nanos").Inc(used)
	})
}

// enable sets the clock of a new task to the common clock.
func (s *Scheduler) enable(f *dsl.Fn, p scx.Task) { p.SetScxDsqVtime(s.clock.In(f).U64("")) }

// initialize makes the queue, on any memory node.
func (s *Scheduler) initialize(f *dsl.Fn) dsl.S32 { return scx.CreateDSQ(f, shared, -1) }

// exited stores the reason of the end for user space: user space closed the link, the scheduler broke a rule, or somebody pressed a key.
func (s *Scheduler) exited(f *dsl.Fn, info scx.ExitInfo) {
	exit := s.exit.In(f)
	exit.S64("Code").Set(info.ExitCode())
	f.Helper("bpf_probe_read_kernel_str", exit.Part("Reason"), 64, info.Reason())
	f.Helper("bpf_probe_read_kernel_str", exit.Part("Message"), 128, info.Msg())
	exit.U32("Kind").Set(info.Kind())
}

// insert puts a task at the end of a queue. The function had another name in Linux 6.12. Only the call of the function that the kernel has
// is compiled.
func insert(f *dsl.Fn, p scx.Task, queue uint64, flags dsl.U64) {
	f.IfKfunc("scx_bpf_dsq_insert", func() {
		f.Kernel("scx_bpf_dsq_insert", p, queue, slice, flags)
	}).Else(func() { p.Dispatch(queue, slice, flags) })
}

// before compares clocks, which may wrap around.
func before(a, b dsl.U64) dsl.Bool { return a.Sub(b).S64().Lt(0) }

// count adds to a counter of this processor.
func (s *Scheduler) count(f *dsl.Fn, what string) {
	counts := s.counts.In(f).Lookup(0)
	f.If(counts.NotNil(), func() { counts.U64(what).Inc(1) })
}
