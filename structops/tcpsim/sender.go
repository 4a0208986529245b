package tcpsim

import "math"

// A segment is a segment that was sent and is not yet acknowledged by number.
type segment struct {
	sent   uint64 // ns, the latest transmission
	flags  uint8
	sample sampleStart
}

// A sampleStart is what a sample of the rate needs from the moment of sending.
type sampleStart struct {
	firstTX, deliveredAt   uint64 // µs; deliveredAt 0: the segment was counted already
	delivered, deliveredCE uint32
	appLimited             bool
}

// Flags of a segment; the kernel's are TCPCB_*.
const (
	segSacked     = 1 << iota // the receiver has it, but not all before it
	segLost                   // considered lost
	segResent                 // a retransmission is on its way
	segEverResent             // it was sent more than once
)

// A sender is the sending end of a connection: what net/ipv4/tcp_output.c, tcp_input.c, tcp_rate.c, tcp_recovery.c and tcp_timer.c do for
// it. Numbers of segments count from 0; all segments are full.
type sender struct {
	*sock
	sim  *sim
	flow *flow
	cc   control
	rs   *rateSample
	ack  *ackSample

	una, next int64 // first segment that is not acknowledged; first that was not sent
	written   int64 // segments that the application has written
	segments  []segment
	mask      int64

	high        int64  // highSeq as a segment
	hint        int64  // where to look for the next segment to retransmit
	undoFrom    int64  // undo_marker as a segment; negative: nothing to undo
	undoCount   int32  // retransmissions that were not shown to be unnecessary; negative: none was made
	resentStamp uint64 // ms of the first retransmission; 0: none
	frto        bool
	tlpHigh     int64 // of a loss probe; negative: none
	tlpResent   bool
	highestSack int64 // the first segment after those that were SACKed

	rack struct {
		sent     uint64 // ns
		end      int64  // the segment after it
		rttUS    uint32
		advanced bool
	}

	timer   timerKind
	timerAt int64 // ns
	rtoAt   int64 // ns: when the retransmission timer would expire
	paceAt  int64 // ns; 0: not waiting
}

// A timerKind is what a sender's timer is for.
type timerKind uint8

const (
	timerNone timerKind = iota
	timerRTO
	timerProbe   // tail loss probe
	timerReorder // RACK's wait for reordering
)

func (s *sender) at(n int64) *segment { return &s.segments[n&s.mask] }

func (s *sender) seq(n int64) uint32 { return firstSeq + uint32(n)*s.mssCache.get() }

// refresh sets the clocks of the socket, as the kernel does when something happens (tcp_mstamp_refresh).
func (s *sender) refresh() {
	now := s.sim.clock()
	s.clockCache.set(now)
	s.mstamp.set(now / 1000)
}

func (s *sender) setState(state uint8) {
	s.cc.state(state)
	s.caState.set(state)
}

// burst is how many segments leave together (tcp_tso_segs).
func (s *sender) burst() uint32 {
	mss := uint64(s.mssCache.get())
	bytes := s.pacingRate.get() >> (s.pacingShift.get() & 63)
	if r := s.rttMin.get() >> 9; r < 32 { // on short paths, more
		bytes = min(bytes, 1<<40) + uint64(s.gsoMaxSize.get())>>r
	}
	bytes = min(bytes, uint64(s.gsoMaxSize.get()))
	return max(uint32(bytes/mss), s.cc.leastBurst())
}

// paced reports whether the next segment must wait for its time; then the timer is set.
func (s *sender) paced() bool {
	if s.pacingStatus.get() == pacingNone || s.wstampNS.get() <= s.clockCache.get() {
		return false
	}
	if s.paceAt == 0 {
		s.paceAt = s.sim.time(s.wstampNS.get())
	}
	return true
}

// push sends what window and pacing allow (tcp_write_xmit). force sends one segment beyond the window, for a loss probe.
func (s *sender) push(force bool) bool {
	s.refresh()
	most := s.burst()
	sent, limited := uint32(0), false
	for s.next < s.written {
		if s.paced() {
			break
		}
		cwnd, inFlight := s.cwnd.get(), s.inFlight()
		quota := uint32(0)
		if inFlight < cwnd {
			quota = min(max(cwnd>>1, 1), cwnd-inFlight)
		}
		if quota == 0 {
			if !force {
				break
			}
			quota = 1
		}
		quota = min(quota, most)
		if left := s.written - s.next; left < int64(quota) {
			quota = uint32(left)
		} else if left > 1 && !force && s.defers(most, cwnd-inFlight) {
			limited = true
			break
		}
		s.transmit(quota)
		sent += quota
		if force {
			break
		}
	}
	limited = limited || s.inFlight() >= s.cwnd.get()
	if sent > 0 || limited {
		s.validate(limited)
	}
	if sent == 0 {
		return false
	}
	if s.inReduction() {
		s.prrOut.add(sent)
	}
	if !force {
		s.scheduleProbe(false)
	}
	return true
}

// defers reports whether to wait for one more acknowledgement, so that more segments leave together (tcp_tso_should_defer).
func (s *sender) defers(most, room uint32) bool {
	const ms = 1_000_000
	now := s.clockCache.get()
	if s.caState.get() >= caRecovery || int64(now-s.wstampNS.get()-ms) > 0 || room >= most || room >= s.cwnd.get()/3 ||
		s.next == s.una {
		return false
	}
	srtt := uint64(s.srttUS.get()) * (1000 / 8)
	expected := s.at(s.una).sent + srtt - now
	return int64(expected-min(srtt>>1, ms)) <= 0
}

// transmit sends new segments, as one burst.
func (s *sender) transmit(n uint32) {
	s.stamp(s.next, n, false)
	for range n {
		s.put(s.next, true)
		s.next++
	}
	s.sndNxt.set(s.seq(s.next))
	first := s.packetsOut.get() == 0
	s.packetsOut.add(n)
	if first || s.timer == timerProbe {
		s.rearm()
	}
}

// stamp notes the time of sending of n segments, and moves the time of the next ones (__tcp_transmit_skb, tcp_update_skb_after_send,
// tcp_rate_skb_sent).
func (s *sender) stamp(from int64, n uint32, again bool) {
	before := s.wstampNS.get()
	stamp := max(before, s.clockCache.get())
	s.wstampNS.set(stamp)
	if s.inFlight() == 0 {
		s.cc.event(eventTxStart)
	}
	s.lsndtime.set(s.sim.jiffies())
	bytes := uint64(n) * uint64(s.mssCache.get())
	s.segsOut.add(n)
	s.dataSegsOut.add(n)
	s.bytesSent.set(s.bytesSent.get() + bytes)
	if s.pacingStatus.get() != pacingNone {
		if rate := s.pacingRate.get(); rate != math.MaxUint64 && rate != 0 && s.dataSegsOut.get() >= initCwnd {
			length := bytes * 1_000_000_000 / rate
			length -= min(length/2, stamp-before) // late by so much already
			s.wstampNS.set(stamp + length)
		}
	}
	if s.packetsOut.get() == 0 {
		s.firstTxMstamp.set(stamp / 1000)
		s.deliveredMstamp.set(stamp / 1000)
	}
	start := sampleStart{firstTX: s.firstTxMstamp.get(), deliveredAt: s.deliveredMstamp.get(), delivered: s.delivered.get(),
		deliveredCE: s.deliveredCE.get(), appLimited: s.appLimited.get() != 0}
	if !again {
		s.grow(from + int64(n))
	}
	for i := range int64(n) {
		seg := s.at(from + i)
		if !again {
			seg.flags = 0
		}
		seg.sent, seg.sample = stamp, start
	}
}

// grow makes room for segments up to end.
func (s *sender) grow(end int64) {
	if end-s.una <= int64(len(s.segments)) {
		return
	}
	grown := make([]segment, max(256, 2*len(s.segments)))
	mask := int64(len(grown) - 1)
	for n := s.una; n < s.next; n++ {
		grown[n&mask] = *s.at(n)
	}
	s.segments, s.mask = grown, mask
}

// put gives a segment to the link.
func (s *sender) put(n int64, fresh bool) {
	p := packet{seg: n, stamp: s.at(n).sent / 1_000_000}
	if s.ecnFlags.has(ecnOK) {
		p.ect = fresh || s.flow.needsECN // others' retransmissions are not marked (RFC 3168, section 6.1.5)
		if fresh && s.ecnFlags.has(ecnQueueCWR) {
			s.ecnFlags.off(ecnQueueCWR)
			p.cwr = true
		}
	}
	s.sim.send(s.flow, p)
}

// validate notes whether the window was used (tcp_cwnd_validate).
func (s *sender) validate(limited bool) {
	if int32(s.sndUna.get()-s.cwndUsageSeq.get()) >= 0 || limited ||
		s.isCwndLimited.get() == 0 && s.packetsOut.get() > s.maxPacketsOut.get() {
		bit := uint8(0)
		if limited {
			bit = 1
		}
		s.isCwndLimited.set(bit)
		s.maxPacketsOut.set(s.packetsOut.get())
		s.cwndUsageSeq.set(s.sndNxt.get())
	}
	now := s.sim.jiffies()
	if s.cwndLimited() {
		s.cwndUsed.set(0)
		s.cwndStamp.set(now)
		return
	}
	s.cwndUsed.set(max(s.cwndUsed.get(), s.packetsOut.get()))
	if int32(now-s.cwndStamp.get()) < int32(s.rto.get()) || s.cc.hasControl() {
		return
	}
	// Not used for a timeout: half of what was not used goes (RFC 2861; tcp_cwnd_application_limited).
	if s.caState.get() == caOpen {
		if used := max(s.cwndUsed.get(), initCwnd); used < s.cwnd.get() {
			s.ssthresh.set(s.currentSsthresh())
			s.cwnd.set((s.cwnd.get() + used) >> 1)
		}
		s.cwndUsed.set(0)
	}
	s.cwndStamp.set(now)
}

// write is called when the application has written segments (tcp_sendmsg).
func (s *sender) write(n int64) {
	s.refresh()
	mss := int64(1)
	if s.written-s.next < mss && s.inFlight() < s.cwnd.get() && s.lostOut.get() <= s.retransOut.get() {
		s.appLimited.set(max(1, s.delivered.get()+s.inFlight()))
	}
	if s.packetsOut.get() == 0 && !s.cc.hasControl() { // after a pause (tcp_slow_start_after_idle_check)
		if idle := int32(s.sim.jiffies() - s.lsndtime.get()); idle > int32(s.rto.get()) {
			s.restart(idle)
		}
	}
	s.written += n
	s.writeSeq.set(s.seq(s.written))
	s.push(false)
}

// restart makes the window smaller after a pause (RFC 2861; tcp_cwnd_restart).
func (s *sender) restart(idle int32) {
	s.cc.event(eventCwndRestart)
	s.ssthresh.set(s.currentSsthresh())
	cwnd := s.cwnd.get()
	least := min(initCwnd, cwnd)
	for rto := int32(s.rto.get()); rto > 0; {
		if idle -= rto; idle <= 0 || cwnd <= least {
			break
		}
		cwnd >>= 1
	}
	s.cwnd.set(max(cwnd, least))
	s.cwndStamp.set(s.sim.jiffies())
	s.cwndUsed.set(0)
}

// resend sends lost segments again, as the window and pacing allow (tcp_xmit_retransmit_queue).
func (s *sender) resend() {
	if s.packetsOut.get() == 0 {
		return
	}
	rearm, most, hole := false, s.burst(), false
	n := max(s.hint, s.una)
	for n < s.next {
		if s.paced() {
			break
		}
		if !hole {
			s.hint = n
		}
		cwnd, inFlight := s.cwnd.get(), s.inFlight()
		if inFlight >= cwnd || s.retransOut.get() >= s.lostOut.get() {
			break
		}
		seg := s.at(n)
		if seg.flags&segLost == 0 {
			hole = hole || seg.flags&(segResent|segSacked) == 0
			n++
			continue
		}
		if seg.flags&(segSacked|segResent) != 0 {
			n++
			continue
		}
		count := s.lostRun(n, min(cwnd-inFlight, most))
		s.again(n, count)
		if s.inReduction() {
			s.prrOut.add(count)
		}
		rearm = rearm || n == s.una && s.timer != timerReorder
		n += int64(count)
	}
	if rearm {
		s.setTimer(timerRTO, s.rto.get())
	}
}

// lostRun is how many segments from n on are lost and were not resent, at most a number.
func (s *sender) lostRun(n int64, most uint32) uint32 {
	count := uint32(1)
	for count < most && n+int64(count) < s.next && s.at(n+int64(count)).flags&(segLost|segResent|segSacked) == segLost {
		count++
	}
	return count
}

// again sends segments again (tcp_retransmit_skb).
func (s *sender) again(n int64, count uint32) {
	s.stamp(n, count, true)
	for i := range int64(count) {
		seg := s.at(n + i)
		if seg.flags&segResent == 0 {
			s.retransOut.add(1)
		}
		seg.flags |= segResent | segEverResent
		s.put(n+i, false)
	}
	s.totalRetrans.add(count)
	if s.resentStamp == 0 {
		s.resentStamp = s.at(n).sent / 1_000_000
	}
	s.undoCount = max(s.undoCount, 0) + int32(count)
	s.undoRetrans.set(uint32(s.undoCount))
}
