package compile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// runInKernel loads an object, with its types and lines, and runs it once.
func runInKernel(t *testing.T, o *Object) uint32 {
	t.Helper()
	types, err := syscall.BTFLoad(o.BTF)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer types.Close()
	prog, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter, Name: "far", License: "GPL",
		Instructions: o.Code,
		BTF:          types, FuncInfo: o.FuncInfo, LineInfo: o.LineInfo})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer prog.Close()
	result, err := syscall.ProgTestRun(&syscall.TestRunAttr{Prog: prog, DataIn: make([]byte, 64)})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return result.RetVal
}

// TestFarJumpsRun loads programs of 80,000 instructions with jumps from one end to the other, forward and backward, with and without a
// condition, and runs them.
func TestFarJumpsRun(t *testing.T) {
	kerneltest.Require(t)
	const r0, r6, r7 = isa.R0, isa.R6, isa.R7
	filler := slices.Repeat([]dsl.Item{dsl.Add64Imm(r0, 1)}, 40_000)
	// As many, with places where code does not go on. They are few, as Linux 6.18 finds them dead and takes each out by moving all that
	// is behind it (kernel/bpf/verifier.c, opt_remove_dead_code): 15,000 of them take four seconds.
	var steps []dsl.Item
	for i := range 40 {
		on := fmt.Sprint("on", i)
		steps = append(steps, dsl.JNE64Imm(r0, -1, on), dsl.Exit(), dsl.Label(on))
		steps = append(steps, filler[:1000]...)
	}
	add := dsl.Assembly("add", dsl.Proto("u64", "u64 a"), dsl.Mov64Reg(r0, isa.R1), dsl.Add64Imm(r0, 1000), dsl.Exit())
	p := dsl.Assembly("far", slices.Concat(
		[]dsl.Item{
			dsl.Mov64Imm(r0, 0), dsl.Mov64Imm(r6, 0), dsl.Mov64Imm(r7, 0),
			dsl.Label("top"),
			dsl.Add64Imm(r6, 1),
			dsl.JEQ64Imm(r6, 2, "middle"),
			dsl.JSET64Imm(r6, 4, "end"), // the fourth time
			dsl.JSGT64Imm(r6, 2, "bottom"),
		},
		filler,
		[]dsl.Item{dsl.Label("middle")},
		steps,
		[]dsl.Item{
			dsl.Add64Imm(r7, 7),
			dsl.JNE64Imm(r6, 2, "top"), // the first time
			dsl.Label("bottom"),
			dsl.Raw(isa.JEQ64Imm(r7, 1, -1)), // numeric, and never so
			dsl.Jump("top"),                  // the second time, and the third
			dsl.Label("end"),
			dsl.Mov64Reg(isa.R1, r0), dsl.Call(add), dsl.Add64Reg(r0, r7), dsl.Exit(),
		})...)
	const want = 3*40_000 + 2*7 + 1000
	for _, level := range []isa.Level{isa.V1, isa.V2, isa.V3, isa.V4, 0} {
		if level == isa.V4 || level == 0 {
			kerneltest.RequireLinux(t, 6, 6)
		}
		o, err := Compile(p, Target{Level: level, ByteOrder: isa.Native})
		if err != nil {
			t.Errorf("level %v: %v", level, err)
			continue
		}
		gotols := 0
		for _, in := range o.Instructions {
			if in.Op == isa.JumpLong(0).Op {
				gotols++
			}
		}
		if wanted := map[isa.Level]int{isa.V4: 5, 0: 5}[level]; gotols != wanted {
			t.Errorf("level %v: %d gotols, want %d", level, gotols, wanted)
		}
		if got := runInKernel(t, o); got != want {
			t.Errorf("level %v: the program gives %d, want %d", level, got, want)
		}
	}
}

// TestStretchedProgramsVerify: random programs whose jumps reach less are taken, types and lines included, and give what they gave.
func TestStretchedProgramsVerify(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9) // may_goto
	for _, level := range []isa.Level{isa.V1, isa.V3, isa.V4} {
		random := rand.New(rand.NewPCG(3, uint64(level)))
		for n := range 25 {
			p := wander(random, level, 200+random.IntN(500), 1+random.IntN(3), true)
			to := Target{Level: level, ByteOrder: isa.Native}
			plain, err := Compile(p, to)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(plain.Instructions, isa.MayGoto(0)) {
				continue // Linux 6.12 refuses it as useless, 6.18 takes it
			}
			o, _, err := compileReaching(p, to, 80+random.IntN(100))
			if err != nil {
				t.Fatal(err)
			}
			want, got := runInKernel(t, plain), runInKernel(t, o)
			if want != got {
				t.Errorf("level %v, program %d gives %d, want %d", level, n, got, want)
			}
		}
	}
}
