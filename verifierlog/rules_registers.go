package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about the values of registers.
var registerRules = [...]Rule{
	{
		Kind:    mistake.Uninitialised,
		Pattern: "R%d !read_ok",
		Explanation: "R{1} has no value here: on the path to {insn} it was never written, or a call has cleared it. A call clears R1 to " +
			"R5 and writes its result to R0.",
		Fix: "Set R{1} on every path to this instruction. Keep values that are needed after a call in R6 to R9, or read them " +
			"again. In Go functions, the compiler keeps values.",
		Example: "r0_not_set",
	},
	{
		Kind:    mistake.NotAPointer,
		Pattern: "R%d invalid mem access 'scalar'",
		Also:    []string{"R%d invalid mem access 'inv'"},
		Explanation: "For the verifier R{1} is a number, but {insn} uses it as an address. Either it never was a pointer, or it no " +
			"longer is one: it was released, the packet may have moved, or only half of it was copied.",
		Fix: "Find the place where it became a number. Read addresses from untrusted memory with bpf_probe_read_kernel: " +
			"p.Field(\"pid\").Probe().U32().",
		Example: "pkt_stale",
	},
	{
		Kind:    mistake.MaybeNil,
		Pattern: "R%d invalid mem access '%s_or_null'",
		Also: []string{
			"R%d invalid mem access 'rcu_ptr_or_null_%s'",
			"R%d invalid mem access 'ptr_or_null_%s'",
			"R%d invalid mem access 'trusted_ptr_or_null_%s'",
			"R%d invalid mem access 'untrusted_ptr_or_null_%s'",
		},
		Explanation: "R{1} may be nil: its source returns nil when it finds nothing, and the program did not check.",
		Fix:         "Check it right after the call: f.If(p.IsNil(), f.Exit), or JEQ64Imm(r, 0, \"out\").",
		Example:     "ringbuf_no_null",
	},
	{
		Kind:        mistake.NotAPointer,
		Pattern:     "R%d invalid mem access '%s'",
		Explanation: "R{1} is a {2}, but {insn} uses it as the address of memory.",
		Fix:         "Use a pointer to memory: to the stack, a map's value, a packet or an object.",
	},
	{
		Kind:        mistake.MaybeNil,
		Pattern:     "R%d pointer arithmetic on %s_or_null prohibited, null-check it first",
		Explanation: "R{1} may be nil. The program must check it before it adds something to it.",
		Fix:         "Check it first: f.If(p.IsNil(), f.Exit).",
		Example:     "null_arith",
	},
	{
		Kind:        mistake.PointerArithmetic,
		Pattern:     "R%d pointer arithmetic on %s prohibited",
		Explanation: "R{1} is a {2}. Programs may not add anything to such a pointer.",
		Fix:         "Use it without an offset. To get an element of a map, look up its key.",
		Example:     "map_ptr_arith",
	},
	{
		Kind:        mistake.PointerArithmetic,
		Pattern:     "R%d pointer arithmetic with %s operator prohibited",
		Explanation: "A number may be added to a pointer or subtracted from it. The operator {2} is not possible.",
		Fix:         "Compute with numbers, and add the result once.",
		Example:     "ptr_mul",
	},
	{
		Kind:        mistake.PointerArithmetic,
		Pattern:     "R%d bitwise operator %s on pointer prohibited",
		Explanation: "Bitwise operations on a pointer are not possible.",
		Fix:         "Compute the offset as a number, and add it to the pointer.",
	},
	{
		Kind:        mistake.PointerArithmetic,
		Pattern:     "R%d 32-bit pointer arithmetic prohibited",
		Explanation: "A pointer has 64 bits; a 32-bit operation would lose half of it.",
		Fix:         "Add with a 64-bit instruction (Add64Imm, Add64Reg).",
		Example:     "ptr_add32",
	},
	{
		Kind:        mistake.PointerArithmetic,
		Pattern:     "R%d pointer %s pointer prohibited",
		Also:        []string{"R%d pointer += pointer prohibited"},
		Explanation: "Two pointers cannot be combined like this; only their difference makes sense.",
		Fix:         "Add a number to one of them.",
		Example:     "ptr_add_ptr",
	},
	{
		Kind:        mistake.PointerArithmetic,
		Pattern:     "R%d tried to subtract pointer from scalar",
		Explanation: "A pointer is subtracted from a number. The result is not an address.",
		Fix:         "Exchange the sides, or subtract numbers.",
		Example:     "ptr_sub_from_scalar",
	},
	{
		Kind:        mistake.AddressLeak,
		Pattern:     "R%d pointer arithmetic prohibited",
		Explanation: "Pointer arithmetic other than adding a number needs CAP_PERFMON, because it may show addresses.",
		Fix:         "Load with CAP_PERFMON, or leave the operation out.",
	},
	{
		Kind:        mistake.Unbounded,
		Pattern:     "math between %s pointer and register with unbounded min value is not allowed",
		Explanation: "The number that is added to the {1} pointer has no lower limit that the verifier knows: it may be negative.",
		Fix: "Limit it first: x.And(63), or an unsigned comparison, f.If(x.Lt(n), ...). A signed comparison limits only the " +
			"upper side.",
		Example: "stack_unbounded",
	},
	{
		Kind:        mistake.Unbounded,
		Pattern:     "math between %s pointer and %d is not allowed",
		Explanation: "{2} is too far from the {1} pointer: offsets must be below {OffsetLimit}.",
		Fix:         "Add a smaller number.",
		Example:     "ptr_huge_off",
	},
	{
		Kind:        mistake.Unbounded,
		Pattern:     "value %d makes %s pointer be out of bounds",
		Explanation: "The number that is added to the {2} pointer may be {1}, which is too far.",
		Fix:         "Limit it first: x.And(63), or an unsigned comparison, f.If(x.Lt(n), ...).",
		Example:     "map_value_s32",
	},
	{
		Kind:        mistake.Unbounded,
		Pattern:     "%s pointer offset %d is not allowed",
		Explanation: "The offset {2} is too large.",
		Fix:         "Use offsets below {OffsetLimit}.",
	},
	{
		Kind:        mistake.MapBounds,
		Pattern:     "R%d pointer arithmetic of map value goes out of range, prohibited for !root",
		Explanation: "Without CAP_PERFMON a pointer must stay inside the map's value, even when the program does not use it.",
		Fix:         "Limit the index before it is added: f.If(i.Lt(n), ...), or a mask, i.And(63).",
		Example:     "spec_map_value",
	},
	{
		Kind:        mistake.StackBounds,
		Pattern:     "R%d stack pointer arithmetic goes out of range, prohibited for !root",
		Explanation: "Without CAP_PERFMON a pointer must stay inside the stack, even when the program does not use it.",
		Fix:         "Limit the index before it is added: f.If(i.Lt(n), ...), or a mask, i.And(63).",
	},
	{
		Kind:    mistake.Unbounded,
		Pattern: "R%d tried to %s from different maps, paths or scalars, prohibited for !root",
		Also: []string{
			"R%d has pointer with unsupported alu operation",
			"R%d has unknown scalar with mixed signed bounds",
			"R%d tried to %s beyond pointer bounds, %s",
			"R%d tried to %s from different maps, paths or scalars, %s",
			"R%d could not be pushed for speculative verification, %s",
		},
		Explanation: "Without CAP_PERFMON the verifier also checks what a processor may do during speculative execution, so it must " +
			"limit the number that is added to a pointer. Here it cannot: too little is known about the number, or the paths to this " +
			"instruction differ.",
		Fix: "Mask the index (x.And(63)) just before it is added, in the same way on each path, or load with CAP_PERFMON.",
	},
	{
		Kind:    mistake.AddressLeak,
		Pattern: "R%d leaks addr as return value",
		Also: []string{
			"R%d leaks addr into map",
			"R%d leaks addr into mem",
			"R%d leaks addr into packet",
			"R%d leaks addr into ctx",
			"R%d leaks addr into helper function",
			"R%d leaks addr",
		},
		Explanation: "R{1} is an address of the kernel, and user space could read it. This needs CAP_PERFMON.",
		Fix:         "Do not return or store the pointer, or load with CAP_PERFMON.",
		Example:     "leak_ret",
	},
	{
		Kind:    mistake.AddressLeak,
		Pattern: "R%d pointer comparison prohibited",
		Explanation: "Comparing a pointer with anything other than nil needs CAP_PERFMON. This includes the comparison of packet " +
			"pointers with data_end: CAP_BPF and CAP_NET_ADMIN are not enough for direct access to packets.",
		Fix:     "Load with the capability CAP_PERFMON, or compare offsets or numbers.",
		Example: "leak_compare",
	},
	{
		Kind:    mistake.ResultRange,
		Pattern: "At program exit the register R%d has %s should have been in [%d, %d]",
		Also: []string{
			"At program exit the register R%d has %s should have been in %s",
			"At program exit the register R%d has %s should have been %s",
		},
		Explanation: "The result, R{1}, has {2} at the end. This hook does not accept all of these values.",
		Fix:         "Return a constant in the allowed range on every path. Mask or compare a computed number before it is returned.",
		Example:     "ret_range_cgroup",
	},
	{
		Kind:    mistake.ResultRange,
		Pattern: "At callback return the register R%d has %s should have been in [%d, %d]",
		Also: []string{
			"At callback return the register R%d has %s",
			"At async callback the register R%d has %s",
		},
		Explanation: "A callback returns 0 to continue or 1 to stop. This one may return something else: {2}.",
		Fix:         "Return f.U32(0) or f.U32(1).",
		Example:     "loop_callback_ret",
	},
	{
		Kind:        mistake.PointerResult,
		Pattern:     "At program exit the register R%d is not a known value (%s)",
		Also:        []string{"At program exit the register R%d is not a scalar value (%s)"},
		Explanation: "The result is a {2} but must be a number.",
		Fix:         "Return a number.",
	},
	{
		Kind:        mistake.PointerResult,
		Pattern:     "cannot return stack pointer to the caller",
		Explanation: "The function returns an address of its own stack, which no longer exists after the return.",
		Fix:         "Let the caller pass memory that the function writes to.",
	},
	{
		Kind:    mistake.AddressLeak,
		Pattern: "R%d partial copy of pointer",
		Also: []string{
			"R%d sign-extension part of pointer",
			"leaking pointer from stack off %d",
		},
		Explanation: "User space could see an address of the kernel: half of a pointer is copied, or a pointer is in memory that user " +
			"space may read. This needs CAP_PERFMON.",
		Fix: "Copy all 64 bits of pointers (dsl.Mov64Reg), do not pass objects that contain pointers to helpers, or load with " +
			"CAP_PERFMON.",
	},
	{
		Kind:        mistake.PointerArithmetic,
		Pattern:     "R%d subtraction from stack pointer prohibited",
		Explanation: "A number is subtracted from an address on the stack.",
		Fix:         "Add the negative number instead, or use the address of an object: dsl.Local.",
	},
}
