package tcpsim

import "math"

// Flags of an acknowledgement; the kernel's are FLAG_* (tcp_input.c), and cong_control gets these values.
const (
	flagWinUpdate   = 0x02
	flagDataAcked   = 0x04
	flagResentAcked = 0x08
	flagDataSacked  = 0x20
	flagECE         = 0x40
	flagLostResent  = 0x80
	flagSlowPath    = 0x100
	flagOrigSacked  = 0x200
	flagUnaAdvanced = 0x400
	flagDSACK       = 0x800
	flagSetTimer    = 0x1000
	flagNotDup      = flagWinUpdate | flagDataAcked
	flagForward     = flagDataAcked | flagDataSacked
	flagAlert       = flagDataSacked | flagECE | flagDSACK
)

// What to send after an acknowledgement.
const (
	sendNothing = iota
	sendLost
	sendNew
)

// acknowledge handles an acknowledgement, in the order of the kernel's tcp_ack.
func (s *sender) acknowledge(a *ackPacket) {
	s.refresh()
	s.segsIn.add(1)
	if a.next < s.una {
		return
	}
	deliveredBefore, lostBefore, unaBefore, packetsBefore := s.delivered.get(), s.lost.get(), s.una, s.packetsOut.get()
	rs := s.rs
	rs.reset()
	rs.inFlight.set(s.inFlight())
	flags := 0
	if a.next > s.una {
		flags |= flagUnaAdvanced | flagWinUpdate
		s.retransmits.set(0)
	}
	if a.blocks > 0 || a.ece || a.next == s.una {
		flags |= flagSlowPath
	}
	if a.ece && s.ecnFlags.has(ecnOK) {
		flags |= flagECE
	}
	t := taken{firstAck: -1, lastAck: -1, firstSack: -1, lastSack: -1}
	if a.blocks > 0 {
		flags |= s.sacked(a, &t)
	}
	if t.sacked > 0 {
		s.count(t.sacked, flags&flagECE != 0)
	}
	if packetsBefore == 0 {
		return
	}
	flags |= s.clean(a, &t, flags)
	s.cc.acked(eventFlags(flags))
	if s.tlpHigh >= 0 {
		s.probeAcked(a.next, flags)
	}
	send := sendNothing
	if flags&flagNotDup == 0 || flags&flagAlert != 0 || s.caState.get() != caOpen {
		flags, send = s.alert(unaBefore, flags, a)
	}
	if flags&flagSetTimer != 0 && !s.scheduleProbe(true) {
		s.rearm()
	}
	delivered, lost := s.delivered.get()-deliveredBefore, s.lost.get()-lostBefore
	s.rate(delivered, lost)
	s.congestion(delivered, lost, flags)
	switch send {
	case sendNew:
		s.push(false)
		if s.next <= s.high {
			s.frto = false
			s.resend()
		}
	case sendLost:
		s.resend()
	}
	s.push(false)
}

// eventFlags are the flags of in_ack_event.
func eventFlags(flags int) (event uint32) {
	if flags&flagWinUpdate != 0 {
		event |= ackWinUpdate
	}
	if flags&flagSlowPath != 0 {
		event |= ackSlowPath
		if flags&flagECE != 0 {
			event |= ackECE
		}
	}
	return event
}

// taken is what one acknowledgement says about times: ns of sending; -1: none.
type taken struct {
	firstAck, lastAck   int64
	firstSack, lastSack int64
	sacked              uint32
}

// count counts segments as delivered.
func (s *sender) count(n uint32, marked bool) {
	s.delivered.add(n)
	if marked {
		s.deliveredCE.add(n)
	}
}

// sacked marks the segments that the receiver has, though not all before them (tcp_sacktag_write_queue).
func (s *sender) sacked(a *ackPacket, t *taken) (flags int) {
	for i, block := range a.sacks[:a.blocks] {
		if i == 0 && a.dsack {
			flags |= flagDSACK
			if s.undoFrom >= 0 && s.undoCount > 0 && block.to > s.undoFrom {
				s.undoCount--
				s.undoRetrans.set(uint32(s.undoCount))
			}
			continue
		}
		for n := max(block.from, s.una); n < min(block.to, s.next); n++ {
			seg := s.at(n)
			if seg.flags&segSacked != 0 {
				continue
			}
			s.advance(seg, n)
			if seg.flags&segEverResent == 0 {
				if n < s.high {
					flags |= flagOrigSacked
				}
				if t.firstSack < 0 {
					t.firstSack = int64(seg.sent)
				}
				t.lastSack = int64(seg.sent)
			}
			if seg.flags&segLost != 0 {
				s.lostOut.sub(1)
				if seg.flags&segResent != 0 {
					s.retransOut.sub(1)
				}
				seg.flags &^= segLost | segResent
			}
			seg.flags |= segSacked
			flags |= flagDataSacked
			s.sackedOut.add(1)
			t.sacked++
			s.sampled(seg, n)
			seg.sample.deliveredAt = 0
			s.highestSack = max(s.highestSack, n+1)
		}
	}
	return flags
}

// clean takes the acknowledged segments out, and measures the round-trip time (tcp_clean_rtx_queue).
func (s *sender) clean(a *ackPacket, t *taken, flags int) (more int) {
	marked := flags&flagECE != 0
	end := min(a.next, s.next)
	acked := uint32(end - s.una)
	s.bytesAcked.set(s.bytesAcked.get() + uint64(acked)*uint64(s.mssCache.get()))
	for n := s.una; n < end; n++ {
		seg := s.at(n)
		if seg.flags&segEverResent != 0 {
			if seg.flags&segResent != 0 {
				s.retransOut.sub(1)
			}
			more |= flagResentAcked
		} else if seg.flags&segSacked == 0 {
			t.lastAck = int64(seg.sent)
			if t.firstAck < 0 {
				t.firstAck = t.lastAck
			}
			if n < s.high {
				more |= flagOrigSacked
			}
		}
		if seg.flags&segSacked != 0 {
			s.sackedOut.sub(1)
		} else {
			s.count(1, marked)
			s.advance(seg, n)
		}
		if seg.flags&segLost != 0 {
			s.lostOut.sub(1)
		}
		s.packetsOut.sub(1)
		more |= flagDataAcked
		s.sampled(seg, n)
	}
	s.una = end
	s.sndUna.set(s.seq(end))
	s.hint = max(s.hint, end)
	measured, sackRTT := s.updateRTT(a, t, flags|more)
	if acked > 0 {
		more |= flagSetTimer
	} else if s.una < s.next && measured && sackRTT >= 0 && sackRTT > int64(s.clockCache.get()-s.at(s.una).sent) {
		more |= flagSetTimer
	}
	if s.cc.wantsSamples() {
		s.ack.pktsAcked.set(acked)
		s.ack.rttUS.set(uint32(s.rs.rttUS.get()))
		s.ack.inFlight.set(s.mssCache.get() * (s.delivered.get() - s.rs.priorDelivered.get()))
		s.cc.sample()
	}
	return more
}

// updateRTT measures the round-trip time (tcp_ack_update_rtt). A retransmitted segment does not give one, except by its timestamp.
func (s *sender) updateRTT(a *ackPacket, t *taken, flags int) (measured bool, sackRTT int64) {
	now := int64(s.clockCache.get())
	rtt, ca := int64(-1), int64(-1)
	sackRTT = -1
	if t.firstAck >= 0 && flags&flagResentAcked == 0 {
		rtt, ca = now-t.firstAck, now-t.lastAck
	}
	if t.firstSack >= 0 {
		sackRTT, ca = now-t.firstSack, now-t.lastSack
	}
	if rtt < 0 {
		rtt = sackRTT
	}
	if rtt < 0 && flags&flagDataAcked != 0 && a.echo != 0 {
		rtt = max(1, now/1_000_000-int64(a.echo)) * 1_000_000
		ca = rtt
	}
	if ca < 0 {
		s.rs.rttUS.set(math.MaxUint64)
	} else {
		s.rs.rttUS.set(uint64(ca / 1000))
	}
	if rtt < 0 {
		return false, sackRTT
	}
	s.rttMin.set(min(s.rttMin.get(), uint32(max(1, ca/1000))))
	s.measure(uint32(rtt / 1000))
	s.setRTO()
	s.backoff.set(0)
	return true, sackRTT
}

// congestion lets the algorithm or the reduction set the window (tcp_cong_control).
func (s *sender) congestion(delivered, lost uint32, flags int) {
	ack := s.sndUna.get()
	if s.cc.hasControl() {
		s.cc.control(ack, flags)
		return
	}
	if s.inReduction() {
		s.reduce(delivered, lost, flags)
	} else if flags&flagDataAcked != 0 {
		s.cc.avoid(ack, delivered)
	}
	s.updatePacing()
}

// updatePacing sets the rate of segments that TCP paces for algorithms without a rate of their own (tcp_update_pacing_rate).
func (s *sender) updatePacing() {
	const slow, other = 200, 120 // percent: sysctl tcp_pacing_ss_ratio, tcp_pacing_ca_ratio
	rate := uint64(s.mssCache.get()) * (1_000_000 / 100 << 3)
	if s.cwnd.get() < s.ssthresh.get()/2 {
		rate *= slow
	} else {
		rate *= other
	}
	rate *= uint64(max(s.cwnd.get(), s.packetsOut.get()))
	if srtt := uint64(s.srttUS.get()); srtt > 0 {
		rate /= srtt
	}
	s.pacingRate.set(min(rate, s.maxPacingRate.get()))
}
