package verifierlog_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// ofGo are words that only readers of package dsl know.
var ofGo = regexp.MustCompile(`\b(?:f|dsl|maps|isa|structops|prog|helper|m|r|x|i|p|tp|a|ring|size)\.[A-Z]|` +
	`\bGo (?:type|func|struct|compiler)|\bnil\b|bpfsmith|func\(\)|program\.Sleepable|\bBy hand|` +
	`[Pp]ackage (?:dsl|isa|maps|prog|compile|syscall|btf|kernel|structops|helper)`)

// ofC are words that readers of Rust do not write.
var ofC = regexp.MustCompile(`SEC\(|__always_inline|barrier_var|BPF_CORE_READ|\bchar\b|static const|-mcpu|->|__type\(|` +
	`BPF_PROG\b|BPF_KPROBE|PT_REGS|volatile (?:access|pointer)|__sync_`)

// holes are what is left around a phrase that was taken out badly.
var holes = regexp.MustCompile(`\s[.,:](?:\s|$)|\.\.$|,\.|::? *\.|\(\)\.\(|  `)

// TestAdviceIsInTheReadersLanguage: for logs that are not from Go, no text has the words of package dsl.
func TestAdviceIsInTheReadersLanguage(t *testing.T) {
	check := func(name string, language verifierlog.Language, r verifierlog.Report) {
		t.Helper()
		texts := []string{r.Explanation, r.Fix}
		for _, s := range r.Slice {
			texts = append(texts, s.Note.String())
		}
		for _, text := range texts {
			if word := ofGo.FindString(text); word != "" {
				t.Errorf("%s: %q in %s", name, word, text)
			}
			if word := ofC.FindString(text); word != "" && language == verifierlog.Rust {
				t.Errorf("%s: %q in %s", name, word, text)
			}
			if holes.MatchString(text) {
				t.Errorf("%s: a hole in %q", name, text)
			}
		}
	}
	verbs := strings.NewReplacer("%lld", "7", "%02x", "7", "%d", "7", "%u", "7", "%x", "7", "%s", "word", "%c", "c")
	for _, language := range []verifierlog.Language{verifierlog.C, verifierlog.Rust} {
		for _, rule := range verifierlog.Rules() {
			check(rule.Pattern, language, verifierlog.Explain(verbs.Replace(rule.Pattern)+"\n", verifierlog.Program{Language: language}))
		}
		logs := recorded.Open(t)
		for _, p := range logs.Programs {
			for level, l := range p.Levels {
				check(p.Name+" "+level, language, verifierlog.Explain(logs.Text(t, l.File), verifierlog.Program{
					Type: programType(p.ProgType), Struct: p.Struct(), Member: p.Member, Sleepable: p.Sleepable, License: p.License,
					Errno: l.Errno, Language: language,
				}))
			}
		}
	}
}

// TestTheLogShowsTheLanguage: by the ending of source files, or by the source lines of kernels that print no files.
func TestTheLogShowsTheLanguage(t *testing.T) {
	const end = "0: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=m,ks=4,vs=8)\n" +
		"1: (79) r0 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\n"
	for source, want := range map[string]string{
		"; v := m.In(f).Lookup(1) @ a.go:7":              "f.If(p.IsNil(), f.Exit)",
		"; v := m.In(f).Lookup(1)":                       "f.If(p.IsNil(), f.Exit)",
		"; v = bpf_map_lookup_elem(&m, &k); @ a.bpf.c:7": "if (!p) return 0",
		"; return *v;": "if (!p) return 0",
		"; let v = unsafe { M.get(&k) } @ main.rs:7": "if p.is_null()",
		"; let v = unsafe { M.get(&k) }":             "if p.is_null()",
		"":                                           "if (!p) return 0",
	} {
		log := source + "\n" + end
		if r := verifierlog.Explain(log, verifierlog.Program{}); !strings.Contains(r.Fix, want) {
			t.Errorf("%s: %s, want %s", source, r.Fix, want)
		}
	}
	if r := verifierlog.Explain(end, verifierlog.Program{Language: verifierlog.Go}); !strings.Contains(r.Fix, "f.If(") {
		t.Errorf("the program is in Go: %s", r.Fix)
	}
}
