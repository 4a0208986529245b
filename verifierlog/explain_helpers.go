package verifierlog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// tracingTypes are the types of programs that trace: they may call the oldest helpers for reading memory.
const tracingTypes linux.ProgSet = 1<<linux.ProgTypeKprobe | 1<<linux.ProgTypeTracepoint | 1<<linux.ProgTypePerfEvent |
	1<<linux.ProgTypeRawTracepoint | 1<<linux.ProgTypeRawTracepointWritable | 1<<linux.ProgTypeTracing

// optionText says why a kernel may lack the helpers that come with tracing.
const optionText = "this kernel was built without CONFIG_BPF_EVENTS, which needs CONFIG_PERF_EVENTS and one of CONFIG_KPROBE_EVENTS and " +
	"CONFIG_UPROBE_EVENTS (in the menu of ftrace, CONFIG_FTRACE), or the kernel's lockdown forbids it"

// optionFix says what to look at.
const optionFix = "Look for these options in the kernel's configuration (/proc/config.gz or /boot/config-*), and at " +
	"/sys/kernel/security/lockdown. Load the program on a kernel that has them, or leave the call out."

// forAllTypes are the helpers of tracing that programs of every type may call, if the kernel has them (bpf_base_func_proto,
// kernel/bpf/helpers.c).
var forAllTypes = [...]string{
	"bpf_trace_printk", "bpf_trace_vprintk", "bpf_probe_read_kernel", "bpf_probe_read_user", "bpf_probe_read_kernel_str",
	"bpf_probe_read_user_str", "bpf_snprintf_btf",
}

// replaced are the helpers that other helpers have replaced, and which the newer ones are.
var replaced = map[string]string{
	"bpf_probe_read": "bpf_probe_read_kernel", "bpf_probe_read_str": "bpf_probe_read_kernel_str",
}

// refineHelper says which member or type of program may not call the helper, or what this kernel lacks.
func refineHelper(a *account) {
	if len(a.args) == 0 || strings.HasPrefix(a.Reason, "func ") {
		return
	}
	name := a.args[0]
	if n, err := strconv.ParseInt(name, 10, 32); err == nil {
		name, _ = linux.HelperName(int32(n))
	}
	id, known := linux.HelperID(name)
	why := linux.OpsTypeNamed(a.program.Struct).HelperForbidden(a.program.Member, id)
	newer, old := replaced[name]
	subject := "Programs of this type"
	if a.program.Type != 0 {
		subject = "Programs of type " + a.program.Type.String()
	}
	if a.program.Member != "" {
		subject = a.program.Struct + "." + a.program.Member
	}
	switch {
	case why != "":
		a.Explanation = a.program.Member + " may not call " + name + ": " + why + ". Other members of " + a.program.Struct +
			" may call it."
		a.Fix = "Call it in another member."
	case slices.Contains(forAllTypes[:], name):
		a.Explanation = subject + " may call " + name + " where the kernel has it, so the program is not wrong: " + optionText + "."
		a.Fix = optionFix
	case old && tracingTypes.Has(a.program.Type):
		a.Explanation = subject + " may call " + name + " where the kernel has it: " + optionText + ". Architectures where addresses of " +
			"the kernel and of processes overlap do not have it either."
		a.Fix = "Call " + newer + " or " + strings.Replace(newer, "_kernel", "_user", 1) + " instead. " + optionFix
	case old && a.program.Type == linux.ProgTypeStructOps:
		a.Explanation = "The kernel knows " + name + ", but does not offer it to " + subject + ". Either " + optionText + ", or this " +
			"interface never has it."
		a.Fix = "Call " + newer + " instead. " + optionFix
	case old:
		a.Explanation = subject + " may not call " + name + ": only the types for tracing have this old helper. Other types, such as " +
			"those for the network and cgroups, have " + newer + "."
		a.Fix = "Call " + newer + " for memory of the kernel, or " + strings.Replace(newer, "_kernel", "_user", 1) + " for memory of a " +
			"process. Libraries choose the old helper when they were built for old kernels."
	case a.program.Member != "":
		a.Explanation = subject + " may not call " + name + "."
		a.Fix = "Use what this interface offers: the base helpers, its own kernel functions (f.Kernel), and those in the documentation " +
			"of the interface. Other members may have helpers that this one does not have."
	case known && a.program.Type != 0 && mayList(linux.HelperCallers(id)):
		a.Explanation = name + " exists, but not for programs of type " + a.program.Type.String() + ". These types may call it: " +
			strings.Join(linux.HelperCallers(id).Names(), ", ") + "."
	case a.program.Type != 0:
		a.Explanation = name + " exists, but not for programs of type " + a.program.Type.String() + "."
	}
}

// mayList reports whether types of programs are known, and few.
func mayList(types linux.ProgSet) bool {
	const most = 10
	n := len(types.Names())
	return 0 < n && n <= most && !types.Has(linux.ProgTypeUnspec)
}

// refineUnknownHelper says what a number means that is not one of a helper, and which kernel has the helper.
func refineUnknownHelper(a *account) {
	if len(a.args) == 0 {
		return
	}
	number := a.args[len(a.args)-1]
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return
	}
	switch {
	case n == linux.FailedRelocation:
		a.Kind = mistake.UnknownField
		a.Explanation = "This is not a call: the number " + number + " (0xbad2310) marks an instruction whose CO-RE relocation " +
			"failed. The program uses a struct, field or enum value that this kernel does not have, and the loader put the mark there."
		a.Fix = "Find the field in the source line above, or in the loader's messages about relocations. Ask before it is used whether " +
			"this kernel has it: bpf_core_field_exists, bpf_core_type_exists or bpf_core_enum_value_exists."
	case n >= linux.MissingFunction && n < linux.MissingFunction+linux.MostMissing:
		a.Explanation = "This number stands for a kernel function that the loader did not find: this kernel does not have it, or it is " +
			"in a module that is not loaded. The loader's messages name it."
		a.Fix = missingFunctionFix
	case n >= linux.MissingMap && n < linux.MissingMap+linux.MostMissing:
		a.Kind = mistake.BadMap
		a.Explanation = "This number stands for a map that the loader did not create (its autocreate is off), but the program uses it."
		a.Fix = "Create the map, or do not reach this code without it: set a constant in .rodata that the program asks first."
	case n > 0 && n < 1<<16:
		if h := linux.HelperByID(int32(n)); h != nil && h.Name != "" {
			a.Explanation = "This kernel has no helper with the number " + number + ". That is " + h.Name + ", which Linux has since " +
				string(h.Since) + "."
		}
	}
}

// missingFunctionFix says how a program may do without a kernel function.
const missingFunctionFix = "Use a kernel that has the function, or declare it __weak and ask bpf_ksym_exists before the call, so that " +
	"the call is left out where it is missing."
