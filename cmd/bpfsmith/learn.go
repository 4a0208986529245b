package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/docs/tutorial"
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
)

// learnFlags are the flags of learn.
type learnFlags struct {
	replace string
	check   bool
}

func newLearn() *cobra.Command {
	var l learnFlags
	cmd := &cobra.Command{
		Use:   "learn [FOLDER]",
		Short: "Do the exercises of the tutorial, one after the other",
		Long: `Learn shows an exercise of the tutorial, and writes a Go file for it into the
folder (bpf-tutorial, if none is named). Edit the file with any editor. Each
time that you save it, learn compiles it, runs your program in user space, and
says in a line what is wrong. When it is right, the next exercise follows. No
root is needed, and no kernel.

Keys, each followed by Enter: h a hint, s the solution, t the task again, c check
now, n next, p previous, l list, q quit. The next time, learn goes on where you
were. Files that exist are never overwritten.

The chapters are in docs/tutorial of the source.`,
		Example: `  bpfsmith learn
  bpfsmith learn --check          # check all exercises once; exits with 1 when one is not solved`,
		Args: cobra.MaximumNArgs(1),
		RunE: l.run,
	}
	flags := cmd.Flags()
	flags.BoolVar(&l.check, "check", false, "check all exercises in the folder once, and end")
	flags.StringVar(&l.replace, "replace", "", "`FOLDER` with the source of bpfsmith, as for new")
	return cmd
}

func (l *learnFlags) run(cmd *cobra.Command, args []string) error {
	folder := "bpf-tutorial"
	if len(args) > 0 {
		folder = args[0]
	}
	chapters, err := tutorial.Chapters()
	if err != nil {
		return &inputError{err}
	}
	c := &course{out: cmd.OutOrStdout(), folder: folder, chapters: chapters}
	if l.check {
		return c.checkAll(cmd.Context())
	}
	requirement, err := (&newFlags{replace: l.replace}).requirement()
	if err != nil {
		return err
	}
	if err := c.open(cmd.Context(), requirement); err != nil {
		return &inputError{err}
	}
	return asInputError(c.teach(cmd.Context(), cmd.InOrStdin()))
}

// A course is the exercises, and the folder with somebody's answers.
type course struct {
	out      io.Writer
	folder   string
	chapters []tutorial.Chapter
	now      int // the exercise that is being done, an index of chapters
}

func (c *course) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

// open makes the folder a Go module with the first file, unless it is one.
func (c *course) open(ctx context.Context, requirement string) error {
	if err := os.MkdirAll(c.folder, 0o755); err != nil {
		return err
	}
	for c.now < len(c.chapters)-1 && c.solved(c.chapters[c.now]) {
		c.now++
	}
	if err := c.write(c.chapters[c.now]); err != nil {
		return err
	}
	module := filepath.Join(c.folder, "go.mod")
	if _, err := os.Stat(module); err == nil {
		return nil
	}
	release := strings.TrimPrefix(runtime.Version(), "go")
	text := fmt.Sprintf("module tutorial\n\ngo %s\n\n%s", goDirective(release), requirement)
	if err := os.WriteFile(module, []byte(text), 0o644); err != nil {
		return err
	}
	var said strings.Builder
	if err := tidy(ctx, c.folder, &said); err != nil {
		return errors.Join(fmt.Errorf("go mod tidy, in %s: %w\n%s", c.folder, err, said.String()), os.Remove(module))
	}
	return nil
}

// file is the file of an exercise.
func (c *course) file(ch tutorial.Chapter) string {
	return filepath.Join(c.folder, ch.Name(), "main.go")
}

// write writes the file to start with, unless there is one.
func (c *course) write(ch tutorial.Chapter) error {
	name := c.file(ch)
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(ch.Start), 0o644)
}

// solvedMark is a file beside an answer that was right.
const solvedMark = ".solved"

func (c *course) solved(ch tutorial.Chapter) bool {
	_, err := os.Stat(filepath.Join(c.folder, ch.Name(), solvedMark))
	return err == nil
}

// How long an answer may run, and how often its file is looked at.
const (
	answerTime = time.Minute
	pollTime   = 300 * time.Millisecond
)

// check compiles and runs an answer. The result is "" when it is right, and else what is wrong.
func (c *course) check(ctx context.Context, ch tutorial.Chapter) (wrong string, err error) {
	dir, err := os.MkdirTemp("", "bpfsmith-learn-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "answer.exe") // a name that Windows runs
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", binary, "./"+ch.Name())
	build.Dir = c.folder
	if out, err := build.CombinedOutput(); err != nil {
		return compilerSays(string(out), err), ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime) // compiling takes as long as it takes
	defer cancel()
	answer := exec.CommandContext(ctx, binary)
	answer.Dir = c.folder
	out, err := answer.CombinedOutput()
	text := strings.TrimSpace(string(out))
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil && text == exercise.Solved:
		return "", os.WriteFile(filepath.Join(c.folder, ch.Name(), solvedMark), nil, 0o644)
	case text == "":
		return fmt.Sprintf("not yet: the program prints nothing: is main as it was? (%v)", err), nil
	case !strings.HasPrefix(text, "not yet: "):
		return "not yet: " + text, nil
	}
	return text, nil
}

// compilerSays is the first mistake that Go's compiler found.
func compilerSays(out string, err error) string {
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return "not yet: it does not compile: " + line
		}
	}
	return fmt.Sprintf("not yet: it does not compile: %v", err)
}

// checkAll checks the exercises whose files are there.
func (c *course) checkAll(ctx context.Context) error {
	done := 0
	for _, ch := range c.chapters {
		if _, err := os.Stat(c.file(ch)); err != nil {
			c.say("%2d  not begun  %s", ch.Number, ch.Title)
			continue
		}
		wrong, err := c.check(ctx, ch)
		if err != nil {
			return &inputError{err}
		}
		if wrong == "" {
			done++
			c.say("%2d  solved     %s", ch.Number, ch.Title)
			continue
		}
		first, _, _ := strings.Cut(wrong, "\n")
		c.say("%2d  %s", ch.Number, first)
	}
	c.say("%d of %d are solved", done, len(c.chapters))
	if done < len(c.chapters) {
		return exitError(exitInput)
	}
	return nil
}

// teach goes through the exercises until the reader ends it, or all are solved.
func (c *course) teach(ctx context.Context, in io.Reader) error {
	keys := make(chan string)
	go func() {
		defer close(keys)
		for lines := bufio.NewScanner(in); lines.Scan(); {
			select {
			case keys <- strings.TrimSpace(lines.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	ticks := time.NewTicker(pollTime)
	defer ticks.Stop()
	c.show()
	c.say("Compiling it. The first time takes a minute.")
	seen := time.Time{} // so that the file is checked at once
	for {
		select {
		case <-ctx.Done():
			return nil
		case key, ok := <-keys:
			if !ok {
				return nil
			}
			before := c.now
			if c.press(key) {
				return nil
			}
			if c.now != before || key == "c" {
				seen = time.Time{}
			}
		case <-ticks.C:
			changed, err := c.changed(&seen)
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			ended, err := c.answer(ctx)
			if err != nil || ended {
				return err
			}
		}
	}
}

// changed reports whether the file of the exercise is another one than at the time seen. A file that is missing is written again.
func (c *course) changed(seen *time.Time) (bool, error) {
	ch := c.chapters[c.now]
	if err := c.write(ch); err != nil {
		return false, err
	}
	info, err := os.Stat(c.file(ch))
	if err != nil || info.ModTime().Equal(*seen) {
		return false, nil // an editor may be replacing it; the next look finds it
	}
	*seen = info.ModTime()
	return true, nil
}

// answer checks the answer, and goes on to the next exercise that is not solved when it is right.
func (c *course) answer(ctx context.Context) (ended bool, err error) {
	ch := c.chapters[c.now]
	again := c.solved(ch)
	wrong, err := c.check(ctx, ch)
	if errors.Is(err, context.DeadlineExceeded) {
		wrong, err = fmt.Sprintf("not yet: the answer has not ended after %v", answerTime), nil
	}
	switch {
	case err != nil:
		return false, err
	case wrong != "":
		c.say("%s", wrong)
		return false, nil
	case again:
		c.say("Exercise %d is solved. (n for the next one)", ch.Number)
		return false, nil
	}
	c.say("Exercise %d is solved.", ch.Number)
	for n := range c.chapters {
		if next := (c.now + n) % len(c.chapters); !c.solved(c.chapters[next]) {
			c.now = next
			c.show()
			return false, nil
		}
	}
	c.say("All %d exercises are solved. Well done. bpfsmith new starts a program of your own.", len(c.chapters))
	return true, nil
}

// press does what a key says. It reports whether the reader wants to end.
func (c *course) press(key string) (end bool) {
	ch := c.chapters[c.now]
	switch key {
	case "":
	case "h":
		c.say("%s", fold(ch.Hint))
	case "s":
		c.say("%s", ch.Solution)
	case "t":
		c.show()
	case "c": // teach checks
	case "n", "p":
		c.now += map[string]int{"n": 1, "p": -1}[key]
		c.now = min(max(c.now, 0), len(c.chapters)-1)
		c.show()
	case "l":
		for n, ch := range c.chapters {
			mark := " "
			if c.solved(ch) {
				mark = "x"
			}
			if n == c.now {
				mark = ">"
			}
			c.say("%s %2d  %s", mark, ch.Number, ch.Title)
		}
	case "q":
		return true
	default:
		c.say("%q is no key. h hint, s solution, t task, c check now, n next, p previous, l list, q quit", key)
	}
	return false
}

// show shows the task.
func (c *course) show() {
	ch := c.chapters[c.now]
	done := 0
	for _, other := range c.chapters {
		if c.solved(other) {
			done++
		}
	}
	c.say("\n== Exercise %d: %s   (%d of %d solved)\n", ch.Number, ch.Title, done, len(c.chapters))
	c.say("%s\n", fold(ch.Task))
	c.say("Edit %s and save it. Keys, with Enter: h hint, s solution, n next, q quit", c.file(ch))
}

// lineWidth is where texts are broken for a terminal, in columns.
const lineWidth = 80

// fold breaks the paragraphs of a Markdown text for a terminal. Lines that begin with a blank or a list stay as they are.
func fold(text string) string {
	var out []string
	open := false // the last line can take more words
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || line[0] == ' ' || line[0] == '|' {
			out, open = append(out, line), false
			continue
		}
		if !open || strings.HasPrefix(line, "- ") {
			out = append(out, "")
		}
		for word := range strings.FieldsSeq(line) {
			last := &out[len(out)-1]
			switch {
			case *last == "":
				*last = word
			case len(*last)+1+len(word) > lineWidth:
				out = append(out, word)
			default:
				*last += " " + word
			}
		}
		open = true
	}
	return strings.Join(out, "\n")
}
