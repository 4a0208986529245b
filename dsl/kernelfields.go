package dsl

import "reflect"

// Fields of a map's value that belong to the kernel. It finds them by the names
// of their types, and programs hand their addresses to helpers; neither programs
// nor user space read or write what is in them. A value has at most one of each.

// A SpinLock guards the fields of one value: struct bpf_spin_lock, 4 bytes.
// Linux 5.1.
type SpinLock struct{ _ [1]uint32 }

// A Timer calls a program later: struct bpf_timer, 16 bytes. Linux 5.15.
type Timer struct{ _ [2]uint64 }

// A WorkQueue calls a program later, where it may sleep: struct bpf_wq, 16
// bytes. Linux 6.10.
type WorkQueue struct{ _ [2]uint64 }

// specialLayout is the layout of one of this package's types that stand for the
// kernel's.
func specialLayout(t reflect.Type) (*Layout, bool) {
	l := Layout{Type: t}
	switch t {
	case reflect.TypeFor[SpinLock]():
		l.Kind, l.Kernel, l.Size, l.Align = LayoutKernel, "bpf_spin_lock", 4, 4
	case reflect.TypeFor[Timer]():
		l.Kind, l.Kernel, l.Size, l.Align = LayoutKernel, "bpf_timer", 16, 8
	case reflect.TypeFor[WorkQueue]():
		l.Kind, l.Kernel, l.Size, l.Align = LayoutKernel, "bpf_wq", 16, 8
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
