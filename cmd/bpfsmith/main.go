// Bpfsmith is the command line tool of the project. It turns BPF code into text and back, writes Go for the kernel's types, and explains
// why the verifier refused a program. See --help.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitInput = 1 // the input has a mistake, or cannot be read
	exitUsage = 2 // the command line has a mistake
	exitPart  = 3 // check: nothing is found, but a part is not checked
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	stderr = &visibleWriter{to: stderr}
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteC()
	var input *inputError
	var unread unreadableError
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.As(err, &unread):
		fmt.Fprintln(stderr, err)
		return exitUsage
	case errors.As(err, &input):
		fmt.Fprintln(stderr, err)
		return exitInput
	default:
		fmt.Fprintf(stderr, "bpfsmith: %v\nSee %s --help.\n", err, command.CommandPath())
		return exitUsage
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "bpfsmith",
		Short: "BPF in Go and nothing else: assemble, disassemble, generate, explain, run",
		Long: `Bpfsmith turns BPF code into text and back, in the notation of Linux's
verifier and in that of LLVM. It is exact to the byte and strict: for an
invalid instruction it prints the place and the reason. For programs in Go,
gen writes packages of the kernel's types. Explain says why the kernel refused
a program, from any loader.`,
		Example: `  echo 'r0 = 0; exit' | bpfsmith asm --dialect llvm
  bpfsmith asm -o prog.bin prog.s
  bpfsmith disasm prog.bin
  bpfsmith explain verifier.log
  bpfsmith completion bash > /etc/bash_completion.d/bpfsmith`,
		Version:       version(),
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
	}
	root.AddCommand(newAsm(), newDisasm(), newGen(), newCheck(), newExplain(), newRun(), newDebug(), newCover(), newDoctor(), newNew(),
		newLearn())
	return root
}

// version returns the version of the module, as go install records it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
