package tcpsim

// Times of the kernel's timers.
const (
	rtoMinUS     = 200_000     // TCP_RTO_MIN
	rtoMaxUS     = 120_000_000 // TCP_RTO_MAX
	timeoutMinUS = 2_000       // TCP_TIMEOUT_MIN_US
	initialRTOUS = 1_000_000   // TCP_TIMEOUT_INIT
)

// setTimer starts the timer, for a number of jiffies from now.
func (s *sender) setTimer(kind timerKind, jiffies uint32) {
	s.timer = kind
	s.timerAt = s.sim.after(jiffies)
	if kind == timerRTO {
		s.rtoAt = s.timerAt
	}
}

// rearm starts the retransmission timer, or stops it when nothing is on its way (tcp_rearm_rto).
func (s *sender) rearm() {
	if s.packetsOut.get() == 0 {
		s.timer, s.timerAt = timerNone, 0
		return
	}
	rto := s.rto.get()
	if s.timer == timerReorder || s.timer == timerProbe { // it began when the first segment was sent
		head := s.sim.time(s.at(s.una).sent) + s.sim.ticks(rto)
		if left := head - s.sim.now; left > 0 {
			rto = min(rto, max(1, s.sim.toJiffies(uint64(left)/1000)))
		} else {
			rto = 1
		}
	}
	s.setTimer(timerRTO, rto)
}

// scheduleProbe starts the timer for a tail loss probe if there may be one (tcp_schedule_loss_probe; RFC 8985, section 7.2).
func (s *sender) scheduleProbe(advancing bool) bool {
	state := s.caState.get()
	if s.packetsOut.get() == 0 || state != caOpen && state != caCWR {
		return false
	}
	us := uint64(initialRTOUS)
	if srtt := s.srttUS.get(); srtt != 0 {
		us = uint64(srtt) >> 2
		if s.packetsOut.get() == 1 {
			us += rtoMinUS
		} else {
			us += timeoutMinUS
		}
	}
	wait := s.sim.toJiffies(us)
	rto := s.rto.get()
	if !advancing { // what is left of it
		left := s.sim.time(s.at(s.una).sent) + s.sim.ticks(rto) - s.sim.now
		if left > 0 {
			wait = min(wait, max(1, s.sim.toJiffies(uint64(left)/1000)))
		}
	} else {
		wait = min(wait, rto)
	}
	s.setTimer(timerProbe, wait)
	return true
}

// expire handles the timer.
func (s *sender) expire() {
	kind := s.timer
	s.timer, s.timerAt = timerNone, 0
	s.refresh()
	switch kind {
	case timerRTO:
		s.timeout()
	case timerProbe:
		s.probe()
	case timerReorder:
		s.reorderTimeout()
	}
}

// probe sends one segment more, so that a loss at the end is seen (tcp_send_loss_probe).
func (s *sender) probe() {
	if s.tlpHigh < 0 && s.packetsOut.get() > 0 {
		s.tlpResent = false
		if s.push(true) {
			s.tlpHigh = s.next
		} else if last := s.next - 1; s.at(last).flags&segSacked == 0 {
			s.again(last, 1)
			s.tlpHigh, s.tlpResent = s.next, true
		}
		s.tlpHighSeq.set(s.seq(max(0, s.tlpHigh)))
	}
	s.timer = timerNone
	s.rearm()
}

// timeout is the retransmission timer's: all is considered lost (tcp_retransmit_timer, tcp_enter_loss).
func (s *sender) timeout() {
	if s.packetsOut.get() == 0 {
		return
	}
	state := s.caState.get()
	fresh := state < caRecovery
	s.flow.timeouts++
	for n := s.una; n < s.next; n++ {
		if n != s.una && s.rackLeft(n, 0) > 0 {
			continue // sent a moment ago
		}
		s.lose(n)
	}
	s.hint = s.una
	if state <= caDisorder || s.high <= s.una || state == caLoss && s.retransmits.get() == 0 {
		s.priorSsthresh.set(s.currentSsthresh())
		s.priorCwnd.set(s.cwnd.get())
		s.ssthresh.set(s.cc.ssthresh())
		s.cc.event(eventLoss)
		s.initUndo()
	}
	s.cwnd.set(s.inFlight() + 1)
	s.cwndCnt.set(0)
	s.cwndStamp.set(s.sim.jiffies())
	s.setState(caLoss)
	s.setHigh()
	s.tlpHigh = -1
	s.queueCWR()
	s.frto = fresh || s.retransmits.get() > 0
	s.retransmits.set(s.retransmits.get() + 1)
	s.again(s.una, 1)
	s.backoff.set(s.backoff.get() + 1)
	s.rto.set(min(s.rto.get()<<1, s.sim.toJiffies(rtoMaxUS)))
	s.setTimer(timerRTO, s.rto.get())
}

// measure takes a round-trip time into the estimates (tcp_rtt_estimator; RFC 6298 with Linux's deviation).
func (s *sender) measure(us uint32) {
	srtt, m := s.srttUS.get(), int64(us)
	if srtt == 0 {
		s.mdevUS.set(us << 1)
		s.rttvarUS.set(max(us<<1, rtoMinUS))
		s.mdevMaxUS.set(s.rttvarUS.get())
		s.rttSeq.set(s.sndNxt.get())
		s.srttUS.set(max(1, us<<3))
		return
	}
	m -= int64(srtt >> 3)
	s.srttUS.set(uint32(max(1, int64(srtt)+m)))
	mdev := int64(s.mdevUS.get())
	if m < 0 {
		m = -m - mdev>>2
		if m > 0 { // a smaller time says less
			m >>= 3
		}
	} else {
		m -= mdev >> 2
	}
	mdev += m
	s.mdevUS.set(uint32(mdev))
	if uint32(mdev) > s.mdevMaxUS.get() {
		s.mdevMaxUS.set(uint32(mdev))
		s.rttvarUS.set(max(s.rttvarUS.get(), uint32(mdev)))
	}
	if int32(s.sndUna.get()-s.rttSeq.get()) > 0 { // a round trip has passed
		if most, rttvar := s.mdevMaxUS.get(), s.rttvarUS.get(); most < rttvar {
			s.rttvarUS.set(rttvar - (rttvar-most)>>2)
		}
		s.rttSeq.set(s.sndNxt.get())
		s.mdevMaxUS.set(rtoMinUS)
	}
}

func (s *sender) setRTO() {
	us := uint64(s.srttUS.get()>>3) + uint64(s.rttvarUS.get())
	s.rto.set(s.sim.toJiffies(min(us, rtoMaxUS)))
}
