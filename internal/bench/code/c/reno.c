// Reno (RFC 5681), as a C programmer would write it.
#include "bpf.h"

LICENSE;

PROGRAM u32 reno_ssthresh(u64 *args)
{
	return max32(tcp(args)->snd_cwnd / 2, 2);
}

PROGRAM void reno_cong_avoid(u64 *args)
{
	struct tcp_sock *tp = tcp(args);
	u32 acked = args[2];

	if (!limited(tp))
		return;
	if (tp->snd_cwnd < tp->snd_ssthresh) {
		acked = tcp_slow_start(tp, acked);
		if (!acked)
			return;
	}
	tcp_cong_avoid_ai(tp, tp->snd_cwnd, acked);
}

PROGRAM u32 reno_undo_cwnd(u64 *args)
{
	return max32(tcp(args)->snd_cwnd, tcp(args)->prior_cwnd);
}

REGISTER(reno) = {
	.ssthresh = (void *)reno_ssthresh,
	.cong_avoid = (void *)reno_cong_avoid,
	.undo_cwnd = (void *)reno_undo_cwnd,
	.name = "c_reno",
};
