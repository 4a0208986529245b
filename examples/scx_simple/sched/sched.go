// Package sched is a scheduler for all of a machine's tasks, in some small
// programs. The kernel (sched_ext, Linux 6.12) calls them when something is to be
// decided:
//
//	a task wakes up     selectCPU: which processor? An idle one gets the task at once
//	it must wait        enqueue: into the queue that all processors share
//	a processor idles   dispatch: the first one of the queue
//	it runs, it stops   running, stopping: what it has used is put down to it
//
// As a FIFO, the queue is in order of arrival, and every task has 20 ms a turn. With
// weights, each task has a clock that runs slower the more its weight (nice), and
// the queue is in order of clocks: the machine's time is shared by weight.
//
// A scheduler that leaves a task waiting for too long (30 s here), or breaks some other rule, is
// thrown out, and the kernel goes on with its own.
package sched

import (
	"errors"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/maps"
)

// A Scheduler is one that may be registered, with what its programs share with
// user space.
type Scheduler struct {
	weighted bool
	counts   *maps.PerCPUArray[Counts] // of one element
	clock    *maps.Global[uint64]      // of the task that has come furthest
	exit     *maps.Global[Exit]
}

// Counts are what the programs of a processor have done.
type Counts struct {
	Direct     uint64 // tasks that an idle processor got at once
	Queued     uint64 // tasks that were put into the queue
	Dispatched uint64 // tasks that were taken out of it
	Ran        uint64 // turns
	Nanos      uint64 // how long they took together; weighted schedulers measure it
}

// New makes a scheduler: a FIFO, or one that heeds weights.
func New(weighted bool) *Scheduler {
	return &Scheduler{
		weighted: weighted,
		counts:   maps.NewPerCPUArray[Counts]("counts", 1),
		clock:    maps.NewGlobal("clock", uint64(0)),
		exit:     maps.NewGlobal("exit", Exit{}),
	}
}

// Ops is the implementation, under a name.
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

// Counts is what the programs have done on all processors.
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

// Close lets go of the maps, after the link is closed.
func (s *Scheduler) Close() error {
	return errors.Join(s.counts.Close(), s.clock.Close(), s.exit.Close())
}

// shared is the number of the queue that all processors share. Numbers are the
// scheduler's to choose.
const shared = uint64(0)

// slice is how long a turn may be, in nanoseconds.
const slice = uint64(scx.SliceDfl)

// selectCPU chooses a processor for a task that wakes up, as the kernel would. An
// idle one gets the task at once, and enqueue is not called then.
func (s *Scheduler) selectCPU(f *dsl.Fn, p scx.Task, previous dsl.S32, flags dsl.U64) dsl.S32 {
	idle := dsl.Local[bool](f)
	cpu := p.SelectCPUDfl(previous, flags, idle)
	f.If(idle.U8("").Ne(0), func() {
		s.count(f, "Direct")
		insert(f, p, scx.DSQLocal, f.U64(0))
	})
	return cpu
}

// enqueue lets a task wait.
func (s *Scheduler) enqueue(f *dsl.Fn, p scx.Task, flags dsl.U64) {
	s.count(f, "Queued")
	if !s.weighted {
		insert(f, p, shared, flags)
		return
	}
	// Who has slept for long must not have saved up more than a turn.
	earliest := s.clock.In(f).U64("").Sub(slice)
	vtime := p.ScxDsqVtime().Var()
	f.If(before(vtime.Get(), earliest), func() { vtime.Set(earliest) })
	f.IfKfunc("scx_bpf_dsq_insert_vtime", func() {
		f.Kernel("scx_bpf_dsq_insert_vtime", p, shared, slice, vtime, flags)
	}).Else(func() { p.DispatchVtime(shared, slice, vtime, flags) })
}

// dispatch gives a processor that has nothing to do the first task of the queue.
func (s *Scheduler) dispatch(f *dsl.Fn, cpu dsl.S32, previous scx.Task) {
	took := f.U8(0).Var()
	f.IfKfunc("scx_bpf_dsq_move_to_local", func() {
		took.Set(f.Kernel("scx_bpf_dsq_move_to_local", shared).U8())
	}).Else(func() { took.Set(scx.Consume(f, shared).U8()) })
	f.If(took.Ne(0), func() { s.count(f, "Dispatched") })
}

// running lets the common clock follow the task that has come furthest.
func (s *Scheduler) running(f *dsl.Fn, p scx.Task) {
	clock := s.clock.In(f).U64("")
	vtime := p.ScxDsqVtime()
	f.If(before(clock.Get(), vtime), func() { clock.Set(vtime) }) // two processors at once: either will do
}

// stopping lets a task's clock go on by what it has used, the slower the heavier it
// is; 100 is the weight of nice 0.
func (s *Scheduler) stopping(f *dsl.Fn, p scx.Task, runnable dsl.Bool) {
	used := f.U64(slice).Sub(p.ScxSlice().Min(slice))
	p.SetScxDsqVtime(p.ScxDsqVtime().Add(used.Mul(100).Div(p.ScxWeight().U64())))
	counts := s.counts.In(f).Lookup(0)
	f.If(counts.NotNil(), func() {
		counts.U64("Ran").Inc(1)
		counts.U64("Nanos").Inc(used)
	})
}

// enable lets a new task begin where the others are.
func (s *Scheduler) enable(f *dsl.Fn, p scx.Task) { p.SetScxDsqVtime(s.clock.In(f).U64("")) }

// initialize makes the queue, on any memory node.
func (s *Scheduler) initialize(f *dsl.Fn) dsl.S32 { return scx.CreateDSQ(f, shared, -1) }

// exited notes for user space why it ended: user space closed the link, the
// scheduler broke a rule, somebody pressed a key.
func (s *Scheduler) exited(f *dsl.Fn, info scx.ExitInfo) {
	exit := s.exit.In(f)
	exit.S64("Code").Set(info.ExitCode())
	f.Helper("bpf_probe_read_kernel_str", exit.Part("Reason"), 64, info.Reason())
	f.Helper("bpf_probe_read_kernel_str", exit.Part("Message"), 128, info.Msg())
	exit.U32("Kind").Set(info.Kind())
}

// insert puts a task at the end of a queue. The function had another name in Linux
// 6.12; only the one that the kernel has is compiled.
func insert(f *dsl.Fn, p scx.Task, queue uint64, flags dsl.U64) {
	f.IfKfunc("scx_bpf_dsq_insert", func() {
		f.Kernel("scx_bpf_dsq_insert", p, queue, slice, flags)
	}).Else(func() { p.Dispatch(queue, slice, flags) })
}

// before compares clocks, which may wrap around.
func before(a, b dsl.U64) dsl.Bool { return a.Sub(b).S64().Lt(0) }

// count adds to a counter of this processor's.
func (s *Scheduler) count(f *dsl.Fn, what string) {
	counts := s.counts.In(f).Lookup(0)
	f.If(counts.NotNil(), func() { counts.U64(what).Inc(1) })
}
