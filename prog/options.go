package prog

import (
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Options say what a program is loaded as. Every program needs License. The others follow from the program when it has a parameter such as
// ctx.XDP.
type Options struct {
	// Type may be left out when it follows from the program's context: ctx.XDP is the context of XDP programs only, and ctx.SKB that of
	// ten types. Programs in instructions, and those that take arguments, need it.
	Type syscall.ProgType

	// AttachType is the place that the verifier checks a program for, where one
	// type has several: syscall.AttachCgroupInetEgress, AttachTraceRawTP, … It may
	// be left out where there is one, as with XDP and sk_lookup.
	AttachType syscall.AttachType

	// AttachTo is what tracing programs are for: a tracepoint (AttachTraceRawTP),
	// a function of the kernel (AttachTraceFEntry, AttachTraceFExit,
	// AttachModifyReturn), a hook of the security modules (AttachLSMMAC), or a
	// kind of object to iterate over (AttachTraceIter), by name.
	AttachTo string

	// License is what the program is published under; the author states it. "GPL" and what is compatible with it, such as "Dual MIT/GPL",
	// opens all helpers and kernel functions; any other text, such as "MIT", opens those that are not for the GPL only.
	License string

	Unchecked bool // only the kernel checks the code; see compile.Target
	Flags     syscall.ProgFlags
}

// tracesFunctions reports whether the program is for functions of the kernel.
func (o Options) tracesFunctions() bool {
	at := o.AttachType.Info()
	return at.Function && at.Types.Has(o.Type)
}
