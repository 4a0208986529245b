#include "bpf.h"

// Programs of several types in one object. One of them is for an interface of the kernel that is registered without a link, one for none.
struct sock;
struct tcp_congestion_ops___small {
	char name[16];
	u32 (*ssthresh)(struct sock *sk);
	u32 (*undo_cwnd)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
};

SEC("struct_ops/anything") u32 half(u64 *ctx) { return 2; }
SEC("struct_ops/anything") u32 undo(u64 *ctx) { return 2; }
SEC("struct_ops") void avoid(u64 *ctx) {}
SEC("?struct_ops") u32 alone(u64 *ctx) { return 2; }
SEC("cgroup/connect4") int connects(void *ctx) { return 1; }
SEC("fentry.s/tcp_slow_start") int enters(u64 *ctx) { return 0; }
SEC("nothing/known") int elsewhere(void *ctx) { return 0; }

struct tcp_congestion_ops___small small SEC(".struct_ops") = {
	.name = "small", .ssthresh = (void *)half, .undo_cwnd = (void *)undo, .cong_avoid = (void *)avoid};

LICENCE;
