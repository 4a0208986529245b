package main

import (
	"errors"
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/gen/btfgen"
)

// genFlags are the flags of bpfsmith gen.
type genFlags struct {
	types, contexts, ops []string
	options              btfgen.Options
	btf, output          string
	check                bool
}

func newGen() *cobra.Command {
	var g genFlags
	cmd := &cobra.Command{
		Use:   "gen --type STRUCT… -o DIR",
		Short: "Write Go for the kernel's types, functions, enums and interfaces",
		Long: `Gen writes a Go package for types of the kernel: for each struct a Go type
with a method for each member, kernel functions as methods of their first
parameter's type, enums as constants. The comments show the C declaration.

For a struct that programs implement (--ops) it writes a Go struct: a field of
function type for each callback, with the kernel's parameters, and a field for
each member of data. structops.Register takes it. A member that is misspelt, or a
parameter of another type, is then an error of go build.

The generated files contain no offsets. When a program is compiled, its names
are looked up in the target kernel, and missing names are reported.

When a struct begins with another struct, it has the members of both: tcp_sock
has SkPacingRate. A member of an inner struct has both names: icsk_ack.pending
is IcskAckPending. An array has a method for its address (IcskCaPrivAddr) and
one for elements by number. Go names are the C names with capital letters
instead of underscores. In names of types, functions and constants, the name of
the package and the beginnings of --strip are left out, and words such as CA,
CPU and ID are in capitals.

The names of the files end in ` + btfgen.Suffix + `. Such files in DIR that gen wrote
earlier, and that are no longer generated, are removed. A file that somebody
else wrote stays, and is not overwritten. The types are those of the running kernel, or of a file
with raw BTF.`,
		Example: `  bpfsmith gen --type tcp_sock,sock=BaseSock --func 'tcp_reno_*' --enum tcp_ca_state -o tcp
  bpfsmith gen --ops tcp_congestion_ops --type tcp_sock -o tcp
  bpfsmith gen --btf vmlinux.btf --context xdp_md=XDP --package ctx -o ctx
  bpfsmith gen --type task_struct --member 'task_struct.scx.*' --set task_struct.scx.slice -o scx
  bpfsmith gen --type tcp_sock --check -o tcp`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&g.types, "type", nil, "structs and unions, as `STRUCT` or STRUCT=GoName")
	flags.StringSliceVar(&g.contexts, "context", nil, "contexts, which are structs that R1 points to, as `STRUCT` or STRUCT=GoName")
	flags.StringSliceVar(&g.ops, "ops", nil, "structs that programs implement, as `STRUCT` or STRUCT=GoName")
	flags.StringSliceVar(&g.options.Functions, "func", nil, "kernel functions, by `NAME` or pattern")
	flags.StringSliceVar(&g.options.Enums, "enum", nil, "enums, by `NAME` or pattern")
	flags.StringSliceVar(&g.options.Members, "member", nil, "make methods only for members that match a `PATTERN` such as "+
		"task_struct.scx.*")
	flags.StringSliceVar(&g.options.Set, "set", nil,
		"make methods that write members only for those that match a `PATTERN`; "+btfgen.None+" for no member")
	flags.StringSliceVar(&g.options.Strip, "strip", nil, "`BEGINNING` of C names that is left out in Go names")
	flags.StringVar(&g.options.Package, "package", "", "`NAME` of the package; default: the name of the folder")
	flags.StringVar(&g.btf, "btf", "", "raw BTF in a `FILE` instead of the running kernel's")
	flags.StringVarP(&g.output, "output", "o", "", "`DIR` to write into")
	flags.BoolVar(&g.check, "check", false, "write nothing, and fail if a file is not up to date")
	return cmd
}

func (g *genFlags) run(cmd *cobra.Command) (err error) {
	if g.output == "" {
		return errors.New("the folder to write to is missing: -o DIR")
	}
	if len(g.types)+len(g.contexts)+len(g.ops)+len(g.options.Functions)+len(g.options.Enums) == 0 {
		return errors.New("nothing to write: name what you need with --type, --context, --ops, --func or --enum")
	}
	if at, err := os.Stat(g.output); err == nil && !at.IsDir() {
		return &inputError{fmt.Errorf("gen: %s is a file; -o needs the folder of the package", g.output)}
	}
	if g.options.Package == "" {
		dir, err := filepath.Abs(g.output)
		if err != nil {
			return &inputError{err}
		}
		g.options.Package = filepath.Base(dir)
	}
	if !token.IsIdentifier(g.options.Package) {
		return &inputError{fmt.Errorf("gen: %q cannot be the name of a Go package; give another one with --package", g.options.Package)}
	}
	g.options.Types = nil
	for _, t := range g.types {
		g.options.Types = append(g.options.Types, readType(t, false))
	}
	for _, t := range g.contexts {
		g.options.Types = append(g.options.Types, readType(t, true))
	}
	g.options.Ops = nil
	for _, t := range g.ops {
		g.options.Ops = append(g.options.Ops, readType(t, false))
	}
	types, err := g.open()
	if err != nil {
		return &inputError{err}
	}
	defer func() {
		if cerr := types.Close(); err == nil && cerr != nil {
			err = &inputError{cerr}
		}
	}()
	files, err := btfgen.Generate(types, g.options)
	if err != nil {
		return &inputError{fmt.Errorf("gen: %w", err)}
	}
	folder, err := openFolder(g.output, files, !g.check)
	if err != nil {
		return &inputError{err}
	}
	defer func() { err = errors.Join(err, asInputError(folder.close())) }()
	if g.check {
		return asInputError(folder.check())
	}
	return asInputError(folder.write())
}

// readType reads STRUCT or STRUCT=GoName.
func readType(text string, context bool) btfgen.Type {
	name, goName, _ := strings.Cut(text, "=")
	return btfgen.Type{Name: name, Go: goName, Context: context}
}

func (g *genFlags) open() (*btf.Types, error) {
	if g.btf == "" {
		return btf.Kernel()
	}
	return readTypes(g.btf)
}
