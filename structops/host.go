package structops

import (
	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/isa"
)

// Host is the running kernel as a target, with the instructions that it takes:
// the kernel is asked, by loading a few (see package internal/host). Close its BTF
// when done; plans made for it stay valid.
//
// Its Source reads the Go files that programs were written in, where they are
// still at hand, so that the verifier's log and bpftool show lines of Go.
func Host() (compile.Target, error) {
	types, err := btf.Kernel()
	if err != nil {
		return compile.Target{}, err
	}
	takes := host.Ask()
	return compile.Target{BTF: types, Level: takes.Level, Kernel: takes.Kernel, ByteOrder: isa.Native, Source: new(host.Sources).Line}, nil
}

// here is the line that called the exported function which calls here.
func here() dsl.Position { return dsl.Here(1) }
