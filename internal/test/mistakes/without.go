package mistakes

// A Lack is a rule without a program in this package.
type Lack struct {
	Rule string // its Pattern
	Why  string // the reason
}

// Without lists the rules for which no program of ours makes Linux 6.18 print the message, with the reason.
func Without() []Lack { return without[:] }

// Reasons of several rules.
const (
	ofFunctions = "it is about programs for kernel functions, and the test machine refuses these (EPERM) before the verifier runs"
	ofLists     = "package maps has no lists, trees and resilient locks in values"
	ofLoaders   = "a loader writes it, not the kernel"
	ofOld       = "only older kernels say it"
	taggedTypes = "it needs a tag on an argument of a global function, which package compile does not write"
)

var without = [...]Lack{
	{"back-edge from insn %d to %d", "it needs a user without CAP_BPF, who may not load programs when kernel.unprivileged_bpf_disabled " +
		"is set"},
	{"stack size of subprog %d is %d. Too large", "in a single function the access beyond 512 bytes is refused first; and when the JIT " +
		"compiler gives each function its own stack, this limit does not exist"},
	{"verifier bug", "it is a bug of the kernel, and no program is known that causes one"},
	{"corrupted spill memory", "Linux 6.1 and later say `invalid size of register fill`"},
	{"invalid read from stack R%d var_off %s+%d size %d", "without CAP_PERFMON, variable offsets into the stack are refused first"},
	{"invalid bpf_context access off=%d. Reference may already be released", "it needs a member of an ops struct that passes a " +
		"reference to the program, such as one of Qdisc_ops, and the test kernel has none"},
	{"arg#%d reference type('%s %s') size cannot be determined", "package compile always writes a size for the memory that arguments of " +
		"global functions point to"},
	{"arg#%d is expected to be non-NULL", taggedTypes},
	{"Locking two bpf_spin_locks are not allowed", "Linux 6.18 refuses bpf_spin_lock like other calls while a lock is held; " + ofLists},
	{"bpf_spin_lock at off=%d must be held for %s", ofLists},
	{"R%d is not a pointer to %s", taggedTypes},
	{"JIT is required for calling kernel function", "it needs a kernel without JIT compiler or BTF, or a program that calls 257 " +
		"different functions"},
	{"%s is not sleepable", ofFunctions},
	{"failed to resolve CO-RE relocation %s", ofLoaders},
	{"failed to find kernel BTF type ID of '%s': %d", ofLoaders},
	{"extern (func ksym) '%s': not found in kernel or module BTFs", ofLoaders},
	{"struct_ops init_kern: struct %s is not found in kernel BTF", ofLoaders},
	{"failed to find valid kernel BTF", ofLoaders},
	{"missing BPF prog type, check ELF section name '%s'", ofLoaders},
	{"Couldn't load trivial BPF program. Make sure your kernel supports BPF", ofLoaders},
	{"map '%s': failed to create: %s", ofLoaders},
	{"kfunc '%s' is referenced but wasn't resolved", ofLoaders},
	{"BPF map '%s' is referenced but wasn't created", ofLoaders},
	{"Tail call map owned by prog type %d, but prog type is %d!", ofLoaders},
	{"Arg#%d type %s in %s() is not supported yet.", ofOld},
	{"BPF_STX uses reserved fields", "package isa makes no store with a field that must be zero, and 6.18 has all atomic operations"},
	{"tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls", "it needs a kernel whose JIT compiler is off or too old"},
	{"insn %d cannot be patched due to 16-bit range", "on x86-64 the kernel makes no instruction so much longer that a jump does not fit"},
	{"missing btf func_info", "package compile always writes func_info for programs with callbacks"},
	{"func '%s' arg%d type %s is not a struct", "it needs a function whose argument is a pointer to a pointer, and programs for " +
		"functions are refused on the test machine (EPERM) before the verifier runs"},
	{"Attaching tracing programs to function '%s' is rejected.", ofFunctions},
}
