package verifierlog

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A diagnosis explains a load that failed without a message, from its errno or from the log.
type diagnosis struct {
	kind     mistake.Kind // the kind that Parse found; None for no error
	errnos   []string     // errors of the load
	becomes  mistake.Kind
	says     string // {errno} is replaced by the errno
	whatToDo string
}

// diagnoses are tried in this order. The first row is used that has the errno, or the kind that Parse found.
var diagnoses = [...]diagnosis{
	{mistake.LogTruncated, []string{"ENOSPC"}, mistake.LogTruncated,
		"The log was larger than its buffer. The kernel reports this instead of the real result. The reason may be in the missing part " +
			"of the log.",
		"Load again with a larger buffer, or with log level 1, which prints only the path that fails. Package syscall does this."},
	{mistake.Interrupted, []string{"EAGAIN"}, mistake.Interrupted,
		"A signal stopped the verifier during its work. Go's runtime sends such signals to its threads. The program is not the reason.",
		"Load the program again. Package syscall does this itself."},
	{mistake.NotPermitted, []string{"EPERM"}, mistake.NotPermitted,
		"The process may not load this program: a capability is missing, or a setting or the kernel's lockdown forbids it. The verifier " +
			"did not run.",
		"Run with CAP_BPF and, depending on the type of program, CAP_NET_ADMIN or CAP_PERFMON. Check kernel.unprivileged_bpf_disabled " +
			"and the lockdown mode. Before Linux 5.11, raise the limit of locked memory too (RLIMIT_MEMLOCK)."},
	{mistake.TooComplex, []string{"E2BIG"}, mistake.TooComplex,
		"A limit was exceeded before the verifier walked through the program: a program may have {MostMaps} maps and types of modules, " +
			"and {MostInstructions} instructions with CAP_BPF ({MostInstructionsUnprivileged} without).",
		"Count the maps that the program uses, each section of global data as one, and use at most {MostMaps}. If there are fewer, make " +
			"the program shorter, or split it with tail calls."},
	{mistake.BadAttach, []string{"ENOTSUPP", "ENOTSUP", "EOPNOTSUPP"}, mistake.BadAttach,
		"The kernel does not support the attach target: the kernel was built without it, or the target is missing.",
		"Check the target (attach_btf_id) and the kernel's configuration."},
}

// The other cases: another errno, or none. When the verifier walked through the program and the log has no message, the verifier is not
// the reason.
var (
	silentTypes = diagnosis{becomes: mistake.BadType,
		says:     "The kernel refuses the BTF with {errno} and does not name a type.",
		whatToDo: "Check its header, the sizes of its sections, and flags."}
	beforeTheWalk = diagnosis{becomes: mistake.NoLog,
		says: "The kernel refused the program with {errno} before the verifier began, so there is no log. An argument of the load " +
			"is wrong, not the code.",
		whatToDo: "Check the type of the program, its target and licence, sizes and flags."}
	endsEarly = diagnosis{becomes: mistake.NoLog,
		says: "The log ends without a reason: it was not passed on to its end, or the loader did not keep all of it.",
		whatToDo: "Look for the lines after the last instruction: the last line before \"processed ... insns\" is the reason. Ask the " +
			"loader for the whole log (level 1, with a large buffer); with cilium/ebpf, print the error with %+v."}
	refusedLater = diagnosis{becomes: mistake.NoLog,
		says: "The verifier found no mistake in the program, but the load failed with {errno}. Either an argument of the load is " +
			"wrong that the kernel checks after the verifier, or the kernel's JIT compiler failed.",
		whatToDo: "Look at net.core.bpf_jit_enable, and at net.core.bpf_jit_harden: with 2 the JIT compiler hides constants, which " +
			"makes large programs too long for it. Set it to 0 or 1, or make the program shorter. Look at free memory and at the " +
			"kernel's own log (dmesg) too."}
	onlyStatistics = diagnosis{
		says: "For a program that the kernel accepts, log level 1 prints only statistics. The log is the same when a signal interrupts " +
			"the load: then the error is EAGAIN, and the program must be loaded again."}
)

// A loadHint says what programs of some types need for their load, besides correct code.
type loadHint struct {
	types linux.ProgSet
	text  string
}

var loadHints = [...]loadHint{
	{1<<linux.ProgTypeStructOps | 1<<linux.ProgTypeTracing | 1<<linux.ProgTypeLSM | 1<<linux.ProgTypeExt,
		"Programs of type {type} need a target (attach_btf_id) that the kernel has, in BTF (CONFIG_DEBUG_INFO_BTF)."},
	{1<<linux.ProgTypeKprobe | 1<<linux.ProgTypeTracepoint | 1<<linux.ProgTypePerfEvent,
		"Before Linux 5.0, programs of type {type} must be loaded with the version of the running kernel (kern_version)."},
	{1<<linux.ProgTypeCgroupSockAddr | 1<<linux.ProgTypeCgroupSock | 1<<linux.ProgTypeSKLookup | 1<<linux.ProgTypeCgroupSockOpt,
		"Programs of type {type} need the attach type at the load (expected_attach_type), and the kernel must know it."},
}

// loadHintOf is the hint for a type, "" when there is none.
func loadHintOf(t linux.ProgType) string {
	for _, h := range loadHints {
		if h.types.Has(t) {
			return " " + strings.ReplaceAll(h.text, "{type}", t.String())
		}
	}
	return ""
}

// diagnose says why there is no message.
func diagnose(r *Report, types bool, p Program) {
	errno := strings.ToUpper(p.Errno)
	if d := diagnosisOf(r, types, errno); d != nil {
		r.Kind, r.Explanation, r.Fix = d.becomes, strings.ReplaceAll(withLimits(d.says), "{errno}", errno), withLimits(d.whatToDo)
		if d == &refusedLater { // not at the last instruction that the verifier saw
			*r = Report{Insn: -1, Kind: r.Kind, Explanation: r.Explanation, Fix: r.Fix, Stats: r.Stats, language: r.language}
		}
		if d == &beforeTheWalk {
			r.Fix += loadHintOf(p.Type)
		}
	}
}

// diagnosisOf returns nil when there is nothing to say: the log is complete and has no error.
func diagnosisOf(r *Report, types bool, errno string) *diagnosis {
	walked := r.Kind == mistake.None && r.Insn >= 0 && r.Stats.Processed > 0
	for i := range diagnoses {
		if walked && diagnoses[i].becomes == mistake.BadAttach {
			continue // the target was found
		}
		if d := &diagnoses[i]; r.Kind == d.kind || slices.Contains(d.errnos, errno) {
			return d
		}
	}
	switch {
	case errno == "" && r.Kind == mistake.None && r.Insn < 0 && r.Stats.Processed > 0:
		return &onlyStatistics
	case r.Kind == mistake.NoLog && (r.Insn >= 0 || r.shortened):
		return &endsEarly
	case errno == "":
		return nil
	case types:
		return &silentTypes
	case r.Kind == mistake.None:
		return &refusedLater
	}
	return &beforeTheWalk
}
