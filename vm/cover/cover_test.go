package cover_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/vm/cover"
)

const halve = "github.com/bpfsmith/bpfsmith/vm/cover/testdata/halve/halve.go"

// golang runs the go command, and returns what it prints.
func golang(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// countsOf gives the counts of the lines of a file, by the word after // in the line's source.
func countsOf(t *testing.T, p cover.Profile, name, source string) map[int]uint64 {
	t.Helper()
	counts := make(map[int]uint64)
	for _, b := range p.Blocks {
		if b.File == name {
			for n := b.Line; n <= b.EndLine; n++ {
				counts[n] = max(counts[n], b.Count)
			}
		}
	}
	if len(counts) == 0 {
		t.Fatalf("the profile has nothing of %s", source)
	}
	return counts
}

// TestGoProfile runs go test -coverprofile on a package whose tests miss lines of its programs, and looks at what Go's tool makes of it.
func TestGoProfile(t *testing.T) {
	t.Parallel()
	profile := filepath.Join(t.TempDir(), "c.out")
	out := golang(t, []string{cover.Variable + "="}, "test", "-count=1", "-v", "-coverprofile="+profile, "./testdata/halve")
	if want := halve + ":11: never to line 12, 4 times to line 14\n"; !strings.Contains(out, want) {
		t.Errorf("the list of branches is not\n%s\nbut\n%s", want, out)
	}
	file, err := os.Open(profile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err := cover.ReadProfile(file)
	if err != nil {
		t.Fatal(err)
	}
	counts := countsOf(t, p, halve, "halve.go")
	text, err := os.ReadFile("testdata/halve/halve.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for n, line := range strings.Split(string(text), "\n") {
		_, comment, ok := strings.Cut(line, "\t// ")
		if _, after, found := strings.Cut(line, " // "); found {
			comment, ok = after, true
		}
		if !ok {
			continue
		}
		seen++
		if ran, want := counts[n+1] > 0, !strings.HasPrefix(comment, "not run"); ran != want {
			t.Errorf("line %d, %q: run is %t", n+1, line, ran)
		}
	}
	if seen != 4 {
		t.Errorf("%d lines say whether they are run", seen)
	}

	page := filepath.Join(t.TempDir(), "c.html")
	golang(t, nil, "tool", "cover", "-html="+profile, "-o", page)
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<span class="cov0" title="0">half.Set(tp.PriorCwnd()) // not run</span>`,
		`<span class="cov8" title="1">half.Set(tp.SndSsthresh()) // run</span>`,
		`<span class="cov0" title="0">tp.CongAvoidAI(tp.SndCwnd(), acked) // not run</span>`,
	} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("Go's page does not have %s", want)
		}
	}
	if functions := golang(t, nil, "tool", "cover", "-func="+profile); !strings.Contains(functions, "congAvoid") ||
		!strings.Contains(functions, "0.0%") {
		t.Errorf("Go's table of functions:\n%s", functions)
	}
}

// TestVariable: with the variable, the lines of programs are in a file of their own. Several processes and tests add to it.
func TestVariable(t *testing.T) {
	t.Parallel()
	profile := filepath.Join(t.TempDir(), "bpf.out")
	for range 2 {
		golang(t, []string{cover.Variable + "=" + profile}, "test", "-count=1", "./testdata/halve")
	}
	p, branches, err := cover.ReadFiles(profile)
	if err != nil {
		t.Fatal(err)
	}
	counts := countsOf(t, p, halve, "halve.go")
	if counts[10] != 8 || counts[12] != 0 || counts[23] != 0 || p.Mode != "count" {
		t.Errorf("%s, %v", p.Mode, counts)
	}
	if len(branches) != 2 || branches[0].OneWay() == branches[1].OneWay() || branches[1].Counts != [2]uint64{4, 4} {
		t.Errorf("%v", branches)
	}
	golang(t, nil, "tool", "cover", "-func="+profile)
}

// TestProfilesAreReadAsWritten: what is written is read back, and what is no profile is an error.
func TestProfilesAreReadAsWritten(t *testing.T) {
	text := "mode: set\nexample.com/a/b.go:1.2,3.4 5 1\n/abs/olute.go:9.1,9.8 1 0\n"
	p, err := cover.ReadProfile(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil || out.String() != "mode: set\n/abs/olute.go:9.1,9.8 1 0\nexample.com/a/b.go:1.2,3.4 5 1\n" {
		t.Errorf("%v\n%s", err, out.String())
	}
	if files := p.Files(); fmt.Sprint(files) != "[{/abs/olute.go 0 1} {example.com/a/b.go 5 5}]" {
		t.Errorf("%v", files)
	}
	for _, bad := range []string{"mode: set\nno profile\n", "mode: set\na.go:1.2,3 5\n"} {
		if _, err := cover.ReadProfile(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"a.go\t1\n", "a.go\t1\t0\t2\t3\tx\t0\n"} {
		if _, err := cover.ReadBranches(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
