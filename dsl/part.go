package dsl

import (
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// At returns a part of the T that r points to. A Go function names the part, so Go's compiler checks the names:
//
//	dsl.At(counters, func(t *traffic) *uint64 { return &t.Passed.Packets }).U64("").Inc(1)
//
// The function runs once, on a zero T, and must return the address of a part of it. A path as text does the same:
// counters.U64("Passed.Packets").Inc(1).
func At[T, F any](r Ref[T], part func(*T) *F) Ref[F] {
	f := r.fn
	if !f.usable() {
		return Ref[F]{Ptr{fn: f.unmade()}}
	}
	wrong := func(format string, args ...any) Ref[F] {
		f.mistake(mistake.BadLayout, "return the address of a field of the parameter: func(t *T) *uint64 { return &t.Count }",
			format, args...)
		return Ref[F](r)
	}
	if part == nil {
		return wrong("the function of At is nil")
	}
	l, ok := r.layout()
	if !ok {
		return Ref[F](r)
	}
	whole := new(T)
	at := part(whole)
	if at == nil {
		return wrong("the function of At returns nil")
	}
	// Neither address is used as one: only their distance counts, while both are reachable.
	offset := int64(reflect.ValueOf(at).Pointer()) - int64(reflect.ValueOf(whole).Pointer())
	if offset < 0 || offset >= int64(l.Size) || !l.holds(reflect.TypeFor[F](), int(offset)) {
		return wrong("the function of At returns the address of %s that is not part of the %v",
			phrase.A(reflect.TypeFor[F]().String()), reflect.TypeFor[T]())
	}
	return Ref[F]{r.Offset(int(offset))}
}

// holds reports whether a part of that Go type is at an offset.
func (l *Layout) holds(t reflect.Type, offset int) bool {
	switch {
	case offset == 0 && l.Type == t:
		return true
	case l.Kind == LayoutArray:
		return l.Elem.holds(t, offset%l.Elem.Size)
	}
	for _, f := range l.Fields {
		if offset >= f.Offset && offset < f.Offset+f.Size {
			return f.holds(t, offset-f.Offset)
		}
	}
	return false
}
