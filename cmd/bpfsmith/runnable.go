package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/objfile"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A runnable is a program for the machine, with what is known about it.
type runnable struct {
	name    string
	section linux.Section // where it goes; the zero value if nothing says it
	program *vm.Program
	maps    []*maps.Map // that it uses

	types     *btf.Types   // of a Go package's program: those that it was compiled for
	arguments []goArgument // of a member of an interface
}

// loadRunnables makes programs for the machine: one of code, and those of an ELF object. o has what the flags say.
func loadRunnables(name string, data []byte, o vm.Options, kernel *objfile.Kernel) ([]runnable, error) {
	if isELF(data) {
		return objectRunnables(name, data, o, kernel)
	}
	code, err := readCode(name, data)
	if err != nil {
		return nil, err
	}
	p, err := vm.Load(code, o)
	if err != nil {
		return nil, &inputError{fmt.Errorf("%s: %w", name, err)}
	}
	return []runnable{{name: name, program: p}}, nil
}

// objectRunnables makes the programs of an ELF object. A program that cannot be linked for the kernel, or that the machine cannot run,
// does not hide the others.
func objectRunnables(name string, data []byte, o vm.Options, kernel *objfile.Kernel) ([]runnable, error) {
	object, err := objfile.Read(data)
	if err != nil {
		return nil, &inputError{fmt.Errorf("%s: %w", name, err)}
	}
	if object.Order != isa.LittleEndian {
		return nil, &inputError{fmt.Errorf("%s: the object is %v: the machine is %v", name, object.Order, isa.LittleEndian)}
	}
	handles, err := objectMaps(object, kernel)
	if err != nil {
		return nil, &inputError{fmt.Errorf("%s: %w", name, err)}
	}
	o.Maps = handles
	if kernel.Types != nil {
		o.Kernel = kernel.Types.Name
	}
	var programs []runnable
	var refused error
	for _, p := range object.Programs {
		r := runnable{name: p.Name}
		r.section, _ = linux.ParseSection(p.Section)
		code, err := object.Link(p, kernel)
		if err == nil {
			o.Pos = func(slot int) mistake.Position { return positionIn(code.Lines, slot) }
			r.program, err = vm.Load(code.Raw, o)
		}
		if err != nil {
			refused = errors.Join(refused, fmt.Errorf("%s: %s: %w", name, p.Name, err))
			continue
		}
		for n := range object.Maps {
			r.maps = append(r.maps, handles[int32(n+1)])
		}
		programs = append(programs, r)
	}
	if len(programs) == 0 {
		if refused == nil {
			refused = fmt.Errorf("%s: the object has no programs", name)
		}
		return nil, &inputError{refused}
	}
	return programs, nil
}

// positionIn is the line of a slot: the last one that is given at or before it.
func positionIn(lines map[int]objfile.Line, slot int) mistake.Position {
	for ; slot >= 0; slot-- {
		if line, ok := lines[slot]; ok {
			return mistake.Position{File: line.File, Line: line.Line}
		}
	}
	return mistake.Position{}
}

// objectMaps makes handles for the maps of an object, by their numbers in its code. Variables have their first values.
func objectMaps(object *objfile.Object, kernel *objfile.Kernel) (map[int32]*maps.Map, error) {
	handles := map[int32]*maps.Map{}
	for n, m := range object.Maps {
		handle := maps.New(&dsl.MapSpec{Name: m.Name, Type: m.Type, KeySize: m.Key, ValueSize: m.Value, MaxEntries: m.Max,
			Flags: m.Flags, Extra: m.Extra})
		handles[int32(n+1)] = handle
		contents, known := object.ContentsFor(m, kernel)
		if !known || contents == nil {
			continue
		}
		local, err := handle.CreateLocal()
		if err != nil {
			return nil, err
		}
		copy(local.Values(), contents)
	}
	return handles, nil
}

// chooseProgram finds the program with a name; "" is the only one.
func chooseProgram(programs []runnable, name string) (runnable, error) {
	var names []string
	for _, r := range programs {
		if r.name == name || name == "" && len(programs) == 1 {
			return r, nil
		}
		names = append(names, r.name)
	}
	if name == "" {
		return runnable{}, fmt.Errorf("there are several programs: choose one with --name: %s", strings.Join(names, ", "))
	}
	return runnable{}, fmt.Errorf("--name %s: there is no such program; there are %s", name, strings.Join(names, ", "))
}

// linkTarget is the kernel that objects are linked for: the running one, or that of a file with BTF.
func linkTarget(file string) (*objfile.Kernel, *btf.Types, error) {
	types, err := (&placeFlags{btf: file}).types()
	if err != nil {
		return nil, nil, &inputError{err}
	}
	if file != "" {
		return otherKernel(types), types, nil
	}
	return hostKernel(types), types, nil
}
