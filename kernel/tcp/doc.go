// Package tcp has the kernel's types for TCP congestion control, as Go types that
// programs are written with. It is generated from the kernel's own types; a
// package for other structs is made the same way, with bpfsmith gen.
//
// A congestion control implements members of struct tcp_congestion_ops, which is [CongestionOps] here. The kernel passes them a struct
// sock, which is the beginning of a struct tcp_sock. A parameter of type [Sock] is that tcp_sock:
//
//	// RFC 5681: half the window, at least two segments.
//	func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
//		return tp.SndCwnd().Shr(1).Max(2)
//	}
//
// A tcp_sock begins with an inet_connection_sock, this begins with an inet_sock,
// and so on to sock_common. Sock has the fields of all of them:
// tp.SkPacingRate() is the field inet_conn.icsk_inet.sk.sk_pacing_rate. Kernel
// functions that programs may call are methods too: tp.SlowStart(acked) is
// tcp_slow_start.
//
// Only the fields that congestion controls may write have methods that write: the window and its counter, the threshold, the pacing rate,
// pending acknowledgements, and the private state, which [CA] makes available as a Go struct. Kernels differ in what may be written;
// compiling checks it for the target.
//
// Offsets come from the target: they are looked up when a program is compiled, and the target may lack a field. Constants of enums have
// the values of Linux 6.18.
package tcp

//go:generate go run ../../cmd/bpfsmith gen --btf ../../internal/test/fixture/6.18.btf --type tcp_sock,sock=BaseSock,inet_connection_sock,rate_sample,ack_sample,minmax=MinMax --func tcp_reno_ssthresh,tcp_reno_cong_avoid,tcp_reno_undo_cwnd,tcp_slow_start,tcp_cong_avoid_ai --func cubictcp_init,cubictcp_recalc_ssthresh,cubictcp_cong_avoid,cubictcp_state,cubictcp_cwnd_event,cubictcp_acked --func bbr_init,bbr_main,bbr_sndbuf_expand,bbr_undo_cwnd,bbr_cwnd_event,bbr_ssthresh,bbr_min_tso_segs,bbr_set_state --enum tcp_ca_state,tcp_ca_event,tcp_ca_ack_event_flags,inet_csk_ack_state_t,sk_pacing --set tcp_sock.snd_cwnd,tcp_sock.snd_cwnd_cnt,tcp_sock.snd_ssthresh,tcp_sock.snd_cwnd_stamp,tcp_sock.app_limited,tcp_sock.ecn_flags,*.sk_pacing_rate,*.sk_pacing_status,*.icsk_ack.pending,*.icsk_ca_priv --ops tcp_congestion_ops -o .
