package verifierlog

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A diagnosis is what an errno says, or the log itself, where there is no message.
type diagnosis struct {
	kind     mistake.Kind // what Parse has made of the log; "" for no error
	errnos   []string     // that the load gave; none for any, or for none
	becomes  mistake.Kind
	says     string // {errno} stands for the errno
	whatToDo string
}

// diagnoses are looked through in order. The first counts that the errno is of, or what Parse made of the log.
var diagnoses = [...]diagnosis{
	{mistake.LogTruncated, []string{"ENOSPC"}, mistake.LogTruncated,
		"The log was larger than its buffer, and the kernel says so instead of its real verdict. The reason may be in the part that is missing.",
		"Load again with a larger buffer, or with log level 1, which tells the failing path only. Package syscall does."},
	{mistake.Interrupted, []string{"EAGAIN"}, mistake.Interrupted,
		"A signal came while the verifier walked, and it stopped. Go's runtime sends signals to its threads; the program is not at fault.",
		"Load it again. Package syscall does that by itself."},
	{mistake.NotPermitted, []string{"EPERM"}, mistake.NotPermitted,
		"The process may not load this program: a capability is missing, or a setting or the kernel's lockdown forbids it. The verifier was not asked.",
		"Run with CAP_BPF and, for the type, CAP_NET_ADMIN or CAP_PERFMON; look at kernel.unprivileged_bpf_disabled and at lockdown."},
	{mistake.TooComplex, []string{"E2BIG"}, mistake.TooComplex,
		"The program has too many instructions: a million with CAP_BPF, 4096 without.",
		"Make it shorter, or divide it by tail calls."},
	{mistake.BadAttach, []string{"ENOTSUPP", "ENOTSUP", "EOPNOTSUPP"}, mistake.BadAttach,
		"The kernel does not support what the program is for: it was built without it, or the target was not named.",
		"Look at the target (attach_btf_id), and at the kernel's configuration."},
}

// What is left: another errno, or none. Where the verifier has walked and the log has no message, it was not the verifier.
var (
	silentTypes = diagnosis{becomes: mistake.BadType,
		says:     "The kernel refuses the BTF with {errno}, without a word about a type.",
		whatToDo: "Look at its header, at the sizes of its sections, and at flags."}
	beforeTheWalk = diagnosis{becomes: mistake.NoLog,
		says:     "The kernel refused the program with {errno} before the verifier began, so there is no log: something about the load itself is wrong, not the code.",
		whatToDo: "Look at the type of the program, its target and license, and at sizes and flags."}
	behindTheWalk = diagnosis{becomes: mistake.NoLog,
		says:     "The verifier walked through the program and says of no mistake, and the load failed with {errno} all the same: something about the load is wrong that is looked at behind the walk, or the compiler to machine code could not do it.",
		whatToDo: "Look at net.core.bpf_jit_enable and at the memory that is left, and at the kernel's own log (dmesg)."}
	onlyStatistics = diagnosis{
		says: "Statistics are all that log level 1 leaves of a program that the kernel took. A load that a signal interrupted leaves as much: that one failed with EAGAIN, and only has to be tried again."}
)

// diagnose says why there is no message.
func diagnose(r *Report, log string, p Program) {
	errno := strings.ToUpper(p.Errno)
	if d := diagnosisOf(r, log, errno); d != nil {
		r.Kind, r.Explanation, r.Fix = d.becomes, strings.ReplaceAll(d.says, "{errno}", errno), d.whatToDo
	}
}

// diagnosisOf returns nil where there is nothing to say: of a whole log without an error.
func diagnosisOf(r *Report, log, errno string) *diagnosis {
	for i := range diagnoses {
		if d := &diagnoses[i]; r.Kind == d.kind || slices.Contains(d.errnos, errno) {
			return d
		}
	}
	switch {
	case errno == "" && r.Kind == mistake.None && r.Insn < 0 && r.Stats.Processed > 0:
		return &onlyStatistics
	case errno == "":
		return nil
	case strings.HasPrefix(log, "magic: "):
		return &silentTypes
	case r.Kind == mistake.None:
		return &behindTheWalk
	}
	return &beforeTheWalk
}
