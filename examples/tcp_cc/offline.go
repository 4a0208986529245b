package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// errUnprivileged says that the algorithms were compiled and checked, and that the rest needs privileges.
var errUnprivileged = errors.New("nothing was registered: privileges are missing")

// needed are the capabilities that the whole example needs, with the reasons.
var needed = [...]struct {
	cap syscall.Cap
	why string
}{
	{syscall.CapBPF, "to load BPF programs"},
	{syscall.CapPerfmon, "for programs that read kernel structs"},
	{syscall.CapNetAdmin, "to set up the lab's devices"},
	{syscall.CapSysAdmin, "to make the lab's network namespaces"},
}

// missingCapabilities describes the capabilities that this process lacks. On
// other systems than Linux that is all of them.
func missingCapabilities() []string {
	have, err := syscall.Capabilities()
	if err != nil {
		have = 0
	}
	var missing []string
	for _, n := range needed {
		if !have.Has(n.cap) {
			missing = append(missing, fmt.Sprintf("%v %s", n.cap, n.why))
		}
	}
	return missing
}

// offline does the part that needs no privileges: it compiles the algorithms and checks them against types of a kernel that are part of
// this program.
func offline(missing []string, opt options, stdout io.Writer) error {
	fmt.Fprintf(os.Stderr, "tcp_cc: this process lacks %s\n", strings.Join(missing, ", "))
	fmt.Fprintln(os.Stderr, "help: run it as root, or from this shell: go run -exec sudo ./examples/tcp_cc")
	kernels := fixture.Kernels()
	newest := kernels[len(kernels)-1]
	types, err := fixture.Open(newest)
	if err != nil {
		return err
	}
	list := oursOf(standardList())
	if len(opt.compare) > 0 {
		hz := cmp.Or(opt.hz, usualHZ) // the types do not contain it
		// It does not matter which algorithms this kernel has, because nothing will run. But unknown names are still mistakes.
		chosen, err := contenders(opt.compare, algorithms(hz), slices.Sorted(maps.Keys(kernelModules())), nil)
		if err != nil {
			return err
		}
		list = oursOf(chosen)
	}
	plans, err := prepareFor(compile.Target{BTF: types, ByteOrder: isa.Native}, list)
	if err != nil {
		return err
	}
	if !opt.json {
		fmt.Fprintf(stdout, "compiled and checked against the types of Linux %s:\n\n", newest)
		for _, plan := range plans {
			if err := writePlan(stdout, plan); err != nil {
				return err
			}
			for _, p := range plan.Programs {
				fmt.Fprintf(stdout, "%s.%s:\n%s\n", plan.Name, p.Member.Name, p.Object.AppendListing(nil))
			}
		}
	}
	fmt.Fprintln(os.Stderr, "tcp_cc: nothing was registered")
	return errUnprivileged
}
