package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/isa"
)

func newAsm() *cobra.Command {
	var lang language
	var output string
	cmd := &cobra.Command{
		Use:   "asm [FILE|-]",
		Short: "Turn text into code",
		Long: `Asm reads a program, one instruction on each line, and prints its code in
hex, one line for each instruction. With -o it writes the bytes instead.

It reads the notation of Linux's verifier and that of LLVM, with labels and
comments, and also listings that disasm printed. --dialect decides the meaning
of text that is valid in both: for kernel, r1 = 0x5 is a 64-bit load and a
semicolon begins a comment; for llvm, r1 = 0x5 is a move and a semicolon ends
an instruction.

If there is a mistake, only the first one is printed, with line and column.`,
		Example: `  bpfsmith asm prog.s
  bpfsmith asm -o prog.bin prog.s
  echo 'r1 = *(u64 *)(r10 -8)' | bpfsmith asm
  cut -f1 golden.tsv | bpfsmith asm --lines --dialect llvm`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang.lines && output != "" {
				return errors.New("--lines prints hex: use only one of --lines and -o")
			}
			return lang.run(cmd, args, lang.assembleLine, func(in *input, dialect isa.Dialect) error {
				code, ins, err := lang.assemble(in, dialect)
				if err != nil {
					return err
				}
				if output == "" {
					_, err := cmd.OutOrStdout().Write(hexLines(code, ins))
					return asInputError(err)
				}
				return writeOutput(cmd, "-o", output, code, in.argument)
			})
		},
	}
	lang.flags(cmd, "the notation that decides when both are possible: kernel or llvm")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the bytes to a `FILE`, or to standard output for -")
	return cmd
}

func (l *language) assemble(in *input, dialect isa.Dialect) (code []byte, ins []isa.Instruction, err error) {
	text, err := in.readAll()
	if err != nil {
		return nil, nil, err
	}
	if isELF(text) {
		return nil, nil, &inputError{fmt.Errorf("%s: this is an ELF object, not text", in.name)}
	}
	ins, err = isa.Parse(string(text), dialect)
	var fault *isa.SyntaxError
	if errors.As(err, &fault) {
		return nil, nil, in.at(fault.Line, fault.Column, fault.Message())
	}
	if err == nil {
		code, err = l.encode(nil, ins)
	}
	if err != nil {
		return nil, nil, &inputError{err}
	}
	return code, ins, nil
}

// assembleLine appends the hex of the instruction in a line.
func (l *language) assembleLine(out []byte, line string, dialect isa.Dialect) ([]byte, error) {
	ins, err := isa.Parse(line, dialect)
	var fault *isa.SyntaxError
	if errors.As(err, &fault) {
		return nil, fmt.Errorf("column %d: %s", fault.Column, fault.Message())
	}
	if err != nil {
		return nil, err
	}
	if err := single(ins); err != nil {
		return nil, err
	}
	var buf [16]byte
	code, err := l.encode(buf[:0], ins)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(out, "% x", code), nil
}

// single checks that there is exactly one instruction.
func single(ins []isa.Instruction) error {
	switch len(ins) {
	case 0:
		return errors.New("no instruction in this line")
	case 1:
		return nil
	default:
		return fmt.Errorf("%d instructions in this line, not one", len(ins))
	}
}

// hexLines writes the code with a line for each instruction.
func hexLines(code []byte, ins []isa.Instruction) []byte {
	out := make([]byte, 0, 3*len(code))
	for _, i := range ins {
		size := 8 * i.Slots()
		out = fmt.Appendf(out, "% x\n", code[:size])
		code = code[size:]
	}
	return out
}
