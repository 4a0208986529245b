// CUBIC (RFC 9438) with hybrid slow start, as Linux behaves, as a C programmer would write it: times
// in the kernel's ticks, windows in segments.
#include "bpf.h"

LICENSE;

#define BETA 717         // in units of 1/1024: what is left of the window after a loss, 0.7
#define SCALE 410        // in units of 1/1024 · 1/s²: the constant C, 0.4, for a round trip of 100 ms
#define TIME_SHIFT 10    // curve times are in units of 1/1024 s
#define CUBE (10 + 3 * TIME_SHIFT) // so much is a third power of time, times SCALE, too large
#define RENO_SCALE 15    // in eighths: how many windows of acknowledgements Reno takes for one segment

#define TRAIN_GAP 2000   // µs: acknowledgements closer than that are a train
#define LOW_WINDOW 16    // hybrid slow start looks for an exit from this window on
#define ROUND_SAMPLES 8
#define DELAY_STEP_MIN 4000 // µs
#define DELAY_STEP_MAX 16000

struct cubic {
	u32 count; // acknowledged segments for one segment more of window
	u32 window_max;
	u32 last_window;
	u32 last_time;
	u32 origin; // window at the flat part of the curve
	u32 k;      // time from the epoch's start to there
	u32 delay_min;
	u32 epoch; // its start; 0 for none
	u32 acked; // segments, for Reno's window
	u32 reno_window;
	u16 unused;
	u8 samples; // of the round-trip time in this round
	u8 found;   // where slow start should end
	u32 round_start; // µs
	u32 round_end;   // the sequence number that ends it
	u32 last_ack;    // µs, of the train
	u32 round_rtt;   // the smallest of the round
};
_Static_assert(sizeof(struct cubic) <= sizeof(((struct inet_connection_sock *)0)->icsk_ca_priv), "state is too large");

static inline struct cubic *state(u64 *args) { return (struct cubic *)connection(args)->icsk_ca_priv; }
static inline u32 ticks(void) { return bpf_jiffies64(); }

static inline void start_round(struct tcp_sock *tp, struct cubic *ca)
{
	ca->round_start = ca->last_ack = tp->tcp_mstamp;
	ca->round_end = tp->snd_nxt;
	ca->round_rtt = ~0U;
	ca->samples = 0;
}

static inline void reset(struct tcp_sock *tp, struct cubic *ca)
{
	ca->count = 0;
	ca->window_max = 0;
	ca->last_window = 0;
	ca->last_time = 0;
	ca->origin = 0;
	ca->k = 0;
	ca->delay_min = 0;
	ca->epoch = 0;
	ca->acked = 0;
	ca->reno_window = 0;
	ca->found = 0;
	start_round(tp, ca);
}

PROGRAM void cubic_init(u64 *args)
{
	reset(tcp(args), state(args));
}

PROGRAM void cubic_set_state(u64 *args)
{
	if ((u8)args[1] == STATE_LOSS)
		reset(tcp(args), state(args));
}

// An idle time does not count: the epoch starts that much later.
PROGRAM void cubic_cwnd_event(u64 *args)
{
	struct cubic *ca = state(args);
	u32 now;
	s32 idle;

	if ((u32)args[1] != TX_START)
		return;
	now = ticks();
	idle = now - tcp(args)->lsndtime;
	if (ca->epoch && idle > 0) {
		ca->epoch += idle;
		if (after(ca->epoch, now))
			ca->epoch = now;
	}
}

// 64 times the cube root of the index.
static const u8 roots[64] = {
	0, 64, 80, 92, 101, 109, 116, 122, 128, 133, 137, 142, 146, 150, 154, 157,
	161, 164, 167, 170, 173, 176, 179, 182, 184, 187, 189, 192, 194, 196, 198, 201,
	203, 205, 207, 209, 211, 213, 215, 217, 218, 220, 222, 224, 225, 227, 229, 230,
	232, 234, 235, 237, 238, 240, 241, 243, 244, 246, 247, 249, 250, 251, 253, 254,
};

// The root of the leading bits from the table, then one step of Newton's method. Over the values that
// occur the result is off by 0.07 % at most.
static inline u32 cube_root(u64 a)
{
	u32 more = 0, x;
	u64 lead = a;

	for (; lead >= 64; lead >>= 3) // three bits of a number are one of its root
		more++;
	// Clang compares what lead was before the last shift, which tells the verifier nothing of lead; and it would
	// drop the mask as needless if it knew where lead comes from.
	asm volatile("" : "+r"(lead));
	x = roots[lead & 63];
	if (!more)
		return (x + 32) >> 6;
	x = ((x + 2) << more) >> 6;
	return (2 * x + (u32)(a / ((u64)x * x))) / 3;
}

// Finds how many segments must be acknowledged for one more of window.
static inline void update(struct cubic *ca, u32 window, u32 acked)
{
	u32 now = ticks(), growth, target, count;
	u64 t, distance;

	ca->acked += acked;
	if (ca->last_window == window && (s32)(now - ca->last_time) <= HZ / 32)
		return;
	if (ca->epoch && now == ca->last_time)
		goto reno; // the curve is followed once a tick
	ca->last_window = window;
	ca->last_time = now;

	if (!ca->epoch) {
		ca->epoch = now;
		ca->acked = acked;
		ca->reno_window = window;
		if (ca->window_max <= window) {
			ca->k = 0;
			ca->origin = window;
		} else {
			ca->k = cube_root((1ULL << CUBE) / SCALE * (ca->window_max - window));
			ca->origin = ca->window_max;
		}
	}

	// Where the curve will be a round trip from now. Here an overflow would take a window of a million.
	t = (s32)(now - ca->epoch);
	t += (ca->delay_min + 1000000 / HZ - 1) / (1000000 / HZ);
	t = (t << TIME_SHIFT) / HZ;
	distance = t < ca->k ? ca->k - t : t - ca->k;
	growth = SCALE * distance * distance * distance >> CUBE;
	target = t < ca->k ? ca->origin - growth : ca->origin + growth;

	count = target > window ? window / (target - window) : 100 * window;
	if (!ca->window_max && count > 20)
		count = 20; // before the first loss: at least 5 % a round trip
	ca->count = count;

reno:
	// Never slower than Reno would be.
	growth = window * RENO_SCALE >> 3;
	if (growth && ca->acked > growth) {
		u32 n = ca->acked / growth;

		ca->acked -= n * growth;
		ca->reno_window += n;
	}
	if (ca->reno_window > window) {
		count = window / (ca->reno_window - window);
		if (ca->count > count)
			ca->count = count;
	}
	ca->count = max32(ca->count, 2); // at most half as much again a round trip
}

PROGRAM void cubic_cong_avoid(u64 *args)
{
	struct tcp_sock *tp = tcp(args);
	struct cubic *ca = state(args);
	u32 acked = args[2];

	if (!limited(tp))
		return;
	if (tp->snd_cwnd < tp->snd_ssthresh) {
		acked = tcp_slow_start(tp, acked);
		if (!acked)
			return;
	}
	update(ca, tp->snd_cwnd, acked);
	tcp_cong_avoid_ai(tp, ca->count, acked);
}

PROGRAM u32 cubic_ssthresh(u64 *args)
{
	struct cubic *ca = state(args);
	u32 window = tcp(args)->snd_cwnd;

	ca->epoch = 0;
	// Fast convergence: a flow that does not reach its last maximum makes room for others.
	ca->window_max = window < ca->window_max ? window * (1024 + BETA) / 2048 : window;
	return max32(window * BETA / 1024, 2);
}

// How much longer acknowledgements may take because segments are sent in bunches: four of the largest
// at the pacing rate, at most a millisecond.
static inline u32 bunch_delay(struct sock *sk)
{
	u64 rate = sk->sk_pacing_rate, delay;

	if (!rate)
		return 0;
	delay = (u64)sk->sk_gso_max_size * 4 * 1000000 / rate;
	return delay < 1000 ? delay : 1000;
}

// Slow start ends at the window where a train of acknowledgements is as long as the path, or where the
// delay of a round has grown.
static inline void look_for_exit(struct tcp_sock *tp, struct sock *sk, struct cubic *ca, u32 delay)
{
	u32 now, step, threshold;

	if (after(tp->snd_una, ca->round_end))
		start_round(tp, ca);
	if (tp->snd_cwnd < LOW_WINDOW)
		return;

	now = tp->tcp_mstamp;
	if ((s32)(now - ca->last_ack) <= TRAIN_GAP) {
		ca->last_ack = now;
		threshold = ca->delay_min + bunch_delay(sk);
		if (sk->sk_pacing_status == PACING_NONE)
			threshold >>= 1;
		if (now - ca->round_start > threshold) {
			ca->found = 1;
			tp->snd_ssthresh = tp->snd_cwnd;
		}
	}

	if (ca->round_rtt > delay)
		ca->round_rtt = delay;
	if (ca->samples < ROUND_SAMPLES) {
		ca->samples++;
		return;
	}
	step = min32(max32(ca->delay_min >> 3, DELAY_STEP_MIN), DELAY_STEP_MAX);
	if (ca->round_rtt > ca->delay_min + step) {
		ca->found = 1;
		tp->snd_ssthresh = tp->snd_cwnd;
	}
}

PROGRAM void cubic_pkts_acked(u64 *args)
{
	struct tcp_sock *tp = tcp(args);
	struct cubic *ca = state(args);
	s32 rtt = ((struct ack_sample *)args[1])->rtt_us;
	u32 delay;

	if (rtt < 0) // an acknowledgement without a time
		return;
	if (ca->epoch && (s32)(ticks() - ca->epoch) < HZ) // soon after a recovery
		return;
	delay = rtt ? rtt : 1;
	if (!ca->delay_min || ca->delay_min > delay)
		ca->delay_min = delay;
	if (!ca->found && tp->snd_cwnd < tp->snd_ssthresh)
		look_for_exit(tp, sock(args), ca, delay);
}

PROGRAM u32 cubic_undo_cwnd(u64 *args)
{
	return tcp_reno_undo_cwnd(sock(args));
}

REGISTER(cubic) = {
	.init = (void *)cubic_init,
	.ssthresh = (void *)cubic_ssthresh,
	.cong_avoid = (void *)cubic_cong_avoid,
	.set_state = (void *)cubic_set_state,
	.cwnd_event = (void *)cubic_cwnd_event,
	.pkts_acked = (void *)cubic_pkts_acked,
	.undo_cwnd = (void *)cubic_undo_cwnd,
	.name = "c_cubic",
};
