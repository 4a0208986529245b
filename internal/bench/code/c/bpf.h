// What the programs of this folder need of BPF and of the kernel's interface. kernel.h, which is
// generated from the running kernel's types, has the structs: nothing here is relocated when loaded.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

#include "kernel.h"

#define SEC(name) __attribute__((section(name), used))
#define PROGRAM SEC("struct_ops")
#define KERNEL extern __attribute__((section(".ksyms")))
#define LICENSE char _license[] SEC("license") = "GPL"

// Helpers, by their numbers in enum bpf_func_id.
static long (*const bpf_setsockopt)(void *sk, int level, int option, const void *value, int size) = (void *)49;
static long (*const bpf_tcp_send_ack)(void *sk, u32 rcv_nxt) = (void *)116;
static u64 (*const bpf_jiffies64)(void) = (void *)118;

KERNEL u32 tcp_slow_start(struct tcp_sock *tp, u32 acked);
KERNEL void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked);
KERNEL void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked);
KERNEL u32 tcp_reno_undo_cwnd(struct sock *sk);

// The loader matches members by name, so those that are not used here can be left out.
struct tcp_congestion_ops {
	u32 (*ssthresh)(struct sock *);
	void (*cong_avoid)(struct sock *, u32, u32);
	void (*set_state)(struct sock *, u8);
	void (*cwnd_event)(struct sock *, u32);
	void (*in_ack_event)(struct sock *, u32);
	void (*pkts_acked)(struct sock *, const struct ack_sample *);
	u32 (*undo_cwnd)(struct sock *);
	void (*init)(struct sock *);
	u32 flags;
	char name[16];
};
#define REGISTER(algorithm) struct tcp_congestion_ops algorithm SEC(".struct_ops.link")

enum { NEEDS_ECN = 2 };                            // tcp_congestion_ops.flags
enum { STATE_RECOVERY = 3, STATE_LOSS = 4 };       // of set_state and icsk_ca_state
enum { ECN_OK = 1, ECN_DEMAND_CWR = 4 };           // tcp_sock.ecn_flags
enum { ACK_TIMER = 2, ACK_NOW = 16 };              // inet_connection_sock.icsk_ack.pending
enum { PACING_NONE = 0 };                          // sock.sk_pacing_status
enum { TCP_CLOSE = 7, TCP_LISTEN = 10 };           // sock.skc_state
enum { SOL_TCP = 6, TCP_CONGESTION = 13 };         // of bpf_setsockopt
enum { TX_START = 0, LOSS = 3, ECN_NO_CE = 4, ECN_IS_CE = 5 }; // of cwnd_event

// A program's only argument is an array of the member's arguments.
static inline struct tcp_sock *tcp(u64 *args) { return (struct tcp_sock *)args[0]; }
static inline struct sock *sock(u64 *args) { return (struct sock *)args[0]; }
static inline struct inet_connection_sock *connection(u64 *args) { return (struct inet_connection_sock *)args[0]; }

// Sequence numbers and times wrap.
static inline int after(u32 a, u32 b) { return (s32)(b - a) < 0; }
static inline u32 max32(u32 a, u32 b) { return a > b ? a : b; }
static inline u32 min32(u32 a, u32 b) { return a < b ? a : b; }

// A window grows only while it is what limits the sender; in slow start, also up to twice what was
// in flight (RFC 7661).
static inline int limited(struct tcp_sock *tp)
{
	if (tcp_sock_is_cwnd_limited(tp))
		return 1;
	return tp->snd_cwnd < tp->snd_ssthresh && tp->snd_cwnd < 2 * tp->max_packets_out;
}
