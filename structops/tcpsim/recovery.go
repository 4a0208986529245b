package tcpsim

// alert is the state machine of recovery (tcp_fastretrans_alert). It is called for acknowledgements that may be signs of congestion. It
// returns the flags and what to send.
func (s *sender) alert(unaBefore int64, flags int, a *ackPacket) (int, int) {
	if flags&flagECE != 0 {
		s.priorSsthresh.set(0) // this reduction cannot be undone
	}
	switch state := s.caState.get(); {
	case state == caOpen:
		s.resentStamp = 0
	case s.una < s.high:
	case state == caCWR: // until something after it is acknowledged, so that the receiver has seen that the window was reduced
		if s.una != s.high {
			s.endReduction()
			s.setState(caOpen)
		}
	case state == caRecovery:
		s.undoRecovery(a)
		s.endReduction()
	}
	switch s.caState.get() {
	case caRecovery:
		if flags&flagUnaAdvanced != 0 && s.undoFrom >= 0 && s.delayed(a) { // the originals arrive: nothing was lost
			if s.retransOut.get() > 0 {
				return flags, sendLost
			}
			s.undo(true)
			s.keepOpen()
			return flags, sendLost
		}
		if s.undoDSACK() {
			s.open(flags)
		}
		flags = s.findLost(flags)
		if s.caState.get() != caRecovery {
			if s.lostOut.get() == 0 {
				return flags, sendNothing
			}
			s.enterRecovery(flags)
		}
	case caLoss:
		send := s.lossAcked(flags, a)
		flags = s.findLost(flags)
		if s.caState.get() != caOpen && flags&flagLostResent == 0 {
			return flags, send
		}
		var ok bool
		if flags, ok = s.evident(flags); !ok {
			return flags, send
		}
	default:
		var ok bool
		if flags, ok = s.evident(flags); !ok {
			return flags, sendNothing
		}
	}
	return flags, sendLost
}

// evident enters recovery if segments are lost, and reports whether it did.
func (s *sender) evident(flags int) (int, bool) {
	if s.caState.get() <= caDisorder {
		s.undoDSACK()
	}
	flags = s.findLost(flags)
	if s.lostOut.get() == 0 {
		s.open(flags)
		return flags, false
	}
	s.enterRecovery(flags)
	return flags, true
}

// open goes to the state that the segments on the way have, or to CWR after a mark (tcp_try_to_open).
func (s *sender) open(flags int) {
	if !s.anyResent() {
		s.resentStamp = 0
	}
	if flags&flagECE != 0 {
		s.enterCWR()
	}
	if s.caState.get() != caCWR {
		s.keepOpen()
	}
}

func (s *sender) keepOpen() {
	state := uint8(caOpen)
	if s.sackedOut.get()+s.lostOut.get() > 0 || s.anyResent() {
		state = caDisorder
	}
	if s.caState.get() != state {
		s.setState(state)
		s.setHigh()
	}
}

func (s *sender) anyResent() bool {
	return s.retransOut.get() > 0 || s.una < s.next && s.at(s.una).flags&segEverResent != 0
}

func (s *sender) setHigh() {
	s.high = s.next
	s.highSeq.set(s.sndNxt.get())
}

// enterCWR begins a reduction after a mark.
func (s *sender) enterCWR() {
	s.priorSsthresh.set(0)
	if s.caState.get() < caCWR {
		s.undoFrom = -1
		s.undoMarker.set(0)
		s.beginReduction()
		s.setState(caCWR)
	}
}

// enterRecovery begins the repair of a loss.
func (s *sender) enterRecovery(flags int) {
	s.priorSsthresh.set(0)
	s.initUndo()
	if !s.inReduction() {
		if flags&flagECE == 0 {
			s.priorSsthresh.set(s.currentSsthresh())
		}
		s.beginReduction()
	}
	s.flow.recoveries++
	s.setState(caRecovery)
}

func (s *sender) initUndo() {
	s.undoFrom = s.una
	s.undoMarker.set(s.sndUna.get())
	s.undoCount = -1
	if n := s.retransOut.get(); n > 0 {
		s.undoCount = int32(n)
	}
	s.undoRetrans.set(uint32(s.undoCount))
}

// beginReduction asks the algorithm for the new threshold (tcp_init_cwnd_reduction).
func (s *sender) beginReduction() {
	s.setHigh()
	s.tlpHigh = -1
	s.cwndCnt.set(0)
	s.priorCwnd.set(s.cwnd.get())
	s.prrDelivered.set(0)
	s.prrOut.set(0)
	s.ssthresh.set(s.cc.ssthresh())
	s.queueCWR()
}

// queueCWR makes the next segment say that the window was reduced.
func (s *sender) queueCWR() {
	if s.ecnFlags.has(ecnOK) {
		s.ecnFlags.on(ecnQueueCWR)
	}
}

// reduce brings the window down to the threshold, in proportion to what arrives (RFC 6937; tcp_cwnd_reduction).
func (s *sender) reduce(delivered, lost uint32, flags int) {
	if delivered == 0 || s.priorCwnd.get() == 0 {
		return
	}
	s.prrDelivered.add(delivered)
	inFlight, out := int64(s.inFlight()), int64(s.prrOut.get())
	ssthresh, total := int64(s.ssthresh.get()), int64(s.prrDelivered.get())
	var count int64
	if room := ssthresh - inFlight; room < 0 {
		prior := int64(s.priorCwnd.get())
		count = (ssthresh*total+prior-1)/prior - out
	} else {
		count = max(total-out, int64(delivered))
		if flags&flagUnaAdvanced != 0 && lost == 0 {
			count++
		}
		count = min(room, count)
	}
	if out == 0 { // the first retransmission leaves at once
		count = max(count, 1)
	}
	s.cwnd.set(uint32(max(0, inFlight+count)))
}

// endReduction sets the window to the threshold (tcp_end_cwnd_reduction).
func (s *sender) endReduction() {
	if s.cc.hasControl() {
		return
	}
	if s.ssthresh.get() < InfiniteSsthresh && (s.caState.get() == caCWR || s.undoFrom >= 0) {
		s.cwnd.set(s.ssthresh.get())
		s.cwndStamp.set(s.sim.jiffies())
	}
	s.cc.event(eventCompleteCWR)
}

// delayed reports whether an acknowledgement answers a segment that left before the first retransmission: the original was only late
// (RFC 3522; tcp_packet_delayed).
func (s *sender) delayed(a *ackPacket) bool {
	return s.resentStamp != 0 && a.echo != 0 && a.echo < s.resentStamp
}

func (s *sender) mayUndo(a *ackPacket) bool {
	return s.undoFrom >= 0 && (s.undoCount == 0 || s.delayed(a))
}

// undo restores window and threshold (tcp_undo_cwnd_reduction).
func (s *sender) undo(unmark bool) {
	if unmark {
		for n := s.una; n < s.next; n++ {
			s.at(n).flags &^= segLost
		}
		s.lostOut.set(0)
		s.hint = s.una
	}
	if prior := s.priorSsthresh.get(); prior != 0 {
		s.cwnd.set(s.cc.undo())
		if prior > s.ssthresh.get() {
			s.ssthresh.set(prior)
			s.ecnFlags.off(ecnQueueCWR)
		}
	}
	s.flow.undone++
	s.cwndStamp.set(s.sim.jiffies())
	s.undoFrom = -1
	s.undoMarker.set(0)
	s.rack.advanced = true
}

// undoRecovery ends recovery, and restores the window if nothing was lost.
func (s *sender) undoRecovery(a *ackPacket) {
	if s.mayUndo(a) {
		s.undo(false)
	}
	s.setState(caOpen)
}

// undoDSACK restores the window when the receiver had all that was retransmitted.
func (s *sender) undoDSACK() bool {
	if s.undoFrom >= 0 && s.undoCount == 0 {
		s.undo(false)
		return true
	}
	return false
}

// lossAcked handles an acknowledgement after a timeout (tcp_process_loss; RFC 5682, section 3.1).
func (s *sender) lossAcked(flags int, a *ackPacket) (send int) {
	recovered := s.una >= s.high
	if flags&flagUnaAdvanced != 0 && s.mayUndo(a) {
		s.undo(true)
		s.retransmits.set(0)
		s.setState(caOpen)
		return sendNothing
	}
	if s.frto {
		if flags&flagOrigSacked != 0 { // a segment that was sent once has arrived: the timeout was wrong
			s.undo(true)
			s.retransmits.set(0)
			s.setState(caOpen)
			return sendNothing
		}
		if s.next > s.high {
			if flags&flagDataSacked != 0 || flags&flagNotDup == 0 {
				s.frto = false
			}
		} else if flags&flagUnaAdvanced != 0 && !recovered {
			s.setHigh()
			if s.next < s.written {
				return sendNew
			}
			s.frto = false
		}
	}
	if recovered {
		s.undoRecovery(a)
		return sendNothing
	}
	return sendLost
}

// lose considers a segment lost (tcp_mark_skb_lost).
func (s *sender) lose(n int64) {
	seg := s.at(n)
	switch {
	case seg.flags&segSacked != 0:
		return
	case seg.flags&segLost == 0:
		seg.flags |= segLost
		s.lostOut.add(1)
		s.lost.add(1)
	case seg.flags&segResent != 0: // the retransmission is lost too
		seg.flags &^= segResent
		s.retransOut.sub(1)
		s.lost.add(1)
	default:
		return
	}
	s.hint = min(s.hint, n)
}

// findLost looks for lost segments (tcp_identify_packet_loss).
func (s *sender) findLost(flags int) int {
	if s.packetsOut.get() == 0 || !s.rack.advanced {
		return flags
	}
	s.rack.advanced = false
	before := s.retransOut.get()
	if wait := s.rackDetect(); wait > 0 {
		flags &^= flagSetTimer
		s.setTimer(timerReorder, s.sim.toJiffies(uint64(wait)+timeoutMinUS))
	}
	if before > s.retransOut.get() {
		flags |= flagLostResent
	}
	return flags
}

// advance notes which of the segments that arrived was sent last (RFC 8985, section 6.2, step 2).
func (s *sender) advance(seg *segment, n int64) {
	rtt := uint32(stampDelta(s.mstamp.get(), seg.sent/1000))
	if rtt < s.rttMin.get() && seg.flags&segEverResent != 0 {
		return // it is the original that arrived
	}
	s.rack.advanced, s.rack.rttUS = true, rtt
	if s.rackAfter(seg.sent, n+1) {
		s.rack.sent, s.rack.end = seg.sent, n+1
	}
}

// rackAfter reports whether a segment was sent after the one that RACK knows.
func (s *sender) rackAfter(sent uint64, end int64) bool {
	return sent/1000 > s.rack.sent/1000 || sent/1000 == s.rack.sent/1000 && end > s.rack.end
}

// rackLeft is how long to wait for a segment, in µs; 0 or less: it is lost.
func (s *sender) rackLeft(n int64, window uint32) int64 {
	return int64(s.rack.rttUS) + int64(window) - int64(stampDelta(s.mstamp.get(), s.at(n).sent/1000))
}

// rackDetect considers segments lost if one that was sent later has arrived, and the time for reordering is over (RFC 8985, section 6.2,
// step 5). It returns how long to wait for others, in µs.
func (s *sender) rackDetect() (wait int64) {
	window := min(s.rttMin.get()>>2, s.srttUS.get()>>3)
	if s.caState.get() >= caRecovery || s.sackedOut.get() >= dupThresh { // this path has not reordered
		window = 0
	}
	for n := s.una; n < s.next; n++ {
		seg := s.at(n)
		if seg.flags&segSacked != 0 || seg.flags&segLost != 0 && seg.flags&segResent == 0 {
			continue
		}
		if at := seg.sent / 1000; at > s.rack.sent/1000 || at == s.rack.sent/1000 && n+1 >= s.rack.end {
			if seg.flags&segEverResent == 0 {
				break // the later ones that were sent once were sent later, and the others after them
			}
			continue
		}
		if left := s.rackLeft(n, window); left <= 0 {
			s.lose(n)
		} else {
			wait = max(wait, left)
		}
	}
	return wait
}

// reorderTimeout is called when the wait for reordering is over (tcp_rack_reo_timeout).
func (s *sender) reorderTimeout() {
	before, lost := s.inFlight(), s.lost.get()
	s.rackDetect()
	if before != s.inFlight() {
		if s.caState.get() != caRecovery {
			s.enterRecovery(0)
			if !s.cc.hasControl() {
				s.reduce(1, s.lost.get()-lost, 0)
			}
		}
		s.resend()
	}
	if s.timer != timerRTO {
		s.rearm()
	}
}

// probeAcked handles the acknowledgement of a loss probe (tcp_process_tlp_ack).
func (s *sender) probeAcked(ack int64, flags int) {
	switch {
	case ack < s.tlpHigh:
	case !s.tlpResent || flags&flagDSACK != 0:
		s.tlpHigh = -1
	case ack > s.tlpHigh: // the probe repaired a loss
		s.beginReduction()
		s.setState(caCWR)
		s.endReduction()
		s.keepOpen()
	case flags&(flagUnaAdvanced|flagNotDup|flagDataSacked) == 0:
		s.tlpHigh = -1
	}
	if s.tlpHigh < 0 {
		s.tlpHighSeq.set(0)
	}
}
