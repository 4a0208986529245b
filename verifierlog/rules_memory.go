package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about accesses to memory. The line before the message often has the numbers.
var memoryRules = [...]Rule{
	{
		Kind:    mistake.MapBounds,
		Pattern: "R%d max value is outside of the allowed memory range",
		Also: []string{
			"R%d min value is outside of the allowed memory range",
			"R%d max value is outside of the array range", // up to 5.6
			"R%d min value is outside of the array range",
			"invalid access to map value, value_size=%d off=%d size=%d",
		},
		Explanation: "The access may be outside of the memory that R{1} points to: {details}.",
		Fix: "Limit the index so that the whole access is inside: for 64 bytes read one at a time, use f.If(i.Lt(64), ...) or a " +
			"mask, i.And(63). If the offset is a constant, check the layout of the Go struct.",
		Example: "map_value_oob",
	},
	{
		Kind:        mistake.Unbounded,
		Pattern:     "R%d unbounded memory access, make sure to bounds check any such access",
		Also:        []string{"R%d unbounded memory access, make sure to bounds check any array access into a map"}, // up to 5.6
		Explanation: "The index that was added to R{1} has no upper limit that the verifier knows.",
		Fix:         "Before the addition, compare it as unsigned, f.If(i.Lt(n), ...), or mask it, i.And(63).",
		Example:     "map_value_unbounded",
	},
	{
		Kind:    mistake.Unbounded,
		Pattern: "R%d min value is negative, either use unsigned index or do a if (index >=0) check.",
		Also: []string{
			"R%d min value is negative (%d), either use unsigned index or do a if (index >=0) check.",
		},
		Explanation: "The index that was added to R{1} may be negative: nothing limits it, or a signed comparison limits only its " +
			"upper side.",
		Fix:     "Use unsigned integers (U32, U64) and limit them, f.If(i.Lt(n), ...), or compare both sides.",
		Example: "map_value_negative",
	},
	{
		Kind:        mistake.BadSize,
		Pattern:     "R%d unbounded memory access, use 'var &= const' or 'if (var < const)'",
		Explanation: "R{1} is the size of a buffer, and it has no limit.",
		Fix:         "Just before the call, limit it to 1 up to the size of the buffer: size.And(63), or f.If(size.Gt(64), f.Exit).",
	},
	{
		Kind:        mistake.BadSize,
		Pattern:     "R%d min value is negative, either use unsigned or 'var &= const'",
		Explanation: "R{1} is the size of a buffer, but it may be negative.",
		Fix:         "Use an unsigned integer, and limit it just before the call: size.And(63).",
		Example:     "size_negative",
	},
	{
		Kind:        mistake.BadSize,
		Pattern:     "R%d invalid zero-sized read: u64=[%d,%d]",
		Also:        []string{"R%d invalid zero-sized read"},
		Explanation: "R{1} is the size of a buffer. It may be 0 (zero), which this helper does not accept: it must be at least 1.",
		Fix: "Compare it with 0 just before the call: f.If(size.Eq(0), f.Exit). Compare this very value: a check of a copy, or of the " +
			"value before it is computed anew, does not count.",
	},
	{
		Kind:    mistake.BadSize,
		Pattern: "R%d is not a known constant",
		Also: []string{
			"R%d must be a known constant",
			"R%d is not a const",
			"R%d rdonly/rdwr_buf_size exceeds u32 max",
		},
		Explanation: "The size in R{1} must be a constant for this call.",
		Fix:         "Pass a Go constant. For records of different lengths use bpf_ringbuf_output or a dynptr.",
		Example:     "ringbuf_var_size",
	},
	{
		Kind:    mistake.StackBounds,
		Pattern: "invalid %s stack R%d off=%d size=%d",
		Also: []string{
			"invalid write to stack R%d off=%d size=%d",
			"invalid read from stack R%d off=%d size=%d",
			"invalid indirect access to stack R%d off=%d size=%d",
			"invalid stack type R%d off=%d access_size=%d", // up to 5.11
			"invalid stack off=%d size=%d",
			"invalid%s stack R%d off=%d size=%d",
		},
		Explanation: "The stack is the {StackSize} bytes below R10. This access is outside of it: {insn}.",
		Fix:         "A buffer of n bytes must begin at -n or lower. dsl.Local makes objects of the right size.",
		Example:     "stack_above_fp",
	},
	{
		Kind:    mistake.UninitialisedStack,
		Pattern: "invalid read from stack off %d+%d size %d",
		Also: []string{
			"invalid read from stack R%d off %d+%d size %d",
			"invalid indirect read from stack R%d off %d+%d size %d",
			"invalid indirect read from stack off %d+%d size %d",
			"invalid%s read from stack R%d off %d+%d size %d",
		},
		Explanation: "The program reads bytes of the stack that it has not written. This needs CAP_PERFMON.",
		Fix:         "Write all bytes first, padding too: dsl.Local makes an object whose bytes are 0.",
		Example:     "stack_uninit_slot",
	},
	{
		Kind:    mistake.Misaligned,
		Pattern: "misaligned %s access off %s size %d",
		Also: []string{
			"misaligned stack access off %s size %d",
			"misaligned access off %s size %d",
			"misaligned %saccess off %s+%d+%d size %d",
		},
		Explanation: "The offset of an access to the stack must be a multiple of its size; this one is at {1}.",
		Fix:         "Use an offset that is a multiple of the size.",
		Example:     "stack_misaligned",
	},
	{
		Kind:    mistake.StackBounds,
		Pattern: "invalid variable-offset%s stack R%d var_off=%s",
		Also: []string{
			"invalid unbounded variable-offset%s stack",
			"R%d variable stack access prohibited for !root, var_off=%s",
			"R%d variable offset stack access prohibited for !root, var_off=%s",
			"R%d%s variable offset stack access prohibited for !root, var_off=%s",
			"variable offset stack pointer cannot be passed into helper function; var_off=%s",
		},
		Explanation: "The offset into the stack is not a constant, and it may be outside of the stack.",
		Fix:         "Limit the index first, or use a map's value as the array.",
	},
	{
		Kind:    mistake.PacketBounds,
		Pattern: "R%d offset is outside of the packet",
		Also:    []string{"invalid access to packet, off=%d size=%d, R%d"},
		Explanation: "The packet may be too short for this access: on the path to {insn}, R{1} was not compared with the packet's end, " +
			"or the comparison covers too few bytes ({details}). A comparison no longer counts after a variable number is added to the " +
			"pointer, or after a helper changes the packet.",
		Fix: "Compare before reading: dsl.Header(packet, offset, short) does this. By hand, add the size to a copy of the " +
			"pointer and compare the sum with data_end.",
		Example: "pkt_no_check",
	},
	{
		Kind:    mistake.ContextAccess,
		Pattern: "invalid bpf_context access off=%d size=%d",
		Explanation: "An access of {2} bytes at offset {1} of the context is not allowed. Possible reasons: there is no such field, it " +
			"is not for this type of program, it has another width, or it is read-only.",
		Fix:     "Use the fields of the context by name: package kernel/ctx, dsl.Context, or parameters of the Go function.",
		Example: "ctx_oob",
	},
	{
		Kind:    mistake.BadInstruction,
		Pattern: "same insn cannot be used with different pointers",
		Explanation: "{insn} is reached on several paths, with pointers of different kinds in the same register. The kernel rewrites " +
			"such an access for one kind of pointer, so it must be the same kind on all paths. Compilers join the same access of two " +
			"branches into one.",
		Fix: "Keep the accesses apart, each in its branch: read through different variables, use a helper or a volatile access in one " +
			"of them, or put barrier_var() between the branches.",
	},
	{
		Kind:        mistake.ContextAccess,
		Pattern:     "variable ctx access var_off=%s disallowed",
		Explanation: "The offset into the context must be a constant.",
		Fix:         "Choose the field with branches.",
		Example:     "ctx_var",
	},
	{
		Kind:    mistake.ModifiedPointer,
		Pattern: "dereference of modified %s ptr R%d off=%d disallowed",
		Also: []string{
			"negative offset %s ptr R%d off=%d disallowed",
			"variable %s access var_off=%s disallowed",
			"dereference of modified %s ptr R%d off=%d+%d",
		},
		Explanation: "An offset was added to the {1} pointer in R{2}, which is not allowed for such pointers.",
		Fix:         "Keep a copy without the offset, for example in R6, and put the offset into the load instruction.",
	},
	{
		Kind:        mistake.ReadOnlyMemory,
		Pattern:     "write into map forbidden, value_size=%d off=%d size=%d",
		Also:        []string{"write into map forbidden"},
		Explanation: "The map is read-only for programs (BPF_F_RDONLY_PROG).",
		Fix:         "Write to another map, or create this one without the flag: maps.NewGlobal instead of NewReadOnly.",
		Example:     "map_readonly_write",
	},
	{
		Kind:        mistake.ReadOnlyMemory,
		Pattern:     "read from map forbidden, value_size=%d off=%d size=%d",
		Also:        []string{"read from map forbidden"},
		Explanation: "The map is write-only for programs (BPF_F_WRONLY_PROG).",
		Fix:         "Create the map without the flag.",
		Example:     "map_writeonly_read",
	},
	{
		Kind:        mistake.MapBounds,
		Pattern:     "invalid access to map value pointer, value_size=%d off=%d",
		Explanation: "The program takes the address of byte {2} of a map's value, but the value has only {1} bytes.",
		Fix:         "Use an offset inside the value; the methods In and Ref of package maps do.",
		Example:     "map_direct_off",
	},
	{
		Kind:        mistake.MemoryBounds,
		Pattern:     "invalid access to memory, mem_size=%d off=%d size=%d",
		Explanation: "The memory has {1} bytes, but the access takes {3} bytes at offset {2}.",
		Fix:         "Reserve more memory, or access fewer bytes.",
		Example:     "ringbuf_oob",
	},
	{
		Kind:        mistake.BadMap,
		Pattern:     "fd %d is not pointing to valid bpf_map",
		Explanation: "{1} is not the file descriptor of a map.",
		Fix:         "Create the map first, and load the program with its file descriptor: package prog does both.",
		Example:     "map_bad_fd",
	},
	{
		Kind:    mistake.AtomicTarget,
		Pattern: "BPF_ATOMIC stores into R%d %s is not allowed",
		Also: []string{
			"BPF_ATOMIC loads from R%d %s is not allowed",
			"BPF_XADD stores into R%d %s is not allowed",
		},
		Explanation: "Atomic operations are not possible on the {2}.",
		Fix:         "They are possible on map values, other plain memory and the stack.",
		Example:     "ctx_atomic",
	},
	{
		Kind:        mistake.StackSpill,
		Pattern:     "attempt to corrupt spilled pointer on stack",
		Explanation: "The write overwrites part of a pointer that was saved on the stack. This needs CAP_PERFMON.",
		Fix:         "Write to another place, or write all 8 bytes.",
		Example:     "stack_spill_corrupt_capbpf",
	},
	{
		Kind:        mistake.StackSpill,
		Pattern:     "corrupted spill memory",
		Explanation: "Only a part of a pointer on the stack is read.",
		Fix:         "Read all 8 bytes.",
	},
	{
		Kind:    mistake.ReadOnlyMemory,
		Pattern: "R%d cannot write into %s",
		Also: []string{
			"cannot write into %s",
			"cannot write into packet",
		},
		Explanation: "{insn} writes to memory that is read-only here.",
		Fix:         "Write to other memory. If it is a packet: programs of this hook may only read packets.",
	},
	{
		Kind:        mistake.MemoryBounds,
		Pattern:     "R%d invalid %s buffer access: off=%d, size=%d",
		Explanation: "The access takes {4} bytes at offset {3} of the {2} buffer in R{1}, but the buffer ends before that.",
		Fix:         "Compare with the length of the buffer first, and read only up to it.",
	},
	{
		Kind:        mistake.Unbounded,
		Pattern:     "R%d invalid variable buffer offset: off=%d, var_off=%s",
		Explanation: "Offsets into this buffer must be constants, but the one in R{1} was computed.",
		Fix:         "Choose the offset with branches, or copy the buffer first with f.Helper(\"bpf_probe_read_kernel\", ...).",
	},
	{
		Kind:        mistake.MapBounds,
		Pattern:     "invalid access to map key, key_size=%d off=%d size=%d",
		Explanation: "A key of the map has {1} bytes. This access takes {3} bytes at offset {2}, which is outside.",
		Fix:         "Use the Go type of the map's key.",
	},
	{
		Kind:        mistake.ReadOnlyMemory,
		Pattern:     "write to change key R%d not allowed",
		Explanation: "R{1} points to a key inside the map. Keys cannot be changed.",
		Fix:         "Delete the element, and insert it again with the new key.",
	},
	{
		Kind:        mistake.MemoryBounds,
		Pattern:     "invalid access to flow keys off=%d size=%d",
		Explanation: "An access of {2} bytes at offset {1} is outside of the flow keys.",
		Fix:         "Use the fields of struct bpf_flow_keys by name.",
	},
	{
		Kind:        mistake.ReadOnlyMemory,
		Pattern:     "only read from %s is supported",
		Explanation: "Memory of {1} is read-only for programs.",
		Fix:         "Keep your own state in a map or storage.",
	},
	{
		Kind:        mistake.ReadOnlyMemory,
		Pattern:     "the prog does not allow writes to packet data",
		Explanation: "This type of program may only read packets, but the call returns packet memory for writing.",
		Fix: "Use a type of program that may write packets (XDP, traffic control), or call bpf_dynptr_slice, which is for " +
			"reading, instead of bpf_dynptr_slice_rdwr.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "helper access to the packet is not allowed",
		Explanation: "A pointer into the packet is passed to the helper. The helper needs memory that does not move, such as the stack " +
			"or a map's value.",
		Fix: "Copy the bytes into a dsl.Local first: with f.Helper(\"bpf_skb_load_bytes\", ...) or bpf_xdp_load_bytes, or one " +
			"by one after a dsl.Header.",
	},
	{
		Kind:    mistake.StackSpill,
		Pattern: "invalid size of register fill",
		Also: []string{
			"invalid size of register spill",
			"cannot spill pointers to stack into stack frame of the caller",
			"spilled ptr in range of var-offset stack write; insn %d, ptr off: %d",
		},
		Explanation: "A pointer is saved on the stack, or read from it, in a way that is not allowed: not as 8 aligned bytes, in the " +
			"caller's stack, or where a write with a variable offset may overwrite it.",
		Fix: "Keep pointers in 8 aligned bytes of the function's own stack, away from arrays. Variables of Go functions are " +
			"stored like this.",
	},
	{
		Kind:    mistake.UninitialisedStack,
		Pattern: "invalid read from stack R%d var_off %s+%d size %d",
		Also: []string{
			"invalid%s read from stack R%d var_off %s+%d size %d",
			"uninit stack in range of var-offset write prohibited for !root; insn %d, off: %d",
		},
		Explanation: "The offset is variable, and some bytes of the stack that it may reach were never written.",
		Fix:         "Write all bytes first: dsl.Local makes an object whose bytes are 0.",
	},
	{
		Kind:    mistake.BadMap,
		Pattern: "direct value offset of %u is not allowed",
		Also: []string{
			"no direct value access support for this map type",
			"direct value access on string failed",
		},
		Explanation: "The program takes the address of a map's value, which this map does not allow. Only arrays with one element allow " +
			"it, and the address must be inside that element.",
		Fix: "Use maps.NewGlobal or maps.NewReadOnly for this. In other maps, get values with Lookup.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "R%d does not point to a readonly map'",
		Also: []string{
			"R%d is not a constant address'",
			"string is not zero-terminated",
			"Invalid format string",
			"arg#%d doesn't point to a const string",
			"R%d points to insn_array map which cannot be used as const string",
		},
		Explanation: "The text that is passed must be a constant: in a read-only, frozen map, at a constant offset, with a zero byte at " +
			"its end.",
		Fix: "Put the text into a map of maps.NewReadOnly.",
	},
	{
		Kind:        mistake.NotPermitted,
		Pattern:     "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN",
		Also:        []string{"%s access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN"},
		Explanation: "Reading {1} needs CAP_PERFMON.",
		Fix:         "Load with CAP_PERFMON.",
	},
	{
		Kind:        mistake.UsedAfterRelease,
		Pattern:     "invalid bpf_context access off=%d. Reference may already be released",
		Explanation: "The argument at offset {1} of the context is read again after it was released.",
		Fix:         "Read it once, at the beginning, and do not use it after its release.",
	},
}
