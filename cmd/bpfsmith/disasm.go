package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/internal/hextext"
	"github.com/bpfsmith/bpfsmith/isa"
)

func newDisasm() *cobra.Command {
	var lang language
	var raw bool
	cmd := &cobra.Command{
		Use:   "disasm [FILE|-]",
		Short: "Turn code into text",
		Long: `Disasm reads code, as bytes or as hex, and prints it as text: a listing with
slots and opcodes in the notation of Linux's verifier, or a program for
LLVM's assembler. Asm makes the same bytes from both.

Input is read as hex when it has only hex digits, blanks, commas, 0x and
comments (from #, ; or // to the end of the line). All other input is bytes.

Disasm lists the instructions up to the first mistake. For the mistake it
prints the place, what is wrong and what is allowed.`,
		Example: `  bpfsmith disasm prog.bin
  echo '07 03 00 00 05 00 00 00' | bpfsmith disasm
  bpfsmith disasm --dialect llvm prog.bin | llvm-mc-19 -triple=bpfel -mcpu=v4 -filetype=obj -o prog.o
  bpftool prog dump xlated id 5 file dump.bin && bpfsmith disasm --xlated dump.bin
  cut -f2 golden.tsv | bpfsmith disasm --lines`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang.lines && raw {
				return errors.New("--lines reads hex: use only one of --lines and --raw")
			}
			return lang.run(cmd, args, lang.disassembleLine, func(in *input, dialect isa.Dialect) error {
				data, err := in.readAll()
				if err != nil {
					return err
				}
				if isELF(data) && !raw {
					return &inputError{fmt.Errorf("%s: this is an ELF object, not code: bpfsmith check %s checks "+
						"its programs; to list one, copy its section first: llvm-objcopy -O binary --only-section=%s %s prog.bin",
						in.name, in.name, programSection(data), in.name)}
				}
				text := hextext.Text{Text: data}
				if raw || !hextext.IsText(data) {
					text.Code = data
				} else if err := text.Read(); err != nil {
					line, column := hextext.LineAndColumn(data, err.Offset)
					return in.at(line, column, err.Detail)
				}
				ins, fault := lang.decode(text.Code)
				if err := isa.Disassemble(&visibleWriter{to: cmd.OutOrStdout()}, ins, dialect); err != nil {
					return &inputError{err}
				}
				return explainHex(&text, in, fault)
			})
		},
	}
	lang.flags(cmd, "the notation to print: kernel or llvm")
	cmd.Flags().BoolVar(&raw, "raw", false, "the input is bytes, even if it looks like hex")
	return cmd
}

// explainHex adds the place in the input to an error of the decoder.
func explainHex(h *hextext.Text, in *input, fault error) error {
	var e *isa.EncodingError
	switch {
	case fault == nil:
		return nil
	case !errors.As(fault, &e) || e.Slot < 0:
		return &inputError{fault}
	case h.Places == nil: // bytes have no lines
		return &inputError{fmt.Errorf("%s: byte %d: %w", in.name, 8*e.Slot, fault)}
	}
	at := min(8*e.Slot, len(h.Places)-1) // the last byte, when code is missing
	line, column := hextext.LineAndColumn(h.Text, h.Places[at])
	return in.at(line, column, fault.Error())
}

// disassembleLine appends the text of the instruction in a line of hex.
func (l *language) disassembleLine(out []byte, line string, dialect isa.Dialect) ([]byte, error) {
	text := hextext.Text{Text: []byte(line)}
	if err := text.Read(); err != nil {
		return nil, fmt.Errorf("column %d: %s", err.Offset+1, err.Detail)
	}
	ins, err := l.decode(text.Code)
	var fault *isa.EncodingError
	if errors.As(err, &fault) && fault.Slot == 0 {
		fault.Slot = -1 // a line has only one instruction
	}
	if err != nil {
		return nil, err
	}
	if err := single(ins); err != nil {
		return nil, err
	}
	return isa.AppendText(out, ins[0], dialect), nil
}
