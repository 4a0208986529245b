package verifierlog

import "strings"

// diagnose says why there is no message.
func diagnose(r *Report, log string, p Program) {
	errno := strings.ToUpper(p.Errno)
	switch {
	case r.Kind == LogTruncated || errno == "ENOSPC":
		r.Kind = LogTruncated
		r.Explanation = "The log was larger than its buffer, and the kernel says so instead of its real verdict. The reason may be in the part that is missing."
		r.Fix = "Load again with a larger buffer, or with log level 1, which tells the failing path only. Package syscall does."
	case r.Kind == Interrupted || errno == "EAGAIN":
		r.Kind = Interrupted
		r.Explanation = "A signal came while the verifier walked, and it stopped. Go's runtime sends signals to its threads; the program is not at fault."
		r.Fix = "Load it again. Package syscall does that by itself."
	case errno == "EPERM":
		r.Kind = NotPermitted
		r.Explanation = "The process may not load this program: a capability is missing, or a setting or the kernel's lockdown forbids it. The verifier was not asked."
		r.Fix = "Run with CAP_BPF and, for the type, CAP_NET_ADMIN or CAP_PERFMON; look at kernel.unprivileged_bpf_disabled and at lockdown."
	case errno == "E2BIG":
		r.Kind = TooComplex
		r.Explanation = "The program has too many instructions: a million with CAP_BPF, 4096 without."
		r.Fix = "Make it shorter, or divide it by tail calls."
	case errno == "ENOTSUPP" || errno == "ENOTSUP" || errno == "EOPNOTSUPP":
		r.Kind = BadAttach
		r.Explanation = "The kernel does not support what the program is for: it was built without it, or the target was not named."
		r.Fix = "Look at the target (attach_btf_id), and at the kernel's configuration."
	case r.Kind == BadType:
		r.Explanation = "The kernel refuses the BTF without a word about the type."
	case r.Kind == "" && errno != "":
		r.Kind = NoLog
		r.Explanation = "The verifier walked through the program and says of no mistake, and the load failed with " + errno + " all the same: something about the load is wrong that is looked at behind the walk, or the compiler to machine code could not do it."
		r.Fix = "Look at net.core.bpf_jit_enable and at the memory that is left, and at the kernel's own log (dmesg)."
	case r.Kind == "" && r.Insn < 0:
		r.Explanation = "Statistics are all that log level 1 leaves of a program that the kernel took. A load that a signal interrupted leaves as much: that one failed with EAGAIN, and only has to be tried again."
	case strings.TrimSpace(log) == "" && errno != "":
		r.Kind = NoLog
		r.Explanation = "The kernel refused the program with " + errno + " before the verifier began, so there is no log: something about the load itself is wrong, not the code."
		r.Fix = "Look at the type of the program, its target and license, and at sizes and flags."
	}
}
