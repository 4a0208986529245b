// Command fifo_scheduler runs all tasks of this machine in the order in which they come, for five seconds.
//
//	go run -exec sudo ./examples/fifo_scheduler    # Linux 6.12 or later, built with CONFIG_SCHED_CLASS_EXT
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/structops"
)

const queue = uint64(0) // the number of the queue that all processors share

var turns = maps.NewPerCPUArray[uint64]("turns", 1) // how many tasks each processor took out of it

var fifo = scx.Ops{
	Name: "go_fifo", License: "GPL", TimeoutMs: 5000, // when a task waits longer, the kernel throws the scheduler out
	Init: initialize, Enqueue: enqueue, Dispatch: dispatch, Sleepable: scx.SleepableOps{Init: true},
}

// initialize makes the queue, on any memory node. It may sleep, because it allocates.
func initialize(f *dsl.Fn) dsl.S32 { return scx.CreateDSQ(f, queue, -1) }

// enqueue is called when a task can run. Functions have other names in Linux 6.12: what the kernel lacks is left out.
func enqueue(f *dsl.Fn, p scx.Task, flags dsl.U64) {
	f.IfKfunc("scx_bpf_dsq_insert", func() {
		f.Kernel("scx_bpf_dsq_insert", p, queue, uint64(scx.SliceDfl), flags)
	}).Else(func() { p.Dispatch(queue, uint64(scx.SliceDfl), flags) })
}

// dispatch is called when a processor has nothing to do.
func dispatch(f *dsl.Fn, cpu dsl.S32, previous scx.Task) {
	took := f.U8(0).Var()
	f.IfKfunc("scx_bpf_dsq_move_to_local", func() {
		took.Set(f.Kernel("scx_bpf_dsq_move_to_local", queue).U8())
	}).Else(func() { took.Set(scx.Consume(f, queue).U8()) })
	f.If(took.Eq(0), f.Exit)
	n := turns.In(f).Lookup(0)
	f.If(n.NotNil(), func() { n.U64("").Inc(1) })
}

func main() {
	if err := run(os.Stdout, 5*time.Second); err != nil {
		log.Fatal(err)
	}
}

func run(stdout io.Writer, duration time.Duration) error {
	defer turns.Close()
	link, err := structops.Register(fifo)
	if err != nil {
		return err
	}
	defer link.Close()
	select {
	case <-time.After(duration):
	case <-link.Done(): // the kernel threw it out; Close says why
	}
	each, err := turns.Lookup(0)
	for cpu, n := range each {
		fmt.Fprintf(stdout, "processor %d took %d tasks\n", cpu, n)
	}
	if err != nil {
		return err
	}
	return link.Close()
}
