// Package btf finds the kernel's types, quickly.
//
// # What BTF is
//
// A kernel built with CONFIG_DEBUG_INFO_BTF carries a description of its types: structs with the offsets of their members,
// enums, and the prototypes of functions. /sys/kernel/btf/vmlinux can be read by every user; each module adds a blob of its own
// that continues it. A blob is a header, a section of type records, and a section of names. Records are numbered from 1 in
// their order (their ids), vary in length, and refer to each other by id and to names by offset.
//
// With it, a program built today reads the right bytes on a kernel built tomorrow. The kernel also checks programs against it,
// so system calls contain ids of this blob.
//
// # How it is read here
//
// A kernel of 2025 has 126,000 types in 5.5 MB. Creating objects for all of them takes tens of milliseconds and as many megabytes.
// [Kernel] only maps the blob. The first look-up walks over it once, in less than a millisecond. It finds all the names that [Types.Find]
// was given, and stores the position of every 16th type. Types are decoded when they are asked for: [Types.Field] reads along the path to
// a field without decoding anything, [Types.Decode] gives types and what they are made of as those of github.com/cilium/ebpf/btf, with the
// ids that they have in the blob.
//
// # Carved blobs
//
// [Types.Carve] copies a few types into a blob of their own. A few kilobytes then answer like the kernel they came from. So
// programs for that kernel can be compiled and checked on any machine, and tests can use kernels that are not installed.
//
// # Our own types
//
// A [Builder] writes BTF: the types that describe our programs to the kernel.
package btf
