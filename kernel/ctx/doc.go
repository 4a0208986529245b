// Package ctx has the contexts of programs: what they find in R1 when they
// begin. It is generated from the kernel's own types with bpfsmith gen.
//
// What kind of program it is says which context it gets: XDP for an XDP program,
// [SKB] for those at traffic control, sockets and cgroups that see packets, and so
// on. A program has its context as its only parameter:
//
//	func drop(f *dsl.Fn, x ctx.XDP) dsl.U32 {
//		packet := x.Packet()
//		…
//		return f.U32(ctx.XDPDrop)
//	}
//
// Contexts are the UAPI's view of things: the kernel translates each access to one
// of its own structs, and says when loading which fields a kind of program may
// read and write. Those that some program may write have methods that do.
package ctx

//go:generate go run ../../cmd/bpfsmith gen --btf ../../internal/test/fixture/6.18.btf --strip bpf_ --context xdp_md=XDP,__sk_buff=SKB,bpf_sock,bpf_sk_lookup,bpf_sock_addr,bpf_sock_ops,bpf_sockopt=SockOpt,bpf_sysctl,bpf_cgroup_dev_ctx=CgroupDev,sk_msg_md=SkMsg,sk_reuseport_md=SkReuseport --type bpf_tcp_sock=TCPSock --enum xdp_action,sk_action,tcx_action_base --set __sk_buff.mark,__sk_buff.priority,__sk_buff.queue_mapping,__sk_buff.tc_index,__sk_buff.tc_classid,__sk_buff.cb,__sk_buff.tstamp,bpf_sock.bound_dev_if,bpf_sock.mark,bpf_sock.priority,bpf_sock_addr.user_*,bpf_sock_ops.reply,bpf_sock_ops.replylong,bpf_sock_ops.sk_txhash,bpf_sockopt.level,bpf_sockopt.optname,bpf_sockopt.optlen,bpf_sockopt.retval,bpf_sysctl.file_pos -o .
