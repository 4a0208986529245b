package place

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/spell"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// Missing says what of a place does not exist: its type, its attach type, or the member, tracepoint or function that it names. It returns
// nil if all of these exist, as far as they can be looked up. Names are looked up in the kernel's types, which may be nil; those of a
// place with a signature were looked up already.
func (p *Place) Missing(types *btf.Types) *mistake.Finding {
	switch {
	case p.Type.Info().Name == "":
		return p.unknownType()
	case p.Hook != 0 && !p.Hook.Info().Types.Has(p.Type):
		f := missing(mistake.BadAttach, "%v programs cannot be attached at %v", p.Type, p.Hook)
		f.Help = AttachTypes(p.Type)
		return f
	case types == nil || p.Signature != nil:
		return nil
	case p.Type == linux.ProgTypeStructOps && p.Struct != "":
		return p.missingMember(types)
	case p.Attach != "" && (p.Type == linux.ProgTypeTracing || p.Type == linux.ProgTypeLSM):
		return p.missingTarget(types)
	}
	return nil
}

func missing(kind mistake.Kind, format string, args ...any) *mistake.Finding {
	return &mistake.Finding{Insn: -1, Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// unknownType is about a number that no type of programs has.
func (p *Place) unknownType() *mistake.Finding {
	types := slices.Collect(linux.ProgTypes())
	first, last := types[0], types[len(types)-1]
	f := missing(mistake.BadProgType, "%d is not a type of programs: the types are %d (%v) to %d (%v)", uint32(p.Type), uint32(first),
		first, uint32(last), last)
	f.Help = "use a constant of package syscall, such as syscall.ProgTypeXDP; for a type of a newer kernel, set Unchecked"
	return f
}

// AttachTypes is the help about the attach types of a type of programs.
func AttachTypes(t linux.ProgType) string {
	var names []string
	for _, a := range t.Attach() {
		names = append(names, a.String())
	}
	if names == nil {
		return t.String() + " programs have no attach type"
	}
	return "the attach type may be " + phrase.Or(names)
}

// missingMember looks up the struct and its member.
func (p *Place) missingMember(types *btf.Types) *mistake.Finding {
	id, inStruct := types.Lookup(btf.KindStruct, p.Struct)
	_, inValue := types.Lookup(btf.KindStruct, linux.OpsValuePrefix+p.Struct)
	if inStruct != nil || inValue != nil {
		f := missing(mistake.UnknownType, "this kernel has no interface %q for programs", p.Struct)
		f.Help = InterfaceHelp(p.Struct, Interfaces(types))
		return f
	}
	set, err := types.Decode(id)
	if err != nil {
		return missing(mistake.UnknownType, "struct %s: %v", p.Struct, err)
	}
	var callbacks []string
	for _, m := range set.Type(id).(*cbtf.Struct).Members { // of KindStruct
		switch callback := isCallback(m.Type); {
		case callback && m.Name == p.Member:
			return nil
		case callback:
			callbacks = append(callbacks, m.Name)
		case m.Name == p.Member:
			f := missing(mistake.NotACallback, "%s.%s is not a function", p.Struct, p.Member)
			f.Help = "a program implements a member that is a pointer to a function"
			return f
		}
	}
	f := missing(mistake.UnknownMember, "this kernel's %s has no member %q", p.Struct, p.Member)
	f.Help = nearestOr(p.Member, "its callbacks are ", slices.Values(callbacks))
	return f
}

func isCallback(t cbtf.Type) bool {
	pointer, ok := btf.Underlying(t).(*cbtf.Pointer)
	if !ok {
		return false
	}
	_, ok = btf.Underlying(pointer.Target).(*cbtf.FuncProto)
	return ok
}

// nearestOr suggests the nearest name, or lists all names if none is near.
func nearestOr(name, list string, names iter.Seq[string]) string {
	if near := spell.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return list + strings.Join(slices.Collect(names), ", ")
}

// InterfaceHelp says when Linux has an interface that is missing in some kernel, or which other name may be meant.
func InterfaceHelp(name string, interfaces iter.Seq[string]) string {
	if k := linux.OpsTypeNamed(name); k.Since != "" {
		return fmt.Sprintf("it needs Linux %s or later, built with %s", k.Since, k.Config)
	}
	sorted := slices.Values(slices.Sorted(interfaces))
	return nearestOr(name, "this kernel has ", sorted)
}

// Interfaces ranges over the ops structs of a kernel that programs can implement.
func Interfaces(types *btf.Types) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range types.Names(btf.KindStruct) {
			ops, ok := strings.CutPrefix(name, linux.OpsValuePrefix)
			if !ok {
				continue
			}
			if _, err := types.Lookup(btf.KindStruct, ops); err == nil && !yield(ops) {
				return
			}
		}
	}
}

// missingTarget looks up the tracepoint, function or hook.
func (p *Place) missingTarget(types *btf.Types) *mistake.Finding {
	hook := p.Hook
	switch {
	case hook == 0 && p.Type == linux.ProgTypeLSM:
		hook = linux.AttachLSMMAC
	case hook == 0:
		hook = linux.AttachTraceRawTP
	}
	kind, prefix, what := btf.KindFunc, hook.Info().Prefix, "function"
	switch hook {
	case linux.AttachTraceRawTP:
		kind, what = btf.KindTypedef, "tracepoint"
	case linux.AttachTraceIter:
		what = "iterator"
	case linux.AttachLSMMAC, linux.AttachLSMCgroup:
		what = "hook of the security modules"
	}
	name := strings.TrimPrefix(p.Attach, prefix)
	if _, err := types.Lookup(kind, prefix+name); err == nil {
		return nil
	}
	f := missing(mistake.BadAttach, "this kernel has no %s %q", what, name)
	f.Help = targetHelp(types, kind, prefix, name)
	return f
}

// syscallWrappers begin the names of the functions that a kernel calls for system calls, on some architectures (SYSCALL_DEFINEx,
// arch/x86/include/asm/syscall_wrapper.h and others).
var syscallWrappers = [...]string{"__x64_sys_", "__arm64_sys_", "__riscv_sys_", "__s390x_sys_"}

// targetHelp suggests another name, or says that the name is something else.
func targetHelp(types *btf.Types, kind btf.Kind, prefix, name string) string {
	point := linux.AttachTraceRawTP.Info().Prefix
	if _, err := types.Lookup(btf.KindFunc, name); err == nil && prefix == point {
		return name + " is a function: use " + phrase.Or(functionPoints())
	}
	if _, err := types.Lookup(btf.KindTypedef, point+name); err == nil && prefix != point {
		return fmt.Sprintf("%s is a tracepoint: use %v", name, linux.AttachTraceRawTP)
	}
	if _, last, ok := strings.Cut(name, "/"); ok { // with its group, or as a section
		if _, err := types.Lookup(kind, prefix+last); err == nil {
			return "did you mean " + last + "?"
		}
	}
	for _, wrapper := range syscallWrappers {
		function := wrapper + strings.TrimPrefix(name, "sys_")
		if _, err := types.Lookup(btf.KindFunc, function); err == nil && kind == btf.KindFunc && prefix == "" {
			return fmt.Sprintf("the function of this system call is %s; its argument is a struct pt_regs with the arguments of the call",
				function)
		}
	}
	near := spell.Nearest(name, func(yield func(string) bool) {
		for candidate := range types.Names(kind) {
			if short, ok := strings.CutPrefix(candidate, prefix); ok && !yield(short) {
				return
			}
		}
	})
	if near == "" {
		return ""
	}
	return "did you mean " + near + "?"
}

// functionPoints are the attach types of programs that trace a function.
func functionPoints() []string {
	var names []string
	for a := range linux.AttachTypes() {
		if a.Info().Function && a.Info().Types.Has(linux.ProgTypeTracing) {
			names = append(names, a.String())
		}
	}
	return names
}
