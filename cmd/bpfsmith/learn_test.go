package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/docs/tutorial"
)

// A screen is what a reader sees.
type readerScreen struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (s *readerScreen) Write(p []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(p)
}

// wait waits for a text that comes after all that it has found before.
func (s *readerScreen) wait(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		s.mutex.Lock()
		if _, rest, ok := strings.Cut(s.text.String(), want); ok {
			s.text.Reset()
			s.text.WriteString(rest)
			s.mutex.Unlock()
			return
		}
		s.mutex.Unlock()
	}
	t.Fatalf("%q does not come; the screen has\n%s", want, s.text.String())
}

// TestLearn does what a reader does: saves wrong answers and right ones, asks for a hint, and comes back later.
func TestLearn(t *testing.T) {
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	chapters, err := tutorial.Chapters()
	if err != nil {
		t.Fatal(err)
	}
	start := func() (*readerScreen, io.Writer, func() int) {
		screen := new(readerScreen)
		in, keys := io.Pipe()
		ended := make(chan int, 1)
		go func() { ended <- run([]string{"learn", "mine", "--replace", source}, in, screen, screen) }()
		return screen, keys, func() int {
			code := <-ended
			in.CloseWithError(context.Canceled)
			return code
		}
	}
	press := func(keys io.Writer, text string) {
		if _, err := io.WriteString(keys, text+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	save := func(text string) {
		if err := os.WriteFile("mine/exercise01/main.go", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	screen, keys, end := start()
	screen.wait(t, "== Exercise 1: "+chapters[0].Title)
	screen.wait(t, "not yet: instruction 0 is")
	press(keys, "h")
	screen.wait(t, "`28` in hex")
	save("package main\n\nfunc main() { nonsense }\n")
	screen.wait(t, "it does not compile: exercise01/main.go:3:15: undefined: nonsense")
	save("package main\n\nfunc main() { println(\"solved, really\") }\n")
	screen.wait(t, "not yet: solved, really")
	press(keys, "x")
	screen.wait(t, `"x" is no key`)
	save(chapters[0].Solution)
	screen.wait(t, "Exercise 1 is solved.")
	screen.wait(t, "== Exercise 2: "+chapters[1].Title)
	screen.wait(t, "not yet: ")
	press(keys, "l")
	screen.wait(t, "x  1  "+chapters[0].Title)
	press(keys, "q")
	if code := end(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	screen, keys, end = start()
	screen.wait(t, "== Exercise 2: ")
	press(keys, "p")
	screen.wait(t, "Exercise 1 is solved. (n for the next one)")
	press(keys, "q")
	end()
	if text, err := os.ReadFile("mine/exercise01/main.go"); err != nil || string(text) != chapters[0].Solution {
		t.Errorf("the answer was changed: %v\n%s", err, text)
	}

	var out, errs strings.Builder
	if code := run([]string{"learn", "--check", "mine"}, strings.NewReader(""), &out, &errs); code != exitInput {
		t.Errorf("exit code %d, %s", code, errs.String())
	}
	for _, want := range []string{" 1  solved     ", " 2  not yet: ", " 3  not begun  ", "1 of "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("--check does not print %q:\n%s", want, out.String())
		}
	}
}

// TestFold: paragraphs are broken, code and lists are not joined with them.
func TestFold(t *testing.T) {
	long := strings.Repeat("word ", 20)
	got := fold(long + "\nmore\n\n    r0 = 1\n- one\n- two")
	want := strings.TrimSpace(strings.Repeat("word ", 16)) + "\nword word word word more\n\n    r0 = 1\n- one\n- two"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
