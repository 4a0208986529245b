package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages that only kernels before 5.15 print.
var oldRules = [...]Rule{
	{
		Kind:    mistake.Unbounded,
		Pattern: "addition of negative constant to packet pointer is not allowed",
		Also:    []string{"cannot add integer value with %d upper zero bits to ptr_to_packet"},
		Explanation: "The number that is added to a pointer into the packet may be negative, or larger than any packet: the " +
			"verifier does not know enough about it. Kernels before 4.14 count only how many of its upper bits are zero, and at " +
			"least 48 must be.",
		Fix: "Limit it just before it is added, with a mask, i.And(1023), or an unsigned comparison, f.If(i.Lt(n), ...). Keep it in " +
			"an unsigned variable of 16 bits if the kernel still does not accept it.",
	},
	{
		Kind:    mistake.BadMap,
		Pattern: "perf_event programs can only use preallocated hash map",
		Also: []string{
			"perf_event programs can only use preallocated inner hash map",
			"trace type programs can only use preallocated hash map",
			"Sleepable programs can only use preallocated hash maps",
			"Sleepable programs can only use preallocated maps",
		},
		Explanation: "The program may run in the middle of the kernel's own memory management, so this kernel (before 6.1) allows " +
			"it only hashes whose elements were allocated when the map was created.",
		Fix: "Create the map without the flag BPF_F_NO_PREALLOC. LRU hashes and arrays are possible too.",
	},
	{
		Kind:    mistake.NotPermitted,
		Pattern: "function calls to other bpf functions are allowed for root only",
		Also:    []string{"function calls to other bpf functions are allowed for CAP_BPF and CAP_SYS_ADMIN"},
		Explanation: "The program has functions of its own that are called, and the process may not load such programs: CAP_BPF is " +
			"missing, or CAP_SYS_ADMIN before Linux 5.8.",
		Fix: "Load as root or with the capability. Or make the functions static __always_inline.",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "BPF_LD_[ABS|IND] cannot be mixed with bpf-to-bpf calls",
		Explanation: "The program reads the packet by number (BPF_LD_ABS, BPF_LD_IND) and also has functions that are called. " +
			"Kernels before 5.10 do not allow both together.",
		Fix: "Make the functions static __always_inline, or read the packet with bpf_skb_load_bytes.",
	},
	{
		Kind:    mistake.PointerArithmetic,
		Pattern: "R%d tried to %s from different pointers",
		Also:    []string{"R%d tried to %s from different maps, paths, or prohibited types"},
		Explanation: "On different paths the instruction does arithmetic with pointers to different memory, or with different " +
			"limits. Without CAP_PERFMON (CAP_SYS_ADMIN before 5.8) it must be the same on all paths, because of speculative " +
			"execution.",
		Fix: "Load with the capability. Or do the arithmetic in each branch for itself, with a constant or with the same limits.",
	},
	{
		Kind:        mistake.BadMap,
		Pattern:     "cannot pass map_type %d into func %d",
		Explanation: "Helper number {2} does not work on maps of type {1}, or this map may be used by this helper only.",
		Fix: "Use a map of the type that the helper needs: bpf_perf_event_output a BPF_MAP_TYPE_PERF_EVENT_ARRAY, bpf_tail_call a " +
			"BPF_MAP_TYPE_PROG_ARRAY, bpf_get_stackid a BPF_MAP_TYPE_STACK_TRACE.",
	},
}
