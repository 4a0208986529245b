package scx_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
)

// enqueue puts each task at the end of one queue for all processors.
func enqueue(f *dsl.Fn, p scx.Task, flags dsl.U64) {
	p.Dispatch(scx.DSQGlobal, scx.SliceDfl, flags)
}

// selectCPU keeps a task on its last processor if that is idle.
func selectCPU(f *dsl.Fn, p scx.Task, previous dsl.S32, flags dsl.U64) dsl.S32 {
	f.If(scx.TestAndClearCPUIdle(f, previous), func() {
		p.Dispatch(scx.DSQLocal, scx.SliceDfl, 0)
	})
	return previous
}

// Programs for sched_ext also compile on machines with a kernel that does not have it.
func Example() {
	types, err := fixture.Open(fixture.Scheduler)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, program := range []*dsl.Program{dsl.Func("enqueue", enqueue), dsl.Func("select_cpu", selectCPU)} {
		_, err := compile.Compile(program, compile.Target{BTF: types})
		fmt.Println(program.Name, err)
	}
	// Output:
	// enqueue <nil>
	// select_cpu <nil>
}
