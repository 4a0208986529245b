// Package maps declares the maps that programs and user space share, as Go
// values with Go types, and is how user space uses them.
//
// # The machine
//
// A map is memory of the kernel's, with rules: so many elements, each a key and a
// value of fixed sizes. Programs reach it through helpers, user space through
// commands of bpf(2). It lives as long as something holds it: a program that uses
// it, a descriptor, a name in a BPF file system.
//
//	NewHash, NewLRUHash            values under keys
//	NewArray                       values under numbers
//	NewPerCPUHash, NewPerCPUArray  the same, with a value for each CPU: no contention
//	NewLPMTrie                     values under prefixes, the longest one counts
//	NewQueue, NewStack             values, first or last in first out
//	NewRingBuf                     records of any length, from programs to user space
//	NewUserRingBuf                 the other way round
//	NewSkStorage, NewTaskStorage,
//	NewCgroupStorage,
//	NewInodeStorage                values with an object of the kernel's, as long as it lives
//	NewProgArray                   programs, for tail calls
//	NewArrayOf, NewHashOf          maps
//	NewGlobal, NewReadOnly         variables and constants
//	NewArena                       pages
//
// # Declare, load, use
//
// The functions above declare a map and touch no kernel, so handles may be package
// variables. Programs name the handle's [Map.Spec]; loading one creates the maps it
// uses, or Create does. From then on the same handle reads and writes:
//
//	var flows = maps.NewHash[Flow, Counts]("flows", 10_000)
//
//	var err error
//	for flow, counts := range flows.All(&err) {
//		fmt.Println(flow, counts)
//	}
//
// Mistakes in a declaration are kept in the Spec and reported, with its line, when
// a program that uses it is compiled, and by Create. What is not there is an error
// that wraps fs.ErrNotExist; a handle whose map is not created says
// [ErrNotCreated].
//
// # Types
//
// Keys and values are integers of fixed size, bools, arrays and structs of these:
// what dsl.LayoutOf takes. Fields are exported. Holes must be filled with fields
// named _, since the kernel compares keys byte by byte, and numbers that stand in
// network order have types that say so (dsl.BE16 and so on). The types reach the
// kernel with the map, so that `bpftool map dump` shows fields by name, and so that
// the kernel finds its own fields in a value: dsl.SpinLock, dsl.Timer,
// dsl.WorkQueue.
//
// # Sharing
//
// Handles may be used by several goroutines at once. An element is copied with no
// regard to programs that write it meanwhile. Words of a [Global] are atomic, and
// values with a SpinLock can be read and written under it (LookupLocked, Lock).
package maps
