package dsl

import (
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// These types are fields of a map's value that belong to the kernel. The kernel finds them
// by the names of their types. Programs pass their addresses to helpers. Neither programs
// nor user space can read or write their contents. A value has at most one of each.

// A SpinLock protects the fields of one value: struct bpf_spin_lock, 4 bytes.
// Linux 5.1.
type SpinLock struct{ _ [1]uint32 }

// A Timer calls a program later: struct bpf_timer, 16 bytes. Linux 5.15.
type Timer struct{ _ [2]uint64 }

// A WorkQueue calls a program later, where it may sleep: struct bpf_wq, 16
// bytes. Linux 6.10.
type WorkQueue struct{ _ [2]uint64 }

// specialLayout is the layout of a type of this package that represents a kernel type or
// a number in network order.
func specialLayout(t reflect.Type) (*Layout, bool) {
	l := Layout{Type: t}
	switch t {
	case reflect.TypeFor[SpinLock]():
		l.kernelField("bpf_spin_lock")
	case reflect.TypeFor[Timer]():
		l.kernelField("bpf_timer")
	case reflect.TypeFor[WorkQueue]():
		l.kernelField("bpf_wq")
	case reflect.TypeFor[BE16]():
		l.Kind, l.Size, l.Align, l.BigEndian = LayoutInt, 2, 2, true
	case reflect.TypeFor[BE32]():
		l.Kind, l.Size, l.Align, l.BigEndian = LayoutInt, 4, 4, true
	case reflect.TypeFor[BE64]():
		l.Kind, l.Size, l.Align, l.BigEndian = LayoutInt, 8, 8, true
	default:
		return nil, false
	}
	return &l, true
}

// kernelField makes it the layout of one of the kernel's structs in values of maps.
func (l *Layout) kernelField(name string) {
	field, _ := linux.MapFieldNamed(name)
	l.Kind, l.Kernel, l.Size, l.Align = LayoutKernel, name, field.Size, field.Align
}
