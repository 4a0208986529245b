package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/objfile"
)

// An inputError is a mistake in the input, or an error of reading it.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }

// An input is what a command reads: a file, or standard input when the argument is "-" or missing.
type input struct {
	io.Reader
	name     string // for messages
	argument string // the file; "-" for standard input
	close    func() error
}

func openInput(cmd *cobra.Command, args []string) (*input, error) {
	if len(args) == 0 || args[0] == "-" {
		return &input{cmd.InOrStdin(), "<stdin>", "-", func() error { return nil }}, nil
	}
	file, err := os.Open(args[0])
	if err != nil {
		return nil, &inputError{err}
	}
	return &input{file, args[0], args[0], file.Close}, nil
}

func (in *input) readAll() ([]byte, error) {
	data, err := readAtMost(in, in.name)
	if err != nil {
		return nil, &inputError{err}
	}
	return data, nil
}

// mostInput is the limit of an object, of code, and of raw BTF, in bytes.
const mostInput = objfile.MostBytes

// readAtMost reads what a command needs as a whole: code, an object, or types. More than any of them has is an error.
func readAtMost(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, mostInput+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > mostInput:
		return nil, fmt.Errorf("%s has more than %d MB, which is the limit for code, objects and BTF", name, mostInput>>20)
	}
	return data, nil
}

// readFile is readAtMost for a file.
func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAtMost(file, name)
}

// at returns an error with its place in the input, in the form of compilers.
func (in *input) at(line, column int, detail string) error {
	return &inputError{fmt.Errorf("%s:%d:%d: %s", in.name, line, column, detail)}
}

// translateLines turns each line into one line of output, or into an error message. Lines may have any length; the last line may have no
// newline.
func (in *input) translateLines(w io.Writer, translate func(out []byte, line string) ([]byte, error)) error {
	r, out := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(w, 1<<16)
	var buf []byte
	for {
		line, err := r.ReadString('\n')
		if line != "" {
			var fault error
			buf, fault = translate(buf[:0], strings.TrimRight(line, "\r\n"))
			if fault != nil {
				buf = append(append(buf[:0], "error: "...), oneLine(fault.Error())...)
			}
			if _, err := out.Write(append(buf, '\n')); err != nil {
				return &inputError{err}
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			out.Flush()
			return &inputError{err}
		}
		// A program that sends one line at a time waits for the answer.
		if r.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return &inputError{err}
			}
		}
	}
	if err := out.Flush(); err != nil {
		return &inputError{err}
	}
	return nil
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }
