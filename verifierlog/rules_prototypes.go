package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about prototypes in BTF: of global functions, of functions of the kernel that a program is attached to, and of functions that
// a program replaces (kernel/bpf/btf.c).
var prototypeRules = [...]Rule{
	{
		Kind:    mistake.FunctionContract,
		Pattern: "arg#%d has invalid combination of tags",
		Also: []string{
			"arg#%d arena cannot be combined with any other tags",
			"arg#%d untrusted cannot be combined with any other tags",
			"arg#%d has pointer tag, but is not a pointer type",
			"arg#%d has unsupported set of tags",
			"arg#%d type tag fetching failure: %d",
			"arg#%d type tag is not supported in static functions",
		},
		Explanation: "Argument {1} of a global function, counted from 0, has tags (__arg_nonnull, __arg_trusted and others) that do " +
			"not go together, do not fit its type, or are not known to this kernel. Static functions have no such tags.",
		Fix: "Use one tag that fits the type of the argument: __arg_ctx and __arg_trusted are for pointers to structs of the " +
			"kernel, __arg_arena stands alone.",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "arg#%d reference type('%s %s') %s",
		Also: []string{
			"arg#%d reference type('%s %s') candidate matching error: %d",
			"arg#%d reference type('%s %s') points to kernel module type (unsupported)",
		},
		Explanation: "Argument {1} of a global function, counted from 0, is a trusted pointer to {2} {3}. The kernel must know this " +
			"type, and it did not find it in its own BTF (types of modules do not count).",
		Fix: "Use the type as the kernel has it (vmlinux.h), or make the function static.",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "arg#%d should be `struct %s *`",
		Also:    []string{"arg#%d should be void pointer"},
		Explanation: "Argument {1} of a global function, counted from 0, is tagged as the context, but its type is not that of the " +
			"context of this type of program.",
		Fix: "Declare it with the struct of the program's type, such as struct __sk_buff * or struct xdp_md *, or as void * for raw " +
			"tracepoints.",
	},
	{
		Kind:    mistake.FunctionContract,
		Pattern: "arg#%d type isn't a pointer",
		Also:    []string{"arg#%d type doesn't have a name", "arg#%d struct doesn't have a name"},
		Explanation: "Argument {1} of a global function, counted from 0, should be the context of the program, but its type is no " +
			"pointer to a struct with a name.",
		Fix: "Declare it with the struct of the program's type, such as struct __sk_buff * or struct xdp_md *.",
	},
	{
		Kind:        mistake.FunctionContract,
		Pattern:     "Global function %s() with %d > %d args. Buggy compiler.",
		Explanation: "{1} has {2} arguments. A function of a program has at most {3}.",
		Fix:         "Pass a pointer to a struct instead of single values, or make the function static __always_inline.",
	},
	{
		Kind:    mistake.BadDebugInfo,
		Pattern: "Global functions need valid BTF",
		Also: []string{
			"BTF of func#%d doesn't point to KIND_FUNC",
			"BTF of func_id %u doesn't point to KIND_FUNC",
			"Invalid BTF of func %s",
			"Invalid type of function %s()",
			"Program extension requires BTF",
			"relo #%u: bad type id %u",
		},
		Explanation: "The program has functions that are verified by their prototypes, and the types that were loaded with it do " +
			"not have these prototypes.",
		Fix: "Compile all of the object with BTF (-g), with one compiler, and load it with a loader that passes func_info.",
	},
	{
		Kind:    mistake.BadAttach,
		Pattern: "%s() has %d args while %s() has %d args",
		Also: []string{
			"Return type %s of %s() doesn't match type %s of %s()",
			"arg%d %s(struct %s *) doesn't match %s(struct %s *)",
			"arg%d in %s() has size %d while %s() has %d",
			"arg%d in %s() is %s while %s() has %s",
		},
		Explanation: "The program should replace a function of another program (freplace), and the two prototypes differ: " +
			"{details}. They must have the same result and the same arguments.",
		Fix: "Declare the function exactly as the one that it replaces.",
	},
	{
		Kind:    mistake.BadAttach,
		Pattern: "%s() is not a global function",
		Also: []string{
			"arg%d in %s() has unrecognized type",
			"arg%d in %s() is not a pointer to context",
		},
		Explanation: "The program should replace a function of another program (freplace). Only global functions can be replaced, " +
			"whose arguments are numbers and the context: {details}.",
		Fix: "Declare the function without static in the other program, with __noinline, and give both the same prototype.",
	},
	{
		Kind:    mistake.BadAttach,
		Pattern: "The function %s arg%d type %s is unsupported.",
		Also: []string{
			"The function %s has %d arguments. Too many.",
			"The function %s has malformed void argument.",
			"The function %s return type %s is unsupported.",
			"The function %s with variable args is unsupported.",
		},
		Explanation: "A program for {1} cannot be made for fentry and fexit: the function has an argument, a result or a number of " +
			"arguments that they do not support ({details}).",
		Fix: "Use a kprobe for this function, or trace another one that it calls.",
	},
	{
		Kind:        mistake.BadAttach,
		Pattern:     "ret type %s not allowed for fmod_ret",
		Explanation: "A program for fmod_ret changes the result of a function, which must be an integer. This function returns a {1}.",
		Fix:         "Use fexit to look at the result, or another function.",
	},
	{
		Kind:    mistake.ContextAccess,
		Pattern: "func '%s' arg%d '%s' has type %s. Only pointer access is allowed",
		Explanation: "Argument {2} of {1}, counted from 0, is a {4}, which is not passed in one register as a pointer or a number. " +
			"Programs cannot read it from the context.",
		Fix: "Use another argument, or a kprobe.",
	},
	{
		Kind:    mistake.ContextAccess,
		Pattern: "invalid btf_id for context argument offset %u",
		Explanation: "The argument at offset {1} of the context has a type that is not in the kernel's BTF, so the program may not " +
			"read it.",
		Fix: "Use another argument.",
	},
	{
		Kind:        mistake.StructBounds,
		Pattern:     "struct %s doesn't have field at offset %d",
		Also:        []string{"Type '%s' is not a struct (%d)"},
		Explanation: "struct {1} of this kernel has no field at offset {2}: the offset belongs to another kernel, or it is in a gap.",
		Fix: "Name the field: its offset is looked up in the kernel that the program is loaded into. If the pointer is really of " +
			"another type, convert it with To(\"...\").",
	},
	{
		Kind:        mistake.StructBounds,
		Pattern:     "Type '%s' is not a struct",
		Explanation: "The pointer is to {1}, which is no struct of this kernel, so no field can be read through it.",
		Fix:         "Read the memory with bpf_probe_read_kernel.",
	},
	{
		Kind:        mistake.StructBounds,
		Pattern:     "direct access to %s is disallowed",
		Also:        []string{"field %s doesn't have size"},
		Explanation: "{1} is a field that only its own calls may use: a lock, timer, kptr, list or tree.",
		Fix:         "Use the calls for it, and do not read or write the field.",
	},
	{
		Kind:        mistake.NeedsBTF,
		Pattern:     "btf_vmlinux is malformed",
		Also:        []string{"target candidate search failed for %d"},
		Explanation: "The kernel's own BTF cannot be read, or a type of the program was not found in it.",
		Fix:         "Use a kernel whose BTF is whole (CONFIG_DEBUG_INFO_BTF, made with a current pahole).",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "kernel function %s args#%d expected pointer to %s %s",
		Explanation: "Argument {2} of {1}, counted from 0, must be a pointer to {3} {4} of the kernel, but something else is " +
			"passed: a number, or a pointer to other memory.",
		Fix: "Pass a pointer of the right type: an argument of the program, or the result of a call.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "arg#%d pointer type %s %s must be valid and initialized",
		Also: []string{
			"arg#%d pointer type %s %s not to stack",
			"arg#%d pointer type %s %s points to unsupported dynamic pointer type",
			"arg#%d has type %s '%s', but only struct or primitive types are allowed",
		},
		Explanation: "Argument {1}, counted from 0, must be a {3} of another kind, or one that was made before: {details}.",
		Fix:         "Make the object first, on the stack of the program, and pass its address without an offset.",
	},
	{
		Kind:    mistake.SpecialField,
		Pattern: "arg#0 no referenced kptr at map value offset=%d",
		Also: []string{
			"arg#0 expected pointer to map value",
			"arg#0 BTF type must be a double pointer",
			"arg#0 must have constant offset",
		},
		Explanation: "The first argument must be the address of a kptr in a map's value, at a constant offset.",
		Fix:         "Pass the address of the member that is tagged __kptr (__kptr_ref in kernels before 6.3).",
	},
}
