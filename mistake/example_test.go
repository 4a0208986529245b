package mistake_test

import (
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/mistake"
)

func ExampleFindings() {
	err := error(mistake.Findings{{
		Kind: mistake.MaybeNil, Insn: 4, Program: "count", Detail: "r0 may be nil", Help: "check it first: f.If(p.IsNil(), …)",
	}})
	var found mistake.Findings
	if errors.As(err, &found) {
		fmt.Println(found[0].Kind, "-", found[0].Kind.Title())
		fmt.Println(err)
	}
	// Output:
	// maybe-nil - a pointer that may be nil is used
	// count: r0 may be nil
	// 	help: check it first: f.If(p.IsNil(), …)
}
