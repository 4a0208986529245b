// Package link attaches programs to places in the kernel.
//
// # What an attachment is
//
// A program that is loaded does nothing: the kernel has verified it, and keeps it as long as somebody has its descriptor. It begins to run
// when it is attached to a place where the kernel calls programs: an interface that receives a packet, a process that opens a socket, a
// tracepoint that is passed.
//
// The kernel's word for an attachment is a link (BPF_LINK_CREATE, Linux 5.7). A link is an object of its own, with a descriptor: it holds
// the program, and the place holds the link. When the last descriptor of the link is closed, the attachment ends. So nothing has to be
// cleaned up after a process that ended, however it ended: its descriptors are closed. An attachment that is to stay is pinned: its link
// gets a file in a BPF file system (/sys/fs/bpf), which counts as a descriptor and lasts until it is removed, or until the machine is
// restarted.
//
// What a link holds can be replaced while it is attached. No packet passes between the old program and the new one.
//
// An implementation of a kernel interface (package structops) is attached by a link as well, so structops.Link is a [Link].
//
// # Which program goes where
//
// A program is loaded for one type, which says what it is given and what its result means. Many types also need an attach type, the place
// at which the program runs (prog.Options). A program can be attached to what it was loaded for:
//
//	type of program              attached by          sees                                           Linux
//	socket_filter                AttachSocketFilter   packets that a socket receives                 3.19
//	xdp                          AttachXDP            packets that an interface receives, first      5.9
//	sched_cls                    AttachTCX            packets that an interface receives or sends    6.6
//	cgroup_skb, cgroup_sock, …   AttachCgroup         packets, sockets, … of a cgroup's processes    5.7
//	sk_lookup, flow_dissector    AttachNetns          packets that look for their socket             5.8
//	raw_tracepoint               AttachRawTracepoint  a tracepoint of the kernel                     4.17
//	tracing                      AttachTracing        a tracepoint or function, with its types       5.5
//	lsm                          AttachLSM            questions to the security modules              5.7
//	struct_ops                   structops.Register   calls of a kernel interface                    5.6
//
// Anything else is an error that says what would be right, before the kernel is asked where that is possible: the kernel itself answers
// with the same EINVAL to a program of another type, a missing interface, wrong flags and a command that it does not have.
//
//	p, err := prog.Load(count, prog.Options{License: "GPL"})
//	…
//	defer p.Close()
//	l, err := link.AttachXDP(p, link.XDPOptions{Interface: eth0.Index})
//	…
//	defer l.Close()
//
// Closing the program does not end its attachment, since the link holds it too.
package link
