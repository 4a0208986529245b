package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
	"github.com/bpfsmith/bpfsmith/verifierlog/page"
)

// Exit codes of explain, in addition to exitUsage.
const (
	exitNoError      = 3 // the log has no error
	exitUnknownError = 4 // the log has an error that is not in the catalogue
)

// An exitError ends the tool with a code and without a message: everything is printed already.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// An explainCommand has the values of the flags.
type explainCommand struct {
	placeFlags
	json      bool
	html      string
	program   string
	errno     string
	sourceDir string
}

func newExplain() *cobra.Command {
	var e explainCommand
	cmd := &cobra.Command{
		Use:   "explain LOG|-",
		Short: "Say why the kernel refused a program",
		Long: `Explain reads the log of Linux's verifier, from any loader. It says which rule
the program breaks, at which line and instruction, which values the registers
had there, how it happened, and what to change. Advice is in the words of the
program's language: C, Rust, or Go.

The log may be in any wrapping: with timestamps, colours, quotes or prefixes
before the lines, in strings of JSON or key="value", between the lines of a
loader, or shortened to an error of one line. What a part of a log does not show
is not guessed. When a file has several logs, explain uses the one with an error.

Source files are searched by the names in the log, in the current directory
and below. Only the lines near those that the log quotes are shown. When the
files are not found, the quotes are shown.

The exit code is 0 when an error was explained, 3 when the log has no error,
4 when the error is unknown, and 2 when the log cannot be read.`,
		Example: `  bpfsmith explain verifier.log
  journalctl -u agent | bpfsmith explain -
  bpfsmith explain --json verifier.log | jq -r '.kind, .source.file'
  bpfsmith explain --html report.html --prog prog.o verifier.log
  bpfsmith explain --errno EACCES --type struct_ops --member tcp_congestion_ops/init verifier.log`,
		Args: cobra.ExactArgs(1),
		RunE: e.run,
	}
	f := cmd.Flags()
	f.BoolVar(&e.json, "json", false, "print the report for tools")
	f.StringVar(&e.html, "html", "", "write a page with the log and the source to this file (- for standard output)")
	f.StringVar(&e.program, "prog", "", "the program: hex, or a file with hex, bytes or an ELF object")
	f.StringVar(&e.errno, "errno", "", "the `ERROR` of the load, such as EACCES or 13")
	e.placeFlags.flags(f)
	f.StringVar(&e.sourceDir, "source", ".", "the directory with the source files")
	return cmd
}

func (e *explainCommand) run(cmd *cobra.Command, args []string) error {
	if e.json && e.html == "-" {
		return errors.New("--json and --html - both write to standard output: use only one")
	}
	about, err := e.about()
	if err != nil {
		return err
	}
	in, err := openInput(cmd, args)
	if err != nil {
		return unreadable(err)
	}
	defer in.close()
	log, err := openLog(in, e.html != "")
	if err != nil {
		return unreadable(err)
	}
	defer log.close()
	if err := log.read(about); err != nil {
		return unreadable(fmt.Errorf("%s: %w", in.name, err))
	}
	var code []byte
	if e.program != "" {
		if code, err = readProgram(e.program, opcodesOf(log.reading.Instructions)); err != nil {
			return unreadable(err)
		}
	}
	if at, err := os.Stat(e.sourceDir); err != nil || !at.IsDir() {
		return unreadable(fmt.Errorf("--source %s: there is no such directory", e.sourceDir))
	}
	report := log.reading.Report
	files := newSourceFinder(e.sourceDir, log.reading.Quotes)
	if e.html != "" {
		var text bytes.Buffer
		again, err := log.again()
		if err != nil {
			return unreadable(err)
		}
		if err := page.WriteFrom(&text, again, log.reading, page.Options{Source: files.read, Code: code}); err != nil {
			return unreadable(err)
		}
		read := append([]string{in.argument, e.program, e.btf}, files.candidates()...)
		if err := writeOutput(cmd, "--html", e.html, text.Bytes(), read...); err != nil {
			return unreadable(err)
		}
		if e.html == "-" {
			return verdict(report)
		}
	}
	if err := e.print(&visibleWriter{cmd.OutOrStdout(), true}, log.reading, code, files.read); err != nil {
		return unreadable(err)
	}
	return verdict(report)
}

// about is what the flags tell about the program.
func (e *explainCommand) about() (verifierlog.Program, error) {
	var at place.Place
	if e.programType != "" {
		section, err := e.section()
		if err != nil {
			return verifierlog.Program{}, err
		}
		at.Type = section.Type
	}
	typ := at.Type // without --type, the log may tell it
	if err := e.setMember(&at); err != nil {
		return verifierlog.Program{}, err
	}
	if at.Struct != "" || e.btf != "" {
		types, err := e.types()
		if err != nil {
			return verifierlog.Program{}, unreadable(err)
		}
		if types != nil {
			defer types.Close()
		}
		if err := e.lookUp(&at, types, true); err != nil {
			return verifierlog.Program{}, err
		}
	}
	errno, err := readErrno(e.errno)
	return verifierlog.Program{Type: typ, Struct: at.Struct, Member: at.Member, Errno: errno}, err
}

// print writes the report as text, or for tools.
func (e *explainCommand) print(w io.Writer, r *verifierlog.Reading, code []byte, source func(string) ([]byte, error)) error {
	if e.json {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false) // the output is for tools and terminals, not for HTML
		encoder.SetIndent("", "  ")
		return encoder.Encode(r.Report)
	}
	style := verifierlog.Style{Source: source, Reading: r, Code: code}
	style.Color, style.Width = terminal(w)
	return r.Report.Render(w, style)
}

// terminal says whether to use colours, and the largest width of lines; 0 means the default. Lines of more than 120 columns are hard to
// read.
func terminal(w io.Writer) (color bool, width int) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return false, 0
	}
	if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
		width = min(columns, 120)
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", width
}

// verdict returns the error for the exit code.
func verdict(r verifierlog.Report) error {
	switch {
	case !r.Refused() && r.Kind == mistake.None:
		return exitError(exitNoError)
	case r.Kind == mistake.None || r.Kind == mistake.Unknown:
		return exitError(exitUnknownError)
	}
	return nil
}

// An unreadableError is an input that cannot be read. Explain has its own exit code for it: shells and tools use 1 for any failure, and
// this failure is not in the log.
type unreadableError struct{ error }

func unreadable(err error) error        { return unreadableError{err} }
func (e unreadableError) Unwrap() error { return e.error }
