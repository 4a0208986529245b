package verifierlog

// Messages about what a program is for.
var attachRules = [...]Rule{
	{
		Kind:        BadAttach,
		Pattern:     "Tracing programs must provide btf_id",
		Explanation: "A tracing program says at loading which function or tracepoint it is for.",
		Fix:         "Set load.Options{AttachTo: \"...\"}.",
		Example:     "tp_no_target",
	},
	{
		Kind:    BadAttach,
		Pattern: "attach_btf_id %u is not a %s",
		Also: []string{
			"attach_btf_id %u points to wrong type name %s",
			"attach_btf_id %u is invalid",
			"FENTRY/FEXIT program can only be attached to another program annotated with BTF",
		},
		Explanation: "The target is not of the kind that this type of program is for ({2}).",
		Fix:         "Name a target of that kind: a tracepoint for tp_btf, a function for fentry.",
		Example:     "tp_target_func",
	},
	{
		Kind:        BadAttach,
		Pattern:     "attach_btf_id %u is not a supported struct",
		Explanation: "The struct is no interface that programs may implement in this kernel.",
		Fix:         "Name the ops struct itself; the kernel must have been built with it, and its module loaded.",
		Example:     "qdisc_enqueue_leak",
	},
	{
		Kind:        BadAttach,
		Pattern:     "attach to invalid member idx %u of struct %s",
		Also:        []string{"attach to invalid member %s(@idx %u) of struct %s"},
		Explanation: "The member is no function of the struct.",
		Fix:         "Name a member that is a function pointer.",
		Example:     "ops_member_range",
	},
	{
		Kind:        BadAttach,
		Pattern:     "attach to unsupported member %s of struct %s",
		Explanation: "The kernel does not let programs implement {1}; or the program is marked sleepable and the member must not sleep.",
		Fix:         "Leave the member out, or take the mark away.",
	},
	{
		Kind:    BadAttach,
		Pattern: "%s is not sleepable",
		Also: []string{
			"%s() is not modifiable",
			"Attaching %s to __noreturn function '%s' is rejected",
		},
		Explanation: "The target does not allow that.",
		Fix:         "Choose another target, or another kind of program.",
	},
}

// Messages of BPF_BTF_LOAD: reasons that stand behind a type.
var btfRules = [...]Rule{
	{
		Kind:        BadType,
		Pattern:     "[%d] %s Invalid type_id",
		Also:        []string{"%s Invalid type_id"},
		Explanation: "Type {1} refers to a type that does not exist, or is not of the kind that it needs.",
		Fix:         "Package btf's Builder checks that.",
		Example:     "btf_bad_type_id",
	},
	{
		Kind:        BadType,
		Pattern:     "[%d] %s Invalid name",
		Also:        []string{"%s Invalid name"},
		Explanation: "The name of type {1} is no identifier of C.",
		Fix:         "Use letters, digits and underscores.",
		Example:     "btf_bad_name",
	},
	{
		Kind:        BadType,
		Pattern:     "[%d] %s Loop detected",
		Also:        []string{"%s Loop detected"},
		Explanation: "Type {1} contains itself.",
		Fix:         "Put a pointer in between.",
		Example:     "btf_loop",
	},
	{
		Kind:        BadType,
		Pattern:     "%s Member exceeds struct_size",
		Explanation: "A member lies outside of its struct.",
		Fix:         "Make the struct larger, or correct the offset.",
		Example:     "btf_member_overflow",
	},
	{
		Kind:        BadType,
		Pattern:     "[%d] %s Invalid arg#%d",
		Also:        []string{"%s Invalid arg#%d"},
		Explanation: "An argument of function {1} has no name or no valid type.",
		Fix:         "Name all arguments.",
		Example:     "btf_no_param_name",
	},
	{
		Kind:        BadType,
		Pattern:     "Invalid string section",
		Explanation: "The strings do not end with a zero byte.",
		Fix:         "Package btf's Builder writes them.",
		Example:     "btf_str_no_nul",
	},
	{
		Kind:    BadType,
		Pattern: "Invalid magic",
		Also: []string{
			"Unsupported version",
			"Unsupported flags",
			"Total section length too long",
			"Unaligned type_off",
			"Unsupported section found",
			"Invalid section offset",
			"hdr_len not found",
			"btf_header not found",
		},
		Explanation: "The header of the BTF is wrong.",
		Fix:         "Package btf's Builder writes it.",
	},
}
