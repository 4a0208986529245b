package compile

import (
	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A Target is what a program is compiled for. The zero Target is a kernel about which nothing is known: programs that name no
// kernel types compile for it.
type Target struct {
	BTF       *btf.Types    // the kernel's types; nil when there are none
	Level     isa.Level     // the highest ISA level that the kernel takes; 0 stands for all of it
	ByteOrder isa.ByteOrder // of the code and of what describes it
	Place     *Place        // where the program goes; nil when not known

	// License is what the program is going to be loaded under; "" when not known.
	License string

	// NoPerfmon says that the process that loads the program lacks CAP_PERFMON. Then the program must not reveal kernel
	// addresses.
	NoPerfmon bool

	// Kernel is a release of Linux: features that are newer are not used, whatever the level. For example, Linux accepts level
	// 4 since 6.6, but may_goto, which is of level 4, only since 6.9. Zero sets no such limit.
	Kernel isa.KernelVersion

	// Unchecked turns the check off and leaves the judgement to the kernel: to see what the kernel says, or because a finding
	// seems wrong. Code that cannot be encoded is still a finding.
	Unchecked bool

	// Source returns the text of a line of Go, without its indentation, for the verifier's log and for bpftool; nil leaves the
	// text out. Only file name and line then reach the kernel.
	Source func(file string, line int) string
}

// A Place says where programs go, what is passed to them there, and what they may do. Packages structops and prog make places.
type Place = place.Place
