package mistakes

import (
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/english"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestEachRuleHasAProgram: each rule has a program, or a reason why it has none.
func TestEachRuleHasAProgram(t *testing.T) {
	programs := make(map[string]int)
	names := make(map[string]bool)
	for _, m := range All() {
		programs[m.Rule]++
		if names[m.Name] {
			t.Errorf("two mistakes are named %s", m.Name)
		}
		names[m.Name] = true
	}
	reasons := make(map[string]bool)
	for _, w := range Without() {
		reasons[w.Rule] = true
		if programs[w.Rule] > 0 {
			t.Errorf("%q has a program, and also a reason for having none: %s", w.Rule, w.Why)
		}
	}
	with, rules := 0, make(map[string]bool)
	for _, r := range verifierlog.Rules() {
		rules[r.Pattern] = true
		switch {
		case programs[r.Pattern] > 0:
			with++
		case !reasons[r.Pattern]:
			t.Errorf("%q has neither a program nor a reason for having none", r.Pattern)
		}
	}
	for pattern := range programs {
		if !rules[pattern] {
			t.Errorf("there is no rule %q", pattern)
		}
	}
	for pattern := range reasons {
		if !rules[pattern] {
			t.Errorf("there is no rule %q to have no program", pattern)
		}
	}
	t.Logf("%d of %d rules have a program, of %d", with, len(verifierlog.Rules()), len(All()))
}

// TestMessagesOfTheCatalogueAreMet: for each collected message, a program here gets it or another message of the same rule.
func TestMessagesOfTheCatalogueAreMet(t *testing.T) {
	said, without := make(map[string]bool), make(map[string]bool)
	for _, m := range All() {
		said[m.Rule] = true
	}
	for _, w := range Without() {
		without[w.Rule] = true
	}
	verb := regexp.MustCompile(`%[-#0-9l]*[duixXsc]`)
	met, unmet := 0, 0
	for _, line := range regexp.MustCompile("(?m)^[0-9]+ [^|\n]*").FindAllString(recorded.Open(t).Catalogue, -1) {
		for _, quoted := range regexp.MustCompile("`([^`]{8,})`").FindAllStringSubmatch(line, -1) {
			text := verb.ReplaceAllString(quoted[1], "7")
			pattern := verifierlog.Explain(text+"\n", verifierlog.Program{}).Pattern
			switch {
			case pattern == "": // a part of a message, or no error; verifierlog's TestCatalogueIsComplete knows which
			case said[pattern]:
				met++
			case without[pattern]:
				unmet++
				t.Logf("no program: %s", quoted[1])
			default:
				t.Errorf("%q: its rule %q has neither a program nor a reason", quoted[1], pattern)
			}
		}
	}
	t.Logf("%d messages of the catalogue are met, %d have no program", met, unmet)
	if met < 100 {
		t.Errorf("%d messages are met", met)
	}
}

// TestEachHasItsMark: one line is marked wrong, and at most one other is marked seen.
func TestEachHasItsMark(t *testing.T) {
	sources := sourcesOf(t)
	for _, m := range All() {
		s := sources[m.Name]
		if s == nil {
			t.Errorf("%s: its text is not found", m.Name)
		} else if len(s.Wrong) != 1 || len(s.Seen) > 1 {
			t.Errorf("%s:%d: %s: lines %v are marked wrong, and %v seen", s.File, s.First, m.Name, s.Wrong, s.Seen)
		}
	}
}

// TestWhatCompilingFinds: compiling finds the mistakes that the table says, at their line.
func TestWhatCompilingFinds(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	sources := sourcesOf(t)
	found, sayable := 0, 0
	for _, m := range All() {
		if m.Build == nil || m.Spoil != nil {
			continue // the program itself is right
		}
		sayable++
		_, err := m.Compile(m.Build(), types, true)
		who := KernelOnly
		var findings mistake.Findings
		if errors.As(err, &findings) {
			found++
			who = CompilingToo
			for _, f := range findings {
				if filepath.Base(f.Position.File) == sources[m.Name].File && slices.Contains(sources[m.Name].places(), f.Position.Line) {
					who = Compiling
				}
			}
		} else if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		switch {
		case who == m.Found:
		case who == Compiling, who == CompilingToo && m.Found == KernelOnly: // better than the table says
			t.Logf("%s: found by %d, which the table does not say: %v", m.Name, who, findings)
		default:
			t.Errorf("%s: found by %d, want %d: %v", m.Name, who, m.Found, err)
		}
	}
	t.Logf("compiling finds %d of %d programs that can be written", found, sayable)
}

// TestMessagesAreEnglish: what compiling says of the programs, and what the log's reports say, has the right article before each noun
// and no plural after a 1.
func TestMessagesAreEnglish(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	check := func(name, text string) {
		texts++
		if slips := english.Slips(text); len(slips) > 0 {
			t.Errorf("%s: %q in %q", name, slips, text)
		}
	}
	for _, m := range All() {
		report, err := m.Explain()
		if err != nil {
			t.Fatal(err)
		}
		check(m.Name, report.Explanation)
		check(m.Name, report.Fix)
		if m.Build == nil {
			continue
		}
		var findings mistake.Findings
		if _, err := m.Compile(m.Build(), types, true); errors.As(err, &findings) {
			check(m.Name, findings.Error())
		}
	}
	for _, k := range mistake.Kinds() {
		check(k.String(), k.Title())
	}
	if texts < 400 {
		t.Errorf("only %d texts were read", texts)
	}
}

// TestWhatTheKernelSaidIsExplained: the recorded logs are explained by the rules of their programs, without a kernel.
func TestWhatTheKernelSaidIsExplained(t *testing.T) {
	kept, err := logs.ReadDir("testdata")
	if err != nil || len(kept) != len(All()) {
		t.Errorf("%d logs are kept of %d mistakes: remove the old ones, %v", len(kept), len(All()), err)
	}
	for _, m := range All() {
		log, err := m.Log()
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		if r := verifierlog.Explain(log, m.place()); r.Pattern != m.Rule {
			t.Errorf("%s: %q is explained by the rule %q, want %q", m.Name, r.Reason, r.Pattern, m.Rule)
		} else if r.Explanation == "" || r.Fix == "" || unfilled.MatchString(r.Explanation+r.Fix) {
			t.Errorf("%s: %q is explained by %q, %q", m.Name, r.Reason, r.Explanation, r.Fix)
		}
	}
}

// unfilled matches a placeholder that was not replaced.
var unfilled = regexp.MustCompile(`\{[a-z0-9]+\}`)

func sourcesOf(t *testing.T) map[string]*Source {
	t.Helper()
	sources, err := Sources()
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// closeMaps lets go of the maps of a program.
func closeMaps(p *dsl.Program) {
	for spec := range p.Maps() {
		if m := maps.HandleOf(spec); m != nil {
			m.Close()
		}
	}
}
