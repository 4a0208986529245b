package btfgen

import (
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/structops"

	cbtf "github.com/cilium/ebpf/btf"
)

// An opsType is a struct of the kernel that programs implement. It gets a Go struct, with a field for each member.
type opsType struct {
	c, goName string
	about     interfaceText
	data      []*opsMember // the name comes first
	callbacks []*opsMember
	sleepable []*opsMember // the callbacks that may sleep
	license   string       // Go name of the field for the licence
	mark      string       // Go name of the field that says which callbacks sleep
}

// An opsMember is a member of an ops struct.
type opsMember struct {
	c, goName string
	decl      string // in C
	goType    string
	about     memberText
}

// The fields that are not members of the kernel's struct.
const (
	licenseField   = "License"
	sleepableField = "Sleepable"
)

// readOps reads the structs that programs implement, as the kernel has them.
func (g *generator) readOps() error {
	for _, asked := range g.options.Ops {
		kernel, err := structops.ReadInterface(g.types, asked.Name)
		if errors.Is(err, btf.ErrNotFound) {
			return fmt.Errorf("this BTF has no struct %q that programs can implement", asked.Name)
		}
		if err != nil {
			return err
		}
		g.kernelOps = append(g.kernelOps, kernel)
	}
	return nil
}

// addPassed gives Go types to the structs that callbacks are passed, if nobody asked for these structs. The types have no methods:
// parameters are compared by the names of their structs. taken has the C name for each Go name.
func (g *generator) addPassed(taken map[string]string) error {
	for _, kernel := range g.kernelOps {
		for _, m := range kernel.Members {
			if m.Proto == nil || !kernel.Settable(m) {
				continue
			}
			passed := []cbtf.Type{m.Proto.Return}
			for _, p := range m.Params {
				passed = append(passed, p.Type)
			}
			for _, t := range passed {
				c := kernel.UsedAs(btf.PointedTo(t))
				if c == "" || g.byName(c) != nil {
					continue
				}
				s := &structType{c: c, goName: camelWithInitialisms(g.stripped(c)), keyword: "struct", names: make(map[string]bool)}
				if other, clash := taken[s.goName]; clash {
					return fmt.Errorf("%s and %s would both be the Go type %s: name one, as in --type %s=Name", other, c, s.goName, c)
				}
				taken[s.goName] = c
				g.structs = append(g.structs, s)
			}
		}
	}
	return nil
}

// collectOps makes Go structs for the structs that programs implement.
func (g *generator) collectOps() error {
	taken := make(map[string]bool)
	for _, s := range g.structs {
		taken[s.goName] = true
	}
	for i, kernel := range g.kernelOps {
		o := &opsType{c: kernel.Name, goName: g.options.Ops[i].Go, about: textOf(kernel.Name)}
		if o.goName == "" {
			o.goName = camelWithInitialisms(g.stripped(kernel.Name))
		}
		if taken[o.goName] {
			return fmt.Errorf("the Go name %s of %s is taken: name it, as in --ops %s=Name", o.goName, o.c, o.c)
		}
		taken[o.goName] = true
		for _, m := range kernel.Members {
			if !kernel.Settable(m) {
				continue
			}
			if err := g.addOpsMember(o, kernel, m); err != nil {
				return fmt.Errorf("%s.%s: %w", o.c, m.Name, err)
			}
		}
		for _, added := range linux.OpsTypeNamed(kernel.Name).Added {
			m, ok := kernel.Member(added.Like)
			if _, has := kernel.Member(added.Member); has || !ok {
				continue
			}
			m.Name = added.Member
			if err := g.addOpsMember(o, kernel, m); err != nil {
				return fmt.Errorf("%s.%s: %w", o.c, m.Name, err)
			}
		}
		o.nameFields()
		g.ops = append(g.ops, o)
	}
	return nil
}

// addOpsMember adds a field for a member to an ops struct.
func (g *generator) addOpsMember(o *opsType, kernel *structops.Interface, m structops.Member) error {
	field := &opsMember{c: m.Name, goName: camelWithInitialisms(m.Name), about: o.about.member(m.Name)}
	if m.Proto == nil {
		field.decl, field.goType = m.Declaration(), dataType(m.Type)
		if kernel.IsName(m) {
			o.data = append([]*opsMember{field}, o.data...)
		} else {
			o.data = append(o.data, field)
		}
		return nil
	}
	names := make([]string, len(m.Params))
	for i, p := range m.Params {
		switch {
		case p.Name != "":
			names[i] = p.Name
		case len(field.about.params) == len(names):
			names[i] = field.about.params[i]
		default:
			names[i] = fmt.Sprintf("arg%d", i)
		}
	}
	var err error
	if field.goType, err = g.callbackType(kernel, m, names); err != nil {
		return err
	}
	field.decl = m.DeclarationWith(names)
	o.callbacks = append(o.callbacks, field)
	if kernel.MaySleep(m) {
		o.sleepable = append(o.sleepable, field)
	}
	return nil
}

// nameFields finds names for the fields that are not members. No member may have the same name.
func (o *opsType) nameFields() {
	taken := make(map[string]bool)
	for _, m := range o.data {
		taken[m.goName] = true
	}
	for _, m := range o.callbacks {
		taken[m.goName] = true
	}
	free := func(name string) string {
		for taken[name] {
			name += "Field"
		}
		return name
	}
	o.license, o.mark = free(licenseField), free(sleepableField)
}

// dataType is the Go type of a member that is data: text, or an integer.
func dataType(t cbtf.Type) string {
	n, isBool := number(t, 0)
	switch {
	case isBool:
		return "bool"
	case n == "":
		return "string" // an array of characters; see structops.Interface.Settable
	}
	return goInteger(n)
}

// callbackType is the Go type of functions for a callback.
func (g *generator) callbackType(kernel *structops.Interface, m structops.Member, names []string) (string, error) {
	text := "func(f *dsl.Fn"
	goTypes := make([]string, len(m.Params))
	for i, p := range m.Params {
		var err error
		if goTypes[i], err = g.valueType(kernel, p.Type); err != nil {
			return "", fmt.Errorf("parameter %s: %w", names[i], err)
		}
	}
	for i, goType := range goTypes {
		text += ", " + parameterName(names[i])
		if i+1 == len(goTypes) || goTypes[i+1] != goType {
			text += " " + goType
		}
	}
	text += ")"
	if _, void := btf.Underlying(m.Proto.Return).(*cbtf.Void); void || m.Proto.Return == nil {
		return text, nil
	}
	goType, err := g.valueType(kernel, m.Proto.Return)
	if err != nil {
		return "", fmt.Errorf("the result: %w", err)
	}
	return text + " " + goType, nil
}

// parameterName is variableName for functions without a receiver p.
func parameterName(c string) string {
	if c == "p" {
		return c
	}
	return variableName(c)
}

// valueType is the Go type of a parameter or result of Go functions.
func (g *generator) valueType(kernel *structops.Interface, t cbtf.Type) (string, error) {
	n, isBool := number(t, 0)
	switch {
	case isBool:
		return "dsl.Bool", nil
	case n != "":
		return "dsl." + n, nil
	}
	if _, pointer := btf.Underlying(t).(*cbtf.Pointer); !pointer {
		return "", fmt.Errorf("a %s does not fit a register", btf.Declaration(t, ""))
	}
	goType, _ := g.pointerTo(kernel.UsedAs(btf.PointedTo(t)))
	return goType, nil
}
