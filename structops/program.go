package structops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// bindProgram compares a program with its member, and compiles it for it.
func (v *validator) bindProgram(m Member, p *dsl.Program) error {
	t := v.plan.Type
	if why := t.known.WhyUnsupported(m.Name); why != "" {
		v.found(mistake.Finding{Member: m.Name, Program: p.Name, Position: p.Pos, Kind: mistake.ReservedMember,
			Detail: fmt.Sprintf("%s cannot be written in BPF: %s", m.Name, why)})
		return nil
	}
	if p.Sleepable && t.known.Sleepable != nil && !slices.Contains(t.known.Sleepable, m.Name) {
		f := mistake.Finding{Member: m.Name, Program: p.Name, Position: p.Pos, Kind: mistake.MustNotSleep, Note: m.Declaration(),
			Detail: fmt.Sprintf("%s is called where the kernel must not sleep, and the program is sleepable",
				m.Name), Help: "no member of " + t.Name + " may sleep"}
		if len(t.known.Sleepable) > 0 {
			f.Help = "only these members may sleep: " + strings.Join(t.known.Sleepable, ", ")
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
func (t *Interface) Place(m Member) *compile.Place {
	p := &compile.Place{
		Type: syscall.ProgTypeStructOps, Struct: t.Name, Member: m.Name,
		Signature:       &place.Signature{Text: m.Prototype(), Params: m.Params, Result: m.Proto.Return, Others: t.known.Variants(m.Name)},
		Casts:           t.known.Casts,
		Writable:        slices.Clone(t.known.Writable),
		HelperForbidden: func(id int32) string { return t.known.HelperForbidden(m.Name, id) },
		KernelForbidden: func(name string) (string, []string) { return t.known.FunctionForbidden(m.Name, name) },
	}
	if newer, ok := t.Member(t.known.Newer.Member); ok && len(newer.Params) >= t.known.Newer.Params {
		p.Writable = append(p.Writable, t.known.Newer.Fields...)
	}
	return p
}

// checkSleepable finds members that are said to sleep, but have no program that does. They may have been set by name, after the Go struct
// was read.
func (v *validator) checkSleepable() {
	for _, name := range v.ops.sleepable {
		f := mistake.Finding{Member: name, Kind: mistake.BadValue, Detail: fmt.Sprintf("Sleepable names %s, but %[1]s is not set", name),
			Help: "set " + name + ", or leave it out of Sleepable"}
		switch p, _ := v.ops.Members[name].(*dsl.Program); {
		case p == nil:
		case p.Sleepable:
			continue
		default:
			f.Program, f.Position = p.Name, p.Pos
			f.Detail = "Sleepable names " + name + ", but its program was set by name and is not sleepable"
			f.Help = "set Sleepable of the program"
		}
		v.found(f)
	}
}
