package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
)

// tool runs the tool as a shell would.
func tool(stdin string, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

func TestExplainExitCodes(t *testing.T) {
	stats := "processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
	for name, tt := range map[string]struct {
		log, want string
		code      int
	}{
		"explained": {"0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\n" + stats, "its result, R0, was not set", 0},
		"no error":  {"0: R1=ctx() R10=fp0\n0: (b7) r0 = 0\n1: (95) exit\n" + stats, "no error", 3},
		"unknown":   {"0: R1=ctx() R10=fp0\n0: (95) exit\nR0 is purple\n" + stats, "R0 is purple", 4},
		"of a loader": {"libbpf: prog 'x': BPF program load failed: Permission denied\nlibbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n" +
			"0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\n" + stats + "-- END PROG LOAD LOG --\n", "its result, R0, was not set", 0},
	} {
		out, errs, code := tool(tt.log, "explain", "-")
		if code != tt.code || !strings.Contains(out, tt.want) {
			t.Errorf("%s: exit %d, %q %q", name, code, out, errs)
		}
	}
	if _, errs, code := tool("", "explain", filepath.Join(t.TempDir(), "none")); code != exitUsage || errs == "" {
		t.Errorf("a file that is not there: exit %d, %q", code, errs)
	}
}

func TestExplainForTools(t *testing.T) {
	log := filepath.Join(t.TempDir(), "verifier.log")
	if err := os.WriteFile(log, []byte(recorded.Open(t).Text(t, "r1_after_call.level1.log")), 0o644); err != nil {
		t.Fatal(err)
	}
	out, errs, code := tool("", "explain", "--json", log)
	var r struct {
		Error, Kind, Explanation, Fix string
		Insn                          int
		Source                        struct {
			File string
			Line int
		}
		Slice []struct{ Insn int }
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %s %s", code, err, out, errs)
	}
	if r.Kind != "uninitialised" || r.Error != "R1 !read_ok" || r.Insn != 1 || r.Source.Line == 0 || r.Source.File == "" ||
		r.Explanation == "" || r.Fix == "" || len(r.Slice) == 0 {
		t.Errorf("%+v", r)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	if _, errs, code := tool("", "explain", "--html", page, log); code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if text, err := os.ReadFile(page); err != nil || !bytes.Contains(text, []byte("R1 !read_ok")) ||
		bytes.Contains(text, []byte("http://")) {
		t.Errorf("the page: %d bytes, %v", len(text), err)
	}
}
