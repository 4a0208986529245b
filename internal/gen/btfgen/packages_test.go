package btfgen_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/mistake"
)

var (
	fnType   = reflect.TypeFor[*dsl.Fn]()
	boolType = reflect.TypeFor[dsl.Bool]()
	u32Type  = reflect.TypeFor[dsl.U32]()
	operand  = reflect.TypeFor[dsl.Operand]()
	pointer  = reflect.TypeFor[dsl.StructPtr]()
)

// TestEveryMethodCompiles calls each method of the committed packages in a
// program of its own, which must compile for the kernel they were made from: the
// path is there, and is what the method takes it for.
func TestEveryMethodCompiles(t *testing.T) {
	for _, c := range []struct {
		kernel string
		types  []any
		least  int
	}{
		{"6.18", []any{tcp.Sock{}, tcp.BaseSock{}, tcp.InetConnectionSock{}, tcp.RateSample{}, tcp.AckSample{}, tcp.MinMax{}}, 600},
		{"6.18", []any{ctx.XDP{}, ctx.SKB{}, ctx.Sock{}, ctx.SkLookup{}, ctx.SockAddr{}, ctx.SockOps{}, ctx.SockOpt{}, ctx.Sysctl{},
			ctx.CgroupDev{}, ctx.SkMsg{}, ctx.SkReuseport{}, ctx.TCPSock{}}, 180},
		{fixture.Scheduler, []any{scx.Task{}, scx.InitTaskArgs{}, scx.ExitTaskArgs{}, scx.CPUReleaseArgs{}, scx.ExitInfo{}, scx.DumpCtx{},
			scx.CPUMask{}, scx.BPFCPUMask{}, scx.DSQIterator{}}, 120},
	} {
		types := open(t, c.kernel)
		methods := 0
		for _, v := range c.types {
			typ := reflect.TypeOf(v)
			for i := range typ.NumMethod() {
				if m := typ.Method(i); generatedMethod(typ, m.Name) {
					compileMethod(t, types, typ, m)
					methods++
				}
			}
		}
		if methods < c.least {
			t.Errorf("%d methods were compiled, want %d or more", methods, c.least)
		}
	}
}

// generatedMethod tells a type's own methods from those of the pointer in it.
func generatedMethod(typ reflect.Type, name string) bool {
	_, inherited := typ.Field(0).Type.MethodByName(name)
	return !inherited && name != "StructName"
}

// compileMethod compiles a program that calls a method and gives what it gives.
// constantFor is a constant for a method: false for a setter of a field that is read as a Bool, 0 for others.
func constantFor(typ reflect.Type, method string) reflect.Value {
	if getter, ok := typ.MethodByName(strings.TrimPrefix(method, "Set")); ok && getter.Name != method && getter.Type.Out(0) == boolType {
		return reflect.ValueOf(false)
	}
	return reflect.ValueOf(0)
}

func compileMethod(t *testing.T, types *btf.Types, typ reflect.Type, m reflect.Method) {
	var results []reflect.Type
	for i := range m.Type.NumOut() {
		results = append(results, m.Type.Out(i))
	}
	isBool := len(results) == 1 && results[0] == boolType
	if isBool {
		results[0] = u32Type
	}
	call := func(args []reflect.Value) []reflect.Value {
		in := args[1:2]
		for i := 1; i < m.Type.NumIn(); i++ {
			switch arg := m.Type.In(i); arg {
			case operand, pointer: // a Go constant, and any pointer
				v := reflect.New(arg).Elem()
				if arg == operand {
					v.Set(constantFor(typ, m.Name))
				} else {
					v.Set(args[1])
				}
				in = append(in, v)
			default:
				in = append(in, reflect.Zero(arg))
			}
		}
		out := m.Func.Call(in)
		if isBool {
			out[0] = reflect.ValueOf(out[0].Interface().(dsl.Bool).U32())
		}
		return out
	}
	fn := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{fnType, typ}, results, false), call)
	_, err := compile.Compile(dsl.Func(m.Name, fn.Interface()), compile.Target{BTF: types})
	var findings mistake.Findings
	alone := errors.As(err, &findings) && !slices.ContainsFunc(findings,
		func(f mistake.Finding) bool { return f.Kind != mistake.UnreleasedReference })
	if err != nil && !alone { // what a method acquires is given back by another
		t.Errorf("%v.%s: %v", typ, m.Name, err)
	}
}
