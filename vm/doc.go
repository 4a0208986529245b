// Package vm runs BPF programs without a kernel: the same bytes, in user space, with every access checked.
//
// # The machine
//
// A BPF machine has eleven registers of 64 bits, a stack of 512 bytes for each function, and no memory of its own besides that. All else
// is lent to it: the context that R1 points to when a program starts, packets, values of maps, objects of the kernel. A program calls
// functions of its own, helpers by number, and functions of the kernel. It ends with exit, and its result is R0.
//
// In the kernel, the verifier reads a program before it runs, and shows that no access can be wrong. Then the program runs on the
// processor itself, and nothing is checked. This machine does it the other way round: it takes any program that can be decoded, and looks
// at each access when it happens. So a program that the verifier would refuse runs here up to the instruction that is wrong. There it ends
// with a [Fault], which has the kind, the instruction, the line of Go, and all registers. The machine does not replace the verifier
// ([github.com/bpfsmith/bpfsmith/compile] and bpfsmith check do what it does): it shows what a program computes.
//
// # Addresses
//
// Memory is Go memory, in regions: each frame of the stack, the context, the packet, and what [Machine.Add] lends. A pointer has the
// number of its region in the upper half, and its distance in the region in the lower half. So sums and differences of pointers are
// those of plain numbers, and a pointer that has left its region does not point into another one. Address 0 is in no region.
//
// The machine is little-endian, on all processors.
//
// # Two modes
//
// RFC 9669 says what instructions do, and Linux refuses some that it allows. [Conformant] follows the RFC, [Linux] the kernel. Where
// Linux takes a program, both give the same result.
//
// # The package
//
// [Load] decodes a program once, into a form with constants extended and jumps resolved. [New] makes a machine for it, in one allocation.
// [Machine.Run] runs it on some memory, without any:
//
//	p, err := vm.Load(code, vm.Options{})
//	…
//	result, err := vm.New(p).Run(ctx, memory)
//
// A program cannot run forever: [Machine.StepLimit] and the context end it. Instructions are counted exactly. [Machine.Trace] sees each
// instruction before it runs.
//
// # Helpers and maps
//
// The machine has the helpers for maps, ring buffers, loops, tail calls, time, random numbers and printing. What they return can be set:
// [Machine.Now], [Machine.Random], [Machine.CPU], [Machine.Current]. Others are Go functions, see [Function] and [Machine.SetHelper]. A
// program that calls one that the machine does not have ends with a fault that names it.
//
// Maps are those of package maps. [LoadObject] creates the maps that a program names in this process, and then their handles work as they
// do with the kernel: what a program stores, Lookup finds. There are hashes, arrays, per-CPU and LRU maps, tries, queues, stacks, ring
// buffers, variables, storages, maps of maps and arrays of programs ([Machine.SetTailCall]). While a machine runs, another goroutine may
// wait for records of a ring buffer; it must not use values that the program uses.
//
// # Objects of the kernel
//
// Programs that the kernel calls get pointers to its objects. A [Struct] is such an object, with the layout of any kernel's BTF:
//
//	sk := vm.NewStruct(types, "tcp_sock")
//	sk.Set("snd_cwnd", 10)
//	addr, err := m.Object(sk)
//
// Programs read all of it, and write what [Struct.AllowWrites] allows, as the kernel protects its own objects. The functions of the kernel
// for congestion controls are in the machine: tcp_slow_start, tcp_cong_avoid_ai and tcp_reno_*; iterators over numbers and bits, dynptrs,
// and those of sched_ext for schedulers, whose queues are in [Machine.Scheduling]. [Machine.SetKernelFunction] adds others. Where a
// pointer in an object is nil, loads through it give 0, as in Linux.
//
// A storage keeps a value with each object ([Machine.Stored]). Timers run when the test says so ([Machine.RunTimers]). A program that sees
// packets runs on a [Packet], and helpers change it.
//
// Package [github.com/bpfsmith/bpfsmith/structops/structopstest] calls members of interfaces with such objects.
package vm

//go:generate go run ../internal/gen/vmgen
