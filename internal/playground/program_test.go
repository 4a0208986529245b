package playground

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTextAndHex(t *testing.T) {
	const hex = "b7 00 00 00 07 00 00 00\n18 01 00 00 01 00 00 00 00 00 00 00 00 00 00 00\n95 00 00 00 00 00 00 00\n"
	want := []instruction{
		{0, "b7 00 00 00 07 00 00 00", "r0 = 7"},
		{1, "18 01 00 00 01 00 00 00 00 00 00 00 00 00 00 00", "r1 = 0x1"},
		{3, "95 00 00 00 00 00 00 00", "exit"},
	}
	for _, r := range []programRequest{
		{Text: "r0 = 7 ; a comment\nr1 = 0x1\nexit"}, {Text: "r0 = 7\nr1 = 1 ll\nexit", LLVM: true}, {Hex: hex}, {Hex: hex, LLVM: true},
	} {
		got := ask[program](t, "program", r)
		if got.Hex != hex || got.Mistake != nil || got.Checked {
			t.Errorf("%+v: hex %q, mistake %v", r, got.Hex, got.Mistake)
		}
		if diff := cmp.Diff(want, got.Listing); diff != "" {
			t.Errorf("%+v: (-want +got)\n%s", r, diff)
		}
		again := ask[program](t, "program", programRequest{Text: got.Text, LLVM: r.LLVM})
		if again.Hex != hex {
			t.Errorf("%+v: its text %q becomes %q", r, got.Text, again.Hex)
		}
	}
}

func TestInputThatIsNoProgram(t *testing.T) {
	for _, c := range []struct {
		request      programRequest
		line, column int
		detail       string
		listed       int // instructions before it
	}{
		{programRequest{Text: "r0 = 0\n  r1 <- 5"}, 2, 3, "there is no such instruction", 0},
		{programRequest{Text: "goto away\nexit"}, 1, 6, "there is no label away", 0},
		{programRequest{Hex: "95 g0"}, 1, 4, "not a hex digit", 0},
		{programRequest{Hex: "b7 00 00 00 00 00 00 00\n07 0b 00 00 05 00 00 00"}, 2, 1, "dst 11: no such register", 1},
		{programRequest{Hex: "95 00 00"}, 1, 1, "", 0},
	} {
		got := ask[program](t, "program", c.request)
		m := got.Mistake
		if m == nil || m.Line != c.line || m.Column != c.column || !strings.Contains(m.Detail, c.detail) || len(got.Listing) != c.listed {
			t.Errorf("%+v: %+v, %d instructions", c.request, m, len(got.Listing))
		}
	}
	if got := ask[program](t, "program", programRequest{}); got.Mistake != nil || len(got.Listing) != 0 || got.Checked {
		t.Errorf("nothing typed: %+v", got)
	}
	if got := ask[program](t, "program", programRequest{Text: "exit", Kind: "xdp", Maps: "5=table:4:4:4"}); got.Checked ||
		!strings.HasPrefix(got.MapMistake, "line 1: table is not a type of maps") {
		t.Errorf("wrong maps: %+v", got)
	}
	if got := refused(t, "program", encode(programRequest{Text: "exit", Kind: "xpd"})); !strings.Contains(got, `"xpd"`) {
		t.Error(got)
	}
	long := refused(t, "program", encode(programRequest{Text: strings.Repeat("r0 = 0\n", mostCode+1)}))
	if !strings.Contains(long, "at most 65536") {
		t.Error(long)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		text, kind string
		want       []finding // of each, Slot, Again and Kind are compared
	}{
		{"r0 = 0\nexit", "xdp", nil},
		{"exit", "xdp", []finding{{Slot: 0, Kind: "uninitialised"}}},
		{"r2 = *(u32 *)(r1 +12)\nif r2 == 0 goto else\nr0 = r3\nexit\nelse: r0 = r3\nexit", "xdp",
			[]finding{{Slot: 2, Again: []int{4}, Kind: "uninitialised"}}},
		{"r0 = *(u64 *)(r1 +0)\nexit", "xdp", []finding{{Slot: 0, Kind: "context-access"}}},
		{"r0 = 2\nexit", "cgroup_inet4_connect", []finding{{Slot: 1, Kind: "result-range"}}},
		{"r0 = 2\nexit", "cgroup_inet4_bind", nil},
	} {
		got := ask[program](t, "program", programRequest{Text: c.text, Kind: c.kind})
		for n := range got.Findings {
			f := &got.Findings[n]
			if f.Detail == "" {
				t.Errorf("%s %q: a finding says nothing", c.kind, c.text)
			}
			*f = finding{Slot: f.Slot, Again: f.Again, Kind: f.Kind}
		}
		if diff := cmp.Diff(c.want, got.Findings); diff != "" || !got.Checked || !got.Complete {
			t.Errorf("%s %q: checked %v %v (-want +got)\n%s", c.kind, c.text, got.Checked, got.Complete, diff)
		}
	}
}

// TestEachKindIsChecked: the page offers no type that the check cannot be asked about.
func TestEachKindIsChecked(t *testing.T) {
	names := []string{}
	for _, k := range ask[about](t, "about", struct{}{}).Kinds {
		names = append(names, k.Name)
		got := ask[program](t, "program", programRequest{Text: "exit", Kind: k.Name})
		if k.Memory == "" || got.Checked != (k.Name != "") {
			t.Errorf("%q: %s: checked %v", k.Name, k.Memory, got.Checked)
		}
		if s := ask[state](t, "step", stepRequest{Hex: got.Hex, Kind: k.Name, Move: "step"}); !s.Done || s.Fault != "" {
			t.Errorf("%q: one step of it ends with %q", k.Name, s.Fault)
		}
	}
	for _, name := range []string{"", "xdp", "socket_filter", "kprobe", "cgroup_sockopt", "cgroup_getsockopt", "tracing"} {
		want := name != "cgroup_sockopt" && name != "tracing"
		if slices.Contains(names, name) != want {
			t.Errorf("%q: want offered %v", name, want)
		}
	}
}

// TestExamplePrograms: each does what its comment says.
func TestExamplePrograms(t *testing.T) {
	wants := map[string]struct{ finding, result string }{
		"drop-dns.s": {"", "XDP_DROP, 1"}, "no-bounds.s": {"packet-bounds", "XDP_DROP, 1"}, "count-protocols.s": {"", "XDP_PASS, 2"},
		"count-bits.s": {"", "9"}, "squares.s": {"", "25 (0x19)"},
	}
	examples, err := read(examplePrograms)
	if err != nil || len(examples) != len(wants) {
		t.Fatal(err, len(examples))
	}
	for _, e := range examples {
		want := wants[e.file]
		got := ask[program](t, "program", programRequest{Text: e.Text, Kind: e.Kind, Maps: e.Maps})
		kinds := ""
		for _, f := range got.Findings {
			kinds += f.Kind
		}
		if got.Mistake != nil || kinds != want.finding || got.Complete != (e.Kind != "") {
			t.Errorf("%s: %+v", e.file, got)
		}
		s := ask[state](t, "step", stepRequest{Hex: got.Hex, Kind: e.Kind, Maps: e.Maps, Memory: e.Memory, Move: "continue"})
		if s.Result != want.result {
			t.Errorf("%s: it returns %q %q, want %q", e.file, s.Result, s.Fault, want.result)
		}
		if e.file == "count-protocols.s" {
			if diff := cmp.Diff([][2]string{{"11 00 00 00", "01 00 00 00 00 00 00 00"}}, s.Maps[0].Elements); diff != "" {
				t.Errorf("%s: the map (-want +got)\n%s", e.file, diff)
			}
		}
	}
}
