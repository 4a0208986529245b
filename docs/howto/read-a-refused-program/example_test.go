package howto_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

var counts = maps.NewHash[uint32, uint64]("counts", 16)

// count counts packets, but does not ask whether the element exists.
func count(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	n := counts.In(f).Lookup(f.U32(1))
	n.U64("").AtomicAdd(1)
	return f.U32(ctx.XDPPass)
}

// right asks.
func right(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	n := counts.In(f).Lookup(f.U32(1))
	f.If(n.NotNil(), func() { n.U64("").AtomicAdd(1) })
	return f.U32(ctx.XDPPass)
}

func Example_before() {
	err := prog.Validate(dsl.Func("count", count), prog.Options{License: "GPL"}, compile.Target{})
	var found mistake.Findings
	if errors.As(err, &found) {
		for _, finding := range found {
			show.Error(finding)
		}
	}
	// Output:
	// example_test.go:26: count: "lock *(u64 *)(r0 +0) += r1": r0, a map's value, may be nil: it was not
	//   compared with 0 on the path to here
	//   help: test it first: f.If(p.IsNil(), …)
}

func Example_right() {
	fmt.Println(prog.Validate(dsl.Func("right", right), prog.Options{License: "GPL"}, compile.Target{}))
	// Output:
	// <nil>
}

func Example_explain() {
	log, err := os.ReadFile("testdata/count.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	report := verifierlog.Explain(string(log), verifierlog.Program{Language: verifierlog.Go})
	show.Text(report.Explanation)
	show.Text("What to do: " + report.Fix)
	// Output:
	// R0 may be nil: instruction 5 (call bpf_map_lookup_elem#1, example_test.go:25) returns nil when it
	//   finds nothing or has no room, and the program did not check.
	// What to do: Check it before it is used, f.If(p.IsNil(), f.Exit) or dsl.JEQ64Imm(r, 0, "out"), and
	//   do not change it after the check. The check also counts for copies of it.
}

// load loads a program, and prints why the kernel refuses it.
func load(p *dsl.Program) error {
	loaded, err := prog.Load(p, prog.Options{License: "GPL"})
	var refused *prog.ProgramError
	if errors.As(err, &refused) {
		fmt.Println(refused)         // the reason, the instruction, and the line of Go
		fmt.Println(refused.Err.Log) // all that the verifier said
	}
	if err != nil {
		return err // also mistake.Findings, or a prog.StepError
	}
	return loaded.Close()
}

// TestKernelRefuses records what the kernel says.
func TestKernelRefuses(t *testing.T) {
	defer counts.Close()
	recorded.Refused(t, "testdata/count.txt", dsl.Func("count", count), prog.Options{License: "GPL"})
}

// TestKernelAccepts: what the page calls right is right for the kernel.
func TestKernelAccepts(t *testing.T) {
	kerneltest.Require(t)
	defer counts.Close()
	if err := load(dsl.Func("right", right)); err != nil {
		t.Error(err)
	}
}
