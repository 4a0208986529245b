// Package maps declares the maps that programs and user space share, as Go values with Go types. User space uses the maps through this
// package.
//
// # The machine
//
// A map is memory in the kernel with a fixed maximum of elements. Each element has a key and a value, both of a fixed size. Programs use
// it through helpers, user space through commands of bpf(2). It lives as long as something holds it: a program that uses it, a file
// descriptor, or a name in a BPF file system.
//
//	NewHash, NewLRUHash            values under keys
//	NewArray                       values under numbers
//	NewPerCPUHash, NewPerCPUArray  the same, with a value for each CPU: no contention
//	NewLPMTrie                     values under prefixes; a look-up finds the longest prefix
//	NewQueue, NewStack             values, first or last in first out
//	NewRing                        records of one type, from programs to user space
//	NewRingBuf                     records of any length, from programs to user space
//	NewUserRingBuf                 records of any length, from user space to programs
//	NewSkStorage, NewTaskStorage,
//	NewCgroupStorage,
//	NewInodeStorage                values that are attached to an object of the kernel, as long as it lives
//	NewProgArray                   programs, for tail calls
//	NewSockMap                     sockets
//	NewArrayOf, NewHashOf          maps
//	NewGlobal, NewReadOnly         variables and constants
//	NewArena                       pages of memory
//
// # Declare, load, use
//
// The functions above declare a map and do not call the kernel, so handles may be package variables. Programs name the handle's
// [Map.Spec]. Loading a program creates the maps that it uses; Create does the same for one map. After that the same handle reads and
// writes:
//
//	var flows = maps.NewHash[Flow, Counts]("flows", 10_000)
//
//	var err error
//	for flow, counts := range flows.All(&err) {
//		fmt.Println(flow, counts)
//	}
//
// Mistakes in a declaration are stored in the Spec. They are reported with their line by Create, and when a program that uses the map is
// compiled. When a key does not exist, the error wraps fs.ErrNotExist. When the map is not created yet, the error is [ErrNotCreated].
//
// # Types
//
// Keys and values are integers of fixed size, bools, and arrays and structs of these: the types that dsl.LayoutOf accepts. Fields must be
// exported. Padding must be filled with fields named _, because the kernel compares keys byte by byte. Numbers in network order have their
// own types (dsl.BE16 and so on). The kernel gets the types with the map. So `bpftool map dump` shows fields by name, and the kernel finds
// its special fields in a value: dsl.SpinLock, dsl.Timer, dsl.WorkQueue.
//
// # Sharing
//
// Several goroutines may use a handle at the same time. A program may write an element while it is copied, so a copy may be inconsistent.
// Words of a [Global] are atomic. Values with a SpinLock can be read and written under the lock (LookupLocked, Lock).
package maps
