package cover

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
)

// Main runs the tests of a package, and puts the lines of their programs into the profile of go test -coverprofile. It returns the exit
// code. It lists the branches that always went to the same side; go test -v shows the list.
func Main(m *testing.M) (code int) {
	code = m.Run()
	file := goProfile()
	if file == "" {
		return code
	}
	if err := merge(file, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "the coverage of programs:", err)
		return max(code, 1)
	}
	return code
}

// merge puts the lines of programs into Go's profile, and lists branches.
func merge(file string, w io.Writer) error {
	programs, branches, err := ReadFiles(besideGo(file))
	if errors.Is(err, os.ErrNotExist) { // no test has run a program
		return nil
	}
	if err != nil {
		return err
	}
	golang, err := readProfileFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := errors.Join(golang.With(programs).Write(out), out.Close()); err != nil {
		return err
	}
	if err := ListOneWay(w, branches); err != nil {
		return err
	}
	return errors.Join(os.Remove(besideGo(file)), os.Remove(branchesOf(besideGo(file))))
}

// ReadFiles reads a profile that tests have made with Variable, and its branches.
func ReadFiles(profile string) (Profile, []Branch, error) {
	p, err := readProfileFile(profile)
	if err != nil {
		return p, nil, err
	}
	file, err := os.Open(branchesOf(profile))
	if err != nil {
		return p, nil, err
	}
	defer file.Close()
	branches, err := ReadBranches(file)
	if err != nil {
		return p, nil, fmt.Errorf("%s: %w", branchesOf(profile), err)
	}
	return p, branches, nil
}

func readProfileFile(name string) (Profile, error) {
	file, err := os.Open(name)
	if err != nil {
		return Profile{}, err
	}
	defer file.Close()
	p, err := ReadProfile(file)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return p, err
}

// ListOneWay prints a line for each branch that always went to the same side.
func ListOneWay(w io.Writer, branches []Branch) error {
	for _, b := range branches {
		if !b.OneWay() {
			continue
		}
		if _, err := fmt.Fprintln(w, b); err != nil {
			return err
		}
	}
	return nil
}
