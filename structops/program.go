package structops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/mistake"
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
	target := v.target
	target.Place = t.Place(m)
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

// Place is where programs for a member go: its arguments, and what the kernel lets them do.
func (t *OpsType) Place(m Member) *compile.Place {
	p := &compile.Place{
		Type: "struct_ops", Struct: t.Name, Member: m.Name,
		Signature:       &place.Signature{Text: m.Prototype(), Params: m.Params, Result: m.Proto.Return, Others: t.known.changed[m.Name]},
		Casts:           t.known.casts,
		Writable:        slices.Clone(t.known.writable),
		HelperForbidden: func(id int32) string { return t.known.helpers[m.Name][id] },
		KernelForbidden: t.known.kernelFunctionForbidden,
	}
	if newer, ok := t.Member(t.known.newer.member); ok && len(newer.Params) >= t.known.newer.params {
		p.Writable = append(p.Writable, t.known.newer.fields...)
	}
	return p
}
