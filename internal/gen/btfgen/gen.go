// Package btfgen writes Go code for the kernel's types, for bpfsmith gen. From BTF it makes types with a method for each member, kernel
// functions as methods, and enums as constants.
//
// It works in three steps. Collect reads what is asked for from BTF into a model (model.go; members.go, functions.go, enums.go). On the
// way, everything gets its name (names.go). Write turns the model into formatted files (write.go).
//
// The files contain names but no offsets. Compiling looks the names up in the target.
// the target.
package btfgen

import (
	"fmt"
	"path"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/structops"
)

// Options say what to generate. Patterns are those of path.Match.
type Options struct {
	Package   string   // name of the Go package
	Types     []Type   // structs and unions
	Ops       []Type   // structs that programs implement
	Functions []string // kernel functions, by name or pattern
	Enums     []string // by name or pattern
	Strip     []string // beginnings of C names that Go names leave out; the package's name and _ is always one
	Members   []string // patterns of STRUCT.PATH; if there are any, only these members get accessors
	Set       []string // patterns of STRUCT.PATH; if there are any, only these members get methods that write
}

// A Type is a struct to generate a Go type for.
type Type struct {
	Name    string // in C, without "struct"
	Go      string // "" to make one of the name
	Context bool   // a program finds it in R1
}

// None as the only pattern matches nothing. With it, for example, no methods that write are generated.
const None = "none"

// A File is a generated file.
type File struct {
	Name    string
	Content []byte
}

// Suffix is the end of the names of generated files. Package dsl knows by it that nobody wrote their lines.
const Suffix = "_btfgen.go"

// Generate makes the files.
func Generate(types *btf.Types, o Options) ([]File, error) {
	if o.Package == "" {
		return nil, fmt.Errorf("the package has no name")
	}
	g := &generator{types: types, options: o, used: make(map[string]bool)}
	g.strip = append([]string{o.Package + "_"}, o.Strip...)
	if err := g.readOps(); err != nil {
		return nil, err
	}
	if err := g.collectTypes(); err != nil {
		return nil, err
	}
	if err := g.collectOps(); err != nil {
		return nil, err
	}
	if err := g.collectFunctions(); err != nil {
		return nil, err
	}
	if err := g.collectEnums(); err != nil {
		return nil, err
	}
	for _, patterns := range [][]string{o.Members, o.Set} {
		for _, p := range patterns {
			if !g.used[p] && p != None {
				return nil, fmt.Errorf("pattern %q matches no member", p)
			}
		}
	}
	return g.write()
}

// generator is one run.
type generator struct {
	types   *btf.Types
	options Options
	strip   []string
	used    map[string]bool // the patterns that matched

	structs   []*structType
	kernelOps []*structops.Interface // of options.Ops
	ops       []*opsType
	functions []*function // those that are not methods
	leftOut   []string    // functions that were left out, with the reason
	enums     []*enum
}

// matches reports whether one of the patterns matches the name, or there are no patterns.
func (g *generator) matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, name); err == nil && ok {
			g.used[p] = true
			return true
		}
	}
	return len(patterns) == 0
}

// expand returns the names of a kind that are asked for. The names that match a pattern are in the order of the kernel's types. wanted
// has the names that were asked for by name.
func (g *generator) expand(asked []string, kinds ...btf.Kind) (names []string, wanted map[string]bool, err error) {
	wanted = make(map[string]bool)
	seen := make(map[string]bool)
	for _, a := range asked {
		if !strings.ContainsAny(a, "*?[") {
			wanted[a] = true
			if !seen[a] {
				seen[a] = true
				names = append(names, a)
			}
			continue
		}
		found := false
		for _, kind := range kinds {
			for name := range g.types.Names(kind) {
				ok, err := path.Match(a, name)
				if err != nil {
					return nil, nil, fmt.Errorf("pattern %q: %w", a, err)
				}
				found = found || ok
				if ok && !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
		if !found {
			return nil, nil, fmt.Errorf("pattern %q matches no %v", a, kinds[0])
		}
	}
	return names, wanted, nil
}

// find returns the id of a type of one of the kinds. If there is none, the error suggests another name.
func (g *generator) find(name string, kinds ...btf.Kind) (btf.ID, error) {
	for _, kind := range kinds {
		if id, err := g.types.Lookup(kind, name); err == nil {
			return id, nil
		}
	}
	err := fmt.Errorf("this BTF has no %v %q", kinds[0], name)
	for _, kind := range kinds {
		if near := g.types.Nearest(kind, name); near != "" {
			return 0, fmt.Errorf("%w; did you mean %s?", err, near)
		}
	}
	return 0, err
}
