// Package place says where a program goes, and what the kernel passes and allows there.
//
// A place is a member of an ops struct, a tracepoint or a function of the kernel. For other programs it is just their type. A place is
// made once, where the kernel's types are at hand: by package structops for members, by package prog for the rest. All later steps use
// it: the comparison of signatures, the walk through the code (internal/verify), loading, attaching, and messages.
package place

import (
	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A Place is where a program goes. A field that is empty is not known, and nothing is checked against it.
type Place struct {
	Type linux.ProgType // of the program

	Struct, Member string // struct_ops: the member that the program is for
	// The place that the program is checked for (expected_attach_type). 0 is the place with that number, or says that the type has no
	// places; for tracing programs, it means AttachTraceRawTP.
	Hook   linux.AttachType
	Attach string // tracing and lsm: the tracepoint, function or hook

	Sleepable bool // it is loaded as sleepable, whatever the program says

	Signature *Signature // the function that calls the program

	// Rules of the place that types do not tell.
	Writable        []Field                                          // the only kernel fields that may be written; nil if not known
	Casts           []Cast                                           // pointers that may be used as more than their prototype says
	HelperForbidden func(id int32) (why string)                      // "" for helpers that may be called
	KernelForbidden func(name string) (why string, allowed []string) // likewise for kernel functions, with those that are allowed
}

// A Signature is a function of the kernel: the one that calls the program, or the one that the program stands for.
type Signature struct {
	Text   string // as messages show it: "u32 (*)(struct sock *sk)"
	Params []Param
	Result cbtf.Type // nil or void if there is none
	Read   *Reading  // where the types of the parameters and the result were read; nil when that is not known
	Others []Variant // what other kernels pass; functions of Go may be written for these
}

// A Variant is what the kernel passes from some release of Linux on, if that changed.
type Variant = linux.Variant

// A Reading is where types come from. It tells structs of one name from each other.
type Reading struct {
	Types *btf.Types
	Set   *btf.Set // decoded of them
}

// A Param is an argument that the kernel passes.
type Param struct {
	Name     string    // "" when the kernel's BTF has none
	Type     cbtf.Type // as in the kernel's prototype
	Nullable bool      // the pointer may be nil
	Ref      bool      // the program must release it or pass it on
}

// A Field names a field of a kernel struct.
type Field = linux.Field

// A Cast says that a pointer to From, as a prototype has it, may be used as a pointer to To. From is the first member of To.
type Cast = linux.Cast

// Name is what messages call the place: "tcp_congestion_ops.ssthresh", the name of a tracepoint or function, or the type.
func (p *Place) Name() string {
	switch {
	case p.Member != "":
		return p.Struct + "." + p.Member
	case p.Attach != "":
		return p.Attach
	}
	return p.Type.String()
}

// IsMember reports whether the place is a member of an ops struct. A nil Place is not.
func (p *Place) IsMember() bool { return p != nil && p.Type == linux.ProgTypeStructOps }

// Cast is the struct that a pointer to a struct of that name really points to: tcp_sock for a sock. It is "" if it is no other struct.
func (p *Place) Cast(from string) (to string) {
	for _, c := range p.Casts {
		if c.From == from {
			return c.To
		}
	}
	return ""
}

// Void reports whether the kernel expects no result.
func (s *Signature) Void() bool {
	_, void := btf.Underlying(s.Result).(*cbtf.Void)
	return s.Result == nil || void
}
