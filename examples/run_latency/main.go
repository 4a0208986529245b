// Command run_latency shows which threads waited longest for a processor: from when they could run to when they ran.
//
//	go run -exec sudo ./examples/run_latency
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A wait is how often the threads of one name have waited, and how long at most, in nanoseconds.
type wait struct{ Count, Longest uint64 }

var (
	ready = maps.NewLRUHash[uint32, uint64]("ready", 10_000)  // since when a thread can run
	waits = maps.NewLRUHash[[16]uint8, wait]("waits", 10_000) // by the threads' name
)

// onWakeup is called when a thread can run again, onSwitch when a processor turns from one thread to another.
var onWakeup = dsl.Func("on_wakeup", func(f *dsl.Fn, task dsl.Ptr) dsl.S32 {
	ready.In(f).Put(task.To("task_struct").Field("pid").U32(), helper.KtimeGetNs(f))
	return f.S32(0)
})

var onSwitch = dsl.Func("on_switch", func(f *dsl.Fn, preempted dsl.Bool, from, to dsl.Ptr, state dsl.U32) dsl.S32 {
	next := to.To("task_struct")
	since := ready.In(f).Lookup(next.Field("pid").U32())
	f.If(since.IsNil(), f.ReturnConst(0))
	took := helper.KtimeGetNs(f).Sub(since.U64(""))
	ready.In(f).Delete(next.Field("pid").U32())
	name := dsl.Local[[16]uint8](f)
	helper.ProbeReadKernelStr(f, name, 16, next.Field("comm").Addr("").Address())
	waits.In(f).Update(name, dsl.Local[wait](f), maps.NoExist) // zeros, the first time
	w := waits.In(f).Lookup(name)
	f.If(w.IsNil(), f.ReturnConst(0))
	w.U64("Count").AtomicAdd(1)
	w.U64("Longest").Set(took.Max(w.U64("Longest")))
	return f.S32(0)
})

func main() {
	if err := run(3*time.Second, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(duration time.Duration, stdout io.Writer) (err error) {
	defer ready.Close()
	defer waits.Close()
	for at, p := range map[string]*dsl.Program{"sched_wakeup": onWakeup, "sched_switch": onSwitch} {
		loaded, err := prog.Load(p, prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP,
			AttachTo: at})
		if err != nil {
			return err
		}
		defer loaded.Close()
		attached, err := link.AttachTracing(loaded, link.TracingOptions{})
		if err != nil {
			return err
		}
		defer attached.Close()
	}
	time.Sleep(duration)
	for name, w := range waits.All(&err) {
		fmt.Fprintf(stdout, "%-16s waited %6d times, at most %v\n", bytes.TrimRight(name[:], "\x00"), w.Count, time.Duration(w.Longest))
	}
	return err
}
