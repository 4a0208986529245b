package tutorial_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/tutorial"
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
)

func chapters(t *testing.T) []tutorial.Chapter {
	t.Helper()
	list, err := tutorial.Chapters()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestExercises builds the files of all exercises, as a reader would, and runs them: what the reader starts with is not right yet, and the
// solution is.
func TestExercises(t *testing.T) {
	dir := t.TempDir()
	args := []string{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", dir + string(filepath.Separator)}
	for _, c := range chapters(t) {
		for _, name := range []string{c.Name(), strings.Replace(c.Name(), "exercise", "solution", 1)} {
			args = append(args, "./"+c.Folder+"/"+name)
		}
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	programs, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		out, err := exec.Command(filepath.Join(dir, p.Name())).CombinedOutput()
		text := strings.TrimSpace(string(out))
		var ended *exec.ExitError
		switch {
		case strings.HasPrefix(p.Name(), "solution"):
			if err != nil || text != exercise.Solved {
				t.Errorf("%s: %v\n%s", p.Name(), err, text)
			}
		case !errors.As(err, &ended) || ended.ExitCode() != 1 || !strings.HasPrefix(text, "not yet: "):
			t.Errorf("%s: %v\n%s", p.Name(), err, text)
		default:
			t.Logf("%s: %s", p.Name(), text)
		}
	}
}

// parts are what each chapter has, in this order.
var parts = []string{"\n<!-- minutes -->\n", "\n**You will see** ", "\n## A mistake on purpose\n", "\n## Exercise\n",
	"<details><summary>A hint</summary>", "<details><summary>A solution</summary>", "\n## Read next\n"}

// TestChapters: each chapter has the number of its folder, and all of its parts.
func TestChapters(t *testing.T) {
	for _, c := range chapters(t) {
		if !strings.HasPrefix(c.Folder, fmt.Sprintf("%02d_", c.Number)) {
			t.Errorf("%s has the number %d", c.Folder, c.Number)
		}
		if c.Task == "" || c.Hint == "" || c.Start == c.Solution {
			t.Errorf("%s: the exercise is not complete: %+v", c.Folder, c)
		}
		text, err := os.ReadFile(filepath.Join(c.Folder, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		rest := string(text)
		for _, part := range parts {
			var ok bool
			if _, rest, ok = strings.Cut(rest, part); !ok {
				t.Errorf("%s: %q is missing, or is not in its place", c.Folder, strings.TrimSpace(part))
				break
			}
		}
	}
}

var (
	link   = regexp.MustCompile(`\]\(([^)#:\n]+)(?:#[^)\n]*)?\)`)
	fenced = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")
)

// TestLinksLead: files that the chapters link to exist.
func TestLinksLead(t *testing.T) {
	pages, err := filepath.Glob("*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}
