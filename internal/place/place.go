// Package place says where a program goes, and what the kernel passes and allows there.
//
// A place is a member of an ops struct, a tracepoint or a function of the kernel, or for other programs just their type. It is made once,
// where the kernel's types are at hand: by package structops for members, by package prog for the rest. Then it is used by all who ask
// about it: the comparison of signatures, the walk through the code (internal/verify), loading, attaching, and messages.
package place

import (
	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A Place is where a program goes. What is empty is not known, and is not judged.
type Place struct {
	Type linux.ProgType // of the program

	Struct, Member string // struct_ops: what it is for
	// tracing: AttachTraceRawTP, AttachTraceFEntry, AttachTraceFExit or AttachModifyReturn; 0 for the first
	Hook   linux.AttachType
	Attach string // tracing: the tracepoint or function

	Signature *Signature // what calls the program

	// Rules of the place that no types tell.
	Writable        []Field                                          // the only kernel fields that may be written; nil when not known
	Casts           []Cast                                           // pointers that are more than their prototype says
	HelperForbidden func(id int32) (why string)                      // "" for helpers that may be called
	KernelForbidden func(name string) (why string, allowed []string) // likewise for kernel functions, with those that may
}

// A Signature is a function of the kernel's: what calls the program, or what the program stands for.
type Signature struct {
	Text   string // as messages show it: "u32 (*)(struct sock *sk)"
	Params []Param
	Result cbtf.Type // nil or void when there is none
	Others []Variant // what other kernels pass; functions of Go may be written for these
}

// A Variant is what the kernel passes from a release of Linux on, where that changed.
type Variant = linux.Variant

// A Param is an argument that the kernel passes.
type Param struct {
	Name     string    // "" when the kernel's BTF has none
	Type     cbtf.Type // as the kernel's prototype has it
	Nullable bool      // the pointer may be nil
	Ref      bool      // the program has to give it back, or on
}

// A Field names a field of a kernel struct.
type Field = linux.Field

// A Cast says that a pointer to From, as a prototype has it, may be used as one to To, whose first member it is.
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

// IsMember reports whether the place is a member of an ops struct. A nil Place is none.
func (p *Place) IsMember() bool { return p != nil && p.Type == linux.ProgTypeStructOps }

// Cast is the struct that a pointer to a struct of that name really leads to: tcp_sock for a sock; "" when it is no other.
func (p *Place) Cast(from string) (to string) {
	for _, c := range p.Casts {
		if c.From == from {
			return c.To
		}
	}
	return ""
}

// Void reports whether the kernel takes no result.
func (s *Signature) Void() bool {
	_, void := btf.Underlying(s.Result).(*cbtf.Void)
	return s.Result == nil || void
}
