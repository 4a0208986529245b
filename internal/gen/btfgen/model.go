package btfgen

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf"

	cbtf "github.com/cilium/ebpf/btf"
)

// A structType is a struct that gets a Go type.
type structType struct {
	c, goName string
	keyword   string // struct or union
	context   bool
	decl      cbtf.Type
	embeds    []embedded // the structs that it begins with, outermost first
	members   []*member
	methods   []*function
	names     map[string]bool // of all methods
}

// An embedded struct is at the beginning of the struct around it.
type embedded struct {
	name string // in C
	path string // from the struct around it
}

// A member is a member that gets methods.
type member struct {
	goName string
	path   string
	decl   string // in C
	access access
	result string // Go type of the method's result
	target string // the struct that it is or points to
	inner  string // for an array of structs: the member of an element
	writes bool
}

// An access is how a member is read.
type access uint8

const (
	asNumber  access = iota // a number, with the method of dsl.Field named result
	asBool                  // a bool
	asPointer               // a pointer to target
	asPacket                // a number in C, but a pointer for programs
	asAddress               // its address, for structs and arrays
	asElement               // a number in an array
)

// A function is a kernel function that gets a wrapper.
type function struct {
	c, goName string
	proto     string // in C
	params    []parameter
	result    result
	variadic  bool
}

// A parameter of a kernel function.
type parameter struct {
	name   string
	goType string // "dsl.Operand"
	arg    string // what the wrapper passes on: "arg.U32(acked)"
}

// A result of a kernel function.
type result struct {
	goType string // "" for none
	format string // an expression with %s for the call: "%s.U32()"
}

// An enum is an enum whose constants are generated.
type enum struct {
	c         string
	constants []constant
}

type constant struct {
	c, goName string
	value     string // in Go
}

// number returns the name of dsl's type for an integer; "" for other types. Sizes are those of 64-bit machines, because BPF runs only
// in 64-bit kernels.
func number(t cbtf.Type, bits uint32) (name string, isBool bool) {
	size, signed := uint32(0), false
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Int:
		if t.Encoding == cbtf.Bool {
			return "Bool", true
		}
		size, signed = t.Size, t.Encoding == cbtf.Signed
	case *cbtf.Enum:
		size, signed = t.Size, t.Signed
	default:
		return "", false
	}
	if bits != 0 { // for a bit field, the narrowest type that holds it
		for size = 1; 8*size < bits; size *= 2 {
		}
	}
	if size != 1 && size != 2 && size != 4 && size != 8 {
		return "", false
	}
	sign := "U"
	if signed {
		sign = "S"
	}
	return fmt.Sprintf("%s%d", sign, 8*size), false
}

// byName returns the struct with that C name, if it gets a Go type.
func (g *generator) byName(c string) *structType {
	for _, s := range g.structs {
		if s.c == c {
			return s
		}
	}
	return nil
}

// pointerTo returns the Go type of a pointer to a struct, and an expression that makes one of a dsl.Ptr, with %s for the dsl.Ptr.
func (g *generator) pointerTo(c string) (goType, format string) {
	s := g.byName(c)
	switch {
	case s == nil || c == "":
		return "dsl.Ptr", "%s"
	case s.context:
		return s.goName, s.goName + "{dsl.Context{Ptr: %s}}"
	}
	return s.goName, s.goName + "{%s}"
}
