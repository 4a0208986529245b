package verifierlog

// Messages about pointers to the kernel's structs.
var typeRules = [...]Rule{
	{StructBounds, "access beyond struct %s at off %u size %u", nil, "struct {1} ends before offset {2}: the offset is of another struct or another kernel.", "Name the field: it is looked up in the kernel that the program is loaded into. A pointer that is more than its type says is taken for it with To(\"...\")."},
	{StructBounds, "access beyond the end of member %s (mend:%u) in struct %s with off %u size %u", nil, "{5} bytes at offset {4} reach past the end of {3}.{1}, which ends at {2}.", "Read the member in its own width."},
	{StructBounds, "cannot access ptr member %s with moff %u in struct %s with off %u size %u", nil, "{3}.{1} is a pointer of 8 bytes at offset {2}, and {5} bytes at {4} are read.", "Read all 8 bytes of it."},
	{ReadOnlyStruct, "only read is supported", nil, "This struct of the kernel is read only for programs here.", "Change it through a helper or a kernel function, or keep state of your own in a map or storage."},
	{StructBounds, "R%d is ptr_%s invalid negative access: off=%d", nil, "Offset {3} is before the beginning of the struct {2}.", "Use the pointer to the struct that the field is in."},
	{StructBounds, "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s", nil, "Offsets into a struct of the kernel are constants; this one was computed.", "Choose the field with branches; elements of arrays are read with bpf_probe_read_kernel."},
	{ReadOnlyField, "no write support to %s at off %d", nil, "The field at offset {2} of {1} may not be written here.", "{writable}"},
	{WriteTooWide, "write access at off %d with size %d beyond the member of %s ended at %d", []string{"write access at off %d with size %d"}, "The write of {2} bytes at offset {1} reaches past the end of the field, or past what programs may write.", "Write in the width of the field: the generated setters and dsl.StoreField do."},
	{NoArgument, "func '%s' doesn't have %d-th argument", nil, "{1} has fewer arguments: number {2}, counted from 0, is read.", "The Go function's parameters are the arguments; declare only those that there are."},
	{ArgumentWidth, "func '%s' offset %d is not multiple of 8", []string{"func '%s' size %d must be 8"}, "Arguments stand at multiples of 8 in the context, and pointers are read with 8 bytes.", "Declare the parameter with its type, and the load is right."},
}

// Messages about what a program is for.
var attachRules = [...]Rule{
	{BadAttach, "Tracing programs must provide btf_id", nil, "A tracing program says at loading which function or tracepoint it is for.", "Set load.Options{AttachTo: \"...\"}."},
	{BadAttach, "attach_btf_id %u is not a %s", []string{"attach_btf_id %u points to wrong type name %s", "attach_btf_id %u is invalid", "FENTRY/FEXIT program can only be attached to another program annotated with BTF"}, "The target is not of the kind that this type of program is for ({2}).", "Name a target of that kind: a tracepoint for tp_btf, a function for fentry."},
	{BadAttach, "attach_btf_id %u is not a supported struct", nil, "The struct is no interface that programs may implement in this kernel.", "Name the ops struct itself; the kernel must have been built with it, and its module loaded."},
	{BadAttach, "attach to invalid member idx %u of struct %s", []string{"attach to invalid member %s(@idx %u) of struct %s"}, "The member is no function of the struct.", "Name a member that is a function pointer."},
	{BadAttach, "attach to unsupported member %s of struct %s", nil, "The kernel does not let programs implement {1}; or the program is marked sleepable and the member must not sleep.", "Leave the member out, or take the mark away."},
	{BadAttach, "%s is not sleepable", []string{"%s() is not modifiable", "Attaching %s to __noreturn function '%s' is rejected"}, "The target does not allow that.", "Choose another target, or another kind of program."},
}

// Messages of BPF_BTF_LOAD: reasons that stand behind a type.
var btfRules = [...]Rule{
	{BadType, "[%d] %s Invalid type_id", []string{"%s Invalid type_id"}, "Type {1} refers to a type that does not exist, or is not of the kind that it needs.", "Package btf's Builder checks that."},
	{BadType, "[%d] %s Invalid name", []string{"%s Invalid name"}, "The name of type {1} is no identifier of C.", "Use letters, digits and underscores."},
	{BadType, "[%d] %s Loop detected", []string{"%s Loop detected"}, "Type {1} contains itself.", "Put a pointer in between."},
	{BadType, "%s Member exceeds struct_size", nil, "A member lies outside of its struct.", "Make the struct larger, or correct the offset."},
	{BadType, "[%d] %s Invalid arg#%d", []string{"%s Invalid arg#%d"}, "An argument of function {1} has no name or no valid type.", "Name all arguments."},
	{BadType, "Invalid string section", nil, "The strings do not end with a zero byte.", "Package btf's Builder writes them."},
	{BadType, "Invalid magic", []string{"Unsupported version", "Unsupported flags", "Total section length too long", "Unaligned type_off", "Unsupported section found", "Invalid section offset", "hdr_len not found", "btf_header not found"}, "The header of the BTF is wrong.", "Package btf's Builder writes it."},
}
