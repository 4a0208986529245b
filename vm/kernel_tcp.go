package vm

import "github.com/bpfsmith/bpfsmith/btf"

// The functions of the kernel that congestion controls call (net/ipv4/tcp_cong.c, Linux 6.18), on objects of any kernel.

// tcpFields are the fields of a tcp_sock that these functions use.
type tcpFields struct {
	*Struct
	cwnd, cwndCnt, clamp, ssthresh, maxPacketsOut, priorCwnd, limited btf.Field
}

// tcpSock is the tcp_sock that an argument points to, with its fields.
func (m *Machine) tcpSock(arg int) (*tcpFields, error) {
	s, err := m.ObjectAt(m.Arg(arg), "tcp_sock")
	if err != nil {
		return nil, err
	}
	if s.tcp == nil {
		t := &tcpFields{Struct: s}
		for path, to := range map[string]*btf.Field{"snd_cwnd": &t.cwnd, "snd_cwnd_cnt": &t.cwndCnt, "snd_cwnd_clamp": &t.clamp,
			"snd_ssthresh": &t.ssthresh, "max_packets_out": &t.maxPacketsOut, "prior_cwnd": &t.priorCwnd, "is_cwnd_limited": &t.limited} {
			*to, _ = s.field(path)
		}
		if err := s.Err(); err != nil { // this tcp_sock is not one
			return nil, err
		}
		s.tcp = t
	}
	return s.tcp, nil
}

func (t *tcpFields) u32(f btf.Field) uint32 { return uint32(t.get(f)) }

func (t *tcpFields) inSlowStart() bool { return t.u32(t.cwnd) < t.u32(t.ssthresh) }

// tcpSlowStart is u32 tcp_slow_start(struct tcp_sock *tp, u32 acked).
func tcpSlowStart(m *Machine) (uint64, error) {
	tp, err := m.tcpSock(1)
	if err != nil {
		return 0, err
	}
	return uint64(tp.slowStart(uint32(m.Arg(2)))), nil
}

// slowStart lets the window grow by what was acknowledged, up to the threshold. It returns what is left (RFC 5681, section 3.1).
func (t *tcpFields) slowStart(acked uint32) (left uint32) {
	cwnd := t.u32(t.cwnd)
	grown := min(cwnd+acked, t.u32(t.ssthresh))
	t.put(t.cwnd, uint64(min(grown, t.u32(t.clamp))))
	return acked - (grown - cwnd)
}

// tcpCongAvoidAI is void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked).
func tcpCongAvoidAI(m *Machine) (uint64, error) {
	tp, err := m.tcpSock(1)
	if err != nil {
		return 0, err
	}
	tp.congAvoidAI(uint32(m.Arg(2)), uint32(m.Arg(3)))
	return 0, nil
}

// congAvoidAI adds one segment for every w that were acknowledged (RFC 5681, equation 3).
func (t *tcpFields) congAvoidAI(w, acked uint32) {
	cwnd, count := t.u32(t.cwnd), t.u32(t.cwndCnt)
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
	t.put(t.cwndCnt, uint64(count))
	t.put(t.cwnd, uint64(min(cwnd, t.u32(t.clamp))))
}

// tcpRenoCongAvoid is void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked).
func tcpRenoCongAvoid(m *Machine) (uint64, error) {
	tp, err := m.tcpSock(1)
	if err != nil {
		return 0, err
	}
	cwnd, acked := tp.u32(tp.cwnd), uint32(m.Arg(3))
	inSlowStart := tp.inSlowStart()
	if tp.get(tp.limited) == 0 && (!inSlowStart || cwnd >= 2*tp.u32(tp.maxPacketsOut)) {
		return 0, nil // a window that is not used says nothing about the path
	}
	if inSlowStart {
		if acked = tp.slowStart(acked); acked == 0 {
			return 0, nil
		}
	}
	tp.congAvoidAI(tp.u32(tp.cwnd), acked)
	return 0, nil
}

// tcpRenoSsthresh is u32 tcp_reno_ssthresh(struct sock *sk).
func tcpRenoSsthresh(m *Machine) (uint64, error) {
	tp, err := m.tcpSock(1)
	if err != nil {
		return 0, err
	}
	return uint64(max(tp.u32(tp.cwnd)>>1, 2)), nil
}

// tcpRenoUndoCwnd is u32 tcp_reno_undo_cwnd(struct sock *sk).
func tcpRenoUndoCwnd(m *Machine) (uint64, error) {
	tp, err := m.tcpSock(1)
	if err != nil {
		return 0, err
	}
	return uint64(max(tp.u32(tp.cwnd), tp.u32(tp.priorCwnd))), nil
}
