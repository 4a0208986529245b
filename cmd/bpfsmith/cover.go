package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/vm/cover"
)

// coverFlags are the flags of cover.
type coverFlags struct {
	out, html string
}

func newCover() *cobra.Command {
	var c coverFlags
	cmd := &cobra.Command{
		Use:   "cover [PACKAGES] [-- FLAGS OF GO TEST]",
		Short: "Run Go tests, and say which lines of their programs have run",
		Long: `Cover runs go test on packages, and writes a profile with the lines of programs
that the tests have run in user space, with packages structopstest, progtest or
vm/cover. The profile has Go's format: go tool cover -html shows it. Lines of
programs that are loaded and do not run count as missed.

It prints a line for each file, and one for each branch that always went to the
same side. When tests fail, it exits with 1, and the profile has what ran.`,
		Example: `  bpfsmith cover ./...
  bpfsmith cover ./algorithm -o bpf.out --html bpf.html -- -run TestSlowStart -v`,
		RunE: c.run,
	}
	flags := cmd.Flags()
	flags.StringVarP(&c.out, "output", "o", "bpf.out", "`FILE` for the profile")
	flags.StringVar(&c.html, "html", "", "also write Go's page with coloured lines, to a `FILE`")
	return cmd
}

func (c *coverFlags) run(cmd *cobra.Command, args []string) error {
	packages, more := args, []string(nil)
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		packages, more = args[:dash], args[dash:]
	}
	dir, err := os.MkdirTemp("", "bpfsmith-cover-")
	if err != nil {
		return &inputError{err}
	}
	defer os.RemoveAll(dir)
	raw := filepath.Join(dir, "raw")
	tests := exec.CommandContext(cmd.Context(), "go", append(append([]string{"test", "-count=1"}, packages...), more...)...)
	tests.Env = append(os.Environ(), cover.Variable+"="+raw)
	tests.Stdout, tests.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	failed := tests.Run()
	lines, branches, err := cover.ReadFiles(raw)
	if errors.Is(err, os.ErrNotExist) {
		return &inputError{errors.Join(failed, errors.New("no test has run a program in user space: structopstest and progtest do, "+
			"and what calls cover.Record"))}
	}
	if err == nil {
		err = c.write(&visibleWriter{to: cmd.OutOrStdout()}, lines, branches)
	}
	if err == nil && c.html != "" {
		page := exec.CommandContext(cmd.Context(), "go", "tool", "cover", "-html="+c.out, "-o", c.html)
		var said []byte
		if said, err = page.CombinedOutput(); err != nil {
			err = fmt.Errorf("go tool cover: %w: %s", err, said)
		}
	}
	if err = errors.Join(failed, err); err != nil {
		return &inputError{err}
	}
	return nil
}

// write writes the profile, and prints what it says.
func (c *coverFlags) write(w io.Writer, lines cover.Profile, branches []cover.Branch) error {
	file, err := os.Create(c.out)
	if err != nil {
		return err
	}
	if err := errors.Join(lines.Write(file), file.Close()); err != nil {
		return err
	}
	for _, count := range lines.Files() {
		if _, err := fmt.Fprintf(w, "%5.1f %%  %4d of %4d lines  %s\n", 100*float64(count.Run)/float64(count.Lines), count.Run,
			count.Lines, count.File); err != nil {
			return err
		}
	}
	return cover.ListOneWay(w, branches)
}
