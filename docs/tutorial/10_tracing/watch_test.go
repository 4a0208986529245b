package ten_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/maps"
)

// An event is a system call.
type event struct{ Process, Call uint32 }

var events = maps.NewRing[event]("events", 4096)

// only is the process that is watched.
var only = maps.NewGlobal("only", uint32(0))

func watch(f *dsl.Fn, registers dsl.U64, call dsl.S64) {
	process := helper.GetCurrentPidTgid(f).Shr(32).U32()
	f.If(process.Ne(only.In(f).U32("")), f.Exit)
	record := events.In(f).Reserve()
	f.If(record.IsNil(), f.Exit)
	record.U32("Process").Set(process)
	record.U32("Call").Set(call.U32())
	events.In(f).Submit(record)
}
