package verifierlog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

var update = flag.Bool("update", false, "write the golden files again")

// golden compares with a file under testdata/golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: go test -update writes it again\ngot\n%s\nwant\n%s", name, got, want)
	}
}

// lookup is a report in which all fields are set.
func lookup() verifierlog.Report {
	at := func(line int, text string) verifierlog.Source {
		return verifierlog.Source{File: "count.go", Line: line, Text: text}
	}
	return verifierlog.Report{
		Reason: "R0 invalid mem access 'map_value_or_null'", Insn: 6, Text: "(79) r1 = *(u64 *)(r0 +0)",
		Source:     at(21, "n := v.Load64(0)"),
		Registers:  []verifierlog.Register{{Number: 0, Value: "map_value_or_null(id=1,map=counts,ks=4,vs=8)"}, {Number: 10, Value: "fp0"}},
		Stack:      []verifierlog.Slot{{Offset: -8, Value: "0000????"}},
		Kind:       mistake.MaybeNil,
		References: []string{},
		Explanation: "The program reads memory by way of R0, which may be nil: the map may have no such key. The verifier lets a " +
			"program use such a pointer " +
			"only where it was compared with 0.",
		Fix: "compare the result before it is used:\n    f.If(v.IsNil(), f.Exit)",
		Slice: []verifierlog.Step{
			{Insn: 3, Text: "(18) r1 = 0xffff888182d39c00", Source: at(20, `v := counts.Lookup(f, key)`),
				Value: "R1=map_ptr(map=counts,ks=4,vs=8)"},
			{Insn: 5, Text: "(85) call bpf_map_lookup_elem#1", Source: at(20, `v := counts.Lookup(f, key)`),
				Value: "R0=map_value_or_null(id=1,map=counts,ks=4,vs=8)",
				Note:  verifierlog.Note{Kind: verifierlog.MayGiveNil, Callee: "bpf_map_lookup_elem"}},
			{Insn: 6, Text: "(79) r1 = *(u64 *)(r0 +0)", Source: at(21, "n := v.Load64(0)")},
		},
		Stats: verifierlog.Stats{Processed: 6, Limit: 1000000},
	}
}

const countGo = "package count\n\nfunc program(f *dsl.Fn) {\n" + "\n\n\n\n\n\n\n\n\n\n\n\n\n\n" +
	"\tkey := f.Stack(4)\n\n\tv := counts.Lookup(f, key)\n\tn := v.Load64(0)\n\tf.Return(n)\n}\n"

func source(file string) ([]byte, error) {
	if file == "count.go" {
		return []byte(countGo), nil
	}
	return nil, errors.New("no such file")
}

func render(t *testing.T, r verifierlog.Report, s verifierlog.Style) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Render(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRender(t *testing.T) {
	r := lookup()
	golden(t, "source.txt", render(t, r, verifierlog.Style{Source: source}))
	golden(t, "colour.txt", render(t, r, verifierlog.Style{Source: source, Color: true, Width: 100}))
	golden(t, "quoted.txt", render(t, r, verifierlog.Style{Width: 60}))
	logs := recorded.Open(t)
	for _, name := range []string{"nobtf_branch.level1", "ringbuf_leak.level2", "infinite_loop.level1", "btf_member_overflow.level1",
		"loop_callback_oob.level1", "r0_not_set.level4", "eagain.level1"} {
		log := logs.Text(t, name+".log")
		report := verifierlog.Explain(log, verifierlog.Program{Language: verifierlog.Go})
		golden(t, name+".txt", render(t, report, verifierlog.Style{Log: log}))
	}
	// Level 4 has no instructions: they come from the program.
	none := verifierlog.Report{Reason: "unreachable insn 1", Insn: 1, Kind: mistake.Unreachable}
	code := []byte{0x95, 0, 0, 0, 0, 0, 0, 0, 0x18, 1, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}
	golden(t, "code.txt", render(t, none, verifierlog.Style{Code: code}))
}

// TestRenderWidth: for any log and width, lines fit, except code that cannot be broken.
func TestRenderWidth(t *testing.T) {
	logs := recorded.Open(t)
	for _, file := range logs.Files("") {
		log := logs.Text(t, file)
		for _, width := range []int{40, 60, 80, 200} {
			r := verifierlog.Explain(log, verifierlog.Program{})
			for line := range strings.Lines(string(render(t, r, verifierlog.Style{Log: log, Width: width}))) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%s, width %d: a line of %d columns: %s", file, width, n, line)
				}
			}
		}
	}
}

// TestRenderDisarms: a program chooses the names of its maps and files, and these must not control the terminal.
func TestRenderDisarms(t *testing.T) {
	r := lookup()
	r.Reason, r.Source.Text, r.Slice[0].Note.Callee = "R0 \x1b[2J", "x\r\x07", "\x1b]0;title\x07"
	r.Registers[0].Value, r.Fix, r.Explanation, r.Text = "\x9b31m", "\x1b[1m", "\u202e", "(79)\x00"
	for _, c := range string(render(t, r, verifierlog.Style{})) {
		if c != '\n' && (c < ' ' || c == '\u202e' || c >= 0x7f && c < 0xa0) {
			t.Errorf("%q reaches the terminal", c)
		}
	}
}

// TestRenderNeedsTheSameLine: a file that was changed since would be misleading.
func TestRenderNeedsTheSameLine(t *testing.T) {
	edited := func(string) ([]byte, error) { return []byte(strings.Replace(countGo, "Load64", "Load32", 1)), nil }
	if got := string(render(t, lookup(), verifierlog.Style{Source: edited})); strings.Contains(got, "Load32") ||
		!strings.Contains(got, "Load64") {
		t.Error(got)
	}
}

func TestJSON(t *testing.T) {
	for name, r := range map[string]verifierlog.Report{
		"report.json": lookup(), "empty.json": verifierlog.Explain("", verifierlog.Program{}),
	} {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := json.Indent(&b, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		golden(t, name, append(b.Bytes(), '\n'))
	}
}

// TestJSONKeepsText: a tool that prints without escapes gets the text as it is in the log.
func TestJSONKeepsText(t *testing.T) {
	r := verifierlog.Report{Reason: `if r1 < 5 && "x"`}
	text, err := r.MarshalJSON()
	if err != nil || !strings.HasPrefix(string(text), `{"error":"if r1 < 5 && \"x\"",`) {
		t.Errorf("%s, %v", text, err)
	}
}
