package six_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

func Example_explain() {
	log, err := os.ReadFile("testdata/hasty.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	report := verifierlog.Explain(string(log), verifierlog.Program{Language: verifierlog.Go})
	show.Text(report.Explanation)
	show.Text("What to do: " + report.Fix)
	// Output:
	// The packet may be too short for this access: on the path to "r0 = *(u8 *)(r1 +0)" nothing was
	//   compared with its end.
	// What to do: Compare before reading: dsl.Header(packet, offset, short) does this, and runs short
	//   when the packet is too short. By hand: add the size to a copy of the pointer, and exit when the
	//   copy is greater than data_end.
}

// careful returns the first byte of a packet, and drops packets that have none.
func careful(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	first := x.Packet().Bytes(0, 1, f.ReturnConst(ctx.XDPDrop))
	return first.At(0).U8().U32()
}

// linux618 is a kernel to compile for: the types of a Linux 6.18, which come with bpfsmith for tests.
func linux618() (compile.Target, error) {
	types, err := fixture.Open("6.18")
	return compile.Target{BTF: types}, err
}

// validate prints what is wrong with a program, or else its instructions.
func validate(p *dsl.Program) {
	target, err := linux618()
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := prog.Prepare(p, prog.Options{License: "GPL"}, target)
	var found mistake.Findings
	if errors.As(err, &found) {
		for _, finding := range found {
			show.Error(finding)
		}
		return
	}
	if err != nil {
		show.Error(err)
		return
	}
	fmt.Println("nothing is wrong")
	for _, ins := range plan.Object.Instructions {
		fmt.Println(ins)
	}
}

func Example_careful() {
	validate(dsl.Func("careful", careful))
	// Output:
	// nothing is wrong
	// r2 = *(u32 *)(r1 +0)
	// r1 = *(u32 *)(r1 +4)
	// r3 = r2
	// r3 += 1
	// r0 = 1
	// if r3 > r1 goto pc+1
	// r0 = *(u8 *)(r2 +0)
	// exit
}

// wild looks up the first byte in a table of eight.
func wild(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	first := x.Packet().Bytes(0, 1, f.ReturnConst(ctx.XDPDrop)).At(0).U8()
	table := dsl.Local[[8]uint8](f)
	return table.Ptr.Offset(first).At(0).U8().U32()
}

func Example_wild() {
	validate(dsl.Func("wild", wild))
	// Output:
	// example_test.go:90: wild: "r0 = *(u8 *)(r2 +0)": an access of 1 byte at -8 to 247 from r10 reaches
	//   outside of the stack, which is -512 to -1
}

// tame does it with the lower three bits of the byte.
func tame(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	first := x.Packet().Bytes(0, 1, f.ReturnConst(ctx.XDPDrop)).At(0).U8()
	table := dsl.Local[[8]uint8](f)
	return table.Ptr.Offset(first.And(7)).At(0).U8().U32()
}

func Example_tame() {
	validate(dsl.Func("tame", tame))
	// Output:
	// nothing is wrong
	// r2 = *(u32 *)(r1 +0)
	// r1 = *(u32 *)(r1 +4)
	// r3 = r2
	// r3 += 1
	// r0 = 1
	// if r3 > r1 goto pc+7
	// *(u64 *)(r10 -8) = 0
	// r1 = *(u8 *)(r2 +0)
	// w1 &= 7
	// r2 = r10
	// r2 += -8
	// r2 += r1
	// r0 = *(u8 *)(r2 +0)
	// exit
}
