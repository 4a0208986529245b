package main

import (
	"bytes"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A watcher tells user space of each program that starts on this machine.
type watcher struct {
	events *maps.Ring[event]
}

// An event is a program that starts. The kernel writes it, and main reads it.
type event struct {
	Thread  uint64 // the process in the upper half, the thread in the lower
	Command [16]uint8
}

func (e event) process() uint32 { return uint32(e.Thread >> 32) }

// command is the name, which ends with a zero.
func (e event) command() string {
	name, _, _ := bytes.Cut(e.Command[:], []byte{0})
	return string(name)
}

func newWatcher() *watcher {
	return &watcher{events: maps.NewRing[event]("events", 256<<10)}
}

// program is called by the kernel when a process has begun to run another program.
func (w *watcher) program() (*dsl.Program, prog.Options) {
	program := dsl.Func("starter", func(f *dsl.Fn, task dsl.Ptr, oldPID dsl.S32, binary dsl.Ptr) dsl.S32 {
		record := w.events.In(f).Reserve()
		f.If(record.IsNil(), f.ReturnConst(0)) // nobody reads fast enough
		record.U64("Thread").Set(helper.GetCurrentPidTgid(f))
		helper.GetCurrentComm(f, record.Part("Command"), 16)
		w.events.In(f).Submit(record)
		return f.S32(0)
	})
	return program, prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP,
		AttachTo: "sched_process_exec"}
}
