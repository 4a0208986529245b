package playground

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A walker makes moves of one program in one playground.
type walker struct {
	t *testing.T
	p *Playground
	r stepRequest
}

func newWalker(t *testing.T, text string, r stepRequest) *walker {
	t.Helper()
	got := ask[program](t, "program", programRequest{Text: text})
	if got.Mistake != nil {
		t.Fatal(got.Mistake)
	}
	r.Hex = got.Hex
	w := &walker{t, New(), r}
	t.Cleanup(w.p.end)
	return w
}

func (w *walker) move(name string) state {
	w.t.Helper()
	w.r.Move = name
	var s struct {
		state
		Error string
	}
	if err := json.Unmarshal(w.p.Answer("step", encode(w.r)), &s); err != nil || s.Error != "" {
		w.t.Fatal(err, s.Error)
	}
	w.r.At = s.Step
	return s.state
}

// TestBackUndoesMemory: a step back shows registers, stack and memory as they were, and each run begins with the same memory.
func TestBackUndoesMemory(t *testing.T) {
	w := newWalker(t, "r2 = *(u8 *)(r1 +0)\nr2 += 1\n*(u8 *)(r1 +0) = r2\n*(u64 *)(r10 -8) = r2\nr0 = r2\nexit", stepRequest{Memory: "05"})
	var seen []state
	for s := w.move("begin"); !s.Done; s = w.move("step") {
		seen = append(seen, s)
	}
	if len(seen) != 6 {
		t.Fatalf("%d states", len(seen))
	}
	for n := len(seen) - 1; n >= 0; n-- {
		if diff := cmp.Diff(seen[n], w.move("back"), cmp.AllowUnexported(word{})); diff != "" {
			t.Errorf("back at step %d: (-forward +back)\n%s", n, diff)
		}
	}
	if last := seen[4]; last.Memory != "06" || len(last.Stack) != 1 || last.Stack[0].Bytes != "06 00 00 00 00 00 00 00" ||
		last.Stack[0].Name != "r10 -8" {
		t.Errorf("at the end: %+v", last)
	}
	if end := w.move("continue"); end.Result != "6" || !end.Done {
		t.Errorf("%+v", end)
	}
}

func TestBreakpoints(t *testing.T) {
	w := newWalker(t, "r0 = 0\nagain: r0 += 1\nif r0 < 5 goto again\nexit", stepRequest{Breaks: []int{1, 1}})
	var steps []uint64
	for s := w.move("continue"); !s.Done; s = w.move("continue") {
		steps = append(steps, s.Step)
	}
	if diff := cmp.Diff([]uint64{1, 3, 5, 7, 9}, steps); diff != "" {
		t.Errorf("stops (-want +got)\n%s", diff)
	}
	if s := w.move("backContinue"); s.Step != 9 {
		t.Errorf("run back stops at step %d", s.Step)
	}
	w.r.Breaks = nil
	if s := w.move("backContinue"); s.Step != 0 {
		t.Errorf("without breakpoints, run back stops at step %d", s.Step)
	}
	if s := w.move("continue"); s.Result != "5" {
		t.Errorf("without breakpoints, run ends with %q", s.Result)
	}
}

func TestOverCalls(t *testing.T) {
	w := newWalker(t, "call f\nexit\nf: r0 = 3\nexit", stepRequest{})
	if s := w.move("next"); s.Slot != 1 || len(s.Calls) != 0 {
		t.Errorf("over the call: %+v", s)
	}
	w.move("begin")
	if s := w.move("step"); s.Slot != 2 || fmt.Sprint(s.Calls) != "[0]" {
		t.Errorf("into the call: %d, called at %v", s.Slot, s.Calls)
	}
}

// TestAnotherPlaygroundGoesOn: the page may end one at any time.
func TestAnotherPlaygroundGoesOn(t *testing.T) {
	w := newWalker(t, "call bpf_get_prandom_u32\nr0 = 1\nr0 += 1\nexit", stepRequest{})
	w.move("step")
	w.move("step")
	w.p.end()
	w.p = New()
	if s := w.move("step"); s.Step != 3 || s.Registers[0].Number != "2" {
		t.Errorf("%+v", s)
	}
}

func TestFaultsAndLimits(t *testing.T) {
	for _, c := range []struct {
		text string
		r    stepRequest
		want string
		slot int
	}{
		{"r0 = *(u8 *)(r1 +9)\nexit", stepRequest{Memory: "01 02"}, "out of bounds", 0},
		{"again: goto again", stepRequest{}, "has not ended after 1000000 instructions", 0},
		{"f: call f\nexit", stepRequest{}, "calls too deep", 0},
		{"call 9999\nexit", stepRequest{}, "missing function", 0},
	} {
		w := newWalker(t, c.text, c.r)
		s := w.move("continue")
		if !s.Done || !strings.Contains(s.Fault, c.want) || s.Slot != c.slot {
			t.Errorf("%q: %q at %d, want %q at %d", c.text, s.Fault, s.Slot, c.want, c.slot)
		}
		if s.Step > 0 {
			if b := w.move("back"); b.Done || b.Step != s.Step-1 {
				t.Errorf("%q: back goes to %+v", c.text, b)
			}
		}
	}
	exit := ask[program](t, "program", programRequest{Text: "exit"}).Hex
	for _, c := range []struct {
		r    stepRequest
		want string
	}{
		{stepRequest{}, "no program yet"},
		{stepRequest{Hex: "95"}, "slot 0"},
		{stepRequest{Hex: exit, Move: "fly"}, `no move "fly"`},
		{stepRequest{Hex: exit, Kind: "fly"}, `"fly"`},
		{stepRequest{Hex: exit, Memory: "0"}, "memory: line 1, column 1: an odd number"},
		{stepRequest{Hex: exit, Memory: strings.Repeat("00", mostMemory+1)}, "at most 65536"},
		{stepRequest{Hex: exit, Maps: "5=array:4:4294967295:4294967295"}, "at most 16777216"},
		{stepRequest{Hex: exit, Maps: "5=array:4:4:4\n5=array:4:4:4"}, "two maps with descriptor 5"},
	} {
		if got := refused(t, "step", encode(c.r)); !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.r.Maps, got, c.want)
		}
	}
}

func TestPrintedLines(t *testing.T) {
	text := `r6 = 0
again:
r1 = 0x0a6925 ; "%i\n"
*(u64 *)(r10 -8) = r1
r1 = r10
r1 += -8
r2 = 4
r3 = r6
call bpf_trace_printk
r6 += 1
if r6 < 103 goto again
exit`
	s := newWalker(t, text, stepRequest{}).move("continue")
	if len(s.Printed) != mostPrinted+1 || s.Printed[0] != "3 earlier lines left out" || s.Printed[mostPrinted] != "102" {
		t.Errorf("%q", s.Printed)
	}
}

// FuzzAnswer: no request makes a playground panic.
func FuzzAnswer(f *testing.F) {
	for name := range requests {
		f.Add(name, []byte(`{"log":"0: (95) exit\nR0 !read_ok","text":"again: goto again","kind":"xdp"}`))
		f.Add(name, []byte(`{"hex":"b7 00 00 00 07 00 00 00 95 00 00 00 00 00 00 00","kind":"xdp","maps":"5=hash:4:4:4","move":"step"}`))
	}
	f.Fuzz(func(t *testing.T, name string, request []byte) {
		p := New()
		defer p.end()
		if answer := p.Answer(name, request); !json.Valid(answer) || strings.Contains(string(answer), "has a defect") {
			t.Errorf("%s", answer)
		}
	})
}
