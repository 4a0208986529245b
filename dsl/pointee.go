package dsl

import (
	"fmt"
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A pointee is what is known of the memory that a pointer points to. The verifier knows sizes, but no Go types: it takes a key of the
// right size and the wrong type, and any memory of the frame that is long enough, whatever is in it. So types are compared here.
// RefTo and To say that memory has another type than was known.
type pointee struct {
	typ   reflect.Type // the Go type of a part or of a map's value; nil when it is not known
	room  int          // bytes of an object in the frame, from here to its end; 0 when it is not known
	inner *MapSpec     // it is a map like this one, which was found in a map of maps
}

// untyped is the same memory without a type.
func (p *pointee) untyped() *pointee {
	if p == nil || p.room == 0 {
		return nil
	}
	return &pointee{room: p.room}
}

// of is the same memory with another type.
func (p *pointee) of(t reflect.Type) *pointee {
	at := pointee{typ: t}
	if p != nil {
		at.room = p.room
	}
	return &at
}

// after is the memory after some bytes.
func (p *pointee) after(bytes int64) *pointee {
	if p == nil || bytes < 0 || bytes >= int64(p.room) {
		return nil
	}
	return &pointee{room: p.room - int(bytes)}
}

// element is the Go type of what a pointer points to, or nil when it is not known. A Ref has a method of its own.
func (p Ptr) element() reflect.Type {
	if p.at == nil {
		return nil
	}
	return p.at.typ
}

// element is the type T.
func (Ref[T]) element() reflect.Type { return reflect.TypeFor[T]() }

// pointeeOf is what is known of the memory that an operand points to. It is the zero pointee for other operands.
func pointeeOf(o Operand) (at pointee, structName string) {
	p, ok := o.(interface {
		StructPtr
		element() reflect.Type
	})
	if !ok {
		return pointee{}, ""
	}
	ptr := p.Pointer()
	if ptr.at != nil {
		at = *ptr.at
	}
	at.typ = p.element()
	return at, ptr.name
}

// typeNames are the names of two Go types for a message. Types of two functions may have the same name.
func typeNames(have, want reflect.Type) (string, string) {
	if have != want && have.String() == want.String() {
		return "another type " + have.String(), want.String()
	}
	return have.String(), want.String()
}

// sizeOf is the size of a Go type in memory, 0 if it has no layout.
func sizeOf(t reflect.Type) int {
	l, err := LayoutOf(t)
	if err != nil {
		return 0
	}
	return l.Size
}

// checkElement compares a pointer to a key or a value with the type that the map has, or with its size. what is "key" or "value".
func (f *Fn) checkElement(what string, m *MapSpec, l *Layout, size uint32, o Operand) {
	at, structName := pointeeOf(o)
	have, want, help := "", phrase.Count(size, "byte"), ""
	if l != nil {
		want = l.Type.String()
		help = fmt.Sprintf("make a %s with dsl.Local[%s](f); dsl.RefTo[%[2]s](p) says that the memory is one", what, want)
	}
	kind := mistake.ArgumentType
	switch {
	case m.Err != nil: // compiling reports it
		return
	case l != nil && at.typ != nil && at.typ != l.Type:
		have, want = typeNames(at.typ, l.Type)
		have = "a pointer to " + have
	case l != nil && at.typ == nil && structName != "":
		have = "a pointer to struct " + structName
	case l == nil && size != 0 && at.typ != nil && sizeOf(at.typ) != 0 && sizeOf(at.typ) != int(size):
		have = fmt.Sprintf("a pointer to %v, which has %d", at.typ, sizeOf(at.typ))
	case at.room != 0 && at.room < int(size):
		kind, help, want = mistake.StackBounds, "", phrase.Count(size, "byte")
		have = fmt.Sprintf("memory on the stack with only %d", at.room)
	default:
		return
	}
	f.mistake(kind, help, "the %ss of %v are %s; got %s", what, m, want, have)
}

// mapBehind is the map of an operand: a declaration, or the declaration of what was found in a map of maps; nil when it is not known.
func mapBehind(o Operand) *MapSpec {
	if m, ok := o.(*MapSpec); ok {
		return m
	}
	at, _ := pointeeOf(o)
	return at.inner
}

// checkPassed compares a pointer with the Go type that the parameter points to.
func (f *Fn) checkPassed(sub *Program, i int, o Operand) bool {
	param := sub.Proto.Params[i]
	at, structName := pointeeOf(o)
	have := "struct " + structName
	switch {
	case at.typ == nil && structName == "", at.typ == param.Go:
		return true
	case at.typ == nil && param.Go == nil: // two structs of the kernel: one may begin with the other
		return true
	case param.Go == nil && param.Type.Struct() == "":
		return true
	}
	want := param.Type.Name
	help := fmt.Sprintf("p.To(%q) says that the memory is one", param.Type.Struct())
	if at.typ != nil {
		have = at.typ.String()
	}
	if param.Go != nil {
		want = param.Go.String()
		help = fmt.Sprintf("dsl.RefTo[%s](p) says that the memory is one", want)
		if at.typ != nil {
			have, want = typeNames(at.typ, param.Go)
		}
	}
	f.mistake(mistake.ArgumentType, help, "parameter %d of %s is a pointer to %s; got a pointer to %s", i+1, sub.Name, want, have)
	return false
}
