package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about the attach target of a program.
var attachRules = [...]Rule{
	{
		Kind:        mistake.BadAttach,
		Pattern:     "Tracing programs must provide btf_id",
		Explanation: "The attach target is missing. A tracing program is loaded for one function or tracepoint.",
		Fix:         "Set prog.Options{AttachTo: \"...\"}.",
		Example:     "tp_no_target",
	},
	{
		Kind:    mistake.BadAttach,
		Pattern: "attach_btf_id %u is not a %s",
		Also: []string{
			"attach_btf_id %u points to wrong type name %s",
			"attach_btf_id %u is invalid",
			"FENTRY/FEXIT program can only be attached to another program annotated with BTF",
		},
		Explanation: "This type of program cannot be attached to a target of this kind.",
		Fix:         "Name a target of the right kind: a tracepoint for tp_btf, a function for fentry.",
		Example:     "tp_target_func",
	},
	{
		Kind:    mistake.BadAttach,
		Pattern: "attach_btf_id %u is not a supported struct",
		Also: []string{
			"struct_ops module %s is not found",
		},
		Explanation: "Programs cannot implement this struct in this kernel.",
		Fix:         "Name the ops struct itself. The kernel must be built with this interface, and its module must be loaded.",
		Example:     "qdisc_enqueue_leak",
	},
	{
		Kind:        mistake.BadAttach,
		Pattern:     "attach to invalid member idx %u of struct %s",
		Also:        []string{"attach to invalid member %s(@idx %u) of struct %s"},
		Explanation: "The struct has no function at this member.",
		Fix:         "Name a member that is a function pointer.",
		Example:     "ops_member_range",
	},
	{
		Kind:        mistake.BadAttach,
		Pattern:     "attach to unsupported member %s of struct %s",
		Explanation: "Programs cannot implement {1} in this kernel, or the program is marked sleepable and the member must not sleep.",
		Fix:         "Leave the member out, or leave program.Sleepable false.",
	},
	{
		Kind:    mistake.BadAttach,
		Pattern: "%s is not sleepable",
		Also: []string{
			"%s() is not modifiable",
			"Attaching %s to __noreturn function '%s' is rejected",
		},
		Explanation: "The target does not allow a program of this kind.",
		Fix:         "Choose another target, or another kind of program.",
	},
	{
		Kind:    mistake.MaySleep,
		Pattern: "Only fentry/fexit/fmod_ret, lsm, %s can be sleepable",
		Also: []string{
			"BPF_LSM_CGROUP programs cannot be sleepable",
			"Sleepable programs can only use array, hash",
		},
		Explanation: "The program is marked sleepable, but its type, its hook or one of its maps does not allow that.",
		Fix:         "Leave program.Sleepable false. Sleepable programs may use these maps: arrays, hashes, ring buffers and storages.",
	},
	{
		Kind:        mistake.BadAttach,
		Pattern:     "Syscall programs can only be sleepable",
		Explanation: "Programs of type syscall must be sleepable, and this one is not marked as sleepable.",
		Fix:         "Set program.Sleepable = true.",
	},
	{
		Kind:    mistake.BadAttach,
		Pattern: "Attaching tracing programs to function '%s' is rejected.",
		Also: []string{
			"Attaching fexit/fmod_ret to __noreturn functions is rejected.",
			"The address of function %s cannot be found",
			"attach_btf_id %u doesn't have a name",
			"Can attach to only JITed progs",
			"Cannot nest tracing program attach more than once",
			"Cannot recursively attach",
			"Cannot replace static functions",
			"Cannot replace kernel functions",
			"Cannot extend fentry/fexit",
			"can't modify return codes of BPF programs",
			"Subprog %s doesn't exist",
			"Extension program changes packet data, while original does not",
			"Extension program may sleep, while original does not",
			"Extension programs should be JITed",
			"Only FENTRY/FEXIT progs are attachable to another BPF prog",
			"Target program bound device mismatch",
			"Attach to function %s with a >8 byte return value is not supported for this attach type",
		},
		Explanation: "The target exists, but this kind of program cannot be attached to it. Possible reasons: it never returns, it has " +
			"no address, it is a tracing program itself, or it cannot be replaced.",
		Fix: "Choose another target, or another kind of program.",
	},
	{
		Kind:    mistake.BadMap,
		Pattern: "bpf_struct_ops map cannot be used in prog",
		Also: []string{
			"Only one arena per program",
			"only one cgroup storage of each type is allowed",
			"The total number of maps per program has reached the limit of %u",
			"offload device mismatch between prog and map",
		},
		Explanation: "The program uses a map that is not allowed here, or too many maps.",
		Fix:         "A program has at most {MostMaps} maps, one arena, and one cgroup storage of each kind.",
	},
}
