package mistakes

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Compile compiles a mistake's program for its place, with the checks on or not.
func (m *Mistake) Compile(p *dsl.Program, types *btf.Types, checked bool) (*compile.Object, error) {
	t := compile.Target{BTF: types, ByteOrder: isa.Native, License: m.place().License, NoPerfmon: m.In.Careful, Unchecked: !checked,
		Place: &compile.Place{Type: m.In.Type}}
	switch m.In.Type {
	case syscall.ProgTypeTracing:
		t.Place.Hook, t.Place.Attach = syscall.AttachTraceRawTP, m.In.Target
	case syscall.ProgTypeStructOps:
		ops, member, err := m.In.member(types)
		if err != nil {
			return nil, err
		}
		t.Place = ops.Place(member)
	}
	return compile.Compile(p, t)
}

// member finds the member of a struct_ops program.
func (p Place) member(types *btf.Types) (*structops.Interface, structops.Member, error) {
	ops, name, _ := strings.Cut(p.Target, ".")
	t, err := structops.ReadInterface(types, ops)
	if err != nil {
		return nil, structops.Member{}, err
	}
	m, ok := t.Member(name)
	if !ok {
		return nil, m, fmt.Errorf("%s has no member %s", ops, name)
	}
	return t, m, nil
}
