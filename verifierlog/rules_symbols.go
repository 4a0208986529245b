package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about names and types of the kernel that a program uses, about callbacks, arenas and indirect jumps.
var symbolRules = [...]Rule{
	{
		Kind:    mistake.UnknownFunction,
		Pattern: "ldimm64 failed to find the address for kernel symbol '%s'.",
		Also:    []string{"cannot find function %s in BTF"},
		Explanation: "The program uses {1} of the kernel. The kernel's BTF has it, but no symbol with this name has an address: it " +
			"was left out or renamed when the kernel was compiled.",
		Fix: "Declare it __weak and compare its address with 0 before it is used, or do without it.",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "ldimm64 insn specifies invalid btf_id %d.",
		Also:    []string{"pseudo btf_id %d in ldimm64 isn't KIND_VAR or KIND_FUNC", "pseudo btf_id %d in ldimm64 isn't KIND_VAR."},
		Explanation: "A 64-bit load takes the address of a variable or function of the kernel by its number in BTF, {1}. This " +
			"kernel has no such type, or it is neither of them: the number is from another kernel.",
		Fix: "Let the loader look the name up in the kernel that the program is loaded into (extern ... __ksym).",
	},
	{
		Kind:    mistake.NeedsBTF,
		Pattern: "kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.",
		Also: []string{
			"in-kernel BTF is malformed",
			"map_ptr access not supported without CONFIG_DEBUG_INFO_BTF",
		},
		Explanation: "The program uses types or functions of the kernel, and this kernel was built without BTF, or its BTF cannot " +
			"be read.",
		Fix: "Use a kernel with CONFIG_DEBUG_INFO_BTF: it has the file /sys/kernel/btf/vmlinux.",
	},
	{
		Kind:    mistake.NeedsBTF,
		Pattern: "invalid module BTF object FD specified.",
		Also: []string{
			"BTF fd for kfunc is not a module BTF",
			"negative offset disallowed for kernel module function call",
			"fd_idx without fd_array is invalid",
			"fd_array_cnt is too big (%u)",
			"too many different module BTFs",
			"The total number of btfs per program has reached the limit of %u",
		},
		Explanation: "The program uses something of a kernel module, and the list of file descriptors that was passed with it " +
			"(fd_array) is wrong: an entry is missing or not the BTF of a module, or there are too many.",
		Fix: "Loaders make this list: use a current one, and load the module before the program.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "ldimm64 unable to resolve the size of type '%s': %d",
		Also:        []string{"unable to resolve the size of type '%s': %d"},
		Explanation: "The type {1} of the kernel has no known size, so the verifier cannot tell which bytes may be used.",
		Fix:         "Use a variable or function whose type is complete in the kernel's BTF.",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "kernel function %s args#%d pointer type %s %s is not supported",
		Also: []string{
			"kernel function %s returns pointer type %s %s is not supported",
			"kernel function %s unhandled dynamic return type",
			"Function %s has %d > %d args",
		},
		Explanation: "{1} is a function of the kernel that programs may call, but its prototype has an argument or a result that " +
			"the verifier of this kernel does not know. The function was written for another kernel, or is wrong.",
		Fix: "Correct the prototype if the function is in a module of yours. Otherwise use a kernel for which it was written.",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "Unrecognized arg#%d type %s",
		Also:    []string{"unrecognized arg#%d type %d", "Only %d prog->aux argument supported per-kfunc"},
		Explanation: "The called kernel function has an argument of a kind that the verifier of this kernel does not know: argument " +
			"{1}, counted from 0. Its prototype is wrong, or was written for another kernel.",
		Fix: "Correct the prototype if the function is in a module of yours. Otherwise use a kernel for which it was written.",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "acquire kernel function does not return PTR_TO_BTF_ID",
		Also: []string{
			"2 or more rdonly/rdwr_buf_size parameters for kfunc",
			"only one constant argument permitted",
		},
		Explanation: "The prototype or the flags of the called kernel function are wrong: a function that acquires must return a " +
			"pointer to a struct, and at most one argument may be a constant or the size of the result.",
		Fix: "Correct the function in the kernel module that has it.",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "address of kernel function %s is out of range",
		Also:    []string{"address of kernel func_id %u is out of range"},
		Explanation: "The address of the kernel function ({1}) is too far away for a call from a program on this architecture. It " +
			"is in a module that was loaded far from the kernel.",
		Fix: "Use a newer kernel, which has no such limit on most architectures, or build the module into the kernel.",
	},
	{
		Kind:    mistake.KernelForbidden,
		Pattern: "invalid kernel function call not eliminated in verifier pass",
		Explanation: "A call whose function the loader did not find is still in the program. Such calls are allowed only in code " +
			"that no path reaches.",
		Fix: missingFunctionFix,
	},
	{
		Kind:    mistake.MaySleep,
		Pattern: "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs",
		Explanation: "The iterator over the tasks of a cgroup takes a lock that other programs must not take where they run. Only " +
			"LSM programs, programs for iterators, and sleepable programs may use it.",
		Fix: "Do this in a program of one of these types, for example a sleepable one.",
	},
	{
		Kind:        mistake.ReadOnlyMemory,
		Pattern:     "%s() may write into memory pointed by R%d type=%s",
		Explanation: "{1} may write to the memory that R{2} points to, but this memory ({3}) is read-only here.",
		Fix:         "Pass memory that may be written: the stack, or a map's value.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "R%d is of type %s but %s is expected",
		Also:        []string{"R%d must point to kernel BTF, not %s but %s"},
		Explanation: "R{1} points to struct {2}, but the call needs struct {3}.",
		Fix:         "Pass a pointer to struct {3}. It must point to the beginning of the struct.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "R%d must point to kernel BTF",
		Also:        []string{"Helper has invalid btf_id in R%d"},
		Explanation: "R{1} must be a pointer to a struct of the kernel, but its type belongs to the program, or is not known.",
		Fix:         "Pass a pointer that came from the kernel: an argument of the program, or the result of a call.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "Helper has invalid btf/btf_id in R1",
		Explanation: "R1 must be the address of a variable that each CPU has (a __ksym per-CPU variable), but its type is not known.",
		Fix:         "Pass the address of the variable itself: extern ... __ksym, declared with its type.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "expected %s or socket",
		Explanation: "The call needs a pointer to a socket, or to {1} of the kernel, and this register holds something else.",
		Fix:         "Pass the socket that bpf_sk_lookup_tcp or its like returned, or the one from the context, after a check for nil.",
	},
	{
		Kind:    mistake.NeedsGPL,
		Pattern: "Cannot access kernel 'struct %s' from non-GPL compatible program",
		Explanation: "Reading struct {1} of the kernel through its pointer is only for programs under a licence that is compatible " +
			"with the GPL.",
		Fix: "If the program is under such a licence, set it: License: \"GPL\" or \"Dual MIT/GPL\".",
	},
	{
		Kind:    mistake.ContextAccess,
		Pattern: "R%d invalid %s access off=%d size=%d",
		Explanation: "The access of {4} bytes at offset {3} of the {2} in R{1} is not allowed. Possible reasons: there is no such " +
			"field, it is not for this type of program, it has another width, or it is read-only.",
		Fix: "Use the fields of the struct by name, with their own width: struct bpf_sock, bpf_tcp_sock or bpf_xdp_sock.",
	},
	{
		Kind:    mistake.StructBounds,
		Pattern: "map_ptr access not supported for map type %d",
		Explanation: "The program reads a field of the map itself, the kernel's own struct. This is possible for arrays and hashes " +
			"only, not for maps of type {1}.",
		Fix: "If the program should read a value, look it up with bpf_map_lookup_elem. Otherwise keep the number in a map or .rodata.",
	},
	{
		Kind:    mistake.BadMap,
		Pattern: "tail_call abusing map_ptr",
		Explanation: "On different paths, different maps come to this tail call, or the map is not known. The kernel must know the " +
			"one map of each tail call.",
		Fix: "Write a tail call of its own for each map.",
	},
	{
		Kind:    mistake.BadMap,
		Pattern: "program's hash doesn't match map's excl_prog_hash",
		Explanation: "The map is reserved for one program (excl_prog_hash), which is not this one: its code differs from that for " +
			"which the map was made.",
		Fix: "Create the map for this program, with the hash of its code, or create it without the option.",
	},

	{
		Kind:    mistake.KernelForbidden,
		Pattern: "metadata kfuncs require device-bound program",
		Explanation: "Kernel functions for what a network card knows of a packet (bpf_xdp_metadata_rx_...) are those of its driver. The " +
			"program was loaded without a device.",
		Fix: "Load the program for the device (BPF_F_XDP_DEV_BOUND_ONLY and prog_ifindex, in libbpf bpf_program__set_ifindex), and " +
			"attach it only there.",
	},

	// Callbacks.
	{
		Kind:    mistake.FunctionContract,
		Pattern: "callback function cannot be the main program",
		Also:    []string{"callback function not static", "callback function not allowed for map"},
		Explanation: "The function that is passed as a callback cannot be one: it must be a static function of the program, not a " +
			"global one and not the entry function. For a map, it must be one whose elements can be visited.",
		Fix: "Declare the callback static, and give it to the call directly.",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "exception callback '%s' could not be found in BTF",
		Also: []string{
			"exception callback '%s' must have global linkage",
			"%s programs cannot attach to exception callback",
		},
		Explanation: "{1}: the function that runs after bpf_throw must be a global function of the program, in its BTF. Other " +
			"programs cannot be attached to it.",
		Fix: "Declare it as a global function with one argument, u64, and name it with __exception_cb(name) at the entry function.",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "exception cb only supports single integer argument",
		Also: []string{
			"exception callback type id not found in func_info",
			"invalid exception callback insn_off in func_info: 0",
			"multiple exception callback tags for main subprog",
			"cannot use BPF_LD_[ABS|IND] within callback",
		},
		Explanation: "The program names a function that runs after bpf_throw. It may name one only, which takes one integer, " +
			"returns one, and has a record in func_info.",
		Fix: "Declare it as int f(u64 cookie), global, and name it once with __exception_cb(f).",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "bpf_throw kfunc (insn %d) cannot be called from callback subprog %d",
		Also:    []string{"insn %d cannot call exception cb directly"},
		Explanation: "The call at instruction {1} is not possible there: bpf_throw does not work inside a callback, and only the " +
			"kernel calls the function for exceptions.",
		Fix: "Return a number from the callback, and throw after the call that runs it.",
	},
	{
		Kind:        mistake.PointerResult,
		Pattern:     "%s the register R%d is not a known value (%s)",
		Also:        []string{"In async callback the register R%d is not a known value (%s), %s"},
		Explanation: "The result, R{2}, must be a known number, but it is a {3}.",
		Fix:         "Return a constant.",
	},
	{
		Kind:        mistake.PointerResult,
		Pattern:     "R0 not a scalar value",
		Explanation: "A callback must return a number, but this one returns a pointer or nothing.",
		Fix:         "Return a number on every path of the callback.",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "Caller passes invalid args into func#%d",
		Explanation: "Function number {1} of the program is a global function: the verifier checks calls only against its " +
			"prototype. This call does not match it: {details}.",
		Fix: "Pass arguments that match the prototype.",
	},

	// Arenas and indirect jumps.
	{
		Kind:    mistake.BadMap,
		Pattern: "addr_space_cast insn can only be used in a program that has an associated arena",
		Also: []string{
			"addr_space_cast insn can only convert between address space 1 and 0",
			"arena's user address must be set via map_extra or mmap()",
			"sign extending loads from arena are not supported yet",
		},
		Explanation: "The program uses addresses of an arena in a way that this kernel does not allow: it must use one map of type " +
			"arena, whose address in the process is set before the program is loaded, and it may convert addresses only between 0 " +
			"and 1, the spaces of the kernel and of the arena.",
		Fix: "Declare one arena, use it in the program, and map it before the load (libbpf does), or set map_extra. Load numbers " +
			"from an arena without a sign and extend them afterwards.",
	},
	{
		Kind:    mistake.JumpOutside,
		Pattern: "jump table for insn %d points outside of the subprog [%u,%u]",
		Also: []string{
			"indirect jump out of range from insn %d to %d",
			"no jump tables found for subprog starting at %u",
		},
		Explanation: "An indirect jump takes its target from a table (a map of type insn_array). All targets must be in the " +
			"function of the jump; for the one at {1} this is not so, or there is no table.",
		Fix: "Compilers make these tables from a switch: load the object with a loader that knows them, or compile without jump " +
			"tables (clang -fno-jump-tables).",
	},
	{
		Kind:    mistake.MapBounds,
		Pattern: "R%u points to outside of jump table: [%d,%d] max_entries %u",
		Also: []string{
			"the sum of R%u umax_value %d and off %u is too big",
			"the sum of R%u umin_value %d and off %u is too big",
			"register R%d doesn't point to any offset in map id=%d",
			"R%d has type %s, expected PTR_TO_INSN",
			"Invalid read of %d bytes from insn_array",
		},
		Explanation: "An indirect jump must take its target, 8 bytes, from inside a table of instructions (a map of type " +
			"insn_array). Here the register ({1}) is no such target, or may be outside of the table.",
		Fix: "Limit the index of the table before it is used. Or compile without jump tables: clang -fno-jump-tables.",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "unexpected __bpf_trap() due to uninitialized variable?",
		Explanation: "The compiler put this call where the program would do something that C does not define: in most cases it uses " +
			"a variable that was never set, or reaches the end of a function without a return.",
		Fix: "Compile with -Wall and look at the warnings about this function. Set the variable on every path, and return a value.",
	},
	{
		Kind:        mistake.BadInstruction,
		Pattern:     "64-bit load-acquires are only supported on 64-bit arches",
		Also:        []string{"64-bit store-releases are only supported on 64-bit arches"},
		Explanation: "This machine has 32 bits, and cannot do this atomic operation on 64.",
		Fix:         "Use 32-bit values, or a lock.",
	},
	{
		Kind:    mistake.ContextWrite,
		Pattern: "BPF_ST stores into R%d %s is not allowed",
		Explanation: "The instruction stores a constant to the {2} in R{1}. Kernels before 6.4 take such stores only from a " +
			"register. Compilers make this instruction for newer kernels.",
		Fix: "Choose an older set of instructions, as with clang -mcpu=v3, or store from a variable.",
	},
	{
		Kind:        mistake.HelperForbidden,
		Pattern:     "BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!",
		Explanation: "The hook of this LSM program has no result, so the program may not set one (bpf_set_retval).",
		Fix:         "Leave the call out, or use a hook with a result.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "get_local_storage() doesn't support non-zero flags",
		Explanation: "The second argument of bpf_get_local_storage, its flags, must be the constant 0.",
		Fix:         "Pass 0.",
	},
	{
		Kind:        mistake.BadSize,
		Pattern:     "invalid zero-sized read",
		Explanation: "The size of a buffer is 0, which this call does not accept: it must be at least 1.",
		Fix:         "Compare it with 0 just before the call: f.If(size.Eq(0), f.Exit).",
	},
}
