package vm

// The functions of the kernel that congestion controls call (net/ipv4/tcp_cong.c, Linux 6.18), on objects of any kernel.

// kernelFunctions are the functions of the kernel that each machine has.
var kernelFunctions = map[string]Function{
	"tcp_slow_start":      tcpSlowStart,
	"tcp_cong_avoid_ai":   tcpCongAvoidAI,
	"tcp_reno_cong_avoid": tcpRenoCongAvoid,
	"tcp_reno_ssthresh":   tcpRenoSsthresh,
	"tcp_reno_undo_cwnd":  tcpRenoUndoCwnd,
}

// tcpSlowStart is u32 tcp_slow_start(struct tcp_sock *tp, u32 acked).
func tcpSlowStart(m *Machine) (uint64, error) {
	tp, err := m.ObjectAt(m.Arg(1), "tcp_sock")
	if err != nil {
		return 0, err
	}
	return uint64(slowStart(tp, uint32(m.Arg(2)))), tp.Err()
}

// slowStart lets the window grow by what was acknowledged, up to the threshold. It returns what is left (RFC 5681, section 3.1).
func slowStart(tp *Struct, acked uint32) (left uint32) {
	cwnd := uint32(tp.Get("snd_cwnd"))
	grown := min(cwnd+acked, uint32(tp.Get("snd_ssthresh")))
	tp.Set("snd_cwnd", int64(min(grown, uint32(tp.Get("snd_cwnd_clamp")))))
	return acked - (grown - cwnd)
}

// tcpCongAvoidAI is void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked).
func tcpCongAvoidAI(m *Machine) (uint64, error) {
	tp, err := m.ObjectAt(m.Arg(1), "tcp_sock")
	if err != nil {
		return 0, err
	}
	congAvoidAI(tp, uint32(m.Arg(2)), uint32(m.Arg(3)))
	return 0, tp.Err()
}

// congAvoidAI adds one segment for every w that were acknowledged (RFC 5681, equation 3).
func congAvoidAI(tp *Struct, w, acked uint32) {
	cwnd, count := uint32(tp.Get("snd_cwnd")), uint32(tp.Get("snd_cwnd_cnt"))
	if count >= w { // w has become smaller since they were counted
		count = 0
		cwnd++
	}
	count += acked
	if count >= w {
		grow := quotient(count, w)
		count -= grow * w
		cwnd += grow
	}
	tp.Set("snd_cwnd_cnt", int64(count))
	tp.Set("snd_cwnd", int64(min(cwnd, uint32(tp.Get("snd_cwnd_clamp")))))
}

// tcpRenoCongAvoid is void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked).
func tcpRenoCongAvoid(m *Machine) (uint64, error) {
	tp, err := m.ObjectAt(m.Arg(1), "tcp_sock")
	if err != nil {
		return 0, err
	}
	cwnd, acked := uint32(tp.Get("snd_cwnd")), uint32(m.Arg(3))
	inSlowStart := cwnd < uint32(tp.Get("snd_ssthresh"))
	if tp.Get("is_cwnd_limited") == 0 && (!inSlowStart || cwnd >= 2*uint32(tp.Get("max_packets_out"))) {
		return 0, tp.Err() // a window that is not used says nothing about the path
	}
	if inSlowStart {
		if acked = slowStart(tp, acked); acked == 0 {
			return 0, tp.Err()
		}
	}
	congAvoidAI(tp, uint32(tp.Get("snd_cwnd")), acked)
	return 0, tp.Err()
}

// tcpRenoSsthresh is u32 tcp_reno_ssthresh(struct sock *sk).
func tcpRenoSsthresh(m *Machine) (uint64, error) {
	tp, err := m.ObjectAt(m.Arg(1), "tcp_sock")
	if err != nil {
		return 0, err
	}
	return uint64(max(uint32(tp.Get("snd_cwnd"))>>1, 2)), tp.Err()
}

// tcpRenoUndoCwnd is u32 tcp_reno_undo_cwnd(struct sock *sk).
func tcpRenoUndoCwnd(m *Machine) (uint64, error) {
	tp, err := m.ObjectAt(m.Arg(1), "tcp_sock")
	if err != nil {
		return 0, err
	}
	return uint64(max(uint32(tp.Get("snd_cwnd")), uint32(tp.Get("prior_cwnd")))), tp.Err()
}
