package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// runFlags are the flags of run.
type runFlags struct {
	isa, mode, file string
	programType     string
	trace           bool
	steps           uint64
}

func newRun() *cobra.Command {
	var r runFlags
	cmd := &cobra.Command{
		Use:   "run [MEMORY_HEX]",
		Short: "Run a program in user space, without a kernel",
		Long: `Run reads a program from standard input, as hex or as bytes, and runs it in a
machine of its own: no kernel is asked, and no privilege is needed. It prints
R0 at the end, in hex. MEMORY_HEX is the memory that R1 points to; in the mode
conformant R2 has its length. In hex, blanks may stand between bytes. With
--type, it is a packet, and R1 points to the context of that type.

A program that does what it may not, such as an access out of bounds, ends with
a message on standard error that has the instruction and the registers. Then
run exits with 1.

Runners of the public conformance suite (bpf_conformance) call plugins in this
way: a plugin is a script with the line  exec bpfsmith run "$@"`,
		Example: `  echo 'b7 00 00 00 03 00 00 00  95 00 00 00 00 00 00 00' | bpfsmith run
  echo 'r0 = *(u8 *)(r1 +1); exit' | bpfsmith asm | bpfsmith run '0a 0b'
  bpfsmith run --type xdp '00 01 02 03' < prog.bin
  bpfsmith run --trace --isa v3 < prog.bin`,
		Args: cobra.ArbitraryArgs,
		RunE: r.run,
	}
	flags := cmd.Flags()
	flags.StringVar(&r.isa, "isa", "v4", "`LEVEL` of the instruction set, v1 to v4: instructions of a higher one are refused")
	flags.StringVar(&r.mode, "mode", vm.Conformant.String(), "conformant: `RULES` of RFC 9669; linux: those of the kernel")
	flags.StringVar(&r.file, "program", "-", "`FILE` with the program instead of standard input")
	flags.StringVar(&r.programType, "type", "", "`TYPE` of a program that sees packets: xdp, sched_cls, socket_filter, ... The memory is "+
		"then the packet, and R1 points to the context")
	flags.BoolVar(&r.trace, "trace", false, "print each instruction with the registers that it changes, on standard error")
	flags.Uint64Var(&r.steps, "steps", vm.DefaultStepLimit, "how many instructions the program may run")
	return cmd
}

func (r *runFlags) run(cmd *cobra.Command, args []string) error {
	options, err := r.options()
	if err != nil {
		return err
	}
	memory, err := memoryArgument(args)
	if err != nil {
		return err
	}
	in, err := openInput(cmd, []string{r.file})
	if err != nil {
		return err
	}
	data, err := in.readAll()
	if err = errors.Join(err, in.close()); err != nil {
		return &inputError{err}
	}
	code, err := readCode(in.name, data)
	if err != nil {
		return err
	}
	p, err := vm.Load(code, options)
	if err != nil {
		return &inputError{fmt.Errorf("%s: %w", in.name, err)}
	}
	m := vm.New(p)
	m.StepLimit = r.steps
	var t tracer
	if r.trace {
		t = tracer{w: cmd.ErrOrStderr(), m: m}
		m.Trace = t.step
	}
	result, err := r.start(cmd.Context(), m, memory)
	if r.trace {
		t.changes()
	}
	var fault *vm.Fault
	if errors.As(err, &fault) {
		return &inputError{errors.New(strings.TrimSuffix(fault.Report(), "\n"))}
	}
	if err != nil {
		return &inputError{err}
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%#x\n", result)
	return asInputError(err)
}

// start runs the program with the memory, or with a context for the packet in it.
func (r *runFlags) start(ctx context.Context, m *vm.Machine, memory []byte) (uint64, error) {
	if r.programType == "" {
		return m.Run(ctx, memory)
	}
	section, err := (&placeFlags{programType: r.programType}).section()
	if err != nil {
		return 0, err
	}
	return m.RunPacket(ctx, section.Type, memory)
}

func (r *runFlags) options() (o vm.Options, err error) {
	for o.Level = isa.V1; o.Level.String() != r.isa; o.Level++ {
		if o.Level == isa.V4 {
			return o, fmt.Errorf("--isa %s: expected v1, v2, v3 or v4", r.isa)
		}
	}
	switch r.mode {
	case vm.Conformant.String():
	case vm.Linux.String():
		o.Mode = vm.Linux
	default:
		return o, fmt.Errorf("--mode %s: expected conformant or linux", r.mode)
	}
	return o, nil
}

// memoryArgument reads the memory. Runners pass empty arguments too, for memory and for options that a test does not have.
func memoryArgument(args []string) ([]byte, error) {
	for n, arg := range args {
		if n > 0 && strings.TrimSpace(arg) != "" {
			return nil, fmt.Errorf("argument %d, %q: expected one argument, the memory in hex; quote it if it has blanks", n+1, arg)
		}
	}
	if len(args) == 0 || strings.TrimSpace(args[0]) == "" {
		return nil, nil
	}
	text := hexText{text: []byte(args[0])}
	if err := text.read(); err != nil {
		return nil, &inputError{fmt.Errorf("MEMORY_HEX: column %d: %s", err.offset+1, err.detail)}
	}
	return text.code, nil
}

// A tracer prints instructions as they run. What an instruction has changed is known when the next one begins.
type tracer struct {
	w      io.Writer
	m      *vm.Machine
	before [11]uint64
	line   string
}

func (t *tracer) step(s vm.Step) {
	t.changes()
	t.line = fmt.Sprintf("%4d: %v", s.Slot, s.Instruction)
	for r := range t.before {
		t.before[r] = t.m.Register(isa.Register(r))
	}
}

// changes prints the last instruction, with the registers that it has changed.
func (t *tracer) changes() {
	if t.line == "" {
		return
	}
	var changed []string
	for r := range t.before {
		if now := t.m.Register(isa.Register(r)); now != t.before[r] {
			changed = append(changed, fmt.Sprintf("r%d = %#x", r, now))
		}
	}
	if changed != nil {
		t.line = fmt.Sprintf("%-44s ; %s", t.line, strings.Join(changed, ", "))
	}
	fmt.Fprintln(t.w, t.line)
	t.line = ""
}
