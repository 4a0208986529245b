package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/hextext"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/objfile"
	"github.com/bpfsmith/bpfsmith/structops"
)

// checkFlags are the flags of check.
type checkFlags struct {
	placeFlags
	attach, license      string
	release              string
	sleepable, noPerfmon bool
	maps                 []string
	json                 bool
}

func newCheck() *cobra.Command {
	var c checkFlags
	cmd := &cobra.Command{
		Use:   "check [HEX|OBJ|-]",
		Short: "Say without a kernel why the verifier would refuse a program",
		Long: `Check walks through a program as the kernel's verifier does. For each thing
that the verifier would refuse it prints a line: the instruction, counted in
slots of 8 bytes, and what is wrong. Then it exits with 1. When it finds
nothing, it prints nothing and exits with 0. When nothing is found but a part is
not checked, because the program has too many paths or a program of an object
cannot be read, it says so and exits with 3.

Findings are right for Linux 6.18 and newer: such a kernel does not accept the
program. Few things that it accepts are found too, because they cannot be
intended: a record of a ring buffer that is never submitted, in a member without
a result, and a pointer that is returned as a number. Then a line below says that
Linux accepts it. Check does not find everything that a kernel refuses.

The program is hex on the command line or in a file, code in a file, or an ELF
object from clang. Of an object all programs are checked, with its maps and
with the field offsets of the kernel, and findings have the source line. The
names of its sections say where the programs go; --type overrides them. For
other code, --type must say it, and --map describes maps by the descriptor in
the instructions. About maps without --map, check says nothing.`,
		Example: `  bpfsmith check prog.o
  bpfsmith check --type socket_filter 9500000000000000
  bpfsmith check --type xdp prog.hex
  bpfsmith check --type struct_ops --member tcp_congestion_ops/ssthresh prog.bin
  bpfsmith check --type tp_btf --attach task_newtask --btf 6.18.btf -
  bpfsmith check --type sched_cls --map 5=array:4:16:2:0:bpf_spin_lock@8 prog.hex`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	flags := cmd.Flags()
	c.placeFlags.flags(flags)
	flags.StringVar(&c.attach, "attach", "", "tracepoint, function or hook, the `TARGET` of a tracing program; of others, the attach "+
		"type: cgroup_inet_egress, ...")
	flags.StringVar(&c.release, "kernel", "", "`RELEASE` of the kernel with the types of --btf, such as 7.0; otherwise it counts as 6.18")
	flags.BoolVar(&c.sleepable, "sleepable", false, "the program may sleep")
	flags.StringVar(&c.license, "license", "GPL", "`LICENSE` of the program")
	flags.BoolVar(&c.noPerfmon, "no-perfmon", false, "the program is loaded without CAP_PERFMON")
	flags.BoolVar(&c.json, "json", false, "print a line of JSON for each program, also for those without findings")
	flags.StringArrayVar(&c.maps, "map", nil, "a map, by descriptor: `FD=TYPE:KEY:VALUE:MAX[:FLAGS[:FIELD@OFFSET]]...`, sizes in bytes")
	return cmd
}

func (c *checkFlags) run(cmd *cobra.Command, args []string) (err error) {
	if c.release == "" && c.btf == "" {
		c.release = host.Release()
	}
	name, data, inputErr := c.input(cmd, args)
	object := isELF(data)
	if c.programType == "" && inputErr == nil && !object {
		return errors.New("the type of the program is missing: --type socket_filter, for example")
	}
	p, err := c.program()
	if err != nil {
		return err
	}
	p.Types, err = c.types()
	if err != nil {
		return &inputError{err}
	}
	if p.Types != nil {
		defer func() { err = errors.Join(err, p.Types.Close()) }()
	}
	if p.Type != linux.ProgTypeUnspec {
		if err := c.lookUp(&p.Place, p.Types, false); err != nil {
			return err
		}
	}
	if inputErr != nil {
		return inputErr
	}
	describeMember(&p)
	programs := []objectProgram{{program: p}}
	if object {
		if programs, err = objectPrograms(data, p, c.kernel(p.Types)); err != nil {
			return &inputError{fmt.Errorf("%s: %w", name, err)}
		}
	} else {
		code, err := readCode(name, data)
		if err != nil {
			return err
		}
		programs[0].program.Code, programs[0].refused = verify.Decode(code, isa.LittleEndian)
	}
	return c.checkAll(cmd, programs)
}

// kernel is the kernel for which objects are linked.
func (c *checkFlags) kernel(types *btf.Types) *objfile.Kernel {
	if c.btf == "" {
		return hostKernel(types)
	}
	kernel := otherKernel(types)
	if version, ok := releaseVersion(c.release); ok {
		kernel.Version = version
	}
	return kernel
}

// program makes the description of the program from the flags.
func (c *checkFlags) program() (verify.Program, error) {
	p := verify.Program{Sleepable: c.sleepable, NotGPL: !linux.GPLCompatible(c.license), NoPerfmon: c.noPerfmon, Strict: true}
	if c.release != "" {
		var ok bool
		if p.Kernel, ok = isa.ParseKernelVersion(c.release); !ok {
			return p, fmt.Errorf("--kernel %s: expected the release of a kernel, such as 6.18 or 7.0", c.release)
		}
	}
	var section linux.Section
	if c.programType != "" {
		var err error
		if section, err = c.section(); err != nil {
			return p, err
		}
	}
	p.Type, p.Sleepable = section.Type, p.Sleepable || section.Sleepable
	if section.HasAttach {
		p.Hook = section.Attach
	}
	if err := errors.Join(c.setMember(&p.Place), setAttach(&p.Place, c.attach, section)); err != nil {
		return p, err
	}
	switch {
	case p.Type == linux.ProgTypeStructOps && p.Struct == "":
		return p, errors.New("a struct_ops program implements a member of a struct: --member tcp_congestion_ops/ssthresh, for example")
	case p.Type == linux.ProgTypeTracing && p.Attach == "":
		return p, errors.New("a tracing program is attached to a function or a tracepoint: --attach tcp_v4_rcv, for example")
	}
	for _, text := range c.maps {
		fd, m, err := verify.ParseMap(text)
		if err != nil {
			return p, fmt.Errorf("--map %s: %w", text, err)
		}
		if p.Maps == nil {
			p.Maps = map[int32]verify.Map{}
		}
		p.Maps[fd] = m
	}
	return p, nil
}

// describeMember adds what is known about a member.
func describeMember(p *verify.Program) {
	if p.Struct == "" || p.Types == nil {
		return
	}
	ops, err := structops.ReadInterface(p.Types, p.Struct)
	if err != nil {
		return // the check says so
	}
	if m, ok := ops.Member(p.Member); ok && m.Proto != nil {
		p.Place = *ops.Place(m)
	}
}

// input reads the program from a file, the argument itself, or standard input.
func (c *checkFlags) input(cmd *cobra.Command, args []string) (name string, data []byte, err error) {
	if len(args) == 0 || args[0] == "-" {
		if data, err = readAtMost(cmd.InOrStdin(), "<stdin>"); err != nil {
			return "", nil, &inputError{err}
		}
		return "<stdin>", data, nil
	}
	data, err = readFile(args[0])
	switch {
	case err == nil:
		return args[0], data, nil
	case isHex(args[0]):
		return "HEX", []byte(args[0]), nil
	case errors.Is(err, fs.ErrNotExist) && tooShort(args[0]):
		return "", nil, &inputError{fmt.Errorf("%s: there is no such file, and as hex it is no whole instruction: expected 8 bytes for "+
			"each, such as 9500000000000000", args[0])}
	}
	return "", nil, &inputError{err}
}

// tooShort reports whether an argument has only hex digits, in pairs or not.
func tooShort(text string) bool {
	return text != "" && strings.Trim(strings.TrimPrefix(text, "0x"), "0123456789abcdefABCDEF, ") == ""
}

// readCode reads code as bytes or as hex.
func readCode(name string, data []byte) ([]byte, error) {
	if !hextext.IsText(data) {
		return data, nil
	}
	text := hextext.Text{Text: data}
	if err := text.Read(); err != nil {
		line, column := hextext.LineAndColumn(data, err.Offset)
		return nil, (&input{name: name}).at(line, column, err.Detail)
	}
	return text.Code, nil
}

// isHex reports whether an argument is code and not the name of a file.
func isHex(text string) bool {
	t := hextext.Text{Text: []byte(text)}
	return len(text) >= 16 && t.Read() == nil
}
