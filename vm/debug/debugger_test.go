package debug_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// program makes a program of text, with three instructions to a line of Go.
func program(t testing.TB, text string) *vm.Program {
	t.Helper()
	instructions, err := isa.Parse(text, isa.Kernel)
	if err != nil {
		t.Fatal(err)
	}
	p, err := vm.LoadInstructions(instructions, vm.Options{Pos: func(slot int) mistake.Position {
		return mistake.Position{File: "/src/loop.go", Line: 1 + slot/3}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// loop adds 3, 2 and 1 in a function, and its own memory counts calls.
const loop = `r6 = r1
r7 = 3
r8 = 0
r1 = r7
call pc+9
r8 += r0
*(u8 *)(r6 +0) = r8
r7 -= 1
if r7 != 0 goto -6
r0 = r8
r1 = 0
r2 = 0
r3 = 0
exit
r0 = r1
r4 = 5
exit`

func newDebugger(t *testing.T, memory []byte) *debug.Debugger {
	t.Helper()
	m := vm.New(program(t, loop))
	d := debug.New(m, debug.Options{Run: func(ctx context.Context) (uint64, error) { return m.Run(ctx, memory) }})
	t.Cleanup(d.Close)
	return d
}

// place is a state in short.
func place(s debug.State) string {
	if s.Done {
		return fmt.Sprintf("end %d: %d", s.Step, s.Result)
	}
	return fmt.Sprintf("%d@%d:%d^%d", s.Step, s.Slot, s.Pos.Line, s.Depth)
}

// TestMoves: each kind of move stops where it should, forwards and backwards.
func TestMoves(t *testing.T) {
	d := newDebugger(t, make([]byte, 1))
	check := func(what string, got debug.State, want string) {
		t.Helper()
		if place(got) != want {
			t.Errorf("%s: %s, want %s", what, place(got), want)
		}
	}
	check("new", d.State(), "0@0:1^0")
	check("step", d.Step(), "1@1:1^0")
	check("next", d.Next(), "3@3:2^0")
	check("next over a call", d.Next(), "9@6:3^0")
	check("back over a call", d.BackLine(), "3@3:2^0")
	check("into", d.Into(), "5@14:5^1")
	check("finish", d.Finish(), "8@5:2^0")
	check("back in a line", d.BackLine(), "3@3:2^0")
	check("back a line", d.BackLine(), "0@0:1^0")
	check("back at the begin", d.BackLine(), "0@0:1^0")
	check("back at the begin", d.Back(), "0@0:1^0")
	check("goto", d.Goto(10), "10@7:3^0")
	check("back", d.Back(), "9@6:3^0")
	check("continue", d.Continue(), "end 35: 6")
	check("step at the end", d.Step(), "end 35: 6")
	check("back from the end", d.Back(), "34@13:5^0")
	check("goto beyond the end", d.Goto(1000), "end 35: 6")
	check("back to the begin", d.BackContinue(), "0@0:1^0")
}

// TestBreakpoints: by line, once for each pass over it, and by instruction.
func TestBreakpoints(t *testing.T) {
	d := newDebugger(t, make([]byte, 1))
	d.Break(debug.Breakpoint{File: "src/loop.go", Line: 3})
	var stops []string
	for !d.Continue().Done {
		stops = append(stops, place(d.State()))
	}
	if got := strings.Join(stops, " "); got != "9@6:3^0 18@6:3^0 27@6:3^0" {
		t.Errorf("by line: %s", got)
	}
	if got := place(d.BackContinue()); got != "27@6:3^0" {
		t.Errorf("back: %s", got)
	}
	d.Break(debug.Breakpoint{File: "src/loop.go", Line: 3})
	d.Break(debug.Breakpoint{File: "op.go", Line: 3}) // another file
	d.Break(debug.Breakpoint{Slot: 15})
	d.Goto(0)
	if got := place(d.Continue()) + " " + place(d.Continue()); got != "6@15:6^1 15@15:6^1" {
		t.Errorf("by instruction: %s", got)
	}
	if n := len(d.Breakpoints()); n != 2 {
		t.Errorf("%d breakpoints", n)
	}
}

// TestBackIsTheSameState: memory, maps, packets, the clock and random numbers are after a step back what they were.
func TestBackIsTheSameState(t *testing.T) {
	seen := maps.NewHash[uint32, uint64]("seen", 16)
	count := dsl.Func("count", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		ethernet := x.Packet().Bytes(0, 14, f.ReturnConst(1))
		key := helper.GetPrandomU32(f)
		seen.In(f).Put(key, helper.KtimeGetNs(f))
		ethernet.At(0).U8().Set(ethernet.At(0).U8().Get().Add(1))
		f.If(helper.XdpAdjustHead(f, x, f.S32(-4)).Ne(0), f.ReturnConst(2))
		return f.U32(0)
	})
	p, packet := machineFor(t, count)
	d := debug.New(p, debug.Options{Packet: packet, Run: func(ctx context.Context) (uint64, error) { return p.RunOn(ctx, packet) }})
	defer d.Close()
	state := func() string {
		s := d.State()
		var b strings.Builder
		fmt.Fprintln(&b, place(s), s.Err, packet.Bytes(), p.Maps(10), p.Stack(0))
		for r := isa.R0; r <= isa.R10; r++ {
			fmt.Fprintln(&b, p.Value(r))
		}
		return b.String()
	}
	var states []string
	for done := false; !done; done = d.Step().Done {
		states = append(states, state())
	}
	if d.State().Err != nil || len(states) < 10 {
		t.Fatalf("%d steps, %v", len(states), d.State().Err)
	}
	for n := len(states) - 1; n >= 0; n-- {
		d.Goto(uint64(n))
		if got := state(); got != states[n] {
			t.Fatalf("step %d is\n%s\nafter going back; it was\n%s", n, got, states[n])
		}
	}
}

// machineFor compiles a program for packets, and makes a packet.
func machineFor(t *testing.T, p *dsl.Program) (*vm.Machine, *vm.Packet) {
	t.Helper()
	tested := progtest.New(t, p, prog.Options{License: "GPL"})
	bytes, err := progtest.Build(progtest.IPv4{}, progtest.UDP{})
	if err != nil {
		t.Fatal(err)
	}
	packet, err := vm.NewPacket(syscall.ProgTypeXDP, bytes)
	if err != nil {
		t.Fatal(err)
	}
	return tested.Machine, packet
}

// TestFaults: the state at the end has the fault, and a step back is at its instruction.
func TestFaults(t *testing.T) {
	d := newDebugger(t, nil)
	end := d.Continue()
	fault, ok := end.Err.(*vm.Fault)
	if !ok || fault.Kind != vm.NilPointer || !end.Done {
		t.Fatalf("%v", end.Err)
	}
	if back := d.Back(); back.Slot != fault.Slot || back.Done {
		t.Errorf("%s, want insn %d", place(back), fault.Slot)
	}
}

// TestTracer: a line for each instruction with what it has changed, as text and as JSON.
func TestTracer(t *testing.T) {
	trace := func(format debug.Format) string {
		var b strings.Builder
		m := vm.New(program(t, loop))
		tracer := debug.NewTracer(&b, format, m)
		m.Trace = tracer.Step
		if _, err := m.Run(t.Context(), make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := tracer.End(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := trace(debug.Text)
	for _, want := range []string{
		"   1: r7 = 3                                 ; r7 = 0x3                  loop.go:1\n",
		"  14:   r0 = r1                              ; r0 = 0x3                  loop.go:5\n",
		"   0: r6 = r1                                ; r6 = 0x980000000 (the context, byte 0 of 1) loop.go:1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	lines := strings.Split(strings.TrimSpace(trace(debug.JSON)), "\n")
	if len(lines) != strings.Count(text, "\n") || len(lines) != 35 {
		t.Errorf("%d lines of JSON, %d of text", len(lines), strings.Count(text, "\n"))
	}
	for n, line := range lines {
		var e debug.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Step != uint64(n) || e.Line == 0 || e.Instruction == "" {
			t.Errorf("line %d: %s: %v", n, line, err)
		}
	}
	if !strings.Contains(lines[0], `"points":{"r6":"the context, byte 0 of 1"}`) {
		t.Errorf("%s", lines[0])
	}
}
