package mistakes

// A Lack is a rule that has no program here.
type Lack struct {
	Rule string // its Pattern
	Why  string // what stands against one
}

// Without lists the rules of which Linux 6.18 cannot be brought to give the message by a program of ours, with the reason.
func Without() []Lack { return without[:] }

// Reasons that several have.
const (
	ofFunctions = "it is about programs for functions of the kernel, which something on the machine that these programs are tried on forbids (EPERM) before they are looked at"
	ofLists     = "package maps declares no lists, trees and resilient locks in values"
	taggedTypes = "it takes a tag on an argument of a global function, and package compile writes none"
)

var without = [...]Lack{
	{"back-edge from insn %d to %d", "it takes a user without CAP_BPF, who may load nothing where kernel.unprivileged_bpf_disabled is set"},
	{"stack size of subprog %d is %d. Too large", "of a single function the access beyond 512 bytes is refused first, and where the compiler of the kernel makes room of its own for functions there is no such limit"},
	{"verifier bug", "it is a mistake of the kernel, and none is known that a program can bring about"},
	{"corrupted spill memory", "Linux 6.1 and later say `invalid size of register fill`"},
	{"invalid read from stack R%d var_off %s+%d size %d", "whoever may not read what was never written may not use variable offsets into the stack either, and that is said first"},
	{"invalid bpf_context access off=%d. Reference may already be released", "it takes a member of an ops struct that hands a reference over, and this kernel has none (Qdisc_ops is one)"},
	{"arg#%d reference type('%s %s') size cannot be determined", "package compile gives a size to whatever pointers of global functions lead to"},
	{"arg#%d is expected to be non-NULL", taggedTypes},
	{"Locking two bpf_spin_locks are not allowed", "Linux 6.18 refuses the call of bpf_spin_lock as a call while a lock is held; " + ofLists},
	{"bpf_spin_lock at off=%d must be held for %s", ofLists},
	{"R%d is not a pointer to %s", taggedTypes},
	{"JIT is required for calling kernel function", "it takes a kernel without its JIT compiler or its BTF, or a program that calls 257 different functions"},
	{"%s is not sleepable", ofFunctions},
	{"Attaching tracing programs to function '%s' is rejected.", ofFunctions},
}
