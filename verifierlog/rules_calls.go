package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about calls.
var callRules = [...]Rule{
	{
		Kind:        mistake.HelperForbidden,
		Pattern:     "program of this type cannot use helper %s#%d",
		Also:        []string{"unknown func %s#%d", "unknown func %d"},
		Explanation: "{1} exists, but programs of this type may not call it. For struct_ops programs this may depend on the member.",
		Fix:         "Use another helper or a kernel function, or call it in another member or another type of program.",
		Example:     "helper_wrong_type",
	},
	{
		Kind:    mistake.UnknownHelper,
		Pattern: "invalid func %s#%d",
		Also:    []string{"invalid func %d"}, // up to 4.9
		Explanation: "This kernel has no helper with the number {2}. Either the kernel is too old, or the number does not come from the " +
			"list of helpers: loaders and compilers leave such numbers where they could not resolve a call.",
		Fix: "Check that the kernel is new enough: package helper says which release added each helper. Leave the call out for " +
			"older kernels.",
		Example: "helper_unknown",
	},
	{
		Kind:    mistake.UnknownField,
		Pattern: "failed to resolve CO-RE relocation %s",
		Explanation: "The program uses a struct, field or enum value that this kernel does not have: the loader could not find {1}, and " +
			"made the instruction invalid. It is refused when a path comes to it.",
		Fix: "Ask before it is used whether this kernel has it: bpf_core_field_exists, bpf_core_type_exists or " +
			"bpf_core_enum_value_exists. Kernels may have the field under another name: a struct with the suffix ___old describes both.",
	},
	{
		Kind:    mistake.UnknownHelper,
		Pattern: "kfunc '%s' is referenced but wasn't resolved",
		Explanation: "{1} is a kernel function that this kernel does not have, or it is in a module that is not loaded: the loader did " +
			"not find it, and made the call invalid. It is refused when a path comes to it.",
		Fix: missingFunctionFix,
	},
	{
		Kind:        mistake.BadMap,
		Pattern:     "BPF map '%s' is referenced but wasn't created",
		Explanation: "The loader did not create the map {1} (its autocreate is off), but the program uses it on this path.",
		Fix: "Create the map, or do not reach this code without it: set a constant in .rodata before the load, and compare it before " +
			"the map is used.",
	},
	{
		Kind:    mistake.BadMap,
		Pattern: "Tail call map owned by prog type %d, but prog type is %d!",
		Explanation: "The map for tail calls (BPF_MAP_TYPE_PROG_ARRAY) belongs to programs of type {1}, but this program is of type " +
			"{2}. The first program that uses such a map decides which type of programs it is for.",
		Fix: "Use a separate map for each type of program: another name, or another path if it is pinned. If a pinned map is left over " +
			"from an earlier load, remove the pin.",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "Arg#%d type %s in %s() is not supported yet.",
		Also: []string{"arg#%d type %s in %s() is not supported yet.", "arg#%d type %s is not supported yet.", "Arg#%d type %s is not " +
			"supported"},
		Explanation: "The verifier checks global functions separately, and this kernel does not allow the type of argument {1}, counted " +
			"from 0: {2}. Kernels before 5.12 accept only numbers and the context; newer kernels also accept pointers to memory of a " +
			"known size.",
		Fix: "Make the function static, or static __always_inline, so that it is checked with its caller. Or use a newer kernel.",
	},
	{
		Kind:    mistake.ContextAccess,
		Pattern: "func '%s' arg%d type %s is not a struct",
		Explanation: "Argument {2} of {1}, counted from 0, is a pointer to a type ({3}) that is no struct, so the verifier does not " +
			"know what is behind it. Programs may not read it from the context.",
		Fix: "Use another argument, or a program that gets the arguments as numbers (a raw tracepoint or kprobe), and read the memory " +
			"with bpf_probe_read_kernel.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "R%d type=%s expected=%s",
		Explanation: "Argument {1} is a {2}, but the call needs {3}.",
		Fix:         "Pass a value of the expected type. For map_ptr pass the map itself: the methods of m.In(f) do that.",
		Example:     "helper_arg_scalar",
	},
	{
		Kind:        mistake.MaybeNil,
		Pattern:     "R%d type=%s_or_null expected=%s",
		Explanation: "Argument {1} may be nil, and the call does not accept nil.",
		Fix:         "Check it before the call: f.If(p.IsNil(), f.Exit).",
		Example:     "ringbuf_submit_or_null",
	},
	{
		Kind:        mistake.BadMap,
		Pattern:     "cannot pass map_type %d into func %s#%d",
		Also:        []string{"cannot update sockmap in this context"},
		Explanation: "{insn} is for maps of another type, or this type of program may not use it with this map.",
		Fix:         "Use the calls for this type of map: the methods of its Go type.",
	},
	{
		Kind:        mistake.BadMap,
		Pattern:     "expected prog array map for tail call",
		Explanation: "A tail call needs a map of type prog_array.",
		Fix:         "Use maps.NewProgArray.",
		Example:     "helper_map_type",
	},
	{
		Kind:    mistake.NeedsGPL,
		Pattern: "cannot call GPL-restricted function from non-GPL compatible program",
		Also: []string{
			"cannot call kernel function from non-GPL compatible program",
			"cannot call GPL only function",
		},
		Explanation: "The called function is only for programs under a licence that is compatible with the GPL.",
		Fix:         "If the program is under such a licence, set it: License: \"GPL\" or \"Dual MIT/GPL\".",
		Example:     "helper_gpl",
	},
	{
		Kind:        mistake.NeedsGPL,
		Pattern:     "struct ops programs must have a GPL compatible license",
		Explanation: "struct_ops programs must be under a licence that is compatible with the GPL.",
		Fix:         "Set the licence: structops.Ops{License: \"GPL\"}.",
		Example:     "ops_nongpl",
	},
	{
		Kind:    mistake.MaySleep,
		Pattern: "helper call might sleep in a non-sleepable prog",
		Also: []string{
			"program must be sleepable to call sleepable kfunc %s",
			"sleepable helper %s#%d in %s",
			"kernel func %s is sleepable within %s",
			"global functions that may sleep are not allowed in non-sleepable context",
			"kernel function %s is sleepable but the program is not",
		},
		Explanation: "The call may sleep, which is not allowed here.",
		Fix:         "Set program.Sleepable = true where the hook allows it, and end RCU sections and locks before the call.",
		Example:     "helper_sleepable",
	},
	{
		Kind:    mistake.HelperForbidden,
		Pattern: "helper call is not allowed in probe",
		Explanation: "The helper may be called only in programs for some functions of the kernel. For bpf_d_path these are the LSM " +
			"hooks that may sleep, iterators, and a list of functions: security_file_open, security_file_permission, " +
			"security_path_truncate, security_inode_getattr, vfs_truncate, vfs_fallocate, vfs_getattr, dentry_open and filp_close.",
		Fix: "Trace one of these functions instead, or an LSM hook. Otherwise follow the names in the structs (dentry, d_parent) with " +
			"bpf_probe_read_kernel.",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "calling kernel function %s is not allowed",
		Explanation: "Programs cannot call {1}, or programs of this type or member cannot: the kernel, or the module that has the " +
			"function, offers each of them only to some types of programs.",
		Fix: "Use a function that is offered here: package structops lists them for known interfaces. Or make the program one of a " +
			"type that may call it. In a module of yours, register the function for this type (register_btf_kfunc_id_set), and " +
			"compile the module with BTF.",
		Example: "kfunc_not_allowed",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "kernel btf_id %d is not a function",
		Also: []string{
			"cannot find address for kernel function %s",
			"invalid kernel function btf_id %d",
			"kernel function btf_id %d does not have a valid func_proto",
		},
		Explanation: "{1} is not a function in the kernel's BTF: the number is from another kernel, or it is the number of a type.",
		Fix:         "Call by name: f.Kernel(\"...\") looks the number up in the kernel that the program is loaded into.",
		Example:     "kfunc_bad_id",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "kernel function %s args#%d expected pointer to %s %s but R%d has a pointer to %s %s",
		Explanation: "Argument {2} of {1}, counted from 0, must be a pointer to {3} {4}, but R{5} points to {6} {7}. If both types are " +
			"the same, an offset was added to the pointer.",
		Fix:     "Pass a pointer of the right type. It must point to the beginning of the struct.",
		Example: "kfunc_wrong_struct",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "arg#%d pointer type %s %s must point to scalar, or struct with scalar",
		Also: []string{
			"arg#%d pointer type %s must point to scalar",
			"max struct nesting depth exceeded",
			"arg#%d pointer type %s %s must point to %sscalar, or struct with scalar",
		},
		Explanation: "An argument must be a pointer to a struct of the kernel, but something else is passed: the context itself, a " +
			"number, or a pointer that was released.",
		Fix: "Read the pointer from the context first (parameters of a Go function are read like this), and do not use it after " +
			"its release.",
		Example: "kfunc_double_release",
	},
	{
		Kind:    mistake.Untrusted,
		Pattern: "R%d must be referenced or trusted",
		Also: []string{
			"R%d must be a rcu pointer",
			"R%d is %s trusted",
		},
		Explanation: "The call accepts only pointers that are known to be valid: arguments of the program, and pointers that it " +
			"acquired. R{1} was read from another struct, or its RCU section has ended.",
		Fix: "Pass an argument of the program, read the pointer within f.RCU, or acquire it first, for example with " +
			"bpf_task_from_pid.",
		Example: "kfunc_untrusted_walk",
	},
	{
		Kind:        mistake.ModifiedPointer,
		Pattern:     "R%d must have zero offset when passed to release func",
		Explanation: "An offset was added to R{1}, so it does not point to the beginning of the object.",
		Fix:         "Pass the pointer without an offset; use a copy to reach its fields.",
	},
	{
		Kind:        mistake.MaybeNil,
		Pattern:     "Possibly NULL pointer passed to trusted arg%d",
		Also:        []string{"NULL pointer passed to trusted arg%d"},
		Explanation: "Argument {1}, counted from 0, may be nil but must not be.",
		Fix:         "Check it before the call: f.If(p.IsNil(), f.Exit).",
		Example:     "kfunc_release_or_null",
	},
	{
		Kind:        mistake.MaybeNil,
		Pattern:     "Possibly NULL pointer passed to helper arg%d",
		Explanation: "Argument {1}, counted from 1, may be nil but must not be.",
		Fix:         "Check it before the call: f.If(p.IsNil(), f.Exit).",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "R%d is not a scalar",
		Also: []string{
			"R%d is not scalar",
		},
		Explanation: "Argument {1} must be a number, but R{1} is a pointer or was never set.",
		Fix:         "Set it to a number before the call.",
		Example:     "tcp_kfunc_ptr_as_scalar",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "R%d is not a pointer to %s",
		Explanation: "R{1} must be a pointer to {2}, but it is not.",
		Fix:         "Pass an address of the arena: a.At(f, offset), or the result of a.Alloc.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "at the time of BPF_LD_ABS|IND R6 != pointer to skb",
		Explanation: "Packet access by number (LD_ABS, LD_IND) needs the context in R6, but R6 holds something else.",
		Fix:         "Copy R1 to R6 first: dsl.Mov64Reg(isa.R6, isa.R1).",
		Example:     "ldabs_r6",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "Caller passes invalid args into func#%d ('%s')",
		Explanation: "{2} is a global function: the verifier checks calls only against its prototype. This call does not match it: " +
			"{details}.",
		Fix:     "Pass arguments that match the prototype.",
		Example: "global_bad_arg",
	},
	{
		Kind:        mistake.FunctionContract,
		Pattern:     "At subprogram exit the register R%d is not a scalar value (%s)",
		Explanation: "A global function must return a number, but this one returns a {2}.",
		Fix:         "Return a number; write other results to memory that the caller passes.",
		Example:     "global_ret_ptr",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "arg#%d reference type('%s %s') size cannot be determined",
		Also:    []string{},
		Explanation: "Argument {1} of a global function has a type without a size, so the verifier does not know how many bytes may be " +
			"read.",
		Fix: "Use a pointer to a struct that is fully defined in the program's BTF.",
	},
	{
		Kind:        mistake.FunctionContract,
		Pattern:     "Global function %s() doesn't return scalar",
		Explanation: "{1} is a global function. It must return a number, but its prototype has another result or none.",
		Fix:         "Return an integer; write other results to memory that the caller passes.",
	},
	{
		Kind:    mistake.ForbiddenWithLock,
		Pattern: "function calls are not allowed while holding a lock",
		Also: []string{
			"%s is not allowed while holding a lock",
		},
		Explanation: "While a spin lock is held, the only call that is allowed is the one that unlocks it.",
		Fix:         "Move other calls before or after the section: the body of f.Locked may only read and write memory.",
		Example:     "lock_twice",
	},
	{
		Kind:    mistake.ForbiddenWithLock,
		Pattern: "global function calls are not allowed while holding a lock",
		Also:    []string{"global function calls are not allowed with preemption disabled", "use static function instead"},
		Explanation: "A global function is called while a lock is held or preemption is disabled. The verifier checks global functions " +
			"separately, so it does not know what they do with the lock.",
		Fix: "Make the function static (or static __always_inline): then it is checked together with its caller. Or release the lock " +
			"before the call.",
	},
	{
		Kind:        mistake.NeedsBTF,
		Pattern:     "map '%s' has to have BTF in order to use %s",
		Explanation: "The map {1} was created without BTF, so the kernel cannot find its {2}.",
		Fix:         "Declare it with package maps, which writes BTF for it.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "arg#%d expected pointer to ctx, but got %s",
		Also:        []string{"arg#%d expects pointer to ctx"},
		Explanation: "Argument {1}, counted from 0, must be the context of the program, but something else is passed.",
		Fix:         "Pass the context without an offset. R1 holds it at the beginning of the program; every call clears R1.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "arg#%d expected pointer to stack or const struct bpf_dynptr",
		Also: []string{
			"arg#%d expected pointer to an iterator on stack",
			"arg#%d doesn't point to an irq flag on stack",
			"cannot pass pointer to const bpf_dynptr, the helper mutates it",
		},
		Explanation: "The argument must be the address of a kernel object on the program's stack: a dynptr, an iterator or saved flags. " +
			"It must point to its beginning, and the call must be allowed to change it.",
		Fix: "Make the object with dsl.Local, and pass its address without an offset.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "cannot pass in %s at an offset",
		Explanation: "The argument ({1}) must be the address of a kernel object on the stack: of its beginning, at an offset from R10 " +
			"that is a multiple of 8. The address that is passed is another one.",
		Fix: "Make the object with dsl.Local, and pass its address without an offset. A struct of one's own must have it at a multiple " +
			"of 8 bytes, and the compiler must align the struct: declare it with the kernel's type.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "arg#%d doesn't point to a map value",
		Also: []string{
			"arg#%d doesn't point to map value or allocated object",
			"arg#%d expected pointer to map value or allocated object",
			"arg#%d expected for bpf_obj_drop_impl()",
			"arg#%d expected for bpf_percpu_obj_drop_impl()",
		},
		Explanation: "Argument {1}, counted from 0, must point into a map's value or to an object that the program allocated, but " +
			"something else is passed.",
		Fix: "Pass a field of the result of m.In(f).Lookup(key), after a check for nil: r.Part(\"Lock\").",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "arg%d expected pointer to func",
		Also: []string{
			"pointer in R%d isn't map pointer",
			"expected map for helper call",
		},
		Explanation: "The argument must be a function or a map, but something else is passed.",
		Fix:         "For a function pass the program (f.Loop does); for a map use the methods of package maps.",
	},
	{
		Kind:        mistake.MaybeNil,
		Pattern:     "arg#%d is expected to be non-NULL",
		Explanation: "Argument {1}, counted from 0, may be nil but must not be.",
		Fix:         "Check it before the call: f.If(p.IsNil(), f.Exit).",
	},
	{
		Kind:    mistake.HelperForbidden,
		Pattern: "func %s#%d supported only for fentry/fexit/fmod_ret programs",
		Also: []string{
			"func %s#%d not supported for program type %d",
		},
		Explanation: "{1} reads facts about the function that the program is attached to, but this program is not attached to a function.",
		Fix: "Call it in a program that is attached to a function: prog.Options{AttachType: syscall.AttachTraceFEntry, " +
			"AttachTo: \"...\"}.",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "JIT is required for calling kernel function",
		Also: []string{
			"JIT does not support calling kernel function",
			"calling kernel functions are not allowed in non-JITed programs",
			"JIT does not support calling kfunc",
			"JIT doesn't support bpf-to-bpf calls",
			"callbacks are not allowed in non-JITed programs",
			"function calls are not allowed in non-JITed programs",
			"JIT does not support %s",
			"calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF",
			"too many different kernel function calls",
			"JIT doesn't support arena",
			"JIT is required to use arena",
			"Private stack not supported by jit",
		},
		Explanation: "In this kernel, programs cannot call kernel functions, or not this one; the same is true of callbacks and other " +
			"calls. They need the JIT compiler, which must be on (net.core.bpf_jit_enable) and support them on this architecture, and " +
			"BTF. A program may call at most {MostKernelFunctions} different functions.",
		Fix: "Look at sysctl net.core.bpf_jit_enable, CONFIG_BPF_JIT and CONFIG_DEBUG_INFO_BTF. JIT compilers of other architectures " +
			"than x86-64 and arm64 got these calls in later releases: take a newer kernel, or use a helper that does the same.",
	},
	{
		Kind:        mistake.KernelForbidden,
		Pattern:     "invalid module BTF fd specified",
		Also:        []string{"kfunc offset > 0 without fd_array is invalid", "failed to find BTF for kernel function"},
		Explanation: "The called function is in a module, but the file descriptor for the module's types is not of BTF.",
		Fix:         "Call by name: f.Kernel(\"...\"). Package prog does not find functions of modules.",
	},
	{
		Kind:    mistake.NotPermitted,
		Pattern: "loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN",
		Also: []string{
			"destructive kfunc calls require CAP_SYS_BOOT capabilit",
			"CAP_BPF and CAP_PERFMON are required to use arena",
		},
		Explanation: "The process is not allowed to do this: a capability is missing.",
		Fix:         "Load with CAP_BPF. Arenas also need CAP_PERFMON; functions that may stop the machine need CAP_SYS_BOOT.",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls",
		Also: []string{"mixing of tail_calls and bpf-to-bpf calls is not supported", "tail_calls are not allowed in programs with " +
			"bpf-to-bpf calls"},
		Explanation: "The program makes tail calls and also calls functions. For both together the kernel's JIT compiler must support " +
			"it: on x86-64 since Linux 5.10, on arm64 since 6.0, on other architectures later or not at all. The kernel prints the same " +
			"words when the JIT compiler is off.",
		Fix: "Use a newer kernel, or make the called functions static __always_inline. If this kernel and architecture have it, look at " +
			"net.core.bpf_jit_enable.",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "tail_call is only allowed in functions that return 'int'.",
		Also: []string{
			"tail_call is not allowed in subprogs without BTF",
			"program with __ref argument cannot tail call",
			"cannot tail call within exception cb",
			"LD_ABS is only allowed in functions that return 'int'.",
			"LD_ABS is not allowed in subprogs without BTF",
		},
		Explanation: "A tail call, or packet access by number (LD_ABS, LD_IND), may end the function that it is in. So it is not " +
			"possible everywhere: the function must return an int, the JIT must support it, and the function must not hold anything " +
			"that must be released.",
		Fix: "Do it in the entry function, for example with f.TailCall.",
	},
	{
		Kind:        mistake.NotHeld,
		Pattern:     "kernel func %s requires RCU critical section protection",
		Also:        []string{"expected an RCU CS when using %s"},
		Explanation: "{1} may only be called in an RCU section, and none is open.",
		Fix:         "Call it within f.RCU(body).",
	},
}
