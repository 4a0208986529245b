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
	ofModules   = "it needs a kernel module with a wrong function, or one that is not there"
	ofKernels   = "it needs a kernel that was built in another way"
	newer       = "only kernels after 6.18 say it"
	lockedNodes = "package maps has no lists and trees in values"
	replacing   = "it needs a program that replaces a function of another one, and package prog does not load these"
	seldom      = "package dsl has no names for what it needs"
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
	{"allocated object must be referenced", lockedNodes},
	{"operation on %s expects arg#1 %s at offset=%d in struct %s, but arg is at offset=%d in struct %s", lockedNodes},
	{"%s not found at offset=%u", lockedNodes},
	{"%s can only take non-owning or refcounted bpf_rb_node pointer", lockedNodes},
	{"%s not allowed in rbtree cb", lockedNodes},
	{"%s w/o active lock", lockedNodes},
	{"timer pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d",
		"it needs a map of maps with timers, which package maps does not have"},
	{"bpf_timer cannot be used for PREEMPT_RT.", ofKernels},
	{"irq flag acquired by %s kfuncs cannot be restored with %s kfuncs", ofLists},
	{"map '%s' has more than %d kptr", ofOld},
	{"off %d doesn't point to 'struct %s'", ofOld},
	{"expected valid iter pointer as arg #%d", newer},
	{"cannot release unowned const bpf_dynptr", seldom},
	{"R%d is ptr_%s access percpu memory: off=%d", "package dsl has no variables of the kernel"},
	{"R%d is ptr_%s access user memory: off=%d", ofKernels + ", by clang: other BTF has no tag for memory of processes"},
	{"ldimm64 failed to find the address for kernel symbol '%s'.", ofKernels},
	{"kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.", ofKernels},
	{"invalid module BTF object FD specified.", ofModules},
	{"ldimm64 unable to resolve the size of type '%s': %d", ofKernels},
	{"kernel function %s args#%d pointer type %s %s is not supported", ofModules},
	{"Unrecognized arg#%d type %s", ofModules},
	{"acquire kernel function does not return PTR_TO_BTF_ID", ofModules},
	{"address of kernel function %s is out of range", ofModules},
	{"invalid kernel function call not eliminated in verifier pass", seldom},
	{"css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs", seldom},
	{"%s() may write into memory pointed by R%d type=%s", seldom},
	{"R%d is of type %s but %s is expected", seldom},
	{"R%d must point to kernel BTF", seldom},
	{"Helper has invalid btf/btf_id in R1", "package dsl has no variables of the kernel"},
	{"expected %s or socket", seldom},
	{"Cannot access kernel 'struct %s' from non-GPL compatible program", seldom},
	{"map_ptr access not supported for map type %d", ofOld},
	{"tail_call abusing map_ptr", seldom},
	{"program's hash doesn't match map's excl_prog_hash", seldom},
	{"exception callback '%s' could not be found in BTF", taggedTypes},
	{"exception cb only supports single integer argument", taggedTypes},
	{"%s the register R%d is not a known value (%s)", ofLists},
	{"Caller passes invalid args into func#%d", ofOld},
	{"jump table for insn %d points outside of the subprog [%u,%u]", newer},
	{"R%u points to outside of jump table: [%d,%d] max_entries %u", newer},
	{"64-bit load-acquires are only supported on 64-bit arches", "the test machine has 64 bits"},
	{"BPF_ST stores into R%d %s is not allowed", ofOld},
	{"BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!", ofFunctions},
	{"get_local_storage() doesn't support non-zero flags", "package maps has no storage of cgroups"},
	{"invalid zero-sized read", ofOld},
	{"arg#%d has invalid combination of tags", taggedTypes},
	{"arg#%d reference type('%s %s') %s", taggedTypes},
	{"arg#%d should be `struct %s *`", taggedTypes},
	{"arg#%d type isn't a pointer", taggedTypes},
	{"Global function %s() with %d > %d args. Buggy compiler.", "package compile writes at most five arguments"},
	{"Global functions need valid BTF", "package compile always writes types that fit"},
	{"%s() has %d args while %s() has %d args", replacing},
	{"%s() is not a global function", replacing},
	{"The function %s arg%d type %s is unsupported.", ofFunctions},
	{"ret type %s not allowed for fmod_ret", ofFunctions},
	{"func '%s' arg%d '%s' has type %s. Only pointer access is allowed", ofFunctions},
	{"invalid btf_id for context argument offset %u", ofKernels},
	{"struct %s doesn't have field at offset %d", "the test kernel's structs have no gap that a program reaches"},
	{"Type '%s' is not a struct", seldom},
	{"direct access to %s is disallowed", lockedNodes},
	{"btf_vmlinux is malformed", ofKernels},
	{"kernel function %s args#%d expected pointer to %s %s", ofOld},
	{"arg#%d pointer type %s %s must be valid and initialized", ofOld},
	{"arg#0 no referenced kptr at map value offset=%d", ofOld},
	{"addition of negative constant to packet pointer is not allowed", ofOld},
	{"perf_event programs can only use preallocated hash map", ofOld},
	{"function calls to other bpf functions are allowed for root only", ofOld},
	{"BPF_LD_[ABS|IND] cannot be mixed with bpf-to-bpf calls", ofOld},
	{"R%d tried to %s from different pointers", ofOld},
	{"cannot pass map_type %d into func %d", ofOld},
	{"bpf: Argument list too long. Program  too large (%d insns), at most %d insns", ofLoaders},
	{"kernel doesn't support global data", ofLoaders},
	{"BPF_LD_IMM64 uses reserved fields", "package isa makes no load with a field that must be zero"},
	{"metadata kfuncs require device-bound program", "the test machine has no network card with such functions"},
	{"invalid kptr access, R%d type=%s expected=%s", "packages maps and dsl store a kptr only with the type that it is declared with"},
	{"ELF contains non-{bss,call,data,map} related relo data in entry %d pointing to section %d! Compiler bug?!", ofLoaders},
}
