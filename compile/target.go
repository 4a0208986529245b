package compile

import (
	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A Target is what a program is compiled for. The zero Target is a kernel about which nothing is known: it is enough for programs that
// name no types of the kernel.
type Target struct {
	BTF       *btf.Types    // the kernel's types; nil if there are none
	Level     isa.Level     // the highest ISA level that the kernel accepts; 0 means that it accepts all
	ByteOrder isa.ByteOrder // of the code and of the records that describe it
	Place     *Place        // where the program goes; nil if that is not known. A place that the target does not have is a finding

	// License is the licence under which the program will be loaded; "" if it is not known.
	License string

	// NoPerfmon says that the process that loads the program lacks CAP_PERFMON. Then the program must not reveal kernel
	// addresses.
	NoPerfmon bool

	// Kernel is a release of Linux. Newer features are not used, whatever the level is. For example, Linux accepts level 4 since 6.6,
	// but may_goto, which belongs to level 4, only since 6.9. Zero sets no such limit.
	Kernel isa.KernelVersion

	// Unchecked turns the check off and leaves the decision to the kernel: to see what the kernel says, or because a finding seems
	// wrong. Code that cannot be encoded is still a finding.
	Unchecked bool

	// Source returns the text of a line of Go, without its indentation, for the verifier's log and for bpftool. If it is nil, only file
	// name and line reach the kernel.
	Source func(file string, line int) string
}

// A Place says where a program goes, what is passed to it there, and what it may do. Packages structops and prog make places.
type Place = place.Place
