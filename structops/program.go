package structops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/mistake"

	cbtf "github.com/cilium/ebpf/btf"
)

// bindProgram compares a program with its member, and compiles it for it.
func (v *validator) bindProgram(m Member, p *dsl.Program) error {
	t := v.plan.Type
	if why, no := t.known.unsupported[m.Name]; no {
		v.found(mistake.Finding{Member: m.Name, Program: p.Name, Position: p.Pos, Kind: mistake.ReservedMember,
			Detail: fmt.Sprintf("%s cannot be written in BPF: %s", m.Name, why)})
		return nil
	}
	if p.Sleepable && t.known.sleepable != nil && !slices.Contains(t.known.sleepable, m.Name) {
		f := mistake.Finding{Member: m.Name, Program: p.Name, Position: p.Pos, Kind: mistake.MustNotSleep, Note: m.Declaration(),
			Detail: fmt.Sprintf("%s is called where the kernel must not sleep, and the program is sleepable", m.Name), Help: "no member of " + t.Name + " may sleep"}
		if len(t.known.sleepable) > 0 {
			f.Help = "only these members may sleep: " + strings.Join(t.known.sleepable, ", ")
		}
		v.found(f)
	}
	v.comparePrototypes(m, p)
	target := v.target
	target.Context = v.context(m)
	object, err := compile.Compile(p, target)
	if findings, ok := err.(mistake.Findings); ok {
		v.findings = append(v.findings, findings...)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s.%s: %w", t.Name, m.Name, err)
	}
	v.plan.Programs = append(v.plan.Programs, Program{m, object})
	return nil
}

// context is what compiling needs to know of a member.
func (v *validator) context(m Member) *compile.Context { return v.plan.Type.Context(m) }

// Context is what programs for a member are checked against: its arguments, and what the kernel lets them do.
func (t *OpsType) Context(m Member) *compile.Context {
	rules := &compile.Rules{Casts: t.known.casts, KernelForbidden: t.known.kernelFunctionForbidden}
	rules.Writable = slices.Clone(t.known.writable)
	if newer, ok := t.Member(t.known.newer.member); ok && len(newer.Params) >= t.known.newer.params {
		rules.Writable = append(rules.Writable, t.known.newer.fields...)
	}
	rules.HelperForbidden = func(id int32) string { return t.known.helpers[m.Name][id] }
	return &compile.Context{
		Name: t.Name + "." + m.Name, Member: m.Name, Proto: m.Prototype(),
		Params: m.Params, Result: m.Proto.Return, Rules: rules,
	}
}

// comparePrototypes holds what a program declares against what the kernel has.
func (v *validator) comparePrototypes(m Member, p *dsl.Program) {
	declared := p.Proto
	if declared == nil || declared.Err != nil { // compiling reports the latter
		return
	}
	report := func(kind mistake.Kind, detail, help string) {
		v.found(mistake.Finding{Member: m.Name, Program: p.Name, Position: declared.Pos, Kind: kind, Detail: detail,
			Note: fmt.Sprintf("%s.%s is %s", v.plan.Type.Name, m.Name, m.Prototype()), Help: help})
	}
	if len(declared.Params) != len(m.Params) {
		report(mistake.ParamCount, fmt.Sprintf("the program declares %s, the kernel passes %d", plural(len(declared.Params), "parameter"), len(m.Params)), "")
	}
	for i := range min(len(declared.Params), len(m.Params)) {
		if got, want := declared.Params[i].Type, m.Params[i].Type; !v.sameType(got, want) {
			report(mistake.ParamType, fmt.Sprintf("parameter %d is declared as %v, the kernel passes %s", i, got, btf.Declaration(want, m.Params[i].Name)), "")
		}
	}
	if !v.sameType(declared.Result, m.Proto.Return) {
		report(mistake.ResultType, fmt.Sprintf("the result is declared as %v, the kernel takes %s", declared.Result, btf.Declaration(m.Proto.Return, "")), "")
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sameType reports whether a declared type stands for the kernel's. Integers
// agree in size and sign, pointers in what they point to, or in what that may
// be used as.
func (v *validator) sameType(declared dsl.CType, kernel cbtf.Type) bool {
	switch t := btf.Underlying(kernel).(type) {
	case nil, *cbtf.Void:
		return declared.Void()
	case *cbtf.Int:
		// A char's sign is the compiler's choice, so its name is enough.
		return declared.Integer && declared.Size == int(t.Size) && (declared.Signed == (t.Encoding == cbtf.Signed) || declared.Name == t.Name)
	case *cbtf.Enum:
		return declared.Integer && declared.Size == int(t.Size)
	case *cbtf.Pointer:
		if declared.Stars == 0 {
			return false
		}
		target := btf.PointedTo(t)
		if target == "" || declared.Struct() == "" {
			return strings.TrimSuffix(btf.Declaration(t, ""), " *") == strings.TrimSuffix(declared.String(), " *")
		}
		return declared.Struct() == target ||
			slices.Contains(v.plan.Type.known.casts, compile.Cast{From: target, To: declared.Struct()})
	}
	return true // structs by value and others: left to the kernel
}
