// Package prog gives programs of any type to the running kernel, and attaches them.
// It is small on purpose: kernel interfaces made of several programs are the subject
// of package structops, maps of package maps.
//
// # The machine
//
// The kernel takes a program for one type (Options.Type), which decides what R1
// points to, which helpers there are, and what the result means. Its verifier looks
// at all paths through it; what it refuses comes back as a [ProgramError] with the
// line of Go. A program that is loaded does nothing until it is attached:
//
//	type                      attached by          sees
//	ProgTypeSocketFilter      AttachSocket         packets that a socket receives
//	ProgTypeXDP               AttachXDP            packets that an interface receives, first of all
//	ProgTypeSchedCls          AttachTCX            packets that an interface receives or sends
//	ProgTypeCgroupSKB, …      AttachCgroup         packets, sockets, … of the processes in a cgroup
//	ProgTypeSKLookup          AttachNetns          connections that look for their socket
//	ProgTypeRawTracepoint     AttachRawTracepoint  a tracepoint of the kernel
//	ProgTypeTracing           AttachTracing        a tracepoint or a function, with its types
//	ProgTypeSyscall           (Run)                what user space gives it
//
// An attachment is a [Link]. It ends when it is closed, or with the process, however
// that ends; nothing is left behind that was not pinned. [Loaded.Run] runs most types
// on made-up input, which is how they are tested.
//
//	runs := maps.NewGlobal("runs", uint64(0))
//	p, err := prog.Load(count, prog.Options{Type: syscall.ProgTypeXDP})
//	…
//	defer p.Close()
//	link, err := p.AttachXDP(ifindex)
//	…
//	defer link.Close()
//	n, err := runs.Load()
//
// # Maps
//
// The maps that a program names are created while it is loaded, unless they exist.
// They belong to their handles: closing a program closes no map.
package prog
