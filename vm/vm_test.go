package vm_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/vm"
)

// parse makes a program of text in the kernel's notation.
func parse(t testing.TB, text string, o vm.Options) *vm.Program {
	t.Helper()
	ins, err := isa.Parse(text, isa.Kernel)
	if err != nil {
		t.Fatal(err)
	}
	code, err := isa.Append(nil, isa.LittleEndian, ins...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := vm.Load(code, o)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return p
}

// TestPrograms: each program has the result that RFC 9669 gives it. Memory is 8 bytes, 1 to 8.
func TestPrograms(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       uint64
	}{
		{"32 bits clear the upper half", "r0 = -1; w0 += 1; exit", 0},
		{"a constant is sign-extended", "r0 = 0; r0 += -1; exit", 1<<64 - 1},
		{"a constant in 32 bits is not", "w0 = -1; exit", 1<<32 - 1},
		{"subtraction of the smallest constant", "r0 = 0; r0 -= -2147483648; exit", 1 << 31},
		{"subtraction of the smallest constant in 32 bits", "w0 = 0; w0 -= -2147483648; exit", 1 << 31},
		{"unsigned division by a negative constant", "r0 = -1; r0 /= -1; exit", 1},
		{"division by zero", "r0 = 7; r1 = 0; r0 /= r1; exit", 0},
		{"remainder by zero", "r0 = 7; r1 = 0; r0 %= r1; exit", 7},
		{"remainder by zero in 32 bits", "r0 = -1; r1 = 0; w0 %= w1; exit", 1<<32 - 1},
		{"32-bit division looks at the lower half of the divisor", "r0 = 7; r1 = 0x100000000 ll; w0 /= w1; exit", 0},
		{"signed division", "r0 = -7; r0 s/= 2; exit", 1<<64 - 3},
		{"signed division of the smallest number by -1", "r0 = 0x8000000000000000 ll; r1 = -1; r0 s/= r1; exit", 1 << 63},
		{"signed remainder of the smallest number by -1", "r0 = 0x8000000000000000 ll; r1 = -1; r0 s%= r1; exit", 0},
		{"signed division of the smallest 32-bit number by -1", "w0 = -2147483648; w1 = -1; w0 s/= w1; exit", 1 << 31},
		{"a signed remainder has the dividend's sign", "r0 = -7; r0 s%= 2; exit", 1<<64 - 1},
		{"shifts are masked", "r0 = 1; r1 = 65; r0 <<= r1; exit", 2},
		{"shifts in 32 bits are masked", "r0 = 1; r1 = 33; w0 <<= w1; exit", 2},
		{"arithmetic shift", "r0 = -8; r0 s>>= 1; exit", 1<<64 - 4},
		{"arithmetic shift in 32 bits", "w0 = -8; w0 s>>= 1; exit", 1<<32 - 4},
		{"sign extension", "r1 = 0x80; r0 = (s8)r1; exit", 1<<64 - 128},
		{"sign extension to 32 bits", "r1 = 0x8000; w0 = (s16)w1; exit", 1<<32 - 1<<15},
		{"big-endian", "r0 = 0x1122; r0 = be16 r0; exit", 0x2211},
		{"little-endian cuts", "r0 = -1; r0 = le16 r0; exit", 0xffff},
		{"byte swap", "r0 = 1; r0 = bswap64 r0; exit", 1 << 56},
		{"loads", "r0 = *(u16 *)(r1 +1); exit", 0x0302},
		{"sign-extending load", "*(u8 *)(r1 +0) = 128; r0 = *(s8 *)(r1 +0); exit", 1<<64 - 128},
		{"a stored constant is sign-extended", "*(u64 *)(r1 +0) = -1; r0 = *(u64 *)(r1 +0); exit", 1<<64 - 1},
		{"the length is in r2", "r0 = r2; exit", 8},
		{"the stack is empty", "r0 = *(u64 *)(r10 -8); exit", 0},
		{"fetch and add", "r0 = 1; r0 = atomic_fetch_add((u32 *)(r1 +4), r0); r2 = *(u32 *)(r1 +4); r0 += r2; exit",
			0x08070605 + 0x08070606},
		{"compare and exchange compares 32 bits",
			"r0 = 0x0807060504030201 ll; r2 = 9; r0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2); r0 = *(u64 *)(r1 +0); exit",
			0x0807060500000009},
		{"compare and exchange of another value",
			"r0 = 5; r2 = 9; r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2); exit", 0x0807060504030201},
		{"exchange", "r2 = 9; r2 = atomic64_xchg((u64 *)(r1 +0), r2); r0 = *(u64 *)(r1 +0); r0 += r2; exit", 0x080706050403020a},
		{"load-acquire and store-release",
			"r0 = load_acquire((u16 *)(r1 +2)); store_release((u8 *)(r1 +1), r0); r0 = *(u16 *)(r1 +0); exit", 0x0301},
		{"a 32-bit jump compares the lower half", "r0 = 0x100000001 ll; if w0 == 1 goto +1; r0 = 0; exit", 0x100000001},
		{"a signed jump", "r0 = -1; if r0 s< 0 goto +1; r0 = 0; exit", 1<<64 - 1},
		{"a jump with a negative constant is unsigned", "r0 = 1; if r0 < -1 goto +1; r0 = 0; exit", 1},
		{"a long jump", "r0 = 1; gotol +1; r0 = 0; exit", 1},
		{"a loop", "r0 = 0; r1 = 10; again: r0 += r1; r1 -= 1; if r1 != 0 goto again; exit", 55},
		{"a call keeps r6 to r9, and has a stack of its own", "r6 = 5; *(u64 *)(r10 -8) = 7; r1 = 3; call pc+3; r0 += r6; " +
			"r1 = *(u64 *)(r10 -8); exit; r6 = 100; r0 = *(u64 *)(r10 -8); *(u64 *)(r10 -8) = 1; r0 += r1; exit", 8},
		{"a pointer to the caller's stack", "r1 = r10; r1 += -8; call pc+2; r0 = *(u64 *)(r10 -8); exit; *(u64 *)(r1 +0) = 9; exit", 9},
		{"callx to a function", "r2 = subprog[+4]; callx r2; r0 += 1; exit; r0 = 41; exit", 42},
		{"callx to a helper", "r2 = 5; callx r2; r0 = 2; exit", 2},
		{"gotox", "r1 = subprog[+4]; gotox r1; r0 = 1; exit; r0 = 2; exit", 2},
		{"packet access beyond the packet ends the program", "r6 = r1; r0 = *(u16 *)skb[12]; r0 = 5; exit", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, strings.ReplaceAll(tt.text, "; ", "\n"), vm.Options{})
			m := vm.New(p)
			got, err := m.Run(t.Context(), []byte{1, 2, 3, 4, 5, 6, 7, 8})
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("result %#x, want %#x", got, tt.want)
			}

			// A traced program does the same, in as many steps.
			steps, traced := m.Steps(), uint64(0)
			m.Trace = func(vm.Step) { traced++ }
			again, err := m.Run(t.Context(), []byte{1, 2, 3, 4, 5, 6, 7, 8})
			if again != got || err != nil {
				t.Errorf("traced: %#x, %v", again, err)
			}
			if m.Steps() != steps || traced != steps {
				t.Errorf("%d steps, traced %d, and Trace was called %d times", steps, m.Steps(), traced)
			}
		})
	}
}

// TestMayGoto: a loop with may_goto has at most as many turns as in Linux.
func TestMayGoto(t *testing.T) {
	got, err := vm.New(parse(t, "again: may_goto out\nr0 += 1\ngoto again\nout: exit", vm.Options{})).Run(t.Context(), nil)
	if err != nil || got != 8<<20 {
		t.Errorf("%d turns, %v", got, err)
	}
}

// TestFaults: what a program may not do ends it with the kind, the instruction and the steps before it.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		text  string
		kind  vm.FaultKind
		slot  int
		steps uint64
		say   string
	}{
		{"r0 = *(u64 *)(r1 +1); exit", vm.OutOfBounds, 0, 0, "a load of 8 bytes at byte 1 of the context, which has 8 bytes"},
		{"r0 = *(u8 *)(r1 -1); exit", vm.OutOfBounds, 0, 0, "a load of 1 byte at byte -1 of the context"},
		{"r0 = 1 ll; *(u64 *)(r10 +0) = 1; exit", vm.OutOfBounds, 2, 1, "a store of 8 bytes at byte 512 of the stack"},
		{"r0 = *(u64 *)(r10 -520); exit", vm.OutOfBounds, 0, 0, "byte -8 of the stack"},
		{"r1 = 0; r0 = *(u32 *)(r1 +16); exit", vm.NilPointer, 1, 1, "a load of 4 bytes at address 0x10"},
		{"r1 = 0x123456789abcdef ll; r0 = *(u8 *)(r1 +0); exit", vm.NotAnAddress, 2, 1, "0x123456789abcdef, which is a number"},
		{"r1 = subprog[+2]; r0 = *(u8 *)(r1 +0); exit; exit", vm.NotAnAddress, 2, 1, "the code"},
		{"r0 = 1; lock *(u32 *)(r1 +2) += r0; exit", vm.Unaligned, 1, 1, "is not a multiple of 4"},
		{"r0 = 1; lock *(u64 *)(r1 +8) += r0; exit", vm.OutOfBounds, 1, 1, "byte 8 of the context"},
		{"again: goto again", vm.StepLimit, 0, 1000, "1000 instructions"},
		{"call pc-1; exit", vm.TooDeep, 0, 7, "8 deep"},
		{"r0 = 0", vm.PastEnd, 1, 1, "exit is missing"},
		{"r0 = 7; gotox r0; exit", vm.BadTarget, 1, 1, "0x7"},
		{"r0 = 1000; callx r0; exit", vm.BadTarget, 1, 1, "0x3e8"},
		{"r0 = 0; call 69; exit", vm.Missing, 1, 1, "SetHelper(\"bpf_fib_lookup\""},
		{"r0 = 0; call 100000; exit", vm.Missing, 1, 1, "number 100000"},
		{"r1 = 5; r2 = 0; call pc+1; exit; r0 = *(u8 *)(r2 +0); exit", vm.NilPointer, 4, 3, ""},
	} {
		p := parse(t, strings.ReplaceAll(tt.text, "; ", "\n"), vm.Options{})
		for _, traced := range []bool{false, true} {
			m := vm.New(p)
			m.StepLimit = 1000
			if traced {
				m.Trace = func(vm.Step) {}
			}
			_, err := m.Run(t.Context(), []byte{1, 2, 3, 4, 5, 6, 7, 8})
			var f *vm.Fault
			if !errors.As(err, &f) {
				t.Errorf("%s: %v", tt.text, err)
				continue
			}
			if f.Kind != tt.kind || f.Slot != tt.slot || f.Steps != tt.steps || !strings.Contains(f.Detail, tt.say) {
				t.Errorf("%s: %v at insn %d after %d: %s\nwant %v at %d after %d: %s",
					tt.text, f.Kind, f.Slot, f.Steps, f.Detail, tt.kind, tt.slot, tt.steps, tt.say)
			}
		}
	}
}

// TestFaultShowsTheState: the fault has the line, the registers with what they point to, and the calls.
func TestFaultShowsTheState(t *testing.T) {
	p := parse(t, "r6 = r1\ncall pc+1\nexit\nr3 = r10\nr0 = *(u8 *)(r4 +0)\nexit", vm.Options{
		Pos: func(slot int) mistake.Position { return mistake.Position{File: "reno.go", Line: 10 + slot} },
	})
	_, err := vm.New(p).Run(t.Context(), make([]byte, 16))
	var f *vm.Fault
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	if want := "reno.go:14: insn 4: r0 = *(u8 *)(r4 +0): nil pointer: a load of 1 byte at address 0x0"; f.Error() != want {
		t.Errorf("%v\nwant %s", f, want)
	}
	if !slices.Equal(f.Calls, []int{1}) {
		t.Errorf("called by %v, want [1]", f.Calls)
	}
	for r, points := range map[isa.Register]string{
		isa.R1: "the context, byte 0 of 16", isa.R2: "", isa.R3: "the stack of frame 1, byte 512 of 512", isa.R4: "",
	} {
		if f.Registers[r].Points != points {
			t.Errorf("%v points to %q, want %q", r, f.Registers[r].Points, points)
		}
	}
	if report := f.Report(); !strings.Contains(report, "r6  = ") || !strings.Contains(report, "called by insn 1") {
		t.Error(report)
	}
}

// TestCancel: a program ends when its context does, and the error is the context's.
func TestCancel(t *testing.T) {
	m := vm.New(parse(t, "again: r0 += 1\ngoto again", vm.Options{}))
	ctx, cancel := context.WithCancel(t.Context())
	turns := 0
	m.Trace = func(vm.Step) {
		if turns++; turns == 1000 {
			cancel()
		}
	}
	_, err := m.Run(ctx, nil)
	var f *vm.Fault
	if !errors.As(err, &f) || f.Kind != vm.Cancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestLoadRefuses: what cannot run in a mode, or is above the level, is refused when it is loaded.
func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct {
		text    string
		options vm.Options
		say     string // "" if it loads
	}{
		{"goto +5\nexit", vm.Options{}, "insn 0: goto pc+5: there is no instruction at its target"},
		{"goto +1\nr0 = 1 ll\nexit", vm.Options{}, "no instruction at its target"},
		{"goto -2\nexit", vm.Options{}, "no instruction at its target"},
		{"call pc+9\nexit", vm.Options{}, "no instruction at its target"},
		{"r1 = map[fd:3]\nexit", vm.Options{}, "the map with descriptor 3 is missing"},
		{"r0 = 1\nr0 /= 0\nexit", vm.Options{}, ""},
		{"r0 = 1\nr0 /= 0\nexit", vm.Options{Mode: vm.Linux}, ""},
		{"r0 = 1\nr0 <<= 64\nexit", vm.Options{}, ""},
		{"callx r1\nexit", vm.Options{Mode: vm.Linux}, "no Linux has it"},
		{"r0 s/= r1\nexit", vm.Options{Level: isa.V3}, "not in v3 of the instruction set: v4 has it"},
		{"if r0 < 1 goto +0\nexit", vm.Options{Level: isa.V1}, "v2 has it"},
		{"if w0 == 1 goto +0\nexit", vm.Options{Level: isa.V3}, ""},
	} {
		ins, err := isa.Parse(tt.text, isa.Kernel)
		if err != nil {
			t.Fatal(err)
		}
		_, err = vm.LoadInstructions(ins, tt.options)
		if tt.say == "" && err != nil || tt.say != "" && (err == nil || !strings.Contains(err.Error(), tt.say)) {
			t.Errorf("%q, %v: %v, want %q", tt.text, tt.options.Mode, err, tt.say)
		}
	}
}

// TestRefusedConstants: a constant that Linux's verifier refuses is a fault where it is reached, and nothing where it is not.
func TestRefusedConstants(t *testing.T) {
	for _, text := range []string{"r0 = 1\nr0 /= 0\nexit", "r0 = 1\nr0 <<= 64\nexit", "w1 = 1\nw1 s>>= 32\nexit", "r0 %= 0\nexit"} {
		for _, traced := range []bool{false, true} {
			m := vm.New(parse(t, text, vm.Options{Mode: vm.Linux}))
			if traced {
				m.Trace = func(vm.Step) {}
			}
			var f *vm.Fault
			_, err := m.Run(t.Context(), nil)
			if !errors.As(err, &f) || f.Kind != vm.Refused || !strings.Contains(f.Detail, "Linux refuses") {
				t.Errorf("%s: %v", text, err)
			}
		}
		over := "if r10 != 0 goto +1\n" // over the first instruction that is refused
		if strings.HasPrefix(text, "r0 = 1") || strings.HasPrefix(text, "w1") {
			over = "if r10 != 0 goto +2\n"
		}
		if _, err := vm.New(parse(t, over+text, vm.Options{Mode: vm.Linux})).Run(t.Context(), nil); err != nil {
			t.Errorf("%s%s: %v", over, text, err)
		}
	}
}

// TestMemory: programs reach memory that was added, may not write what is read-only, and not use what was removed.
func TestMemory(t *testing.T) {
	m := vm.New(parse(t, "*(u8 *)(r1 +0) = 5\nr0 = *(u8 *)(r2 +1)\nexit", vm.Options{}))
	plain, fixed := []byte{1, 2}, []byte{3, 4}
	a := m.Add(vm.Memory{Name: "a", Data: plain})
	b := m.Add(vm.Memory{Name: "b", Data: fixed, ReadOnly: true})
	got, err := m.Call(t.Context(), a, b)
	if err != nil || got != 4 || plain[0] != 5 {
		t.Errorf("%d, %v; wrote %v", got, err, plain)
	}
	var f *vm.Fault
	if _, err := m.Call(t.Context(), b, b); !errors.As(err, &f) || f.Kind != vm.ReadOnly {
		t.Errorf("%v", err)
	}
	m.Remove(b)
	if _, err := m.Call(t.Context(), a, b); !errors.As(err, &f) || f.Kind != vm.Released {
		t.Errorf("%v", err)
	}
}

// TestHelpers: a helper in Go reads its arguments and memory, calls functions of the program, and may fail.
func TestHelpers(t *testing.T) {
	m := vm.New(parse(t, `
		r6 = 6
		r1 = 3
		r2 = subprog[function]
		r3 = r10
		r3 += -8
		r4 = 0
		call bpf_loop
		r0 += r6
		r1 = *(u64 *)(r10 -8)
		r0 += r1
		exit
	function:
		r6 = 100
		r3 = *(u64 *)(r2 +0)
		r3 += r1
		*(u64 *)(r2 +0) = r3
		r0 = 0
		exit`, vm.Options{}))
	loop := func(m *vm.Machine) (uint64, error) {
		function, context := m.Arg(2), m.Arg(3)
		n := m.Arg(1)
		for i := range n {
			if _, err := m.CallFunction(function, i+1, context); err != nil {
				return 0, err
			}
		}
		return n, nil
	}
	if err := m.SetHelper("bpf_loop", loop); err != nil {
		t.Fatal(err)
	}
	got, err := m.Run(t.Context(), nil)
	if want := uint64(3 + 6 + (1 + 2 + 3)); err != nil || got != want {
		t.Errorf("%d, %v, want %d", got, err, want)
	}
	if err := m.SetHelper("bpf_lop", loop); err == nil {
		t.Error("a helper that does not exist was set")
	}
	broken := errors.New("broken")
	if err := m.SetHelper("bpf_loop", func(*vm.Machine) (uint64, error) { return 0, broken }); err != nil {
		t.Fatal(err)
	}
	var f *vm.Fault
	if _, err := m.Run(t.Context(), nil); !errors.As(err, &f) || f.Kind != vm.HelperFailed || !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	own := vm.New(parse(t, "call bpf_fib_lookup\nexit", vm.Options{}))
	if err := own.SetHelper("bpf_fib_lookup", loop); err != nil {
		t.Fatal(err)
	}
	other := vm.New(parse(t, "call bpf_fib_lookup\nexit", vm.Options{}))
	if _, err := other.Run(t.Context(), nil); !errors.As(err, &f) || f.Kind != vm.Missing {
		t.Errorf("the helper of one machine is in another: %v", err)
	}
}

// TestRunningAllocatesNothing, and making a machine allocates once.
func TestRunningAllocatesNothing(t *testing.T) {
	p := parse(t, `
		r1 = 10
	again:
		r0 += r1
		*(u64 *)(r10 -8) = r0
		r1 -= 1
		if r1 != 0 goto again
		call pc+1
		exit
		exit`, vm.Options{})
	m := vm.New(p)
	memory := make([]byte, 8)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		if _, err := m.Run(ctx, memory); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("a run allocates %v times", n)
	}
	var keep *vm.Machine
	if n := testing.AllocsPerRun(100, func() { keep = vm.New(p) }); n > 1 {
		t.Errorf("a machine takes %v allocations", n)
	}
	_ = keep
}
