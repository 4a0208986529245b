package helper_test

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
)

// Helpers are Go functions: their results are values of the program.
func Example() {
	everySecond := dsl.Func("every_second", func(f *dsl.Fn) dsl.U64 {
		return helper.KtimeGetNs(f).Div(1_000_000_000)
	})
	if _, err := compile.Compile(everySecond, compile.Target{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("compiled")
	// Output: compiled
}
