package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages of BPF_BTF_LOAD: the reason follows the type in its line.
var btfRules = [...]Rule{
	{
		Kind:        mistake.BadType,
		Pattern:     "[%d] %s Invalid type_id",
		Also:        []string{"%s Invalid type_id"},
		Explanation: "Type {1} refers to a type that does not exist or has the wrong kind.",
		Fix:         "Use the number that the Builder's method returned for the type. Package btf stores numbers without a check.",
		Example:     "btf_bad_type_id",
	},
	{
		Kind:        mistake.BadType,
		Pattern:     "[%d] %s Invalid name",
		Also:        []string{"%s Invalid name"},
		Explanation: "The name of type {1} is not a C identifier.",
		Fix:         "Use letters, digits and underscores.",
		Example:     "btf_bad_name",
	},
	{
		Kind:        mistake.BadType,
		Pattern:     "[%d] %s Loop detected",
		Also:        []string{"%s Loop detected"},
		Explanation: "Type {1} contains itself.",
		Fix:         "Use a pointer instead of the type itself.",
		Example:     "btf_loop",
	},
	{
		Kind:    mistake.BadType,
		Pattern: "%s Member exceeds struct_size",
		Also: []string{
			"%s Member is not byte aligned",
			"%s Member is not properly aligned",
			"%s Member bits_offset exceeds its struct size",
			"%s Invalid member",
			"%s bits_offset exceeds U32_MAX",
			"%s nr_copy_bits exceeds 128",
		},
		Explanation: "A member lies outside of its struct, or at an offset that is not possible for its type.",
		Fix:         "Make the struct larger, or correct the offset. Compilers write these tables: use a current one.",
		Example:     "btf_member_overflow",
	},
	{
		Kind:    mistake.BadType,
		Pattern: "[%d] %s Invalid arg#%d",
		Also:    []string{"%s Invalid arg#%d"},
		Explanation: "A parameter of a function has no name or no valid type (type {1}). The kernel refuses the types of the " +
			"program, not its code.",
		Fix:     "Name all parameters of the function, also in declarations. With C compile with -O2 -g and a current clang.",
		Example: "btf_no_param_name",
	},
	{
		Kind:        mistake.BadType,
		Pattern:     "Invalid string section",
		Explanation: "The strings do not end with a zero byte.",
		Fix:         "Use package btf's Builder, which writes them correctly.",
		Example:     "btf_str_no_nul",
	},
	{
		Kind:    mistake.BadType,
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
			"Unsupported btf_header",
			"No data",
			"No type found",
			"Section overlap found",
			"String section is not at the end",
			"Max chain length or cycle detected",
			"Type tags don't precede modifiers",
			"Exceeded max num of types",
		},
		Explanation: "The header of the BTF, its sections or the order of its types are wrong.",
		Fix:         "Use package btf's Builder, which writes it correctly.",
	},
	{
		Kind:    mistake.BadType,
		Pattern: "[%u] Invalid kind:%u",
		Also:    []string{"[%u] Invalid btf_info:%x", "%s Invalid btf_info kind_flag", "%s Invalid btf_info size"},
		Explanation: "Type {1} is of a kind, or has a flag, that this kernel does not know: the compiler wrote it for a newer one. " +
			"The kernel refuses the types of the program, not its code.",
		Fix: "Load with a current loader: libbpf and cilium/ebpf replace what an old kernel does not know. Or compile with an older " +
			"compiler.",
	},
	{
		Kind:    mistake.BadType,
		Pattern: "%s Invalid offset",
		Also: []string{
			"%s Invalid offset+size",
			"%s Invalid size",
			"%s size == 0",
			"%s Not a VAR kind member",
			"%s Invalid type",
		},
		Explanation: "A section of variables (DATASEC) is described wrongly: its size, or the offset or size of a variable in it. " +
			"Compilers leave the sizes 0, and loaders fill them in. The kernel refuses the types of the program, not its code.",
		Fix: "Load with a current loader that fills in the sizes (libbpf, cilium/ebpf, aya). Many loaders go on without the types " +
			"when the program does not need them: then this is not why the load failed.",
	},
	{
		Kind:        mistake.BadType,
		Pattern:     "%s Invalid func linkage",
		Also:        []string{"%s Linkage not supported", "%s Invalid return type", "%s Invalid value", "%s Invalid component_idx"},
		Explanation: "A function, variable or tag has a linkage, a result or a number that this kernel does not allow.",
		Fix: "Load with a current loader: libbpf and cilium/ebpf replace what an old kernel does not know. The linkage of global " +
			"functions is new in Linux 5.6.",
	},
	{
		Kind:    mistake.BadType,
		Pattern: "%s vlen != 0",
		Also: []string{
			"%s type != 0", "%s size != 0", "%s Unexpected size", "%s Invalid int_data:%x", "%s Unsupported encoding",
			"%s nr_bits exceeds", "%s Invalid elem", "%s Invalid index", "%s Invalid array of int", "%s Array size overflows U32_MAX",
			"%s Invalid type_size", "%s Invalid resolve state", "%s Unsupported check_member", "%s Unsupported check_kflag_member",
			"%s Unsupported resolve", "%s Exceeded max resolving depth:%u", "%s meta_left:%u meta_needed:%u",
			"%s Invalid name_offset:%u", "[%d] meta_left:%u meta_needed:%u", "[%d] Invalid name_offset:%u",
			"%s Invalid member name_offset:%u", "Invalid name_offset:%u",
		},
		Explanation: "A field of the type does not fit its kind, or the record of the type is not complete. The kernel refuses the " +
			"types of the program, not its code.",
		Fix: "Check what wrote the types. Current compilers and loaders write such records correctly.",
	},
}
