//go:build linux

package structops_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// load gives the programs of a bpf_dummy_ops implementation to the kernel.
func load(t *testing.T, members structops.Members) *structops.Loaded {
	t.Helper()
	kerneltest.Require(t)
	target, err := prog.Host()
	if err != nil {
		t.Fatal(err)
	}
	defer target.BTF.Close()
	plan, err := structops.Prepare(structops.Ops{Type: "bpf_dummy_ops", License: "GPL", Members: members}, target)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := plan.Load()
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { loaded.Close() })
	return loaded
}

// run calls a loaded member with its arguments; state is what the first one
// points to, nil for a nil pointer.
func run(t *testing.T, loaded *structops.Loaded, member string, state []byte, args ...uint64) uint32 {
	t.Helper()
	attr := syscall.TestRunAttr{Prog: loaded.Program(member), CtxIn: make([]byte, 8*(1+len(args)))}
	if state != nil {
		attr.CtxPointers = []syscall.CtxPointer{{Offset: 0, Data: state}}
	}
	for i, arg := range args {
		binary.NativeEndian.PutUint64(attr.CtxIn[8*(1+i):], arg)
	}
	result, err := syscall.ProgTestRun(&attr)
	if err != nil {
		t.Fatalf("%s: %v", member, err)
	}
	return result.RetVal
}

// TestStateIsReadAndWritten: the program reads what the caller passes, and the
// caller sees what it writes; without a state it says so.
func TestStateIsReadAndWritten(t *testing.T) {
	loaded := load(t, structops.Members{"test_1": dsl.Assembly("swap", dsl.Proto("int", "struct bpf_dummy_ops_state *cb"),
		dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
		dsl.JNE64Imm(isa.R1, 0, "state"),
		dsl.Mov64Imm(isa.R0, -1),
		dsl.Exit(),
		dsl.Label("state"),
		dsl.LoadField(isa.R0, isa.R1, "bpf_dummy_ops_state", "val"),
		dsl.StoreFieldImm(isa.R1, "bpf_dummy_ops_state", "val", 90),
		dsl.Exit(),
	)})
	if got := int32(run(t, loaded, "test_1", nil)); got != -1 {
		t.Errorf("without a state: %d, want -1", got)
	}
	state := binary.NativeEndian.AppendUint32(nil, 41)
	if got := run(t, loaded, "test_1", state); got != 41 {
		t.Errorf("it read %d, want 41", got)
	}
	if got := binary.NativeEndian.Uint32(state); got != 90 {
		t.Errorf("the caller sees %d, want 90", got)
	}
}

// TestFiveArguments: each argument arrives, in its width.
func TestFiveArguments(t *testing.T) {
	load5 := func(arg int16, size isa.Size) *dsl.Program {
		return dsl.Assembly("argument", dsl.Proto("int", "struct bpf_dummy_ops_state *state", "int a1", "unsigned short a2", "char a3",
			"unsigned long a4"),
			dsl.LoadMem(size, isa.R0, isa.R1, 8*arg), dsl.Exit())
	}
	state := make([]byte, 4)
	for _, tt := range []struct {
		arg  int16
		size isa.Size
		want uint32
	}{
		{1, isa.W, 0xfffffff9}, // -7
		{2, isa.H, 0xbeef},
		{3, isa.B, 'x'},
		{4, isa.DW, 0x55667788},
	} {
		loaded := load(t, structops.Members{"test_2": load5(tt.arg, tt.size)})
		minus7 := int64(-7)
		if got := run(t, loaded, "test_2", state, uint64(minus7), 0xbeef, 'x', 0x1122334455667788); got != tt.want {
			t.Errorf("argument %d is %#x, want %#x", tt.arg, got, tt.want)
		}
	}
}

// TestNilWhereItMayNotBe: only test_1 takes a nil state, as the names of its
// stub's parameters say; the kernel refuses to run the others with one.
func TestNilWhereItMayNotBe(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 12) // older ones run it
	loaded := load(t, structops.Members{"test_2": dsl.Assembly("five", dsl.Mov64Imm(isa.R0, 5), dsl.Exit())})
	attr := syscall.TestRunAttr{Prog: loaded.Program("test_2"), CtxIn: make([]byte, 8*5)}
	if result, err := syscall.ProgTestRun(&attr); !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %+v, %v; want EINVAL", result, err)
	}
}

func TestSleepableMember(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 12) // the member is not in 6.1
	loaded := load(t, structops.Members{"test_sleepable": dsl.Assembly("may_sleep", dsl.Sleepable(), dsl.Mov64Imm(isa.R0, 5), dsl.Exit())})
	if got := run(t, loaded, "test_sleepable", make([]byte, 4)); got != 5 {
		t.Errorf("got %d, want 5", got)
	}
}

// TestSubprogramsRun: a called program gets its arguments and gives its result.
func TestSubprogramsRun(t *testing.T) {
	square := dsl.Assembly("square", dsl.Proto("u64", "u64 n"), dsl.Mov64Reg(isa.R0, isa.R1), dsl.Mul64Reg(isa.R0, isa.R1), dsl.Exit())
	loaded := load(t, structops.Members{"test_1": dsl.Assembly("sum_of_squares",
		dsl.Mov64Imm(isa.R1, 3), dsl.Call(square), dsl.Mov64Reg(isa.R6, isa.R0),
		dsl.Mov64Imm(isa.R1, 4), dsl.Call(square), dsl.Add64Reg(isa.R0, isa.R6), dsl.Exit())})
	if got := run(t, loaded, "test_1", nil); got != 25 {
		t.Errorf("3² + 4² is %d", got)
	}
}
