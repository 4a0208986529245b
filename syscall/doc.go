// Package syscall calls bpf(2), with one Go function for each command. It is the only unsafe code of bpfsmith: everything above it handles
// byte slices, numbers and descriptors.
//
// # The machine
//
// Linux keeps BPF programs, maps, links and type information (BTF) as kernel objects. All of them come from one system call,
//
//	int bpf(int cmd, union bpf_attr *attr, unsigned int size)
//
// whose attr is a union with an arm for each family of commands. A process holds an object by a file descriptor. An object lives as
// long as something refers to it: a descriptor, a file in a bpf file system (a pin), a map that holds it as a value, or an attachment.
//
//   - A program ([ProgLoad]) is verified when it is loaded, once, for one program type and, for struct_ops, one member of one
//     kernel struct. A program that the verifier does not accept is refused with an errno and a log of text.
//   - A map ([MapCreate]) keeps values under keys, for programs and for user space. A struct_ops map is one value: an image of a kernel
//     struct whose function pointers are program descriptors.
//   - BTF ([BTFLoad]) tells the kernel the types, functions and source lines of a program.
//   - A link ([LinkCreate]) attaches a program, or registers a struct_ops map. When nobody holds it any more, the attachment ends.
//     So a loader that crashes does no harm.
//
// # Sizes that the kernel does not ask for
//
// In commands on map elements the kernel gets addresses without lengths. It copies as many bytes as the map's types have. This package
// knows the sizes of each map and refuses slices of other lengths.
//
// # Memory
//
// Arrays, ring buffers and arenas can be mapped ([MapMemory]): the process then sees what programs write without a command, and a
// [Waiter] sleeps until the kernel says that a ring buffer has something. [Memory] checks every access; a [Word64] of it is as fast as
// sync/atomic.
//
// # Errors
//
// A command returns its one documented success value, or fails. Any other value is an error too ([ErrUnexpected]): for example, an update
// of a struct_ops map with a non-zero owner returns 1. Errors are [*Error], for loads [*LoadError]; both unwrap to the errno, so that
//
//	errors.Is(err, unix.EEXIST)       // names taken, …
//	errors.Is(err, fs.ErrNotExist)    // no such key, id or path; the end of an iteration
//	errors.Is(err, syscall.ENOTSUPP)  // errno 524
//
// hold. The text of an EPERM tells which capability or setting is missing ([ExplainPermission]).
//
// # Signals
//
// Verification and test runs give up when a signal is pending, and Go's runtime sends signals to itself. Such commands are tried again, up
// to 10 times, the later tries with those signals blocked.
//
// # Other systems
//
// The package builds everywhere; on other systems each command returns [ErrUnsupported]. On Linux it needs 5.11 or later, where
// the memory of BPF objects is charged to the cgroup: there is no code for RLIMIT_MEMLOCK.
//
// Sources: include/uapi/linux/bpf.h of Linux 6.1, the types in the BTF of a running 6.18, and the results of that kernel in the tests.
package syscall

//go:generate go run ../internal/gen/typegen
