package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages of loaders, libbpf above all: they stop before the kernel is asked, or say what they left out. They count only when the
// verifier gives no reason.
var loaderRules = [...]Rule{
	{
		Kind:    mistake.BadAttach,
		Pattern: "failed to find kernel BTF type ID of '%s': %d",
		Also:    []string{"%s is not found in vmlinux BTF"},
		Explanation: "The program is for {1}, and this kernel's BTF has no function or tracepoint with that name. The loader " +
			"stopped there: the verifier was not asked.",
		Fix: "Check the name in the section of the program. Look for it in /proc/kallsyms, or in bpftool btf dump file " +
			"/sys/kernel/btf/vmlinux: it may not exist in this kernel, be inlined, or belong to a module. System calls have names " +
			"such as __x64_sys_openat.",
	},
	{
		Kind:    mistake.UnknownHelper,
		Pattern: "extern (func ksym) '%s': not found in kernel or module BTFs",
		Also:    []string{"extern '%s' (strong): not resolved", "extern (var ksym) '%s': not found in kernel BTF"},
		Explanation: "The program uses {1}, which this kernel does not have: the loader did not find it in the BTF of the kernel " +
			"and its modules. The verifier was not asked.",
		Fix: missingFunctionFix,
	},
	{
		Kind:    mistake.BadAttach,
		Pattern: "struct_ops init_kern: struct %s is not found in kernel BTF",
		Also: []string{"struct_ops init_kern %s: Cannot find member %s in kernel BTF",
			"struct_ops init_kern: struct bpf_struct_ops_%s is not found in kernel BTF"},
		Explanation: "This kernel does not have the interface {1}, or not this member of it: its BTF has no such struct.",
		Fix: "Use a kernel with the interface (its option must be set, or its module loaded). Leave members out that it does " +
			"not have.",
	},
	{
		Kind:    mistake.NeedsBTF,
		Pattern: "failed to find valid kernel BTF",
		Also: []string{"Error loading vmlinux BTF: %d", "kernel BTF is missing at '%s'",
			"BTF is required, but is missing or corrupted."},
		Explanation: "The loader found no BTF of the running kernel, so it cannot look up fields, functions and targets.",
		Fix: "Use a kernel with CONFIG_DEBUG_INFO_BTF (it has /sys/kernel/btf/vmlinux), or give the loader BTF of this kernel in a " +
			"file, such as one of BTFHub.",
	},
	{
		Kind:    mistake.BadProgType,
		Pattern: "missing BPF prog type, check ELF section name '%s'",
		Also: []string{"failed to guess program type from ELF section '%s'", "failed to guess program type based on ELF section " +
			"name '%s'"},
		Explanation: "The name of the section, {1}, does not tell the loader which type the program has.",
		Fix:         "Put the entry function into a section of its type: SEC(\"xdp\"), SEC(\"kprobe/...\") or the like.",
	},
	{
		Kind:    mistake.NotPermitted,
		Pattern: "Couldn't load trivial BPF program. Make sure your kernel supports BPF",
		Also:    []string{"Error in bpf_object__probe_loading()"},
		Explanation: "Not even a trivial program can be loaded: the process lacks a privilege, the limit of locked memory is too " +
			"low, or the kernel has no BPF.",
		Fix: "Run as root or with CAP_BPF. Before Linux 5.11, raise RLIMIT_MEMLOCK. In containers, look at seccomp and at the " +
			"kernel's lockdown.",
	},
	{
		Kind:    mistake.TooComplex,
		Pattern: "bpf: Argument list too long. Program  too large (%d insns), at most %d insns",
		Explanation: "bcc says that the program is too large, but it only guesses: it has {1} instructions. When that is less than " +
			"{2}, its size is not the reason. The verifier walks through every turn of a loop and every path through the branches, " +
			"and it stopped after 1000000 instructions (131072 and fewer before Linux 5.2).",
		Fix: "Make loops shorter and their bodies simpler, or use loops whose body the verifier walks through only a few times: " +
			"f.Loop (bpf_loop), an iterator, or f.While. Move code with many branches into a global function, which is verified " +
			"separately.",
	},
	{
		Kind:    mistake.BadMap,
		Pattern: "ELF contains non-{bss,call,data,map} related relo data in entry %d pointing to section %d! Compiler bug?!",
		Also: []string{
			"ELF contains non-map related relo data in entry %d pointing to section %d! Compiler bug?!",
			"ELF contains non-{map,call} related relo data in entry %d pointing to section %d! Compiler bug?!",
		},
		Explanation: "The program uses data in section {2} of the object, and this loader (iproute2) does not know such sections: " +
			"strings and constants (.rodata), or global variables. The kernel was not asked.",
		Fix: "Use a loader with libbpf (current iproute2 has it). Or keep the data out of sections: put a string for printk into a " +
			"local char fmt[] = \"...\", and variables into a map.",
	},
	{
		Kind:        mistake.BadMap,
		Pattern:     "kernel doesn't support global data",
		Explanation: "The program has global variables, which need Linux 5.2: the loader did not ask the kernel to load it.",
		Fix:         "Use a newer kernel, or keep the variables in a map that is declared.",
	},
	{
		Kind:        mistake.BadMap,
		Pattern:     "map '%s': failed to create: %s",
		Explanation: "The kernel refused to create the map {1} ({2}), so no program was loaded.",
		Fix: "Check its type, sizes and number of entries, and whether this kernel knows the type. Before Linux 5.11, raise " +
			"RLIMIT_MEMLOCK.",
	},
}
