// Package btf finds the kernel's types, quickly.
//
// # What BTF is
//
// A kernel built with CONFIG_DEBUG_INFO_BTF carries a description of its types:
// structs with the offsets of their members, enums, and the prototypes of
// functions. /sys/kernel/btf/vmlinux shows it to everybody; each module adds a
// blob of its own that continues it. A blob is a header, a section of type
// records, and a section of names. Records are numbered from 1 in their order
// (their ids), vary in length, and refer to each other by id and to names by
// offset.
//
// It is how a program built today reads the right bytes on a kernel built
// tomorrow, and it is what the kernel checks programs against, so ids of this
// very blob go into system calls.
//
// # How it is read here
//
// A kernel of 2025 has 126,000 types in 5.5 MB. To make objects of all of them
// takes tens of milliseconds and as many megabytes. [Kernel] only maps the blob.
// The first look-up walks over it once, under a millisecond, to find all the
// names that [Types.Find] was given, and remembers the position of every 16th
// type. Types are decoded when they are asked for: [Types.Field] reads along the
// path to a field without decoding anything, [Types.Decode] gives types and
// what they are made of as those of github.com/cilium/ebpf/btf, with the ids
// that they have in the blob.
//
// # Carved blobs
//
// [Types.Carve] copies a few types into a blob of their own. Some kilobytes then
// answer like the kernel they came from: programs for it can be compiled and
// checked on any machine, and tests have kernels that nobody has at hand.
//
// # Our own types
//
// A [Builder] writes BTF: the types that describe our programs to the kernel.
package btf
