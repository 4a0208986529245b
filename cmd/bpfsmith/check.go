package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

// checkFlags are those of check.
type checkFlags struct {
	programType, member, attach string
	btf, license                string
	sleepable, noPerfmon        bool
	maps                        []string
}

func newCheck() *cobra.Command {
	var c checkFlags
	cmd := &cobra.Command{
		Use:   "check [HEX|OBJ|-]",
		Short: "Tell without a kernel why the verifier would refuse a program",
		Long: `Check walks through a program as the kernel's verifier does, and prints a line
for each thing that it would refuse: the instruction, counted in slots of 8
bytes, and what is wrong. It exits with 1 then, and with 0 and without a word
when it finds nothing.

What it claims is true for kernels from 6.18 on: it finds nothing in a program that such a
kernel takes. It does not find all that one refuses. A program with too many
paths is said to be unchecked, and not passed.

The program is hex on the command line or in a file, code in a file, or an ELF object as
clang writes it: then all its programs are checked, with its maps and for the fields where
the kernel has them, and findings have the line of the source. Of other code it knows what --map says of
maps, by the descriptor in the instructions; without any, nothing is claimed about them.`,
		Example: `  bpfsmith check --type socket_filter 9500000000000000
  bpfsmith check --type xdp prog.hex
  bpfsmith check --type struct_ops --member tcp_congestion_ops/ssthresh prog.bin
  bpfsmith check --type tp_btf --attach task_newtask --btf 6.18.btf -
  bpfsmith check --type sched_cls --map 5=array:4:16:2:0:bpf_spin_lock@8 prog.hex`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&c.programType, "type", "", "`TYPE` of the program, as the kernel calls it: socket_filter, xdp, struct_ops, ...")
	flags.StringVar(&c.member, "member", "", "`STRUCT/MEMBER` that a struct_ops program is for")
	flags.StringVar(&c.attach, "attach", "", "tracepoint or function, the `TARGET` of a tracing program")
	flags.StringVar(&c.btf, "btf", "", "raw BTF in a `FILE` instead of the running kernel's")
	flags.BoolVar(&c.sleepable, "sleepable", false, "the program may sleep")
	flags.StringVar(&c.license, "license", "GPL", "`LICENSE` of the program")
	flags.BoolVar(&c.noPerfmon, "no-perfmon", false, "it is loaded without CAP_PERFMON")
	flags.StringArrayVar(&c.maps, "map", nil, "a map, by descriptor: `FD=TYPE:KEY:VALUE:MAX[:FLAGS[:FIELD@OFFSET]]...`, sizes in bytes")
	return cmd
}

func (c *checkFlags) run(cmd *cobra.Command, args []string) (err error) {
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
	if err := c.describeMember(&p); err != nil {
		return err
	}
	name, data, err := c.input(cmd, args)
	if err != nil {
		return err
	}
	programs := []objectProgram{{program: p}}
	if isELF(data) {
		if programs, err = objectPrograms(data, p, sync.OnceValues(c.kernelTypes)); err != nil {
			return &inputError{fmt.Errorf("%s: %w", name, err)}
		}
	} else {
		code, err := readCode(name, data)
		if err != nil {
			return err
		}
		var bad *mistake.Finding
		if programs[0].program.Code, bad = verify.Decode(code, isa.LittleEndian); bad != nil {
			fmt.Fprintln(cmd.OutOrStdout(), bad)
			return exitError(exitInput)
		}
	}
	return checkAll(cmd, programs)
}

// checkAll prints a line for each finding, with the program's name where there are several, and the line of the source where it is known.
func checkAll(cmd *cobra.Command, programs []objectProgram) error {
	found := false
	for _, o := range programs {
		about := ""
		if len(programs) > 1 {
			about = o.name + ": "
		}
		findings, complete := verify.Check(o.program)
		if !complete {
			fmt.Fprintf(cmd.ErrOrStderr(), "bpfsmith: %sthe program has too many paths: it is unchecked from where the walk ended\n", about)
		}
		for _, f := range findings {
			found = true
			if line := o.lineOf(f.Insn); line != "" {
				f.Detail += " (" + line + ")"
			}
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), about+f.Error()); err != nil {
				return &inputError{err}
			}
		}
	}
	if found {
		return exitError(exitInput) // they are what there is to say
	}
	return nil
}

// kernelTypes reads the types again, for the library that relocates.
func (c *checkFlags) kernelTypes() (*cbtf.Spec, error) {
	if c.btf != "" {
		return cbtf.LoadSpec(c.btf)
	}
	types, err := cbtf.LoadKernelSpec()
	if err != nil {
		return nil, fmt.Errorf("it names fields of the kernel's structs: --btf FILE has to say where they are: %w", err)
	}
	return types, nil
}

// otherNames are what people call some types of programs.
func otherNames(programType string) (name, hook string) {
	switch programType {
	case "tp_btf", "fentry", "fexit", "fmod_ret":
		return "tracing", programType
	case "tc", "tcx", "classifier":
		return "sched_cls", ""
	case "raw_tp":
		return "raw_tracepoint", ""
	case "socket":
		return "socket_filter", ""
	case "kretprobe", "uprobe", "uretprobe":
		return "kprobe", ""
	}
	return programType, ""
}

// program is what the flags say of it.
func (c *checkFlags) program() (verify.Program, error) {
	p := verify.Program{Sleepable: c.sleepable, NotGPL: !verify.GPLCompatible(c.license), NoPerfmon: c.noPerfmon}
	p.Attach = c.attach
	p.Type, p.Hook = otherNames(strings.ToLower(strings.TrimPrefix(strings.ToLower(c.programType), "bpf_prog_type_")))
	if p.Type == "" {
		return p, errors.New("the type of the program is missing: --type socket_filter, for example")
	}
	for _, text := range c.maps {
		fd, m, err := readMap(text)
		if err != nil {
			return p, err
		}
		if p.Maps == nil {
			p.Maps = map[int32]verify.Map{}
		}
		p.Maps[fd] = m
	}
	return p, nil
}

// readMap reads FD=TYPE:KEY:VALUE:MAX[:FLAGS[:FIELD@OFFSET]]...
func readMap(text string) (int32, verify.Map, error) {
	bad := func(what string) (int32, verify.Map, error) {
		return 0, verify.Map{}, fmt.Errorf("--map %s: %s: FD=TYPE:KEY:VALUE:MAX[:FLAGS[:FIELD@OFFSET]]... is wanted", text, what)
	}
	before, after, ok := strings.Cut(text, "=")
	fd, err := strconv.ParseInt(before, 0, 32)
	if !ok || err != nil {
		return bad("no descriptor")
	}
	parts := strings.Split(after, ":")
	if len(parts) < 4 {
		return bad("something is missing")
	}
	m := verify.Map{Name: fmt.Sprintf("with descriptor %d", fd), Type: strings.ToLower(parts[0])}
	for i, to := range [...]*uint32{&m.Key, &m.Value, &m.Max, &m.Flags} {
		if i+1 >= len(parts) {
			break
		}
		n, err := strconv.ParseUint(parts[i+1], 0, 32)
		if err != nil {
			return bad(parts[i+1] + " is no number")
		}
		*to = uint32(n)
	}
	for _, part := range parts[min(5, len(parts)):] {
		name, offset, ok := strings.Cut(part, "@")
		n, err := strconv.ParseUint(offset, 0, 32)
		if !ok || err != nil {
			return bad(part + " is no field")
		}
		if m.Special == nil {
			m.Special = map[string]uint32{}
		}
		m.Special[name] = uint32(n)
	}
	return int32(fd), m, nil
}

// types opens the kernel's types. Where there are none, less is found.
func (c *checkFlags) types() (*btf.Types, error) {
	if c.btf != "" {
		return btf.File(c.btf)
	}
	types, err := btf.Kernel()
	if err != nil {
		return nil, nil //nolint:nilerr // see above
	}
	return types, nil
}

// describeMember brings what is known of a member.
func (c *checkFlags) describeMember(p *verify.Program) error {
	if c.member == "" {
		return nil
	}
	var ok bool
	if p.Struct, p.Member, ok = strings.Cut(c.member, "/"); !ok {
		return fmt.Errorf("--member %s: STRUCT/MEMBER is wanted, such as tcp_congestion_ops/ssthresh", c.member)
	}
	if p.Types == nil {
		return nil
	}
	ops, err := structops.ReadType(p.Types, p.Struct)
	if err != nil {
		return nil //nolint:nilerr // the check says so
	}
	if m, ok := ops.Member(p.Member); ok && m.Proto != nil {
		p.Place = *ops.Place(m)
	}
	return nil
}

// input reads what the program is in: a file, the argument itself, or standard input.
func (c *checkFlags) input(cmd *cobra.Command, args []string) (name string, data []byte, err error) {
	if len(args) == 0 || args[0] == "-" {
		if data, err = io.ReadAll(cmd.InOrStdin()); err != nil {
			return "", nil, &inputError{err}
		}
		return "<stdin>", data, nil
	}
	data, err = os.ReadFile(args[0])
	switch {
	case err == nil:
		return args[0], data, nil
	case isHex(args[0]):
		return "HEX", []byte(args[0]), nil
	}
	return "", nil, &inputError{err}
}

// readCode takes code as it is, or as hex.
func readCode(name string, data []byte) ([]byte, error) {
	if !looksLikeHex(data) {
		return data, nil
	}
	text := hexText{text: data}
	if err := text.read(); err != nil {
		line, column := place(data, err.offset)
		return nil, (&input{name: name}).at(line, column, err.detail)
	}
	return text.code, nil
}

// isHex reports whether an argument is code, and no file's name.
func isHex(text string) bool {
	t := hexText{text: []byte(text)}
	return len(text) >= 16 && t.read() == nil
}
