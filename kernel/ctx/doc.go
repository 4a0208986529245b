// Package ctx has the contexts of programs. A context is the struct that R1 points to when a program begins. The package is generated from
// the kernel's own types with bpfsmith gen.
//
// The type of a program decides which context it gets: [XDP] for an XDP program, [SKB] for programs at traffic control, sockets and
// cgroups that see packets, and so on. The context is the only parameter of the program:
//
//	func drop(f *dsl.Fn, x ctx.XDP) dsl.U32 {
//		packet := x.Packet()
//		…
//		return f.U32(ctx.XDPDrop)
//	}
//
// Contexts are structs of the UAPI. The kernel translates each access to one of its own structs. When a program is loaded, the kernel
// checks which fields it may read and write. A field that some type of program may write has a method for it.
//
// Addresses and ports are in different byte orders, even within one struct. The comment of each method says which order its field has.
// Swap turns a number in network byte order into one of a little-endian machine.
package ctx

//go:generate go run ../../cmd/bpfsmith gen --btf ../../internal/test/fixture/6.18.btf --strip bpf_ --context xdp_md=XDP,__sk_buff=SKB,bpf_sock,bpf_sk_lookup,bpf_sock_addr,bpf_sock_ops,bpf_sockopt=SockOpt,bpf_sysctl,bpf_cgroup_dev_ctx=CgroupDev,sk_msg_md=SkMsg,sk_reuseport_md=SkReuseport --type bpf_tcp_sock=TCPSock --enum xdp_action,sk_action,tcx_action_base --set __sk_buff.mark,__sk_buff.priority,__sk_buff.queue_mapping,__sk_buff.tc_index,__sk_buff.tc_classid,__sk_buff.cb,__sk_buff.tstamp,bpf_sock.bound_dev_if,bpf_sock.mark,bpf_sock.priority,bpf_sock_addr.user_*,bpf_sock_ops.reply,bpf_sock_ops.replylong,bpf_sock_ops.sk_txhash,bpf_sockopt.level,bpf_sockopt.optname,bpf_sockopt.optlen,bpf_sockopt.retval,bpf_sysctl.file_pos -o .
