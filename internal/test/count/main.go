// Command count reads the output of "go test -json", shows it as "go test" does, and counts. It fails when a test failed, when no test
// passed, and when a test was skipped, because a skipped test did not run.
//
//	go test -json ./... | go run ./internal/test/count
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	t, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(1)
	}
	fmt.Println(t)
	if !t.good() {
		os.Exit(1)
	}
}

// A tally counts tests, each subtest as one, and packages or builds that failed.
type tally struct{ passed, failed, skipped, packages int }

func (t tally) String() string {
	return fmt.Sprintf("%d tests passed, %d failed, %d skipped; %d packages failed", t.passed, t.failed, t.skipped, t.packages)
}

func (t tally) good() bool { return t.passed > 0 && t.failed == 0 && t.skipped == 0 && t.packages == 0 }

// An event is a line of "go test -json" (go doc test2json).
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds
}

// read counts, and prints a line for each package, and the output of tests that failed or were skipped.
func read(from io.Reader, to io.Writer) (t tally, err error) {
	printed := map[[2]string]*strings.Builder{} // what a test of a package printed
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF && line == "" {
			return t, nil
		} else if err != nil && err != io.EOF {
			return t, err
		}
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			fmt.Fprint(to, line) // other output of the go command
			continue
		}
		key := [2]string{e.Package, e.Test}
		switch e.Action {
		case "build-output":
			fmt.Fprint(to, e.Output)
		case "output":
			if printed[key] == nil {
				printed[key] = new(strings.Builder)
			}
			printed[key].WriteString(e.Output)
		case "pass", "fail", "skip":
			shown := e.Action != "pass"
			if e.Test == "" {
				shown = e.Action == "fail"
				if e.Action != "skip" { // a package without tests
					fmt.Fprintf(to, "%-4s %s %.1f s\n", e.Action, e.Package, e.Elapsed)
				}
			}
			if out := printed[key]; shown && out != nil {
				fmt.Fprint(to, out)
			}
			t.add(e)
			delete(printed, key)
		}
	}
}

func (t *tally) add(e event) {
	switch {
	case e.Test == "" && e.Action == "fail":
		t.packages++
	case e.Test == "":
	case e.Action == "pass":
		t.passed++
	case e.Action == "fail":
		t.failed++
	default:
		t.skipped++
	}
}
