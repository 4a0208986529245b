package link

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TracingOptions has no fields yet. The place of a tracing program was set when it was loaded: prog.Options.AttachType and AttachTo.
type TracingOptions struct{}

// AttachTracing attaches a program of type tracing to the tracepoint or function that it was loaded for. Linux 5.5.
func AttachTracing(p *prog.Loaded, _ TracingOptions) (Link, error) {
	return attachLoaded(p, tracingPoint())
}

// LSMOptions has no fields yet. The hook was set when the program was loaded.
type LSMOptions struct{}

// AttachLSM attaches a program of type lsm to the security hook that it was loaded for: it can forbid what the hook is asked about.
// Linux 5.7, with "bpf" among the security modules (/sys/kernel/security/lsm). Programs for AttachLSMCgroup go to AttachCgroup.
func AttachLSM(p *prog.Loaded, _ LSMOptions) (Link, error) {
	return attachLoaded(p, lsmPoint())
}

// attachLoaded attaches a program to what it was loaded for.
func attachLoaded(p *prog.Loaded, pt point) (Link, error) {
	o := p.Plan().Options
	r := request{point: pt, plan: p.Plan(), fd: p.FD(), at: o.AttachType, place: targetOf(o),
		world:     running(),
		permitted: []syscall.Cap{syscall.CapBPF, syscall.CapPerfmon}}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r.made(syscall.RawTracepointOpen(p.FD(), ""))
}

// targetOf names what a program was loaded for. A program of another type has no target.
func targetOf(o prog.Options) string {
	if o.AttachTo == "" {
		return "a function or hook of the kernel"
	}
	return fmt.Sprintf("%s (%v)", o.AttachTo, o.AttachType)
}

// RawTracepointOptions say which tracepoint a program is for.
type RawTracepointOptions struct {
	Name string // "sched_switch", without the group that tracefs shows
}

// AttachRawTracepoint attaches a raw tracepoint program to a tracepoint of the kernel. Linux 4.17.
func AttachRawTracepoint(p *prog.Loaded, o RawTracepointOptions) (Link, error) {
	r := request{point: rawTracepointPoint(), plan: p.Plan(), fd: p.FD(), place: strings.TrimSpace("raw tracepoint " + o.Name),
		world:     running(),
		permitted: []syscall.Cap{syscall.CapBPF, syscall.CapPerfmon}}
	if err := r.check(); err != nil {
		return nil, err
	}
	if o.Name == "" {
		return nil, r.fails(&cause{"the tracepoint is missing", nil}, `set RawTracepointOptions.Name: "sched_switch", for example`)
	}
	return r.made(syscall.RawTracepointOpen(p.FD(), o.Name))
}
