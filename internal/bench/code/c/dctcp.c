// DCTCP (RFC 8257), as a C programmer would write it.
#include "bpf.h"

LICENSE;

// In units of 1/1024: alpha, the estimated fraction of marked segments. The gain of the estimate is 1/16.
#define ALPHA_MAX 1024
#define GAIN_SHIFT 4

struct dctcp {
	u32 delivered;    // of the connection, when the window of observation began
	u32 delivered_ce; // likewise, of those that were marked
	u32 rcv_nxt;      // before the segment that is being received
	u32 alpha;
	u32 window_end; // the observation ends when this is acknowledged
	u32 ce;         // whether the last segment received was marked
	u32 loss_cwnd;  // before the last reduction
};
_Static_assert(sizeof(struct dctcp) <= sizeof(((struct inet_connection_sock *)0)->icsk_ca_priv), "state is too large");

static inline struct dctcp *state(u64 *args) { return (struct dctcp *)connection(args)->icsk_ca_priv; }

static inline void observe(struct tcp_sock *tp, struct dctcp *ca)
{
	ca->window_end = tp->snd_nxt;
	ca->delivered = tp->delivered;
	ca->delivered_ce = tp->delivered_ce;
}

// Without ECN this is no better than any other, so the connection gets the one that everybody has.
PROGRAM void dctcp_init(u64 *args)
{
	struct tcp_sock *tp = tcp(args);
	struct dctcp *ca = state(args);
	u8 tcp_state = sock(args)->skc_state;

	if (!(tp->ecn_flags & ECN_OK) && tcp_state != TCP_LISTEN && tcp_state != TCP_CLOSE) {
		char reno[8] = "reno";
		bpf_setsockopt(tp, SOL_TCP, TCP_CONGESTION, reno, sizeof(reno));
		return;
	}
	ca->rcv_nxt = tp->rcv_nxt;
	ca->alpha = ALPHA_MAX;
	ca->ce = 0;
	ca->loss_cwnd = 0;
	observe(tp, ca);
}

// Once a window: alpha = (1 - g) * alpha + g * F, where F is the fraction that was marked.
PROGRAM void dctcp_in_ack_event(u64 *args)
{
	struct tcp_sock *tp = tcp(args);
	struct dctcp *ca = state(args);
	u32 alpha, marked, step;

	if (after(ca->window_end, tp->snd_una))
		return;
	alpha = ca->alpha;
	step = alpha >> GAIN_SHIFT;
	alpha -= step ? step : alpha; // the last steps to zero would be endless otherwise
	marked = tp->delivered_ce - ca->delivered_ce;
	if (marked) {
		u32 delivered = max32(tp->delivered - ca->delivered, 1);
		alpha = min32(alpha + (marked << (10 - GAIN_SHIFT)) / delivered, ALPHA_MAX);
	}
	ca->alpha = alpha;
	observe(tp, ca);
}

PROGRAM u32 dctcp_ssthresh(u64 *args)
{
	struct dctcp *ca = state(args);
	u32 cwnd = tcp(args)->snd_cwnd;

	ca->loss_cwnd = cwnd;
	return max32(cwnd - (cwnd * ca->alpha >> 11), 2);
}

// A loss is answered as Reno does.
static inline void lose(struct tcp_sock *tp, struct dctcp *ca)
{
	u32 cwnd = tp->snd_cwnd;

	ca->loss_cwnd = cwnd;
	tp->snd_ssthresh = max32(cwnd / 2, 2);
}

PROGRAM void dctcp_set_state(u64 *args)
{
	if ((u8)args[1] == STATE_RECOVERY && inet_connection_sock_icsk_ca_state(connection(args)) != STATE_RECOVERY)
		lose(tcp(args), state(args));
}

static inline void echo(struct tcp_sock *tp, u32 ce)
{
	if (ce)
		tp->ecn_flags |= ECN_DEMAND_CWR;
	else
		tp->ecn_flags &= ~ECN_DEMAND_CWR;
}

// A receiver tells which segments were marked: where that changes, what came before is acknowledged
// first, and what has come at once (RFC 8257, section 3.2).
static inline void received(u64 *args, u32 ce)
{
	struct tcp_sock *tp = tcp(args);
	struct inet_connection_sock *icsk = connection(args);
	struct dctcp *ca = state(args);

	if (ca->ce != ce) {
		if (icsk->pending & ACK_TIMER) {
			echo(tp, ca->ce);
			bpf_tcp_send_ack(tp, ca->rcv_nxt);
		}
		icsk->pending |= ACK_NOW;
	}
	ca->rcv_nxt = tp->rcv_nxt;
	ca->ce = ce;
	echo(tp, ce);
}

PROGRAM void dctcp_cwnd_event(u64 *args)
{
	u32 event = args[1];

	switch (event) {
	case ECN_IS_CE:
	case ECN_NO_CE:
		received(args, event == ECN_IS_CE);
		break;
	case LOSS:
		lose(tcp(args), state(args));
		break;
	}
}

PROGRAM void dctcp_cong_avoid(u64 *args)
{
	tcp_reno_cong_avoid(sock(args), args[1], args[2]);
}

PROGRAM u32 dctcp_undo_cwnd(u64 *args)
{
	return max32(tcp(args)->snd_cwnd, state(args)->loss_cwnd);
}

REGISTER(dctcp) = {
	.init = (void *)dctcp_init,
	.ssthresh = (void *)dctcp_ssthresh,
	.cong_avoid = (void *)dctcp_cong_avoid,
	.set_state = (void *)dctcp_set_state,
	.cwnd_event = (void *)dctcp_cwnd_event,
	.in_ack_event = (void *)dctcp_in_ack_event,
	.undo_cwnd = (void *)dctcp_undo_cwnd,
	.flags = NEEDS_ECN,
	.name = "c_dctcp",
};
