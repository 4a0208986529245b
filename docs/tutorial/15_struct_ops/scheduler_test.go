package fifteen_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/structops"
)

// fifo is a scheduler with one queue, number 0.
var fifo = scx.Ops{
	Name: "go_fifo15", License: "GPL", TimeoutMs: 30_000,
	Init: initialize, Enqueue: enqueue, Dispatch: dispatch,
	Sleepable: scx.SleepableOps{Init: true},
}

// enqueue puts a task at the end of the queue. The function has had two names.
func enqueue(f *dsl.Fn, p scx.Task, flags dsl.U64) {
	f.IfKfunc("scx_bpf_dsq_insert", func() {
		f.Kernel("scx_bpf_dsq_insert", p, uint64(0), uint64(scx.SliceDfl), flags)
	}).Else(func() { p.Dispatch(uint64(0), uint64(scx.SliceDfl), flags) })
}

// dispatch takes the first task of the queue.
func dispatch(f *dsl.Fn, cpu dsl.S32, previous scx.Task) {
	f.IfKfunc("scx_bpf_dsq_move_to_local", func() {
		f.Kernel("scx_bpf_dsq_move_to_local", uint64(0))
	}).Else(func() { scx.Consume(f, uint64(0)) })
}

// initialize makes the queue, on any memory node.
func initialize(f *dsl.Fn) dsl.S32 { return scx.CreateDSQ(f, uint64(0), -1) }

func Example_scheduler() {
	types, err := fixture.Open(fixture.Scheduler)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := structops.Prepare(fifo, compile.Target{BTF: types})
	if err != nil {
		show.Error(err)
		return
	}
	for _, p := range plan.Programs {
		fmt.Println(p.Member.Name, "has", p.Object.Slots(), "instructions")
	}
	// Output:
	// enqueue has 7 instructions
	// dispatch has 3 instructions
	// init has 4 instructions
}
