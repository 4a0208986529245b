package verifierlog_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// An index tells what each recorded log is about. It was written when the logs were recorded, from the programs themselves.
type index struct {
	Entries []struct {
		Name        string
		Loaded      bool
		HasLineInfo bool
		Insns       string // hex, little-endian
		Source      []struct {
			Insn      int
			Pos, Text string
		}
		Levels map[string]struct {
			File       string
			ErrorLines []string
		}
	} `json:"entries"`
	BTFLoad []struct{ Name, Errno, LastError string } `json:"btf_load"`
}

func readIndex(t *testing.T, dir string) index {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		if os.IsNotExist(err) {
			t.Skip("recorded logs: ", err)
		}
		t.Fatal(err)
	}
	var x index
	if err := json.Unmarshal(text, &x); err != nil {
		t.Fatal(err)
	}
	return x
}

// TestRecordedLogs reads the logs of this repository, all of which must be understood.
func TestRecordedLogs(t *testing.T) { checkLogs(t, "testdata", "testdata", 1) }

// TestAllRecordedLogs reads the whole collection where it is at hand. It is too large to be committed.
func TestAllRecordedLogs(t *testing.T) {
	const dir = "../../shared/verifierlogs"
	checkLogs(t, dir, filepath.Join(dir, "logs"), 0.99)
}

// checkLogs compares reports with the index: the message, and, with the program as the witness, the instruction. Its opcode must be the one in
// the report's text, and its source line the one that the program was loaded with.
func checkLogs(t *testing.T, dir, logs string, share float64) {
	x := readIndex(t, dir)
	total, right, located := 0, 0, 0
	for _, e := range x.Entries {
		insns, err := hex.DecodeString(e.Insns)
		if err != nil {
			t.Fatal(err)
		}
		insnOfLevel := map[string]int{}
		for level, l := range e.Levels {
			text, err := os.ReadFile(filepath.Join(logs, l.File))
			if os.IsNotExist(err) {
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			total++
			r := verifierlog.Parse(string(text))
			insnOfLevel[level] = r.Insn
			var problems []string
			complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

			got := r.Details
			if r.Reason != "" {
				got = append(slices.Clone(got), r.Reason)
			}
			want := slices.Clone(l.ErrorLines)
			for i := range want { // the index took statistics for a part of messages without a newline
				want[i], _, _ = strings.Cut(want[i], "verification time ")
			}
			if !slices.Equal(got, want) && len(got)+len(want) > 0 {
				complain("message %q, want %q", got, want)
			}
			switch {
			case r.Insn >= len(insns)/8 && !strings.Contains(r.Reason, "invalid insn"):
				complain("instruction %d of %d", r.Insn, len(insns)/8)
			case r.Text != "":
				if want := fmt.Sprintf("(%02x) ", insns[8*r.Insn]); !strings.HasPrefix(r.Text, want) {
					complain("instruction %d printed as %q, its opcode is %s", r.Insn, r.Text, want)
				}
				for _, s := range e.Source {
					if pos := fmt.Sprintf("%s:%d", r.Source.File, r.Source.Line); e.HasLineInfo && s.Insn == r.Insn && (pos != s.Pos || r.Source.Text != s.Text) {
						complain("instruction %d is from %s %q, want %s %q", r.Insn, pos, r.Source.Text, s.Pos, s.Text)
					}
				}
				located++
			}
			if r.Stats.Processed == 0 && strings.Contains(string(text), "\nprocessed ") && !strings.Contains(string(text), "processed 0 insns") {
				complain("no statistics")
			}
			if len(problems) == 0 {
				right++
			} else if share == 1 || testing.Verbose() {
				t.Logf("%s: %s", l.File, strings.Join(problems, "; "))
			}
		}
		// All levels tell one story; level 4 alone has no instructions.
		if one, ok := insnOfLevel["1"]; ok {
			for _, level := range []string{"2", "7"} {
				if n, ok := insnOfLevel[level]; ok && n != one && !e.Loaded {
					t.Errorf("%s: instruction %d at level 1, %d at level %s", e.Name, one, n, level)
				}
			}
		}
	}
	for _, e := range x.BTFLoad {
		text, err := os.ReadFile(filepath.Join(logs, e.Name+".level1.log"))
		if err != nil {
			continue
		}
		total++
		want := strings.TrimSpace(e.LastError)
		if e.Errno == "" || e.Name == "btf_bad_int" {
			want = "" // loaded, or refused without a word
		}
		if r := verifierlog.Parse(string(text)); r.Reason != want || r.Insn != -1 {
			t.Logf("%s: %q at %d, want %q", e.Name, r.Reason, r.Insn, want)
		} else {
			right++
		}
	}
	t.Logf("%d of %d logs understood (%.1f %%), %d with their instruction", right, total, 100*float64(right)/float64(max(total, 1)), located)
	if total == 0 || float64(right) < share*float64(total) {
		t.Errorf("%d of %d logs understood, want %.0f %%", right, total, 100*share)
	}
}
