package misuse

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/english"
)

var update = flag.Bool("update", false, "write the messages of this run to testdata")

// A row is one mistake.
type row struct {
	name  string
	code  func() error // does what a newcomer would do, and returns what it gets
	asked bool         // the kernel is asked: the row needs root
	lacks string       // why the message alone does not lead to the correction; "" when it does. Such a message is not compared
}

// compare makes the mistakes of one kind, and compares each message with the one in testdata/KIND.txt.
func compare(t *testing.T, kind string, rows []row) {
	t.Helper()
	_, file, _, _ := runtime.Caller(1)
	marked := marksOf(t, file)
	golden := filepath.Join("testdata", kind+".txt")
	want := readMessages(t, golden)
	var written bytes.Buffer
	lacking := 0
	for _, r := range rows {
		m, ok := marked[r.name]
		if !ok {
			t.Fatalf("%s: the text of the row %q is not found", file, r.name)
		}
		delete(marked, r.name)
		if r.asked && os.Geteuid() != 0 {
			delete(want, r.name)
			continue
		}
		got := m.relative(filepath.Base(file), message(r.code))
		if r.lacks != "" {
			lacking++
			t.Logf("%s: %s:\n%s", r.name, r.lacks, got)
			continue
		}
		entry := m.quoted() + got + "\n"
		fmt.Fprintf(&written, "-- %s --\n%s\n", r.name, entry)
		if slips := english.Slips(got); len(slips) > 0 {
			t.Errorf("%s: %q in %q", r.name, slips, got)
		}
		switch first := anyLine.FindString(got); {
		case got == silence:
			t.Errorf("%s: there is no message", r.name)
		case strings.HasPrefix(got, panicked):
			t.Errorf("%s: %s", r.name, got)
		case len(m.lines) > 0 && first != "here":
			t.Errorf("%s:%d: %s: the message does not have this line first:\n%s", file, m.lines[0], r.name, got)
		case len(m.lines) == 0 && strings.HasPrefix(first, "line of"):
			t.Errorf("%s: the message has a line that is not in the row:\n%s", r.name, got)
		case !*update && entry != want[r.name]:
			t.Errorf("%s: the message is\n%s\nwant\n%s", r.name, entry, want[r.name])
		}
		delete(want, r.name)
	}
	for name := range marked {
		t.Errorf("%s: the row %q is in the file but not in the table", file, name)
	}
	if *update {
		if err := os.WriteFile(golden, written.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	} else {
		for name := range want {
			t.Errorf("%s has a message for %q, which is in no row", golden, name)
		}
	}
	t.Logf("%d of %d messages lead to the correction", len(rows)-lacking, len(rows))
}

// Texts for what should not happen.
const (
	silence  = "(no message)"
	panicked = "panic: "
)

// message makes a mistake and returns what the user reads.
func message(code func() error) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(panicked, r)
		}
	}()
	err := code()
	if err == nil {
		return silence
	}
	return err.Error()
}

// A mark is where a row is in its file.
type mark struct {
	first, last int      // its lines
	lines       []int    // with "// here"
	texts       []string // of these lines
}

// quoted is the marked code, as the first lines of a message in testdata.
func (m mark) quoted() string {
	var b strings.Builder
	for _, text := range m.texts {
		fmt.Fprintf(&b, "> %s\n", text)
	}
	return b.String()
}

// anyLine matches a line of a row in a message that was made relative.
var anyLine = regexp.MustCompile(`\bhere\b([+-][0-9]+)?|\bROW\b|\bCALL\b|\bline of [a-z_]+_test\.go\b`)

// position matches a line of Go in a message.
var position = regexp.MustCompile(`(?:[\w.+/-]*/)?\b([a-z_]+_test\.go):([0-9]+)`)

// temporary matches the folder of a test.
var temporary = regexp.MustCompile(`/[\w/.]*/Test\w*/[0-9]+`)

// numbered matches what has another number in each run, and release the name of the running kernel.
var (
	numbered = regexp.MustCompile(`\b(fd|link|BPF map|process) [0-9]+\b`)
	machine  = regexp.MustCompile(`(this machine has|in this kernel:) [^;\n]*`)
	named    = regexp.MustCompile(`(bpfsmith-test-|127\.0\.0\.1:)[0-9]+`)
	release  = regexp.MustCompile(`Linux 6\.18\.[\w.-]+\w`)
)

// relative writes the positions in a message relative to the marked line. In a row without a mark, ROW stands for each of its lines; CALL
// is a line that validates for several rows.
func (m mark) relative(base, text string) string {
	text = temporary.ReplaceAllString(text, "DIR")
	text = numbered.ReplaceAllString(text, "$1 N")
	text = named.ReplaceAllString(text, "${1}N")
	text = machine.ReplaceAllString(text, "$1 N")
	text = release.ReplaceAllString(text, "Linux 6.18.N")
	return position.ReplaceAllStringFunc(text, func(at string) string {
		parts := position.FindStringSubmatch(at)
		line, err := strconv.Atoi(parts[2])
		switch {
		case err == nil && parts[1] == "programs_test.go", parts[1] == "attach_kernel_test.go" && base != parts[1]:
			return "CALL" // functions for several files
		case err == nil && parts[1] == base && len(m.lines) == 0:
			if line < m.first || m.last < line {
				return "CALL"
			}
			return "ROW"
		case err != nil || parts[1] != base || len(m.lines) == 0:
			return "line of " + parts[1]
		case line == m.lines[0]:
			return "here"
		case len(m.lines) > 1 && line == m.lines[1]:
			return "here"
		default:
			return fmt.Sprintf("here%+d", line-m.lines[0])
		}
	})
}

// marksOf finds the rows of a file, by name, and their marked lines.
func marksOf(t *testing.T, file string) map[string]mark {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(source), "\n")
	marked := make(map[string]mark)
	ast.Inspect(parsed, func(n ast.Node) bool {
		row, ok := n.(*ast.CompositeLit)
		if !ok || row.Type != nil || len(row.Elts) == 0 {
			return true
		}
		pair, ok := row.Elts[0].(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok || key.Name != "name" {
			return true
		}
		name, err := strconv.Unquote(pair.Value.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := marked[name]; twice {
			t.Errorf("two rows of %s are named %q", file, name)
		}
		m := mark{first: files.Position(row.Pos()).Line, last: files.Position(row.End()).Line}
		for n := m.first; n <= m.last; n++ {
			if code, found := strings.CutSuffix(lines[n-1], "// here"); found {
				m.lines = append(m.lines, n)
				m.texts = append(m.texts, strings.TrimSpace(code))
			}
		}
		marked[name] = m
		return false
	})
	return marked
}

// readMessages reads a file of testdata: messages by the names of their rows.
func readMessages(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	all := make(map[string]string)
	heading := regexp.MustCompile(`(?m)^-- (.*) --\n`)
	places := heading.FindAllSubmatchIndex(text, -1)
	for i, at := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		all[string(text[at[2]:at[3]])] = strings.TrimSuffix(string(text[at[1]:end]), "\n")
	}
	return all
}

// TestMostLeadToTheCorrection counts the rows of all kinds whose message does not lead to the correction.
func TestMostLeadToTheCorrection(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	rows, lacking := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows += len(regexp.MustCompile(`(?m)^\t+\{name: "`).FindAll(text, -1))
		lacking += len(regexp.MustCompile(`(?m)^\t+\{name: ".*", lacks: "`).FindAll(text, -1))
	}
	t.Logf("%d of %d messages lead to the correction", rows-lacking, rows)
	if rows < 150 || lacking*100 > rows*mostLacking {
		t.Errorf("%d of %d messages do not lead to the correction; at most %d %% may be so", lacking, rows, mostLacking)
	}
}

// mostLacking is how many messages may lack something, in per cent. The field lacks is for rows of mistakes that were just found.
const mostLacking = 0
