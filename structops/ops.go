package structops

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/internal/spell"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// Ops is an implementation of a kernel interface: the struct that the kernel
// calls, with its members.
type Ops struct {
	Type    string  // the kernel's struct, such as "tcp_congestion_ops"; a ___flavour suffix is ignored
	Members Members // by the names that the kernel gives them
	License string  // what the programs are published under, compatible with the GPL: "GPL", "Dual MIT/GPL"

	Unchecked bool // only the kernel checks the programs; see compile.Target

	sleepable []string // members that a Go struct says may sleep, and does not set
}

// Members are the members that an implementation sets, by name. A callback
// takes a *dsl.Program or a Go function as dsl.Func does, and nil leaves it out;
// data takes an integer, a bool, or, where it is an array of characters, a
// string. One program may be used for several members.
type Members map[string]any

// A Plan is an implementation that has been checked against a kernel and compiled for it, as far as that is possible before the kernel is
// asked.
type Plan struct {
	Type     *Interface
	Programs []Program // in the order of the struct's members
	License  string
	Name     string // what the kernel will list it as; "" where the type has no names

	value []byte // the map's value, without the programs
}

// A Program is a program bound to a member.
type Program struct {
	Member Member
	Object *compile.Object
}

// Validate checks an implementation against a kernel, known by its BTF, without
// asking it: that needs neither privilege nor Linux. All mistakes are returned
// together as mistake.Findings.
func Validate(impl Implementation, target compile.Target) error {
	_, err := prepare(impl, target, dsl.Here(0))
	return err
}

// Prepare is Validate, but returns the compiled programs and the struct, ready
// to be loaded.
func Prepare(impl Implementation, target compile.Target) (*Plan, error) {
	return prepare(impl, target, dsl.Here(0))
}

// prepare does the work; at is the line for mistakes that are not in a program.
func prepare(impl Implementation, target compile.Target, at dsl.Position) (*Plan, error) {
	ops := ByName(impl)
	if ops.Type == "" {
		return nil, mistake.Findings{{Position: at, Insn: -1, Kind: mistake.UnknownType, Detail: "the kernel's struct is not named: the " +
			"implementation is nil, or Type is empty",
			Help: `use a struct such as tcp.CongestionOps, or set Ops.Type, for example to "tcp_congestion_ops"`}}
	}
	ops.Members = ops.Members.programs()
	target.Unchecked = target.Unchecked || ops.Unchecked
	if target.BTF == nil {
		return nil, mistake.Findings{{Position: at, Insn: -1, Kind: mistake.NeedsBTF, Detail: "the target has no BTF to check " +
			ops.Type + " against",
			Help: "set Target.BTF: btf.Kernel() is the running kernel's"}}
	}
	v := &validator{ops: ops, target: target, at: at}
	if err := v.readType(); err != nil {
		return nil, err
	}
	if v.plan == nil {
		return nil, v.findings
	}
	if err := v.bind(); err != nil {
		return nil, err
	}
	v.checkSleepable()
	v.checkAdded()
	v.checkLicense()
	v.checkRequired()
	if len(v.findings) > 0 {
		return nil, v.findings
	}
	return v.plan, nil
}

// programs makes programs of the members that are Go functions. They have the
// names of their members.
func (m Members) programs() Members {
	made := make(Members, len(m))
	for name, value := range m {
		if fn := reflect.ValueOf(value); fn.Kind() == reflect.Func {
			value = dsl.Func(name, value)
		}
		made[name] = value
	}
	return made
}

// symbols ranges over the names that the programs look up in BTF.
func (ops Ops) symbols() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, value := range ops.Members {
			p, ok := value.(*dsl.Program)
			if !ok || p == nil {
				continue
			}
			for name := range p.Symbols() {
				if !yield(name) {
					return
				}
			}
		}
	}
}

// A validator collects the mistakes of an implementation, and makes its plan.
type validator struct {
	ops      Ops
	target   compile.Target
	at       dsl.Position
	plan     *Plan
	findings mistake.Findings
}

func (v *validator) found(f mistake.Finding) {
	f.Insn = -1
	if !f.Position.IsValid() {
		f.Position = v.at
	}
	v.findings = append(v.findings, f)
}

// readType finds the interface; without it nothing else can be checked.
func (v *validator) readType() error {
	t, err := ReadInterface(v.target.BTF, v.ops.Type, slices.Collect(v.ops.symbols())...)
	if err == nil {
		v.plan = &Plan{Type: t, License: v.ops.License, value: make([]byte, t.ValueSize)}
		return nil
	}
	if !isNotFound(err) {
		return err
	}
	name, _, _ := strings.Cut(v.ops.Type, "___")
	f := mistake.Finding{Kind: mistake.UnknownType, Detail: fmt.Sprintf("this kernel has no interface %q for programs", name)}
	f.Help = place.InterfaceHelp(name, place.Interfaces(v.target.BTF))
	v.found(f)
	return nil
}

// bind places every member: first those of the kernel's struct in its order,
// so that programs and findings come in that order, then those it lacks.
func (v *validator) bind() error {
	for _, m := range v.plan.Type.Members {
		value, set := v.ops.Members[m.Name]
		if !set {
			continue
		}
		program, isProgram := value.(*dsl.Program)
		var err error
		switch {
		case isProgram && program == nil || value == nil:
			// left out, as a nil callback in C is
		case isProgram && m.Proto == nil:
			v.found(mistake.Finding{Member: m.Name, Program: program.Name, Position: program.Pos, Kind: mistake.NotACallback,
				Detail: fmt.Sprintf("%s is data, not a callback: it is %s", m.Name, m.Declaration()), Help: "callbacks are " +
					v.callbacks()})
		case isProgram:
			err = v.bindProgram(m, program)
		case m.Proto != nil:
			v.found(mistake.Finding{Member: m.Name, Kind: mistake.NotData,
				Detail: "a callback takes a Go function or a *dsl.Program, not " + phrase.A(fmt.Sprintf("%T", value)),
				Note:   m.Declaration()})
		default:
			v.bindData(m, value)
		}
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.ops.Members)) {
		if _, ok := v.plan.Type.Member(name); !ok {
			v.unknownMember(name, v.ops.Members[name])
		}
	}
	return nil
}

// callbacks lists the members that programs can be bound to.
func (v *validator) callbacks() string {
	var names []string
	for _, m := range v.plan.Type.Members {
		if m.Proto != nil && v.plan.Type.known.WhyUnsupported(m.Name) == "" {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ", ")
}

// unknownMember refuses a member that the kernel's struct lacks, unless it is
// zero: then the implementation does not need it, and older kernels take it too.
func (v *validator) unknownMember(name string, value any) {
	f := mistake.Finding{Member: name, Kind: mistake.UnknownMember, Detail: fmt.Sprintf("this kernel's %s has no member %q",
		v.plan.Type.Name, name)}
	switch value := value.(type) {
	case nil:
		return
	case *dsl.Program:
		if value == nil {
			return
		}
		f.Program, f.Position = value.Name, value.Pos
	default:
		if isZero(value) {
			return
		}
	}
	if added, ok := v.plan.Type.known.AddedMember(name); ok {
		if isSet(v.ops.Members[added.Instead]) {
			return // this kernel calls that one, so nothing is lost
		}
		f.Detail += fmt.Sprintf("; it calls %s %s instead", added.Instead, added.When)
		f.Help = fmt.Sprintf("set %s too: Linux has %s since %s", added.Instead, name, added.Since)
		v.found(f)
		return
	}
	members := make([]string, len(v.plan.Type.Members))
	for i, m := range v.plan.Type.Members {
		members[i] = m.Name
	}
	if near := spell.Nearest(name, slices.Values(members)); near != "" {
		f.Help = "did you mean " + near + "?"
	} else {
		f.Help = "it has " + strings.Join(members, ", ")
	}
	v.found(f)
}

// checkAdded finds callbacks that ask for something that this kernel tells another callback, which is not set: their code for it would
// never run.
func (v *validator) checkAdded() {
	for _, added := range v.plan.Type.known.Added {
		_, has := v.plan.Type.Member(added.Member)
		p, _ := v.ops.Members[added.Instead].(*dsl.Program)
		if !has || p == nil || isSet(v.ops.Members[added.Member]) || v.target.Unchecked {
			continue
		}
		body := p.Body(p.Global)
		if body == nil {
			continue // instructions
		}
		if at, asks := body.Compares(added.Param, added.Value); asks {
			v.found(mistake.Finding{Member: added.Instead, Program: p.Name, Position: at, Kind: mistake.MissingMember,
				Detail: fmt.Sprintf("this kernel does not call %s %s: it calls %s, which is not set", added.Instead, added.When,
					added.Member),
				Help: fmt.Sprintf("set %s too: Linux has it since %s, and earlier kernels do without it", added.Member, added.Since)})
		}
	}
}

func (v *validator) checkRequired() {
	t := v.plan.Type
	missing := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return isSet(v.ops.Members[n]) })
	}
	report := func(name, detail, note string) {
		v.found(mistake.Finding{Member: name, Kind: mistake.MissingMember, Detail: detail, Note: note})
	}
	for _, name := range t.known.Required {
		if m, ok := t.Member(name); ok && missing(name) {
			report(name, fmt.Sprintf("%s needs %s, which is not set", t.Name, name), m.Declaration())
		}
	}
	for _, group := range t.known.RequiredOne {
		if !missing(group...) {
			continue
		}
		var declarations []string
		for _, name := range group {
			if m, ok := t.Member(name); ok {
				declarations = append(declarations, m.Declaration())
			}
		}
		report(group[0], fmt.Sprintf("%s needs one of %s; none is set", t.Name, strings.Join(group, ", ")), strings.Join(declarations,
			"\n"))
	}
}

func isSet(value any) bool {
	if p, ok := value.(*dsl.Program); ok {
		return p != nil
	}
	return value != nil
}

func (v *validator) checkLicense() {
	choices := strings.Join(linux.GPLLicences(), ", ")
	switch {
	case v.plan.License == "":
		v.found(mistake.Finding{Kind: mistake.MissingLicense, Detail: "the licence of the programs is missing",
			Help: fmt.Sprintf("set License. For %[2]s the kernel accepts %[1]s", choices, v.plan.Type.Name)})
	case !linux.GPLCompatible(v.plan.License):
		v.found(mistake.Finding{Kind: mistake.BadLicense, Detail: fmt.Sprintf("the licence %q is not compatible with the GPL, as the "+
			"kernel requires for %s", v.plan.License, v.plan.Type.Name),
			Help: "License may be one of " + choices})
	}
}
