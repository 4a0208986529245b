package syscall

import "strings"

// A Cap is a Linux capability, by its number (include/uapi/linux/capability.h).
type Cap uint

// The capabilities that bpf(2) asks for.
const (
	CapNetAdmin Cap = 12 // networking program types, device-bound programs
	CapSysAdmin Cap = 21 // includes the other three; iterating over ids needs it
	CapPerfmon  Cap = 38 // tracing and struct_ops programs, pointer arithmetic
	CapBPF      Cap = 39 // most maps, loading BTF and programs
)

// String returns the name, "CAP_BPF", or "capability 7" for one that this package does not use.
func (c Cap) String() string {
	for _, row := range capNames {
		if row.cap == c {
			return row.name
		}
	}
	return nameOf(nil, uint32(c), "capability")
}

var capNames = [...]struct {
	cap  Cap
	name string
}{
	{CapNetAdmin, "CAP_NET_ADMIN"},
	{CapSysAdmin, "CAP_SYS_ADMIN"},
	{CapPerfmon, "CAP_PERFMON"},
	{CapBPF, "CAP_BPF"},
}

// A CapSet is a set of capabilities, bit n for capability n.
type CapSet uint64

// Has reports whether a process with the set s has c in the eyes of the kernel: CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON
// (bpf_capable and perfmon_capable, include/linux/capability.h) and, where bpf(2) asks, for CAP_NET_ADMIN
// (kernel/bpf/syscall.c, bpf_net_capable).
func (s CapSet) Has(c Cap) bool {
	if s&(1<<c) != 0 {
		return true
	}
	return (c == CapBPF || c == CapPerfmon || c == CapNetAdmin) && s&(1<<CapSysAdmin) != 0
}

// String lists those capabilities of the set that bpf(2) asks for.
func (s CapSet) String() string {
	var names []string
	for _, row := range capNames {
		if s&(1<<row.cap) != 0 {
			names = append(names, row.name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
