package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/vm"

	_ "embed"
)

// Programs of a Go package are made by running Go: a test that only the go command's overlay has is put into the package. It compiles what
// the package's variables hold, and writes it to a file.

//go:embed exporter.txt
var exporter string

// A goProgram is a program as the exporter writes it.
type goProgram struct {
	Name      string
	Type      linux.ProgType
	Code      []byte
	Lines     []mistake.Position // by slot
	Maps      []dsl.MapSpec
	Arguments []goArgument // of a member of an interface; nil if it is none
	Error     string       // why it could not be compiled; "" if it could
}

// A goArgument is an argument that the kernel passes.
type goArgument struct {
	Name   string
	Struct string // that it points to; "" for a number
}

// exported are the programs of a Go package, compiled for a kernel of package fixture.
func exported(ctx context.Context, pkg, kernel string) ([]goProgram, error) {
	const format = "{{.Dir}}\n{{.Name}}\n{{join .GoFiles \"\\n\"}}"
	out, err := exec.CommandContext(ctx, "go", "list", "-buildvcs=false", "-f", format, pkg).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("%s: %s", pkg, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 3 {
		return nil, fmt.Errorf("%s is not one package with Go files", pkg)
	}
	dir, name, files := lines[0], lines[1], lines[2:]
	values, err := packageValues(dir, files)
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "bpfsmith-debug-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	source := strings.ReplaceAll(strings.ReplaceAll(exporter, "PACKAGE", name), "/*VALUES*/", strings.Join(values, " "))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(dir, "bpfsmith_export_test.go"): filepath.Join(temp, "export.go")}})
	if err == nil {
		err = errors.Join(os.WriteFile(filepath.Join(temp, "export.go"), []byte(source), 0o600),
			os.WriteFile(filepath.Join(temp, "overlay.json"), overlay, 0o600))
	}
	if err != nil {
		return nil, err
	}
	test := exec.CommandContext(ctx, "go", "test", "-vet=off", "-count=1", "-overlay", filepath.Join(temp, "overlay.json"), "-run",
		"^TestBpfsmithExport$", pkg)
	test.Env = append(os.Environ(), "BPFSMITH_EXPORT="+filepath.Join(temp, "programs.json"), "BPFSMITH_KERNEL="+kernel)
	said, testErr := test.CombinedOutput()
	data, err := os.ReadFile(filepath.Join(temp, "programs.json"))
	if err != nil {
		return nil, fmt.Errorf("%s: the programs cannot be made: %w\n%s", pkg, testErr, said)
	}
	var programs []goProgram
	return programs, json.Unmarshal(data, &programs)
}

// packageValues are the variables of a package, and its functions that return a program, as elements of a map of Go.
func packageValues(dir string, files []string) ([]string, error) {
	var values []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				values = append(values, variablesOf(decl)...)
			case *ast.FuncDecl:
				if decl.Recv == nil && decl.Type.TypeParams == nil && decl.Type.Params.NumFields() == 0 && returnsProgram(decl.Type) {
					values = append(values, fmt.Sprintf("%q: %s(),", decl.Name.Name, decl.Name.Name))
				}
			}
		}
	}
	return values, nil
}

func variablesOf(decl *ast.GenDecl) (values []string) {
	if decl.Tok != token.VAR {
		return nil
	}
	for _, spec := range decl.Specs {
		if value, ok := spec.(*ast.ValueSpec); ok {
			for _, name := range value.Names {
				if name.Name != "_" {
					values = append(values, fmt.Sprintf("%q: %s,", name.Name, name.Name))
				}
			}
		}
	}
	return values
}

// returnsProgram reports whether a function returns one *dsl.Program.
func returnsProgram(t *ast.FuncType) bool {
	if t.Results.NumFields() != 1 {
		return false
	}
	star, ok := t.Results.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	selector, ok := star.X.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Program"
}

// packageRunnables are the programs of a Go package for the machine. Those that cannot be compiled are left out, unless there are no
// others.
func packageRunnables(ctx context.Context, pkg, kernel string) ([]runnable, error) {
	programs, err := exported(ctx, pkg, kernel)
	if err != nil {
		return nil, &inputError{err}
	}
	types, err := fixture.Open(kernel)
	if err != nil {
		known := strings.Join(append(fixture.Kernels(), fixture.Scheduler), ", ")
		return nil, &inputError{fmt.Errorf("--kernel: %w; there are %s", err, known)}
	}
	var list []runnable
	var refused []error
	for _, p := range programs {
		o := vm.Options{Mode: vm.Linux, Kernel: types.Name, Maps: make(map[int32]*maps.Map), Pos: func(slot int) mistake.Position {
			if slot < 0 || slot >= len(p.Lines) {
				return mistake.Position{}
			}
			return p.Lines[slot]
		}}
		for n := range p.Maps {
			o.Maps[int32(n+1)] = maps.New(&p.Maps[n])
		}
		if p.Error != "" {
			refused = append(refused, fmt.Errorf("%s: %s", p.Name, p.Error))
			continue
		}
		program, err := vm.Load(p.Code, o)
		if err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", p.Name, err))
			continue
		}
		list = append(list, runnable{name: p.Name, section: linux.Section{Type: p.Type}, program: program, types: types,
			arguments: p.Arguments})
	}
	slices.SortFunc(list, func(a, b runnable) int { return strings.Compare(a.name, b.name) })
	if len(list) == 0 {
		if refused == nil {
			refused = []error{fmt.Errorf("%s: no variable of the package is a program or an implementation of an interface, "+
				"and no function without parameters returns a program", pkg)}
		}
		return nil, &inputError{errors.Join(refused...)}
	}
	return list, nil
}
