package compile

import (
	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A Target is what a program is compiled for. The zero Target is a kernel of
// which nothing is known: programs that name no kernel types compile for it.
type Target struct {
	BTF       *btf.Types    // the kernel's types; nil when there are none
	Level     isa.Level     // the highest ISA level that the kernel takes; 0 stands for all of it
	ByteOrder isa.ByteOrder // of the code and of what describes it
	Place     *Place        // where the program goes; nil when not known

	// License is what the program is going to be loaded under; "" when not known.
	License string

	// NoPerfmon says that whoever loads the program lacks CAP_PERFMON: then addresses of the kernel must not get out.
	NoPerfmon bool

	// Kernel is a release of Linux, where what came to Linux after it is not to be
	// used, whatever the level: may_goto is of level 4, which Linux takes since 6.6,
	// and came with 6.9. Zero sets no such bound.
	Kernel isa.KernelVersion

	// Unchecked leaves it to the kernel to judge what was written, where one wants to see what it says, or believes that a
	// finding is wrong. What cannot be encoded is a finding still.
	Unchecked bool

	// Source gives the text of a line of Go, without its indentation, for the
	// verifier's log and for bpftool; nil leaves the text out. Only file name
	// and line then reach the kernel.
	Source func(file string, line int) string
}

// A Place says where programs go, what is passed to them there, and what they may do. Packages structops and prog make places.
type Place = place.Place
