package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A language describes the notation of text and code: the flags that asm and disasm share.
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
	f.BoolVar(&l.xlated, "xlated", false, "code that Linux translated (bpftool prog dump xlated)")
	f.BoolVar(&l.lines, "lines", false, "each line is an instruction; print one line for each, \"error: …\" for a mistake")
	// The only possible error is that the flag does not exist.
	_ = cmd.RegisterFlagCompletionFunc("dialect", cobra.FixedCompletions([]string{"kernel", "llvm"}, cobra.ShellCompDirectiveNoFileComp))
}

// resolve returns the dialect of the flags.
func (l *language) resolve() (isa.Dialect, error) {
	switch {
	case l.dialect != "kernel" && l.dialect != "llvm":
		return 0, fmt.Errorf("unknown dialect %q: use kernel or llvm", l.dialect)
	case l.xlated && l.dialect == "llvm":
		return 0, fmt.Errorf("LLVM has no notation for translated code: use only one of --dialect llvm and --xlated")
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

// run executes a command: line by line with --lines, otherwise with the whole input.
func (l *language) run(cmd *cobra.Command, args []string, line func(out []byte, line string, d isa.Dialect) ([]byte, error),
	whole func(*input, isa.Dialect) error) error {
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
	out := &visibleWriter{to: cmd.OutOrStdout()}
	return in.translateLines(out, func(out []byte, text string) ([]byte, error) { return line(out, text, dialect) })
}
