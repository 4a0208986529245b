package dsl

import (
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A KernelPtr is a field of a map's value ("kptr"). It is nil or a pointer to a kernel
// object that the value owns, such as a cpumask or a task. T is the type that bpfsmith
// gen made for the struct. The kernel releases the object when the value is deleted.
// Programs put objects in and take them out with Ref.Exchange. User space cannot see
// the pointer. Linux 5.19.
type KernelPtr[T Named] struct{ _ [1]uint64 }

// pointsTo is the struct's name.
func (KernelPtr[T]) pointsTo() string {
	var t T
	return t.StructName()
}

// kernelPtrLayout is the layout of a KernelPtr, if the type is one.
func kernelPtrLayout(t reflect.Type) (*Layout, bool) {
	p, ok := reflect.Zero(t).Interface().(interface{ pointsTo() string })
	if !ok {
		return nil, false
	}
	return &Layout{Kind: LayoutKernel, Type: t, Kernel: p.pointsTo(), Pointer: true, Size: 8, Align: 8}, true
}

// kernelPtr finds a KernelPtr of T.
func (r Ref[T]) kernelPtr(path string) (at Ptr, structName string) {
	f := r.fn
	l, ok := r.layout()
	if !ok {
		return r.Ptr, ""
	}
	part, err := l.Field(path)
	switch {
	case err != nil:
		f.mistake(mistake.BadLayout, "", "%v", err)
	case !part.Pointer:
		f.mistake(mistake.BadLayout, "declare it as a dsl.KernelPtr", "%q of %v is not a pointer to a kernel object", path, part.Type)
	}
	return r.Part(path), part.Kernel
}

// Exchange puts a pointer or nil into a KernelPtr of a map's value, and returns the old
// pointer, which may be nil (bpf_kptr_xchg). The value then owns the new object. The
// program must release the old object, or put it into a value again, on every path.
func (r Ref[T]) Exchange(path string, p StructPtr) Ptr {
	f := r.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	at, name := r.kernelPtr(path)
	return f.Helper("bpf_kptr_xchg", at, p).Ptr(name)
}

// Owned reads a KernelPtr of a map's value. The result may be nil, and the value still
// owns the object. The pointer is valid inside Fn.RCU, for structs that RCU protects.
func (r Ref[T]) Owned(path string) Ptr {
	f := r.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	at, name := r.kernelPtr(path)
	return f.newPtr(f.emit(ir.Value{Op: ir.Load, Type: ir.Ptr, Size: 8}, at.pointer(f)), name)
}
