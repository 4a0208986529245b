package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/examples/scx_simple/sched"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// errOffline says that the scheduler was compiled and checked, and that no more is possible here.
var errOffline = errors.New("nothing was registered: something is missing")

// missing describes what this process and this machine lack.
func missing() []string {
	var list []string
	have, err := syscall.Capabilities()
	if err != nil {
		have = 0
	}
	for _, n := range [...]struct {
		cap syscall.Cap
		why string
	}{
		{syscall.CapBPF, "to load BPF programs"},
		{syscall.CapPerfmon, "for programs that read kernel structs"},
		{syscall.CapSysAdmin, "to give all tasks to them"},
	} {
		if !have.Has(n.cap) {
			list = append(list, fmt.Sprintf("%v %s", n.cap, n.why))
		}
	}
	if _, err := os.Stat(folder); err != nil {
		list = append(list, "a kernel with sched_ext: Linux 6.12 or later, built with CONFIG_SCHED_CLASS_EXT, which has "+folder)
	}
	return list
}

// offline does the part that is possible on any machine: it compiles the scheduler, and checks it against types of a kernel that are part
// of this program.
func offline(missing []string, opt options, stdout io.Writer) error {
	fmt.Fprintf(os.Stderr, "scx_simple: missing:\n\t%s\n", strings.Join(missing, "\n\t"))
	types, err := fixture.Open(fixture.Scheduler)
	if err != nil {
		return err
	}
	plan, err := structops.Prepare(sched.New(opt.weighted).Ops(name), compile.Target{BTF: types, ByteOrder: isa.Native})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "compiled and checked against the types of Linux 6.12:\n\n")
	if err := writePlan(stdout, plan); err != nil {
		return err
	}
	for _, p := range plan.Programs {
		fmt.Fprintf(stdout, "%s.%s:\n%s\n", plan.Name, p.Member.Name, p.Object.AppendListing(nil))
	}
	fmt.Fprintln(os.Stderr, "scx_simple: nothing was registered")
	return errOffline
}

// writePlan prints what was compiled for each member.
func writePlan(w io.Writer, plan *structops.Plan) error {
	fmt.Fprintf(w, "%s (%s)\n", plan.Name, plan.Type.Name)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  member\tkernel's prototype\tinstructions\tbytes")
	for _, p := range plan.Programs {
		fmt.Fprintf(t, "  %s\t%s\t%d\t%d\n", p.Member.Name, p.Member.Prototype(), p.Object.Slots(), len(p.Object.Code))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}
