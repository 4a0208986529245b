package syscall

import (
	"errors"
	"slices"
	"strings"
	errno "syscall"
)

// ExplainPermission returns the likely cause of an EPERM from a command of this package, and what to do about it. It returns ""
// for other errors. It is the same text as at the end of the error's message.
func ExplainPermission(err error) string {
	if load := (*LoadError)(nil); errors.As(err, &load) && errors.Is(load.Errno, errno.EPERM) {
		return load.Hint
	}
	if e := (*Error)(nil); errors.As(err, &e) && errors.Is(e.Errno, errno.EPERM) {
		return e.Hint
	}
	return ""
}

// A request has the facts about a command that may explain an EPERM.
type request struct {
	command  Command
	progType ProgType // of CmdProgLoad
	mapType  MapType  // of CmdMapCreate
	replace  bool     // CmdLinkUpdate with LinkReplace
	path     string   // of CmdObjPin and CmdObjGet
}

// A setting has the settings of the system that decide who may use bpf(2).
type setting struct {
	caps         CapSet
	capsKnown    bool
	unprivileged string // kernel.unprivileged_bpf_disabled: "0", "1", "2", or "" when it cannot be read
	lockdown     string // "none", "integrity", "confidentiality", or "" when there is none
	jitEnable    string // net.core.bpf_jit_enable: "0", "1", "2", or "" when it cannot be read
	jitHarden    string // net.core.bpf_jit_harden, likewise
}

// capsFor returns the capabilities that the kernel may have missed for a request.
func capsFor(r request) []Cap {
	switch r.command {
	case CmdProgLoad:
		need := []Cap{CapBPF}
		if r.progType.Info().NetAdmin {
			need = append(need, CapNetAdmin)
		}
		if r.progType.Info().Perfmon {
			need = append(need, CapPerfmon)
		}
		return need
	case CmdMapCreate:
		if r.mapType.Info().NetAdmin { // where kernel.unprivileged_bpf_disabled is 0, that alone is enough
			return []Cap{CapBPF, CapNetAdmin}
		}
		return []Cap{CapBPF}
	case CmdBTFLoad, CmdMapFreeze:
		return []Cap{CapBPF}
	case CmdProgGetNextID, CmdMapGetNextID, CmdBTFGetNextID, CmdLinkGetNextID,
		CmdProgGetFDByID, CmdMapGetFDByID, CmdBTFGetFDByID, CmdLinkGetFDByID, CmdEnableStats:
		return []Cap{CapSysAdmin}
	}
	return nil
}

// explain says why a request may have been refused with EPERM. It is a guess; the most likely cause comes first.
func explain(r request, s setting) string {
	switch r.command {
	case CmdLinkUpdate:
		if r.replace {
			return "the link does not hold the given old map or program any more; nothing was changed"
		}
	case CmdMapLookup, CmdMapUpdate, CmdMapDelete, CmdMapGetNextKey, CmdMapTake, CmdMapLookupMany, CmdMapTakeMany, CmdMapUpdateMany,
		CmdMapDeleteMany:
		return "the map is frozen, or the descriptor may not do this: the map was created or opened read-only or write-only"
	case CmdObjPin:
		return "the path must be on a bpf file system (mount -t bpf bpf /sys/fs/bpf) and its last part must not contain a dot"
	}
	need := capsFor(r)
	if len(need) == 0 {
		return "not allowed for this process; try as root (sudo)"
	}
	missing := need
	if s.capsKnown {
		missing = nil
		for _, c := range need {
			if !s.caps.Has(c) {
				missing = append(missing, c)
			}
		}
	}
	if len(missing) == 0 {
		return "the process has " + joinCaps(need, " and ") + ", so something else forbids it: " + otherReason(s)
	}
	text := "needs " + joinCaps(need, " and ")
	if s.capsKnown && len(missing) < len(need) {
		text += ", and " + joinCaps(missing, " and ") + " is missing"
	}
	if r.command == CmdProgLoad && (r.progType == ProgTypeSocketFilter || r.progType == ProgTypeCgroupSKB) && s.unprivileged != "" &&
		s.unprivileged != "0" {
		text += " because kernel.unprivileged_bpf_disabled is " + s.unprivileged
	}
	file, more := wholeWay(r, need)
	return text + ": run as root (sudo), or give the binary what it needs (setcap " + strings.ToLower(joinCaps(file, ",")) + "+ep FILE)" +
		more
}

// wholeWay returns the capabilities for all steps of a program until it runs, and what to know about them. Setcap replaces what a file
// has, so advice about one step at a time would never lead to the end.
func wholeWay(r request, need []Cap) (all []Cap, more string) {
	switch {
	case len(need) == 0 || need[0] != CapBPF:
		return need, ""
	case r.command == CmdProgLoad && r.progType == ProgTypeCgroupSKB && !slices.Contains(need, CapNetAdmin):
		return append(need, CapNetAdmin), "; CAP_NET_ADMIN is for attaching it" // bpf_prog_attach_check_attach_type, kernel/bpf/syscall.c
	case r.command == CmdProgLoad:
		return need, ""
	}
	return []Cap{CapBPF, CapPerfmon, CapNetAdmin}, "; programs for tracing and for struct_ops need CAP_PERFMON too, those for networks " +
		"CAP_NET_ADMIN"
}

// otherReason says what can forbid bpf(2) to a process that has the capabilities.
func otherReason(s setting) string {
	if s.lockdown == "integrity" || s.lockdown == "confidentiality" {
		return "the kernel is locked down (" + s.lockdown + ", /sys/kernel/security/lockdown)"
	}
	return "a kernel built without it, a security module, a seccomp filter, or a user namespace (capabilities count only in the " +
		"initial one)"
}

func joinCaps(caps []Cap, sep string) string {
	names := make([]string, len(caps))
	for i, c := range caps {
		names[i] = c.String()
	}
	return strings.Join(names, sep)
}
