package main

import (
	"context"
	"encoding/hex"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// lengths counts packets by their length.
type lengths struct{ Packets, Bytes uint64 }

// screenOf is the screen of a program for packets.
func screenOf(t *testing.T) *screen {
	t.Helper()
	table := maps.NewHash[uint32, lengths]("lengths", 8)
	count := dsl.Func("count", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		packet := x.Packet()
		header := packet.Bytes(0, 14, f.ReturnConst(ctx.XDPAborted))
		kind := header.At(12).BE().U16().Get().U32()
		entry := dsl.Local[lengths](f)
		entry.U64("Packets").Set(f.U64(1))
		entry.U64("Bytes").Set(f.U64(77))
		table.In(f).Put(kind, entry)
		return f.U32(ctx.XDPPass)
	})
	m := progtest.New(t, count, prog.Options{License: "GPL"}).Machine
	bytes, err := progtest.Build(progtest.IPv4{}, progtest.UDP{})
	if err != nil {
		t.Fatal(err)
	}
	packet, err := vm.NewPacket(syscall.ProgTypeXDP, bytes)
	if err != nil {
		t.Fatal(err)
	}
	d := debug.New(m, debug.Options{Packet: packet, Run: func(ctx context.Context) (uint64, error) { return m.RunOn(ctx, packet) }})
	t.Cleanup(d.Close)
	return newScreen(d, new(sources))
}

// press presses keys, and returns what the screen shows then, without colours.
func press(t *testing.T, s *screen, keys ...string) string {
	t.Helper()
	for _, key := range keys {
		press := tea.KeyPressMsg{Text: key, Code: []rune(key)[0]}
		switch key {
		case "tab":
			press = tea.KeyPressMsg{Code: tea.KeyTab}
		case "left":
			press = tea.KeyPressMsg{Code: tea.KeyLeft}
		}
		if press.String() != key {
			t.Fatalf("the key is %q, not %q", press.String(), key)
		}
		s.Update(press)
	}
	return ansi.Strip(s.View().Content)
}

// TestScreen drives the screen with keys: the line of Go, registers, memory and maps follow, forwards and backwards.
func TestScreen(t *testing.T) {
	for _, size := range []tea.WindowSizeMsg{{Width: 80, Height: 24}, {Width: 140, Height: 45}, {Width: 30, Height: 8},
		{Width: 1, Height: 1}} {
		s := screenOf(t)
		s.Update(size)
		for _, keys := range [][]string{{}, {"s", "n", "c"}, {"S", "N", "left", "C", "tab", "b", "j", "k", "k", "7", "a", "g"}} {
			text := press(t, s, keys...)
			lines := strings.Split(text, "\n")
			if len(lines) > max(size.Height, 6) {
				t.Errorf("%v: %d lines", size, len(lines))
			}
			for _, line := range lines {
				if n := ansi.StringWidth(line); n > max(size.Width, 3) {
					t.Errorf("%v: a line has %d columns: %q", size, n, line)
				}
			}
		}
	}

	s := screenOf(t)
	s.Update(tea.WindowSizeMsg{Width: 140, Height: 45})
	check := func(what, text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", what, w, text)
			}
		}
	}
	check("the begin", press(t, s), "step 0  insn 0  debug_test.go:", "count := dsl.Func", ">r1  → the xdp_md, byte 0 of 24",
		"data_end = 0x8000002a", "lengths, hash: 0", "all zero")
	check("one step", press(t, s, "s"), "step 1  insn 1")
	check("a step back", press(t, s, "S"), "step 0  insn 0")
	check("the end", press(t, s, "c"), "the end: R0 = 0x2 (2)", "lengths, hash: 1", "2048: Packets=1 Bytes=77", "4d 00 00 00 00 00 00 00")
	check("back from the end", press(t, s, "S"), "lengths, hash: 1", "exit")
	check("a breakpoint at the cursor, from the begin", press(t, s, "g", "j", "j", "b", "c"), "step 2  insn 2", "●▶   2")
	if _, quit := s.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); quit == nil {
		t.Error("q does not quit")
	}
	s.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	check("a small screen", press(t, s, "c", "tab", "tab"), "─ maps ─", "2048: Packets=1 Bytes=77")
}

// TestDebugReadsWhatRunReads: mistakes in the arguments are found before the screen is opened.
func TestDebugReadsWhatRunReads(t *testing.T) {
	for _, tt := range []struct {
		args []string
		say  string
		code int
	}{
		{[]string{"missing.o"}, "no such file", 1},
		{[]string{"9500000000000000", "0a0g"}, "MEMORY_HEX: column 1", 1},
		{[]string{"--type", "xpd", "9500000000000000"}, "did you mean xdp?", 1},
		{[]string{exampleObject(t, "tcx")}, "choose one with --name", 2},
		{[]string{"--type", "xdp", "--packet", capture(t)[0], "--number", "2", "9500000000000000"}, "has 0 packets: --number 2", 1},
	} {
		if _, stderr, code := invoke(t, "", append([]string{"debug"}, tt.args...)...); code == 0 || !strings.Contains(stderr, tt.say) {
			t.Errorf("%q: exit %d, %s; want %q", tt.args, code, stderr, tt.say)
		}
	}
}

// TestDebugPackage: programs of a Go package are compiled by running it, and stepped through with the arguments that the flags set.
func TestDebugPackage(t *testing.T) {
	t.Parallel()
	const pkg = "../../vm/cover/testdata/halve"
	list, err := packageRunnables(t.Context(), pkg, "6.12")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range list {
		names = append(names, r.name)
	}
	if got := strings.Join(names, " "); got != "Ops.cong_avoid Ops.ssthresh Ops.undo_cwnd" {
		t.Errorf("the programs are %s", got)
	}
	chosen, err := chooseProgram(list, "Ops.ssthresh")
	if err != nil {
		t.Fatal(err)
	}
	flags := debugFlags{values: []string{"sk.snd_cwnd=10"}}
	m := vm.New(chosen.program)
	addr, err := flags.passArguments(m, chosen)
	if err != nil {
		t.Fatal(err)
	}
	d := debug.New(m, debug.Options{Run: func(ctx context.Context) (uint64, error) { return m.Call(ctx, addr) }})
	defer d.Close()
	s := newScreen(d, new(sources))
	s.Update(tea.WindowSizeMsg{Width: 140, Height: 45})
	text := press(t, s, "n", "n", "1")
	for _, want := range []string{"halve.go:", "half := tp.SndCwnd().Shr(1).Var()"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	text = press(t, s, "g", "n", "n", "l", "g", "c")
	if !strings.Contains(text, "halve.go:11") || !strings.Contains(text, "▶  11 ●") {
		t.Errorf("the breakpoint of a line:\n%s", text)
	}
	if text := press(t, s, "c"); !strings.Contains(text, "the end: R0 = 0x5 (5)") {
		t.Errorf("the end is\n%s", text)
	}
	flags.values = []string{"skk.snd_cwnd=10"}
	if _, err := flags.passArguments(vm.New(chosen.program), chosen); err == nil || !strings.Contains(err.Error(), "there are sk") {
		t.Errorf("%v", err)
	}
	_, err = packageRunnables(t.Context(), "../../examples/xdp_firewall", "6.18")
	if err == nil || !strings.Contains(err.Error(), "no variable of") {
		t.Errorf("%v", err)
	}
}

// TestDebugBeginsWithTheSameMemory: a step back runs the program again, which has changed its memory.
func TestDebugBeginsWithTheSameMemory(t *testing.T) {
	code := assembled(t, "r0 = *(u8 *)(r1 +0)\nr0 += 1\n*(u8 *)(r1 +0) = r0\nexit")
	d := debugFlags{runFlags: runFlags{isa: "v4", mode: "conformant", steps: 100}}
	debugger, _, err := d.open(newDebug(), []string{code, "05"})
	if err != nil {
		t.Fatal(err)
	}
	defer debugger.Close()
	debugger.Continue()
	debugger.Back()
	if got := debugger.Machine().Register(isa.R0); got != 6 {
		t.Errorf("after a step back r0 is %d, want 6", got)
	}
}

// assembled is the code of a text, in hex.
func assembled(t *testing.T, text string) string {
	t.Helper()
	instructions, err := isa.Parse(text, isa.Kernel)
	if err != nil {
		t.Fatal(err)
	}
	code, err := isa.Append(nil, isa.LittleEndian, instructions...)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(code)
}
