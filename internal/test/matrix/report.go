package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/matrix/job"
)

// A column has the results of one kernel.
type column struct {
	kernel kernel
	steady bool
	boot   job.Boot
	took   time.Duration
	tests  map[string]*outcome // by package
	faults []string            // of the machine or the kernel itself
}

// An outcome has the results of a package's tests on a kernel.
type outcome struct {
	job.Result
	ended                   bool
	passed, failed, skipped int
	skips                   map[string][]string // tests by reason
	failures                []failure
	ran                     map[string]bool // tests that passed
	output                  strings.Builder // raw
}

type failure struct{ test, output string }

func (c *column) failed() bool {
	for _, o := range c.tests {
		if o.bad() {
			return true
		}
	}
	return len(c.faults) > 0
}

func (o *outcome) bad() bool { return o.failed > 0 || o.Exit != 0 || !o.ended }

// read splits the output of a guest. When the output ends early, read keeps the part that is there.
func (c *column) read(results []byte) {
	c.tests = make(map[string]*outcome)
	var current *outcome
	done := false
	for line := range strings.Lines(strings.ReplaceAll(string(results), "\r\n", "\n")) {
		word, value, ours := cut(line)
		if !ours {
			if current != nil {
				current.output.WriteString(line)
			}
			continue
		}
		var err error
		switch word {
		case job.Ready:
			err = json.Unmarshal(value, &c.boot)
		case job.Error:
			var text string
			err = json.Unmarshal(value, &text)
			c.faults = append(c.faults, "init: "+text)
		case job.Start:
			current = &outcome{}
			if err = json.Unmarshal(value, &current.Package); err == nil {
				c.tests[current.Package] = current
			}
		case job.End:
			if current != nil {
				err = json.Unmarshal(value, &current.Result)
				current.ended = true
			}
			current = nil
		case job.Done:
			done = true
		}
		if err != nil {
			c.faults = append(c.faults, fmt.Sprintf("%q: %v", line, err))
		}
	}
	if !done {
		c.faults = append(c.faults, "the guest did not come to its end")
	}
	for _, o := range c.tests {
		if err := o.count(); err != nil {
			c.faults = append(c.faults, err.Error())
		}
	}
}

// cut splits a line of the protocol.
func cut(line string) (word string, value []byte, ok bool) {
	rest, ok := strings.CutPrefix(line, job.Mark)
	word, text, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return word, []byte(text), ok
}

// count counts tests as go test does: a test with subtests counts in addition to them.
func (o *outcome) count() error {
	cmd := exec.Command("go", "tool", "test2json")
	cmd.Stdin = strings.NewReader(o.output.String())
	events, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: test2json: %w", o.Package, err)
	}
	o.skips = make(map[string][]string)
	o.ran = make(map[string]bool)
	printed := make(map[string]*strings.Builder)
	for line := range bytes.Lines(events) {
		var e struct{ Action, Test, Output string }
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("%s: test2json: %w", o.Package, err)
		}
		if e.Test == "" {
			continue
		}
		if printed[e.Test] == nil {
			printed[e.Test] = new(strings.Builder)
		}
		switch e.Action {
		case "output":
			printed[e.Test].WriteString(e.Output)
		case "pass":
			o.passed++
			o.ran[e.Test] = true
		case "skip":
			o.skipped++
			why := reason(printed[e.Test].String())
			o.skips[why] = append(o.skips[why], e.Test)
		case "fail":
			o.failed++
			o.failures = append(o.failures, failure{e.Test, printed[e.Test].String()})
		}
	}
	return nil
}

// said is a line that a test logged: where, and what.
var said = regexp.MustCompile(`^\s+\w+\.go:\d+: (.*)$`)

// reason is the message of a skipped test, without the text that the testing package adds.
func reason(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		if m := said.FindStringSubmatch(line); m != nil {
			lines = append(lines, m[1])
		} else if strings.HasPrefix(line, "        ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, " ")
}

// writeTable prints packages by kernels; a cell is passed, failed, skipped.
func writeTable(w io.Writer, pkgs []string, columns []*column) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	row := func(first string, cell func(*column) string) {
		fmt.Fprint(t, first)
		for _, c := range columns {
			fmt.Fprint(t, "\t", cell(c))
		}
		fmt.Fprintln(t)
	}
	row("kernel", func(c *column) string { return c.kernel.name })
	row("release", func(c *column) string { return c.boot.Release })
	row("ready after", func(c *column) string {
		if c.boot.Release == "" {
			return "never"
		}
		return fmt.Sprintf("%.1f s", c.boot.Uptime)
	})
	for _, pkg := range pkgs {
		row(pkg, func(c *column) string { return c.cell(pkg) })
	}
	row("machine", func(c *column) string {
		text := fmt.Sprintf("%.0f s", c.took.Seconds())
		if len(c.faults) > 0 {
			text += " FAILED"
		}
		return text
	})
	return t.Flush()
}

func (c *column) cell(pkg string) string {
	o, ran := c.tests[pkg]
	if !ran {
		return "not run"
	}
	text := fmt.Sprintf("%d passed", o.passed)
	if o.failed > 0 {
		text += fmt.Sprintf(", %d FAILED", o.failed)
	} else if o.bad() {
		text += ", FAILED"
	}
	if o.skipped > 0 {
		text += fmt.Sprintf(", %d skipped", o.skipped)
	}
	return fmt.Sprintf("%s (%.1f s)", text, o.Seconds)
}

// writeDetails prints failed tests with their output, and the tests that were left out.
func writeDetails(w io.Writer, pkgs []string, columns []*column) {
	for _, c := range columns {
		for _, pkg := range pkgs {
			for _, e := range c.kernel.exclusions(c.steady) {
				if e.pkg == pkg {
					fmt.Fprintf(w, "excluded on %s: %s %s: %s\n", c.kernel.name, e.pkg, e.test, e.reason)
				}
			}
			if o, ran := c.tests[pkg]; ran {
				for _, why := range slices.Sorted(maps.Keys(o.skips)) {
					fmt.Fprintf(w, "skipped on %s: %s %s: %s\n", c.kernel.name, pkg, strings.Join(o.skips[why], ", "), why)
				}
			}
		}
	}
	for _, c := range columns {
		for _, fault := range c.faults {
			fmt.Fprintf(w, "\n--- %s: %s\n", c.kernel.name, fault)
		}
		for _, pkg := range pkgs {
			o, ran := c.tests[pkg]
			if !ran || !o.bad() {
				continue
			}
			for _, f := range o.failures {
				fmt.Fprintf(w, "\n--- %s: %s %s\n%s", c.kernel.name, pkg, f.test, f.output)
			}
			if len(o.failures) == 0 { // it crashed, or the machine did
				fmt.Fprintf(w, "\n--- %s: %s: exit %d, ended %v\n%s", c.kernel.name, pkg, o.Exit, o.ended, tail(o.output.String(), 100))
			}
		}
	}
}

func tail(text string, lines int) string {
	all := strings.SplitAfter(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "")
}
