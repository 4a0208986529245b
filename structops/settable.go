package structops

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/btf"

	cbtf "github.com/cilium/ebpf/btf"
)

// Settable reports whether an implementation can set a member: whether a callback can be written in BPF, and whether data is a number or
// text that the kernel does not keep for itself.
func (t *Interface) Settable(m Member) bool {
	if m.Proto != nil {
		no := t.known.WhyUnsupported(m.Name) != ""
		return !no
	}
	if t.known.Settable != nil && !slices.Contains(t.known.Settable, m.Name) || m.bits != 0 {
		return false
	}
	switch under := btf.Underlying(m.Type).(type) {
	case *cbtf.Array:
		element, ok := btf.Underlying(under.Type).(*cbtf.Int)
		return ok && element.Size == 1
	case *cbtf.Int, *cbtf.Enum:
		return true
	}
	return false
}

// MaySleep reports whether the program for a callback may be a sleepable one. When that is not known, it returns true, and the kernel
// decides.
func (t *Interface) MaySleep(m Member) bool {
	return m.Proto != nil && (t.known.Sleepable == nil || slices.Contains(t.known.Sleepable, m.Name))
}

// IsName reports whether a member names the implementation.
func (t *Interface) IsName(m Member) bool { return m.Name == t.known.NameMember }

// UsedAs is the struct that programs may take another for, which the kernel's prototypes name: tcp_sock for sock in tcp_congestion_ops. It
// is the struct itself where there is no such rule.
func (t *Interface) UsedAs(name string) string {
	for _, cast := range t.known.Casts {
		if cast.From == name {
			return cast.To
		}
	}
	return name
}
