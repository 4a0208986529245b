package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A language is what text and code are written in, by the flags that both
// commands have.
type language struct {
	dialect   string
	bigEndian bool
	xlated    bool
	lines     bool
}

func (l *language) flags(cmd *cobra.Command, dialectUse string) {
	f := cmd.Flags()
	f.StringVar(&l.dialect, "dialect", "kernel", dialectUse)
	f.BoolVar(&l.bigEndian, "big-endian", false, "code for big-endian machines")
	f.BoolVar(&l.xlated, "xlated", false, "code as Linux made it of a program (bpftool prog dump xlated)")
	f.BoolVar(&l.lines, "lines", false, "each line is an instruction; answer each with one line, \"error: …\" for what is none")
	// The flag exists, which is all that can be wrong.
	_ = cmd.RegisterFlagCompletionFunc("dialect", cobra.FixedCompletions([]string{"kernel", "llvm"}, cobra.ShellCompDirectiveNoFileComp))
}

// resolve says which dialect the flags ask for.
func (l *language) resolve() (isa.Dialect, error) {
	switch {
	case l.dialect != "kernel" && l.dialect != "llvm":
		return 0, fmt.Errorf("there is no dialect %q: there are kernel and llvm", l.dialect)
	case l.xlated && l.dialect == "llvm":
		return 0, fmt.Errorf("LLVM has no notation for translated code: leave --dialect llvm or --xlated out")
	case l.xlated:
		return isa.Xlated, nil
	case l.dialect == "llvm":
		return isa.LLVM, nil
	}
	return isa.Kernel, nil
}

func (l *language) order() isa.ByteOrder {
	if l.bigEndian {
		return isa.BigEndian
	}
	return isa.LittleEndian
}

func (l *language) encode(buf []byte, ins []isa.Instruction) ([]byte, error) {
	if l.xlated {
		return isa.AppendXlated(buf, l.order(), ins...)
	}
	return isa.Append(buf, l.order(), ins...)
}

func (l *language) decode(code []byte) ([]isa.Instruction, error) {
	if l.xlated {
		return isa.DecodeXlated(code, l.order())
	}
	return isa.Decode(code, l.order())
}

// run does a command: line by line if that is asked for, else with all of the
// input.
func (l *language) run(cmd *cobra.Command, args []string, line func(out []byte, line string, d isa.Dialect) ([]byte, error), whole func(*input, isa.Dialect) error) error {
	dialect, err := l.resolve()
	if err != nil {
		return err
	}
	in, err := openInput(cmd, args)
	if err != nil {
		return err
	}
	defer in.close()
	if !l.lines {
		return whole(in, dialect)
	}
	return in.translateLines(cmd.OutOrStdout(), func(out []byte, text string) ([]byte, error) { return line(out, text, dialect) })
}
