// Package btfgen writes Go for the kernel's types: what bpfsmith gen does. Of BTF it
// makes types with a method for each member, kernel functions as methods, and
// enums as constants.
//
// It goes in three steps: collect reads what was asked for out of BTF into a
// model (model.go; members.go, functions.go, enums.go), names are given on the
// way (names.go), and write turns the model into formatted files (write.go).
//
// No offset is in what it writes: names are, and compiling resolves them against
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
	Strip     []string // beginnings of C names that Go names leave out; the package's name and _ is one
	Members   []string // patterns of STRUCT.PATH; when there are any, only these get accessors
	Set       []string // patterns of STRUCT.PATH; when there are any, only these get methods that write
}

// A Type is a struct to generate a Go type for.
type Type struct {
	Name    string // in C, without "struct"
	Go      string // "" to make one of the name
	Context bool   // it is what a program finds in R1
}

// None as the only pattern matches nothing: no methods that write, say.
const None = "none"

// A File is a generated file.
type File struct {
	Name    string
	Content []byte
}

// Suffix is how the names of generated files end: package dsl does not take them
// for lines that somebody wrote.
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
	used    map[string]bool // patterns that matched

	structs   []*structType
	kernelOps []*structops.Interface // those of options.Ops
	ops       []*opsType
	functions []*function // those that are no methods
	leftOut   []string    // functions, with the reason
	enums     []*enum
}

// matches reports whether one of the patterns is the name's, or there are none.
func (g *generator) matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, name); err == nil && ok {
			g.used[p] = true
			return true
		}
	}
	return len(patterns) == 0
}

// expand gives the names of a kind that are asked for, patterns in the order of
// the kernel's types. wanted tells those that were asked for by name.
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

// find gives the id of a type of one of the kinds, and suggests another name
// when there is none.
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
