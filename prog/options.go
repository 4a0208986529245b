package prog

import (
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Options say what a program is loaded as.
type Options struct {
	Type syscall.ProgType

	// AttachType is the place that the verifier checks a program for, where one
	// type has several: syscall.AttachCgroupInetEgress, AttachTraceRawTP, … Zero
	// stands for the only one of XDP and sk_lookup programs.
	AttachType syscall.AttachType

	// AttachTo is what tracing programs are for: a tracepoint (AttachTraceRawTP),
	// a function of the kernel (AttachTraceFEntry, AttachTraceFExit,
	// AttachModifyReturn), a hook of the security modules (AttachLSMMAC), or a
	// kind of object to iterate over (AttachTraceIter), by name.
	AttachTo string

	License   string // "" stands for GPL, which opens all helpers
	Unchecked bool   // the kernel judges, and nobody before it; see compile.Target
	Flags     syscall.ProgFlags
}

// complete fills in what follows from the type.
func (o Options) complete() Options {
	if o.License == "" {
		o.License = "GPL"
	}
	if o.AttachType == 0 {
		switch o.Type {
		case syscall.ProgTypeXDP:
			o.AttachType = syscall.AttachXDP
		case syscall.ProgTypeSKLookup:
			o.AttachType = syscall.AttachSKLookup
		}
	}
	return o
}

// tracesFunctions reports whether the program is for functions of the kernel.
func (o Options) tracesFunctions() bool {
	switch o.AttachType {
	case syscall.AttachTraceFEntry, syscall.AttachTraceFExit, syscall.AttachModifyReturn:
		return o.Type == syscall.ProgTypeTracing
	case syscall.AttachLSMMAC:
		return o.Type == syscall.ProgTypeLSM
	}
	return false
}
