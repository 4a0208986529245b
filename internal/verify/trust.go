package verify

import (
	"slices"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
)

// trustedFields are pointer fields that the kernel may trust when they are read from a trusted struct. Whether it does depends on the
// struct and the place (BTF_TYPE_SAFE_TRUSTED and the like, kernel/bpf/verifier.c).
var trustedFields = [...]string{"cpus_ptr", "css_set", "cgroups", "real_parent", "group_leader", "kn", "dfl_cgrp", "exe_file", "sk",
	"meta", "seq", "task", "file", "f_inode", "d_inode", "dentry", "mnt", "vm_mm", "vm_file"}

// mayTrust reports whether the kernel may trust a pointer that is read from a struct.
func (c *checker) mayTrust(p value, at int64, field btf.ID) bool {
	if p.trust == lost || p.trust == untrusted {
		return false
	}
	if p.ref == 0 && p.trust != trusted {
		return true
	}
	path := c.Types.FieldAt(p.typ, uint32(at))
	name := path[strings.LastIndexByte(path, '.')+1:]
	if path == "" || slices.Contains(trustedFields[:], name) {
		return true
	}
	// The types of a kernel that was built with clang say which fields RCU protects.
	set, err := c.Types.Decode(field)
	if err != nil {
		return true
	}
	pointer, ok := btf.Underlying(set.Type(field)).(*cbtf.Pointer)
	if !ok {
		return true
	}
	for t := pointer.Target; ; {
		switch typ := t.(type) {
		case *cbtf.TypeTag:
			return true
		case *cbtf.Const:
			t = typ.Type
		case *cbtf.Volatile:
			t = typ.Type
		default:
			return false
		}
	}
}
