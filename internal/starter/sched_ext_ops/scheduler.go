package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/maps"
)

// A scheduler decides which task runs next on which processor. This one has a queue for all processors: first come, first served.
type scheduler struct {
	turns *maps.PerCPUArray[uint64] // of one element: how many tasks this processor took out of the queue
}

func newScheduler() *scheduler { return &scheduler{turns: maps.NewPerCPUArray[uint64]("turns", 1)} }

const (
	queue = uint64(0)            // its number, which the scheduler chooses
	slice = uint64(scx.SliceDfl) // how long a turn may be, in nanoseconds
)

// ops is the scheduler as the kernel wants it. When a task waits for 5 s, the kernel throws the scheduler out and uses its own again.
func (s *scheduler) ops() scx.Ops {
	return scx.Ops{Name: "starter", License: "GPL", TimeoutMs: 5000,
		Init: s.initialize, Enqueue: s.enqueue, Dispatch: s.dispatch,
		Sleepable: scx.SleepableOps{Init: true}} // it allocates
}

// initialize makes the queue, on any memory node.
func (s *scheduler) initialize(f *dsl.Fn) dsl.S32 { return scx.CreateDSQ(f, queue, -1) }

// enqueue is called when a task can run. It puts the task at the end of the queue.
func (s *scheduler) enqueue(f *dsl.Fn, p scx.Task, flags dsl.U64) {
	f.IfKfunc("scx_bpf_dsq_insert", func() {
		f.Kernel("scx_bpf_dsq_insert", p, queue, slice, flags)
	}).Else(func() { p.Dispatch(queue, slice, flags) }) // its name in Linux 6.12
}

// dispatch is called when a processor has nothing to do. It gives it the first task of the queue.
func (s *scheduler) dispatch(f *dsl.Fn, cpu dsl.S32, previous scx.Task) {
	took := f.U8(0).Var()
	f.IfKfunc("scx_bpf_dsq_move_to_local", func() {
		took.Set(f.Kernel("scx_bpf_dsq_move_to_local", queue).U8())
	}).Else(func() { took.Set(scx.Consume(f, queue).U8()) })
	f.If(took.Eq(0), f.Exit)
	turns := s.turns.In(f).Lookup(0)
	f.If(turns.NotNil(), func() { turns.U64("").Inc(1) })
}
