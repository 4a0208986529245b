package verifierlog_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestCatalogueIsComplete: each collected message has a rule.
func TestCatalogueIsComplete(t *testing.T) {
	logs := recorded.Open(t)
	quoted := regexp.MustCompile("`([^`]{8,})`")
	part := regexp.MustCompile(`\||has btf_id|` + // of others, and what is no error
		`^(\.|points to|for func|with %s op|bitwise|pointer \+=|tried to|offset %d is|size %d must|has value)|\.\.$`)
	total, explained := 0, 0
	for line := range strings.Lines(logs.Catalogue) {
		if !regexp.MustCompile(`^\d+ `).MatchString(line) {
			continue
		}
		message, _, _ := strings.Cut(line, "|")
		for _, m := range quoted.FindAllStringSubmatch(message, -1) {
			if part.MatchString(m[1]) {
				continue
			}
			total++
			if r := verifierlog.Explain(sample(m[1]), verifierlog.Program{}); r.Kind != mistake.Unknown {
				explained++
			} else {
				t.Logf("no rule: %s", m[1])
			}
		}
	}
	t.Logf("%d of %d messages of the catalogue are explained", explained, total)
	if explained*100 < total*95 {
		t.Errorf("%d of %d messages of the catalogue are explained", explained, total)
	}
	if total < 100 || len(logs.Formats) != 7 {
		t.Errorf("%d messages in the catalogue, formats of %d kernels", total, len(logs.Formats))
	}
}

func TestRulesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range verifierlog.Rules() {
		if r.Kind == mistake.None || r.Explanation == "" || r.Fix == "" {
			t.Errorf("%q lacks something", r.Pattern)
		}
		if seen[r.Pattern] {
			t.Errorf("%q stands twice", r.Pattern)
		}
		seen[r.Pattern] = true
	}
}

// TestNoLogNoMessage: the explanation from the errno when the log has no message.
func TestNoLogNoMessage(t *testing.T) {
	stats := "processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
	for _, tt := range []struct {
		log, errno string
		want       mistake.Kind
	}{
		{"", "EPERM", mistake.NotPermitted},
		{"", "EINVAL", mistake.NoLog},
		{"", "E2BIG", mistake.TooComplex},
		{"", "ENOTSUPP", mistake.BadAttach},
		{stats, "EAGAIN", mistake.Interrupted},
		{stats, "", mistake.None},
		{stats, "ENOMEM", mistake.NoLog},
		{"magic: 0xeb9f\nversion: 1\n", "EINVAL", mistake.BadType},
		{"magic: 0xeb9f\nversion: 1\n", "", mistake.None},
		{"0: R1=ctx() R10=fp0\n0: (b7) r0 = 0\n", "ENOSPC", mistake.LogTruncated},
		{"0: R1=ctx() R10=fp0\n0: (95) exit\nR0 is not to our liking\n" + stats, "EACCES", mistake.Unknown},
		{"0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\n" + stats, "EACCES", mistake.Uninitialised},
	} {
		if r := verifierlog.Explain(tt.log, verifierlog.Program{Errno: tt.errno}); r.Kind != tt.want {
			t.Errorf("%q with %s: %q, want %q", tt.log, tt.errno, r.Kind, tt.want)
		}
	}
}

func FuzzExplain(f *testing.F) {
	f.Add("0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000)\n", "EACCES")
	f.Add("R7 type=map_value_or_null expected=fp, pkt\n", "")
	f.Add("from 2 to 5: R0=scalar(umax=3) fp-8=mmmm???? refs=2\n5: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'scalar'", "ENOSPC")
	f.Fuzz(func(t *testing.T, log, errno string) {
		r := verifierlog.Explain(log, verifierlog.Program{Errno: errno})
		if r.Refused() && r.Kind == mistake.None {
			t.Errorf("%q has no kind", r.Reason)
		}
		last := 0
		for s := verifierlog.NewScanner(strings.NewReader(log)); s.Next(); {
			if line := s.Event().Line; line < last {
				t.Fatalf("line %d after %d", line, last)
			} else {
				last = line
			}
		}
	})
}
