package verifierlog_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

const reportsDir = "testdata/reports"

// TestReports renders the report of each of the 588 recorded logs and compares with testdata/reports, one file a kind of mistake. Above
// each stands what the program's author did wrong on purpose; logs of several levels that give the same report stand together.
//
// How they were reviewed: on 28 November 2026 one reader went through all of these files, report by report, with the mistake above it (and
// the note, where the kernel surprised) as the measure of kind, place, explanation, slice and help; the levels were read once where they
// agree. What was wrong or misleading was mended where it is made, and what became of each report was read again in the difference. Of 168
// refused programs all are of the kind that kindsOfPrograms has. Who changes a text does the same: -update, and read.
func TestReports(t *testing.T) {
	logs := recorded.Open(t)
	files := map[string]*bytes.Buffer{}
	covered := map[string]bool{}
	write := func(kind mistake.Kind, loads []load) {
		name := kind.String()
		if name == "" {
			name = "loaded"
		}
		if files[name] == nil {
			files[name] = new(bytes.Buffer)
		}
		for _, l := range loads {
			covered[l.file] = true
		}
		writeReports(t, files[name], loads)
	}
	for _, p := range logs.Programs {
		loads := loadsOf(t, logs, p)
		write(loads[0].report.Kind, loads)
	}
	for _, p := range logs.Types {
		l := load{name: p.Name, mistake: p.Mistake, file: p.File(), log: logs.Text(t, p.File()), level: "1"}
		l.report = verifierlog.Explain(l.log, verifierlog.Program{Errno: p.Errno})
		write(l.report.Kind, []load{l})
	}
	for _, p := range logs.Others {
		l := load{name: p.Name, mistake: p.Mistake, file: p.File, log: logs.Text(t, p.File), level: "1"}
		l.report = verifierlog.Explain(l.log, verifierlog.Program{Errno: p.Errno})
		write(l.report.Kind, []load{l})
	}
	for _, file := range logs.Files("") {
		if !covered[file] {
			t.Errorf("%s has no report", file)
		}
	}
	compareReports(t, files)
}

// A load is a log and its report.
type load struct {
	name, mistake, note string
	file, log, level    string
	report              verifierlog.Report
}

// loadsOf explains each log of a program, with what its loader knows besides. They are in the order of their levels.
func loadsOf(t *testing.T, logs *recorded.Logs, p recorded.Program) []load {
	unfilled := regexp.MustCompile(`\{[0-9a-z]+\}`)
	var loads []load
	for _, level := range slices.Sorted(maps.Keys(p.Levels)) {
		l := load{name: p.Name, mistake: p.Mistake, note: p.Note, file: p.Levels[level].File, level: level}
		l.log = logs.Text(t, l.file)
		l.report = verifierlog.Explain(l.log, verifierlog.Program{
			Type: programType(p.ProgType), Struct: p.Struct(), Member: p.Member, Sleepable: p.Sleepable, License: p.License,
			Errno: p.Levels[level].Errno,
		})
		r := l.report
		switch {
		case p.Loaded && (r.Kind != mistake.None || r.Refused()):
			t.Errorf("%s: the kernel took it, and the report says %q %q", l.file, r.Kind, r.Reason)
		case !p.Loaded && (r.Kind == mistake.None || r.Kind == mistake.Unknown || r.Explanation == "" || r.Fix == ""):
			t.Errorf("%s: %q is not explained: %q %q", l.file, r.Reason, r.Kind, r.Explanation)
		case unfilled.MatchString(r.Explanation + r.Fix):
			t.Errorf("%s: a text with a gap: %q %q", l.file, r.Explanation, r.Fix)
		case len(loads) > 0 && r.Kind != loads[0].report.Kind:
			t.Errorf("%s: %q, at level %s %q", l.file, r.Kind, loads[0].level, loads[0].report.Kind)
		}
		loads = append(loads, l)
	}
	return loads
}

// writeReports writes the reports of one program, each different one once.
func writeReports(t *testing.T, b *bytes.Buffer, loads []load) {
	levels := map[string][]string{}
	var texts []string
	for _, l := range loads {
		text := string(render(t, l.report, verifierlog.Style{Log: l.log, Width: 100}))
		if levels[text] == nil {
			texts = append(texts, text)
		}
		levels[text] = append(levels[text], l.level)
	}
	for i, text := range texts {
		fmt.Fprintf(b, "==== %s, level %s: %s\n", loads[0].name, strings.Join(levels[text], " "), loads[0].mistake)
		if i == 0 && loads[0].note != "" {
			fmt.Fprintf(b, "     (%s)\n", loads[0].note)
		}
		fmt.Fprintf(b, "\n%s\n", text)
	}
}

// compareReports compares with the files, and with what files there are.
func compareReports(t *testing.T, files map[string]*bytes.Buffer) {
	old, err := filepath.Glob(filepath.Join(reportsDir, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if name := strings.TrimSuffix(filepath.Base(file), ".txt"); files[name] != nil {
			continue
		}
		if *update {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("%s: no log gives a report of this kind", file)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, got := filepath.Join(reportsDir, name+".txt"), files[name].String()
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v; -update writes it", err)
			continue
		}
		if got == string(want) {
			continue
		}
		gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range max(len(gotLines), len(wantLines)) {
			var g, w string
			if i < len(gotLines) {
				g = gotLines[i]
			}
			if i < len(wantLines) {
				w = wantLines[i]
			}
			if g != w {
				t.Errorf("%s:%d: other than the report that was reviewed\ngot  %s\nwant %s\n"+
					"-update writes it: read what becomes of each report", file, i+1, g, w)
				break
			}
		}
	}
}

// programType is a recorded type of programs.
func programType(name string) linux.ProgType {
	t, _ := linux.ParseProgType(name)
	return t
}
