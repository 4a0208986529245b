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

// TestReports renders the report of each of the 588 recorded logs and compares it with testdata/reports, which has one file for each kind
// of mistake. Above each report is the deliberate mistake of the program. Logs of several levels with the same report are together.
//
// How they were reviewed: on 28 November 2026 all of these files were read, report by report. Kind, place, explanation, slice and help
// were compared with the mistake above the report, and with the note where the kernel's answer was unexpected. Levels with the same report
// were read once. Wrong or misleading texts were corrected at their source, and the changed reports were read again. All 168 refused
// programs have the kind in kindsOfPrograms. After a change of a text do the same: run with -update, and read the difference.
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
		l.report = verifierlog.Explain(l.log, verifierlog.Program{Errno: p.Errno, Language: verifierlog.Go})
		write(l.report.Kind, []load{l})
	}
	for _, p := range logs.Others {
		l := load{name: p.Name, mistake: p.Mistake, file: p.File, log: logs.Text(t, p.File), level: "1"}
		l.report = verifierlog.Explain(l.log, verifierlog.Program{Errno: p.Errno, Language: verifierlog.Go})
		write(l.report.Kind, []load{l})
	}
	for _, file := range logs.Files("") {
		if !covered[file] {
			t.Errorf("%s has no report", file)
		}
	}
	compareReports(t, files)
}

// A load is a log with its report.
type load struct {
	name, mistake, note string
	file, log, level    string
	report              verifierlog.Report
}

// loadsOf explains each log of a program, with the other facts that its loader knows. They are in the order of their levels.
func loadsOf(t *testing.T, logs *recorded.Logs, p recorded.Program) []load {
	unfilled := regexp.MustCompile(`\{[0-9a-z]+\}`)
	var loads []load
	for _, level := range slices.Sorted(maps.Keys(p.Levels)) {
		l := load{name: p.Name, mistake: p.Mistake, note: p.Note, file: p.Levels[level].File, level: level}
		l.log = logs.Text(t, l.file)
		l.report = verifierlog.Explain(l.log, verifierlog.Program{
			Type: programType(p.ProgType), Struct: p.Struct(), Member: p.Member, Sleepable: p.Sleepable, License: p.License,
			Errno: p.Levels[level].Errno, Language: verifierlog.Go,
		})
		r := l.report
		switch {
		case p.Loaded && (r.Kind != mistake.None || r.Refused()):
			t.Errorf("%s: the kernel accepted it, but the report says %q %q", l.file, r.Kind, r.Reason)
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

// writeReports writes the different reports of one program.
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

// compareReports compares the reports with the files, and the list of files.
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
				t.Errorf("%s:%d: different from the report that was reviewed\ngot  %s\nwant %s\n"+
					"-update writes it: read the difference of each report", file, i+1, g, w)
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
