package btfgen

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"

	cbtf "github.com/cilium/ebpf/btf"
)

// mostArguments is how many arguments a call in BPF has: R1 to R5.
const mostArguments = 5

// collectFunctions finds kernel functions. If the first parameter is a pointer to a struct with a Go type, the function becomes a
// method of that type and of the types that begin with it. Functions that match a pattern are left out if programs cannot call them.
func (g *generator) collectFunctions() error {
	names, wanted, err := g.expand(g.options.Functions, btf.KindFunc)
	if err != nil {
		return err
	}
	for _, name := range names {
		id, err := g.find(name, btf.KindFunc)
		if err != nil {
			return err
		}
		set, err := g.types.Decode(id)
		if err != nil {
			return err
		}
		proto, ok := set.Type(id).(*cbtf.Func).Type.(*cbtf.FuncProto)
		if !ok {
			return fmt.Errorf("function %s has no prototype", name)
		}
		fn, err := g.function(name, proto)
		if err != nil {
			if wanted[name] {
				return fmt.Errorf("function %s: %w", name, err)
			}
			g.leftOut = append(g.leftOut, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		g.place(fn, proto)
	}
	return nil
}

// place makes a function a method of the types that it is for, or a plain function.
func (g *generator) place(fn *function, proto *cbtf.FuncProto) {
	first := ""
	if len(proto.Params) > 0 {
		first = btf.PointedTo(proto.Params[0].Type)
	}
	if first == "" || g.byName(first) == nil {
		g.functions = append(g.functions, fn)
		return
	}
	for _, s := range g.structs {
		if !s.begins(first) {
			continue
		}
		method := *fn
		method.params = fn.params[1:]
		if reserved(method.goName) || s.names[method.goName] {
			method.goName = "Call" + method.goName
		}
		s.names[method.goName] = true
		s.methods = append(s.methods, &method)
	}
}

// function reads a prototype.
func (g *generator) function(name string, proto *cbtf.FuncProto) (*function, error) {
	fn := &function{c: name, goName: camelWithInitialisms(g.stripped(name)), proto: btf.Declaration(proto, name)}
	taken := make(map[string]bool)
	for i, p := range proto.Params {
		if _, void := p.Type.(*cbtf.Void); void && i == len(proto.Params)-1 { // this is how BTF says "…"
			fn.variadic = true
			break
		}
		if strings.HasSuffix(p.Name, "__prog") && i == len(proto.Params)-1 {
			break // the verifier passes it
		}
		param, err := g.parameter(p, i)
		if err != nil {
			return nil, err
		}
		if taken[param.name] {
			return nil, fmt.Errorf("two parameters are named %s", p.Name)
		}
		taken[param.name] = true
		fn.params = append(fn.params, param)
	}
	if len(fn.params) > mostArguments {
		return nil, fmt.Errorf("%d parameters, and calls have at most %d", len(fn.params), mostArguments)
	}
	var err error
	fn.result, err = g.result(proto.Return)
	return fn, err
}

// parameter finds the Go type of a parameter.
func (g *generator) parameter(p cbtf.FuncParam, i int) (parameter, error) {
	name := fmt.Sprintf("arg%d", i)
	if p.Name != "" {
		name = variableName(p.Name)
	}
	n, isBool := number(p.Type, 0)
	pointer, isPointer := btf.Underlying(p.Type).(*cbtf.Pointer)
	switch {
	case isBool:
		return parameter{name, "dsl.Operand", fmt.Sprintf("arg.Bool(%s)", name)}, nil
	case n != "":
		return parameter{name, "dsl.Operand", fmt.Sprintf("arg.%s(%s)", n, name)}, nil
	case !isPointer:
		return parameter{}, fmt.Errorf("parameter %d is a %s, which does not fit a register", i+1, btf.Declaration(p.Type, ""))
	}
	if _, callback := btf.Underlying(pointer.Target).(*cbtf.FuncProto); callback {
		return parameter{name, "*dsl.Program", name}, nil
	}
	return parameter{name, "dsl.StructPtr", fmt.Sprintf("arg.Ptr(%s)", name)}, nil
}

// result finds the Go type of a result.
func (g *generator) result(t cbtf.Type) (result, error) {
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Void, nil:
		return result{"", "%s"}, nil
	case *cbtf.Pointer:
		target := btf.PointedTo(t)
		goType, wrap := g.pointerTo(target)
		return result{goType, fmt.Sprintf(wrap, fmt.Sprintf("%%s.Ptr(%q)", target))}, nil
	}
	n, _ := number(t, 0)
	if n == "" {
		return result{}, errors.New("its result is neither a number nor a pointer")
	}
	return result{"dsl." + n, "%s." + n + "()"}, nil
}

// goInteger turns U32 into uint32.
func goInteger(number string) string {
	if bits, ok := strings.CutPrefix(number, "S"); ok {
		return "int" + bits
	}
	return "uint" + number[1:]
}
