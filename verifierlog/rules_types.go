package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about pointers to the kernel's structs.
var typeRules = [...]Rule{
	{
		Kind:        mistake.StructBounds,
		Pattern:     "access beyond struct %s at off %u size %u",
		Explanation: "struct {1} ends before offset {2}: the offset belongs to another struct or another kernel.",
		Fix: "Name the field: its offset is looked up in the kernel that the program is loaded into. If the pointer is really " +
			"of another type, convert it with To(\"...\").",
		Example: "btf_ptr_beyond",
	},
	{
		Kind:        mistake.StructBounds,
		Pattern:     "access beyond the end of member %s (mend:%u) in struct %s with off %u size %u",
		Explanation: "The access of {5} bytes at offset {4} goes past the end of {3}.{1}, which is at {2}.",
		Fix:         "Read the member with its own width.",
		Example:     "btf_mid_member",
	},
	{
		Kind:        mistake.StructBounds,
		Pattern:     "cannot access ptr member %s with moff %u in struct %s with off %u size %u",
		Explanation: "{3}.{1} is a pointer: 8 bytes at offset {2}. The program reads {5} bytes at {4}.",
		Fix:         "Read all 8 bytes.",
	},
	{
		Kind:        mistake.ReadOnlyStruct,
		Pattern:     "only read is supported",
		Explanation: "Programs may only read this struct of the kernel here.",
		Fix:         "Change it with a helper or a kernel function, or keep your own state in a map or storage.",
		Example:     "btf_ptr_write",
	},
	{
		Kind:    mistake.StructBounds,
		Pattern: "R%d is ptr_%s invalid negative access: off=%d",
		Also: []string{
			"R%d is %s invalid negative access: off=%d",
		},
		Explanation: "Offset {3} is before the beginning of the struct {2}.",
		Fix:         "Use the pointer to the struct that the field is in.",
		Example:     "btf_ptr_negative",
	},
	{
		Kind:        mistake.StructBounds,
		Pattern:     "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s",
		Explanation: "Offsets into a struct of the kernel must be constants; this one was computed.",
		Fix:         "Choose the field with branches. Read elements of arrays with bpf_probe_read_kernel.",
		Example:     "btf_ptr_variable",
	},
	{
		Kind:        mistake.ReadOnlyField,
		Pattern:     "no write support to %s at off %d",
		Explanation: "The field at offset {2} of {1} may not be written here.",
		Fix:         "{writable}",
		Example:     "tcp_write_forbidden",
	},
	{
		Kind:        mistake.WriteTooWide,
		Pattern:     "write access at off %d with size %d beyond the member of %s ended at %d",
		Also:        []string{"write access at off %d with size %d"},
		Explanation: "The write of {2} bytes at offset {1} goes past the end of the field, or past the part that programs may write.",
		Fix:         "Write with the width of the field: the generated setters and dsl.StoreField do this.",
		Example:     "tcp_write_too_wide",
	},
	{
		Kind:        mistake.NoArgument,
		Pattern:     "func '%s' doesn't have %d-th argument",
		Explanation: "The program reads an argument that {1} does not have. The kernel calls it number {2}, counted from 1.",
		Fix:         "The parameters of the Go function are the arguments: declare only arguments that exist.",
		Example:     "tp_arg_oob",
	},
	{
		Kind:        mistake.ArgumentWidth,
		Pattern:     "func '%s' offset %d is not multiple of 8",
		Also:        []string{"func '%s' size %d must be 8"},
		Explanation: "Arguments are at multiples of 8 in the context, and pointers must be read as 8 bytes.",
		Fix:         "Declare the parameter with its type: then the compiler makes the right load.",
		Example:     "tp_ctx_unaligned",
	},
}
