package verifierlog_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

var updateExplanations = flag.Bool("update-explanations", false, "write the explanations of all recorded logs into testdata, to be read")

const allLogs = "../../shared/verifierlogs"

// TestExplanationsAreThoseThatWereRead explains all recorded refusals, of which the index has the mistake. Whoever changes a rule reads what
// becomes of them, in testdata/explanations.golden.
func TestExplanationsAreThoseThatWereRead(t *testing.T) {
	var x struct {
		Entries []struct {
			Name, Mistake, ProgType, Target, Member, License string
			Loaded, Sleepable                                bool
			Levels                                           map[string]struct{ File, Errno string }
		}
	}
	raw, err := os.ReadFile(filepath.Join(allLogs, "index.json"))
	if err != nil {
		t.Skip("recorded logs: ", err)
	}
	if err := json.Unmarshal(raw, &x); err != nil {
		t.Fatal(err)
	}
	unfilled := regexp.MustCompile(`\{[0-9a-z]+\}`)
	var b strings.Builder
	for _, e := range x.Entries {
		if e.Loaded {
			continue
		}
		log, err := os.ReadFile(filepath.Join(allLogs, "logs", e.Levels["1"].File))
		if err != nil {
			continue
		}
		structName, _ := strings.CutPrefix(e.Target, "struct:")
		if e.ProgType != "struct_ops" {
			structName = ""
		}
		r := verifierlog.Explain(string(log), verifierlog.Program{
			Type: e.ProgType, Struct: structName, Member: e.Member, Sleepable: e.Sleepable, License: e.License, Errno: e.Levels["1"].Errno,
		})
		if r.Kind == verifierlog.Unknown || r.Kind == "" || r.Explanation == "" || unfilled.MatchString(r.Explanation+r.Fix) {
			t.Errorf("%s: %q is not explained: %q %q", e.Name, r.Reason, r.Kind, r.Explanation)
		}
		fmt.Fprintf(&b, "%s: %s\n\t%s at %d: %s\n\t%s\n\thelp: %s\n", e.Name, e.Mistake, r.Kind, r.Insn, r.Reason, r.Explanation, r.Fix)
		for _, s := range r.Slice {
			fmt.Fprintf(&b, "\t%4d %s", s.Insn, s.Text)
			if s.Value != "" {
				fmt.Fprintf(&b, "  ; %s", s.Value)
			}
			if s.Note != "" {
				fmt.Fprintf(&b, "  # %s", s.Note)
			}
			b.WriteByte('\n')
		}
	}
	const golden = "testdata/explanations.golden"
	if *updateExplanations {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		got, want := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Errorf("line %d is\n%s\nwant\n%s", i+1, got[i], want[i])
				break
			}
		}
		t.Error("the explanations are others than those that were read; -update-explanations writes them")
	}
}

// TestCatalogueIsComplete: each message of the catalogue that was collected has a rule, and of the kernels' own lists of formats most have.
func TestCatalogueIsComplete(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(allLogs, "CATALOGUE.md"))
	if err != nil {
		t.Skip("the catalogue: ", err)
	}
	quoted := regexp.MustCompile("`([^`]{8,})`")
	part := regexp.MustCompile(`\||has btf_id|^(\.|points to|for func|with %s op|bitwise|pointer \+=|tried to|offset %d is|size %d must|has value)|\.\.$`) // of others, and what is no error
	total, explained := 0, 0
	for line := range strings.Lines(string(raw)) {
		if !regexp.MustCompile(`^\d+ `).MatchString(line) {
			continue
		}
		message, _, _ := strings.Cut(line, "|")
		for _, m := range quoted.FindAllStringSubmatch(message, -1) {
			if part.MatchString(m[1]) {
				continue
			}
			total++
			if r := verifierlog.Explain(sample(m[1]), verifierlog.Program{}); r.Kind != verifierlog.Unknown {
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
	files, err := filepath.Glob(filepath.Join(allLogs, "formats", "*.verifier.tsv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no formats: ", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		total, explained, missing := 0, 0, []string(nil)
		for line := range strings.Lines(string(raw)) {
			columns := strings.Split(strings.TrimRight(line, "\n"), "\t")
			format := strings.Trim(strings.ReplaceAll(columns[len(columns)-1], `\n`, ""), `"`)
			if len(format) < 12 || !strings.Contains(format, " ") {
				continue
			}
			total++
			if r := verifierlog.Explain(sample(format), verifierlog.Program{}); r.Kind != verifierlog.Unknown {
				explained++
			} else {
				missing = append(missing, format)
			}
		}
		t.Logf("%s: %d of %d formats have a rule", filepath.Base(file), explained, total)
		for _, format := range missing {
			t.Logf("\tnone: %s", format)
		}
		if explained*100 < total*leastShare {
			t.Errorf("%s: %d of %d formats have a rule", filepath.Base(file), explained, total)
		}
	}
}

// leastShare is how many of a kernel's formats have a rule at least, in percent. Many of the others are no errors, or cannot be provoked.
const leastShare = 35

// sample prints a format with values in the place of its verbs.
func sample(format string) string {
	format = regexp.MustCompile(`%[-#0-9l]*[zh]*[dui]`).ReplaceAllString(format, "7")
	format = regexp.MustCompile(`%[-#0-9l]*[xX]`).ReplaceAllString(format, "1f")
	return regexp.MustCompile(`%[-0-9]*[scp]`).ReplaceAllString(format, "word")
}

func TestRulesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range verifierlog.Rules() {
		if r.Kind == "" || r.Explanation == "" || r.Fix == "" {
			t.Errorf("%q lacks something", r.Pattern)
		}
		if seen[r.Pattern] {
			t.Errorf("%q stands twice", r.Pattern)
		}
		seen[r.Pattern] = true
	}
}

// TestNoLogNoMessage: what the errno says where the log says nothing.
func TestNoLogNoMessage(t *testing.T) {
	stats := "processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
	for _, tt := range []struct {
		log, errno string
		want       verifierlog.Kind
	}{
		{"", "EPERM", verifierlog.NotPermitted},
		{"", "EINVAL", verifierlog.NoLog},
		{"", "E2BIG", verifierlog.TooComplex},
		{"", "ENOTSUPP", verifierlog.BadAttach},
		{stats, "EAGAIN", verifierlog.Interrupted},
		{"0: R1=ctx() R10=fp0\n0: (b7) r0 = 0\n", "ENOSPC", verifierlog.LogTruncated},
		{"0: R1=ctx() R10=fp0\n0: (95) exit\nR0 is not to our liking\n" + stats, "EACCES", verifierlog.Unknown},
		{"0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\n" + stats, "EACCES", verifierlog.Uninitialised},
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
		if r.Refused() && r.Kind == "" {
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
