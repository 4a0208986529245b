// Exercise 10: send a record for each system call of the user 0.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/maps"
)

type event struct{ Process, Call uint32 }

var events = maps.NewRing[event]("events", 4096)

func watch(f *dsl.Fn, registers dsl.U64, call dsl.S64) {
	record := events.In(f).Reserve()
	f.If(record.IsNil(), f.Exit)
	record.U32("Process").Set(helper.GetCurrentPidTgid(f).Shr(32).U32())
	record.U32("Call").Set(call.U32())
	events.In(f).Submit(record)
}

func main() { exercise.Report(exercise.Tracing(events, watch)) }
