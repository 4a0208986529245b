package dsl

import (
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A KernelPtr is a field of a map's value: a pointer to an object of the kernel that
// the value owns, such as a cpumask or a task ("kptr"), or nil. T is the struct, a
// type that bpfsmith gen made. The kernel lets go of the object when the value is
// deleted. Programs put objects in and take them out with Ref.Exchange; user space
// sees nothing of it. Linux 5.19.
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
		f.mistake(mistake.BadLayout, "declare it as a dsl.KernelPtr", "%q of %v is no pointer to an object of the kernel", path, part.Type)
	}
	return r.Part(path), part.Kernel
}

// Exchange puts a pointer into a KernelPtr of a map's value, or nil, and gives the
// one that was there, which may be nil. The value owns what is put in; what is
// taken out must be released, or put in again, on every path (bpf_kptr_xchg).
func (r Ref[T]) Exchange(path string, p StructPtr) Ptr {
	f := r.fn
	if !f.usable() {
		return Ptr{}
	}
	at, name := r.kernelPtr(path)
	return f.Helper("bpf_kptr_xchg", at, p).Ptr(name)
}

// Owned is what a KernelPtr of a map's value points to, which stays the value's and
// may be nil. It is good within Fn.RCU, for structs that RCU guards.
func (r Ref[T]) Owned(path string) Ptr {
	f := r.fn
	if !f.usable() {
		return Ptr{}
	}
	at, name := r.kernelPtr(path)
	return f.newPtr(f.emit(ir.Value{Op: ir.Load, Type: ir.Ptr, Size: 8}, at.pointer(f)), name)
}
