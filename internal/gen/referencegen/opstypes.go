package main

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/structops"
)

func opsTypes(p *page) error {
	p.paragraph("A program can implement a member of these structs of the kernel (struct_ops). The prototypes are those of the newest",
		"kernel whose types are in this repository; others may have other members. `bpfsmith gen --ops` writes a Go package for yours.",
		"For an interface that is not here, the kernel's BTF is enough, and only the kernel finds mistakes of use.")
	for name := range linux.OpsTypeNames() {
		if err := opsSection(p, linux.OpsTypeNamed(name)); err != nil {
			return err
		}
	}
	return nil
}

func opsSection(p *page, t *linux.OpsType) error {
	p.heading(t.Name)
	p.line("Since Linux %s, with %s.", t.Since, t.Config)
	if t.TestOnly {
		p.line("It is only for tests: it can be run, never registered.")
	}
	p.line("")
	iface, kernel, err := readInterface(t.Name)
	if err != nil {
		return err
	}
	if iface == nil {
		p.line("The types of no kernel in this repository have this struct, so its prototypes are not here.\n")
		rules(p, t)
		facts(p, t)
		return nil
	}
	p.paragraph("The members of Linux " + kernel + ":")
	p.head("member", "type in C", "must it be set", "may sleep")
	for _, m := range iface.Members {
		if m.Proto == nil && !iface.Settable(m) {
			continue
		}
		p.row(code(m.Name), code(m.Declaration()), mustSet(t, m.Name), maySleep(t, iface, m))
	}
	p.line("")
	for _, a := range t.Added {
		p.line("- `%s` is new in Linux %s. Kernels before it call `%s` instead, %s.", a.Member, a.Since, a.Instead, a.When)
	}
	facts(p, t)
	return nil
}

// readInterface finds the struct in the newest types that have it. It is nil if none have.
func readInterface(name string) (_ *structops.Interface, kernel string, err error) {
	kernels := append([]string{fixture.Scheduler}, fixture.Kernels()...)
	for _, kernel := range slices.Backward(kernels) {
		types, err := fixture.Open(kernel)
		if err != nil {
			return nil, "", err
		}
		if _, err := types.Composite(linux.OpsValuePrefix + name); err != nil {
			continue
		}
		iface, err := structops.ReadInterface(types, name)
		release, _, _ := strings.Cut(kernel, "-")
		return iface, release, err
	}
	return nil, "", nil
}

func mustSet(t *linux.OpsType, member string) string {
	if why := t.WhyUnsupported(member); why != "" {
		return "cannot: " + why
	}
	if slices.Contains(t.Required, member) {
		return "yes"
	}
	for _, group := range t.RequiredOne {
		if slices.Contains(group, member) {
			return "one of " + codes(group)
		}
	}
	return ""
}

func maySleep(t *linux.OpsType, iface *structops.Interface, m structops.Member) string {
	switch {
	case m.Proto == nil:
		return ""
	case t.Sleepable == nil:
		return "not known"
	}
	return yes(iface.MaySleep(m))
}

// rules writes as a list what the table of members says where there is one.
func rules(p *page, t *linux.OpsType) {
	if t.Required != nil {
		p.line("- These members must be set: %s.", codes(t.Required))
	}
	for _, group := range t.RequiredOne {
		p.line("- One of these must be set: %s.", codes(group))
	}
	if len(t.Settable) > 0 {
		p.line("- Data members that may be set: %s.", codes(t.Settable))
	}
	switch {
	case t.Sleepable == nil:
		p.line("- Which members may sleep is not known.")
	case len(t.Sleepable) == 0:
		p.line("- No member may sleep.")
	default:
		p.line("- These members may sleep: %s.", codes(t.Sleepable))
	}
}

// facts writes what the row says apart from the members.
func facts(p *page, t *linux.OpsType) {
	for _, c := range t.Changed {
		for _, v := range c.Variants[1:] {
			p.line("- Since Linux %s, `%s` gets %s; before, it got %s.", v.Since, c.Member, codes(v.Params), codes(c.Variants[0].Params))
		}
	}
	if t.Writable != nil {
		p.line("- Programs may write these fields: %s.", fields(t.Writable))
	}
	if t.Newer.Fields != nil {
		p.line("- Since Linux %s also: %s.", t.Newer.Since, fields(t.Newer.Fields))
	}
	for _, l := range t.Limits {
		p.line("- `%s` is at most %s.", l.Member, l.Text)
	}
	for _, f := range t.Flags {
		flagFacts(p, f)
	}
	if t.Functions != nil {
		p.line("- Apart from functions named `bpf_…`, its programs may call only these functions of the kernel, where they are there: %s.",
			codes(t.Functions))
	}
	for _, h := range t.Helpers {
		p.line("- `%s` may not call `%s`: %s.", h.Member, h.Helper, h.Why)
	}
	for _, r := range t.Restricted {
		p.line("- Only %s may call %s; otherwise %s.", codes(r.Members), codes(r.Functions), r.Otherwise)
	}
}

// flagFacts writes the bits that a data member may have, and what they need.
func flagFacts(p *page, f linux.OpsFlags) {
	known := slices.Clone(f.Known)
	for _, b := range f.Bits {
		known = append(known, b.Name)
	}
	where := ""
	if f.Until != "" {
		where = " up to Linux " + string(f.Until)
	}
	if f.Enum != "" {
		where = ", as far as `enum " + f.Enum + "` of the kernel has them"
	}
	p.line("- Flags that `%s` may have%s: %s.", f.Member, where, codes(known))
	for _, n := range f.Needs {
		p.line("- `%s` is refused if `%s` is not set.", n.Flag, n.Member)
	}
}

func fields(list []linux.Field) string {
	names := make([]string, len(list))
	for i, f := range list {
		names[i] = f.Struct + "." + f.Path
	}
	return codes(names)
}
