package verifierlog_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestRecordedLogs compares the message of each log with the index, and the instruction with the program. Its opcode must be the one in
// the report's text, and its source line the one with which the program was loaded.
func TestRecordedLogs(t *testing.T) {
	logs := recorded.Open(t)
	total, right, located := 0, 0, 0
	for _, e := range logs.Programs {
		insns, err := hex.DecodeString(e.Insns)
		if err != nil {
			t.Fatal(err)
		}
		insnOfLevel := map[string]int{}
		for level, l := range e.Levels {
			text := logs.Text(t, l.File)
			total++
			r := verifierlog.Parse(text)
			insnOfLevel[level] = r.Insn
			var problems []string
			complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

			got := r.Details
			if r.Reason != "" {
				got = append(slices.Clone(got), r.Reason)
			}
			want := slices.Clone(l.ErrorLines)
			for i := range want { // in the index, statistics count as a part of messages without a newline
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
					pos := fmt.Sprintf("%s:%d", r.Source.File, r.Source.Line)
					if e.HasLineInfo && s.Insn == r.Insn && (pos != s.Pos || r.Source.Text != s.Text) {
						complain("instruction %d is from %s %q, want %s %q", r.Insn, pos, r.Source.Text, s.Pos, s.Text)
					}
				}
				located++
			}
			if r.Stats.Processed == 0 && strings.Contains(text, "\nprocessed ") && !strings.Contains(text, "processed 0 insns") {
				complain("no statistics")
			}
			if len(problems) == 0 {
				right++
			} else {
				t.Errorf("%s: %s", l.File, strings.Join(problems, "; "))
			}
		}
		// All levels must have the same result; level 4 alone has no instructions.
		if one, ok := insnOfLevel["1"]; ok {
			for _, level := range []string{"2", "7"} {
				if n, ok := insnOfLevel[level]; ok && n != one && !e.Loaded {
					t.Errorf("%s: instruction %d at level 1, %d at level %s", e.Name, one, n, level)
				}
			}
		}
	}
	for _, e := range logs.Types {
		total++
		want := strings.TrimSpace(e.LastError)
		if e.Errno == "" || e.Name == "btf_bad_int" {
			want = "" // loaded, or refused without a message
		}
		if r := verifierlog.Parse(logs.Text(t, e.File())); r.Reason != want || r.Insn != -1 {
			t.Errorf("%s: %q at %d, want %q", e.Name, r.Reason, r.Insn, want)
		} else {
			right++
		}
	}
	t.Logf("%d of %d logs are understood, %d with their instruction", right, total, located)
}
