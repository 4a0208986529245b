package linux

import (
	"iter"
	"slices"
)

// A MapField is a struct in the values of maps that belongs to the kernel: the kernel finds it by its name, programs pass its address to
// helpers and kernel functions, and nobody reads or writes it like memory (btf_field_type, include/linux/btf.h).
type MapField struct {
	Name  string
	Size  int // bytes
	Align int
	Since Version
}

// mapFields lists them.
var mapFields = [...]MapField{
	{"bpf_spin_lock", 4, 4, "5.1"},
	{"bpf_res_spin_lock", 4, 4, "6.15"},
	{"bpf_timer", 16, 8, "5.15"},
	{"bpf_wq", 16, 8, "6.10"},
	{"bpf_list_head", 16, 8, "6.2"},
	{"bpf_list_node", 24, 8, "6.2"},
	{"bpf_rb_root", 16, 8, "6.3"},
	{"bpf_rb_node", 32, 8, "6.3"},
	{"bpf_refcount", 4, 4, "6.4"},
}

// MapFields ranges over the rows.
func MapFields() iter.Seq[MapField] { return slices.Values(mapFields[:]) }

// MapFieldNamed finds the row of a struct; ok is false for structs that are ordinary memory.
func MapFieldNamed(name string) (f MapField, ok bool) {
	for _, f := range mapFields {
		if f.Name == name {
			return f, true
		}
	}
	return MapField{}, false
}

// guardedByRCU are the structs of the kernel that are freed only after all RCU sections that began before have ended, so that a pointer
// to one in a map is valid in such a section (rcu_protected_types, kernel/bpf/verifier.c).
var guardedByRCU = [...]string{"prog_test_ref_kfunc", "cgroup", "bpf_cpumask", "task_struct", "bpf_crypto_ctx"}

// GuardedByRCU reports whether RCU protects a struct of the kernel, by its name, so that a pointer to it that is read from a map is
// valid in an RCU section.
func GuardedByRCU(name string) bool { return slices.Contains(guardedByRCU[:], name) }
