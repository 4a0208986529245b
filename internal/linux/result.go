package linux

import "slices"

// ResultAt is the range of results that programs of a type may return at a place; nil if there is no limit (check_return_code,
// kernel/bpf/verifier.c, 6.18). The row of the place comes first, then the row of the type.
//
// Two places are not in the tables, because the kernel decides by the function that a program is for: hooks of the security modules
// (HookResult) and members of interfaces.
func (t ProgType) ResultAt(place AttachType) *Range {
	if at := place.Info(); at.Types.Has(t) && at.Result != nil {
		return at.Result
	}
	return t.Info().Result
}

// HookResult is the range of results of a program for a hook of the security modules, by the hook's name without bpf_lsm_. void says
// that the hook has no result. It is nil if there is no limit. (bpf_lsm_get_retval_range, kernel/bpf/bpf_lsm.c, 6.18)
func HookResult(place AttachType, hook string, void bool) *Range {
	switch {
	case place == AttachLSMCgroup && void:
		return &Range{1, 1}
	case place == AttachLSMCgroup:
		return &Range{0, 1}
	case void:
		return nil
	case slices.Contains(boolHooks[:], hook):
		return &Range{0, 1}
	}
	return &Range{-MostErrno, 0}
}

// boolHooks are the hooks of the security modules that answer yes or no. Other hooks return 0 or a negative errno.
var boolHooks = [...]string{"xfrm_state_pol_flow_match", "audit_rule_known", "inode_xattr_skipcap"}

// MayBeVoid reports whether the result of programs of a type means nothing at a place, so that 0 is always right: they only watch. For
// programs that are attached to a perf event, 0 also says that the event need not be recorded (trace_call_bpf,
// kernel/trace/bpf_trace.c, 6.18). The result of syscall programs is for who runs them.
func (t ProgType) MayBeVoid(place AttachType) bool {
	if t == ProgTypeTracing {
		return place == 0 || place == AttachTraceRawTP || place == AttachTraceFEntry || place == AttachTraceFExit
	}
	at := place.Info()
	return t.Info().Void && !(at.Types.Has(t) && at.Result != nil)
}
