package main

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/internal/spell"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// placeFlags say where a program goes, and which kernel's types are meant. Check and explain share them. A word that nothing in the kernel
// is named by is a mistake: otherwise the answer would be about another program.
type placeFlags struct{ programType, member, btf string }

func (p *placeFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&p.programType, "type", "", "`TYPE` of the program, with the kernel's name: socket_filter, xdp, struct_ops, ...; or the "+
		"name of an ELF section: tcx/ingress, fentry, ...")
	f.StringVar(&p.member, "member", "", "`STRUCT/MEMBER` that a struct_ops program implements, such as tcp_congestion_ops/init")
	f.StringVar(&p.btf, "btf", "", "raw BTF in a `FILE` instead of the running kernel's")
}

// types opens the kernel's types. The result is nil if the running kernel does not show any.
func (p *placeFlags) types() (*btf.Types, error) {
	if p.btf != "" {
		return readTypes(p.btf)
	}
	types, err := btf.Kernel()
	if err != nil {
		return nil, nil //nolint:nilerr // check and explain say less then
	}
	return types, nil
}

// section reads --type: as the kernel or bpftool calls it, as sections of ELF objects are named, or the attach type of one type.
func (p *placeFlags) section() (linux.Section, error) {
	name := strings.TrimPrefix(strings.ToLower(p.programType), "bpf_prog_type_")
	if t, ok := linux.ParseProgType(name); ok {
		return linux.Section{Type: t}, nil
	}
	if s, ok := linux.ParseSection(p.programType); ok {
		return s, nil
	}
	if a, ok := linux.ParseAttachType(name); ok {
		if t, ok := a.Info().Types.One(); ok {
			return linux.Section{Type: t, Attach: a, HasAttach: true}, nil
		}
	}
	return linux.Section{}, fmt.Errorf("--type %s: there is no such type of programs; %s", p.programType, typeHelp(name))
}

func typeHelp(name string) string {
	if near := spell.Nearest(name, typeNames()); near != "" {
		return "did you mean " + near + "?"
	}
	if first, _, slash := strings.Cut(name, "/"); slash {
		var of []string
		for section := range linux.Sections() {
			if section == first || strings.HasPrefix(section, first+"/") {
				of = append(of, section)
			}
		}
		if of != nil {
			return "expected " + phrase.Or(of)
		}
	}
	return "expected a name as bpftool has it, such as socket_filter, xdp or struct_ops, or that of an ELF section, such as " +
		"fentry/tcp_v4_rcv"
}

func typeNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for t := range linux.ProgTypes() {
			if !yield(t.String()) {
				return
			}
		}
		for section := range linux.Sections() {
			if !yield(section) {
				return
			}
		}
	}
}

// setMember reads --member into a place of type struct_ops. The type may be missing.
func (p *placeFlags) setMember(at *place.Place) error {
	if p.member == "" {
		return nil
	}
	if at.Type != linux.ProgTypeStructOps && at.Type != linux.ProgTypeUnspec {
		return fmt.Errorf("--member %s: it is for --type struct_ops, and the type is %v", p.member, at.Type)
	}
	var ok bool
	if at.Struct, at.Member, ok = strings.Cut(p.member, "/"); !ok || at.Struct == "" || at.Member == "" {
		return fmt.Errorf("--member %s: expected STRUCT/MEMBER, such as tcp_congestion_ops/ssthresh", p.member)
	}
	at.Type = linux.ProgTypeStructOps
	return nil
}

// setAttach reads --attach, and what --type says about it, into a place: for programs that are for something with a name that name, for
// others their attach type.
func setAttach(at *place.Place, attach string, section linux.Section) error {
	if attach != "" && section.Target != "" && attach != section.Target {
		return fmt.Errorf("--attach %s: --type says that it is %s", attach, section.Target)
	}
	at.Attach = attach
	if attach == "" && at.Type != linux.ProgTypeStructOps { // of struct_ops, the section has any name
		at.Attach = section.Target
	}
	if at.Attach == "" {
		return nil
	}
	if at.Type == linux.ProgTypeStructOps {
		return fmt.Errorf("--attach %s: the place of a struct_ops program is given by --member STRUCT/MEMBER", attach)
	}
	if t, ok := linux.ParseAttachType(strings.ToLower(at.Attach)); ok && t.Info().Types.Has(at.Type) {
		if section.HasAttach && t != section.Attach && section.Attach != at.Type.Info().Place {
			return fmt.Errorf("--attach %s: --type says that it is %v", attach, section.Attach)
		}
		at.Attach, at.Hook = "", t
		return nil
	}
	if at.Type.Info().Named || at.Hook.Info().Named() || at.Type == linux.ProgTypeTracing || at.Type == linux.ProgTypeLSM {
		return nil
	}
	var names []string
	for _, t := range at.Type.Attach() {
		names = append(names, t.String())
	}
	help := place.AttachTypes(at.Type)
	if near := spell.Nearest(strings.ToLower(at.Attach), slices.Values(names)); near != "" {
		help = "did you mean " + near + "?"
	}
	return fmt.Errorf("--attach %s: %v programs cannot be attached there; %s", at.Attach, at.Type, help)
}

// lookUp checks that the names in a place exist. What the book of facts has also exists if anyKernel is true: the program may be for
// another kernel than the one with these types.
func (p *placeFlags) lookUp(at *place.Place, types *btf.Types, anyKernel bool) error {
	known := linux.OpsTypeNamed(at.Struct)
	if types == nil && at.Struct != "" && known.Since == "" {
		return fmt.Errorf("--member %s: Linux 6.18 has no interface %q for programs as far as is known; %s; for another kernel, give "+
			"its types with --btf FILE", p.member, at.Struct, place.InterfaceHelp(at.Struct, linux.OpsTypeNames()))
	}
	f := at.Missing(types)
	if f == nil {
		return nil
	}
	if anyKernel && (f.Kind == mistake.UnknownType && known.Since != "" || f.Kind == mistake.UnknownMember && known.Names(at.Member)) {
		return nil
	}
	text := f.Detail
	if f.Help != "" {
		text += "; " + f.Help
	}
	if f.Kind == mistake.BadAttach {
		return fmt.Errorf("--attach %s: %s", at.Attach, text)
	}
	return fmt.Errorf("--member %s: %s", p.member, text)
}

// readErrno reads --errno: a name or a number.
func readErrno(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if name, ok := linux.ParseErrno(text); ok {
		return name, nil
	}
	help := "expected a name such as EACCES, or a number such as 13"
	if near := spell.Nearest(strings.ToUpper(text), linux.ErrnoNames()); near != "" {
		help = "did you mean " + near + "?"
	}
	return "", fmt.Errorf("--errno %s: Linux has no such error; %s", text, help)
}
