package isa

import "github.com/bpfsmith/bpfsmith/internal/linux"

// HelperName returns the name of the helper with the given number, such as bpf_ktime_get_ns for 5. ok is false if there is
// no such helper. The name of number 0, which no program may call, is bpf_unspec. The numbers are those of enum bpf_func_id in the
// UAPI header linux/bpf.h.
func HelperName(id int32) (name string, ok bool) { return linux.HelperName(id) }

// HelperID returns the number of the helper with the given name, such as 5 for bpf_ktime_get_ns. ok is false if there is
// no such helper.
func HelperID(name string) (id int32, ok bool) { return linux.HelperID(name) }
