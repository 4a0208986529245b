package ten_test

import "github.com/bpfsmith/bpfsmith/dsl"

func leaky(f *dsl.Fn, registers dsl.U64, call dsl.S64) {
	record := events.In(f).Reserve()
	f.If(record.IsNil(), f.Exit)
	f.If(call.Lt(0), f.Exit)
	record.U32("Process").Set(0)
	record.U32("Call").Set(call.U32())
	events.In(f).Submit(record)
}
