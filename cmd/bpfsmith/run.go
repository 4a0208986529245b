package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bpfsmith/bpfsmith/internal/hextext"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// runFlags are the flags of run.
type runFlags struct {
	isa, mode, file string
	name, btf       string
	programType     string
	packets         string
	context         []string
	trace           string
	steps           uint64
}

func newRun() *cobra.Command {
	var r runFlags
	cmd := &cobra.Command{
		Use:   "run [MEMORY_HEX]",
		Short: "Run a program in user space, without a kernel",
		Long: `Run reads a program from standard input, as hex, as bytes, or as an ELF object
of clang's, and runs it in a machine of its own: no kernel is asked, and no
privilege is needed. It prints R0 at the end, in hex. MEMORY_HEX is the memory
that R1 points to; in the mode conformant R2 has its length. In hex, blanks may
stand between bytes.

With --type, R1 points to the context of that type. For a type that sees
packets, MEMORY_HEX is a packet from its Ethernet header on, and --context sets
fields of the context; for other types it is the context. The sections of an
object say the type, without --type.

With --packet, the program runs on each packet of a capture (pcap or pcapng).
A line for each has its number, the verdict, the length, and what it is. Maps
keep what the program stores from packet to packet.

A program that does what it may not, such as an access out of bounds, ends with
a message on standard error that has the instruction and the registers. Then
run exits with 1.

Runners of the public conformance suite (bpf_conformance) call plugins in this
way: a plugin is a script with the line  exec bpfsmith run "$@"`,
		Example: `  echo 'b7 00 00 00 03 00 00 00  95 00 00 00 00 00 00 00' | bpfsmith run
  echo 'r0 = *(u8 *)(r1 +1); exit' | bpfsmith asm | bpfsmith run '0a 0b'
  bpfsmith run --type xdp '00 01 02 03' < prog.bin
  bpfsmith run --type sched_cls --context mark=5 --packet trace.pcap < prog.bin
  bpfsmith run --program firewall.o --name xdp_filter --packet trace.pcap
  bpfsmith run --trace --isa v3 < prog.bin`,
		Args: cobra.ArbitraryArgs,
		RunE: r.run,
	}
	flags := cmd.Flags()
	r.machineFlags(flags)
	flags.StringVar(&r.file, "program", "-", "`FILE` with the program instead of standard input")
	flags.StringVar(&r.packets, "packet", "", "run it on each packet of a capture, a `FILE` in the format of pcap or pcapng")
	flags.StringVar(&r.trace, "trace", "", "print each instruction with the registers that it changes, on standard error; --trace=json: "+
		"as a line of JSON")
	flags.Lookup("trace").NoOptDefVal = "text"
	return cmd
}

// machineFlags are those that debug has too.
func (r *runFlags) machineFlags(flags *pflag.FlagSet) {
	flags.StringVar(&r.isa, "isa", "v4", "`LEVEL` of the instruction set, v1 to v4: instructions of a higher one are refused")
	flags.StringVar(&r.mode, "mode", vm.Conformant.String(), "conformant: `RULES` of RFC 9669; linux: those of the kernel")
	flags.StringVar(&r.name, "name", "", "`NAME` of the program in an object that has several")
	flags.StringVar(&r.btf, "btf", "", "link an object for the types in a `FILE` instead of those of the running kernel")
	flags.StringVar(&r.programType, "type", "", "`TYPE` of the program: xdp, sched_cls, kprobe, ...: R1 points to its context")
	flags.StringArrayVar(&r.context, "context", nil, "set a field of the context of packets: `FIELD=NUMBER`, such as mark=5")
	flags.Uint64Var(&r.steps, "steps", vm.DefaultStepLimit, "how many instructions the program may run")
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
	chosen, err := r.load(in.name, data, options)
	if err != nil {
		return err
	}
	m := vm.New(chosen.program)
	m.StepLimit = r.steps
	if r.packets != "" {
		return r.runPackets(cmd, m, chosen.section.Type)
	}
	finish, err := r.startTrace(cmd.ErrOrStderr(), m)
	if err != nil {
		return err
	}
	result, err := r.start(cmd.Context(), m, chosen.section.Type, memory)
	if err = errors.Join(err, finish()); err != nil {
		return &inputError{faultText(err)}
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%#x\n", result)
	return asInputError(err)
}

// startTrace makes the machine print what it runs, as --trace says. finish prints the last instruction.
func (r *runFlags) startTrace(w io.Writer, m *vm.Machine) (finish func() error, err error) {
	formats := map[string]debug.Format{"text": debug.Text, "json": debug.JSON}
	format, ok := formats[r.trace]
	switch {
	case r.trace == "":
		return func() error { return nil }, nil
	case !ok:
		return nil, fmt.Errorf("--trace %s: expected text or json", r.trace)
	}
	tracer := debug.NewTracer(w, format, m)
	m.Trace = tracer.Step
	return tracer.End, nil
}

// faultText is the error with the report of a fault.
func faultText(err error) error {
	var fault *vm.Fault
	if errors.As(err, &fault) {
		return errors.New(strings.TrimSuffix(fault.Report(), "\n"))
	}
	return err
}

// load makes the program, and finds out its type.
func (r *runFlags) load(name string, data []byte, o vm.Options) (runnable, error) {
	kernel := otherKernel(nil)
	if isELF(data) {
		var err error
		if kernel, _, err = linkTarget(r.btf); err != nil {
			return runnable{}, err
		}
	}
	programs, err := loadRunnables(name, data, o, kernel)
	if err != nil {
		return runnable{}, err
	}
	chosen, err := chooseProgram(programs, r.name)
	if err != nil {
		return runnable{}, err
	}
	if r.programType != "" {
		if chosen.section, err = (&placeFlags{programType: r.programType}).section(); err != nil {
			return runnable{}, &inputError{err}
		}
	}
	if (r.packets != "" || r.context != nil) && !seesPackets(chosen.section.Type) {
		return runnable{}, errors.New("--packet and --context are for programs that see packets: --type xdp, for example")
	}
	return chosen, nil
}

// seesPackets reports whether programs of a type see packets through a context.
func seesPackets(t linux.ProgType) bool {
	access := t.Info().Access
	return access != nil && access.Context != nil
}

// start runs the program with the memory as its context, or with a context for the packet in it.
func (r *runFlags) start(ctx context.Context, m *vm.Machine, kind linux.ProgType, memory []byte) (uint64, error) {
	if !seesPackets(kind) {
		if access := kind.Info().Access; access != nil && !access.Memory && int64(len(memory)) < access.Size {
			memory = append(memory, make([]byte, access.Size-int64(len(memory)))...)
		}
		return m.Run(ctx, memory)
	}
	p, err := r.packetFor(kind, memory)
	if err != nil {
		return 0, err
	}
	return m.RunOn(ctx, p)
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
	text := hextext.Text{Text: []byte(args[0])}
	if err := text.Read(); err != nil {
		return nil, &inputError{fmt.Errorf("MEMORY_HEX: column %d: %s", err.Offset+1, err.Detail)}
	}
	return text.Code, nil
}
