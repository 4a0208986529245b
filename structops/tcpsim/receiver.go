package tcpsim

// A packet is a segment on its way.
type packet struct {
	at           int64 // ns, when it reaches the receiver
	seg          int64
	stamp        uint64 // ms, of the sender's clock
	ect, ce, cwr bool
}

// A block is a range of segments.
type block struct{ from, to int64 }

// mostBlocks is how many blocks a SACK option has beside timestamps (RFC 2018).
const mostBlocks = 3

// An ackPacket is an acknowledgement on its way.
type ackPacket struct {
	at     int64  // ns, when it reaches the sender
	next   int64  // the first segment that is missing
	echo   uint64 // ms: the timestamp that it answers
	sacks  [mostBlocks]block
	blocks int
	dsack  bool // the first block was received twice
	ece    bool
}

// A receiver is the receiving end: it acknowledges as Linux does (__tcp_ack_snd_check), and its application reads at once. If the
// connection uses ECN, it runs the algorithm too, which DCTCP needs.
type receiver struct {
	*sock
	sim  *sim
	flow *flow
	cc   control

	next   int64   // rcv_nxt
	got    []bool  // of the segments after next, by number
	beyond int     // how many of those there are
	blocks []block // of those, the latest first, at most 4

	acked      int64 // rcv_wup: next of the latest acknowledgement
	quick      int   // acknowledgements to send without a delay
	began      bool
	recent     uint64 // ms: the timestamp to answer
	twice      block  // received twice; from to to
	delayAt    int64  // ns; 0: no delayed acknowledgement waits
	compressed int    // acknowledgements that wait together
	compressAt int64  // ns; 0: none waits
	duplicates int
	dupNext    int64
}

const (
	delayedAckNS  = 40_000_000 // TCP_DELACK_MIN
	quickAcks     = 16         // TCP_MAX_QUICKACKS
	growing       = 240        // segments until the window of a receiver has grown to its buffer; seen in internal/netlab
	compressMost  = 44         // sysctl tcp_comp_sack_nr
	compressDelay = 1_000_000  // ns: sysctl tcp_comp_sack_delay_ns
)

func (r *receiver) seq(n int64) uint32 { return firstSeq + uint32(n)*r.mssCache.get() }

// receive handles a packet.
func (r *receiver) receive(p *packet) {
	r.clockCache.set(r.sim.clock())
	r.mstamp.set(r.sim.clock() / 1000)
	if p.cwr {
		r.ecnFlags.off(ecnDemandCWR)
		r.ackPending.on(ackNow)
	}
	switch {
	case p.seg == r.next:
		gap := r.beyond > 0
		r.recent = p.stamp
		r.inOrder()
		r.arrived(p)
		if gap && r.beyond == 0 { // the gap is closed (RFC 5681, section 4.2)
			r.ackPending.on(ackNow)
		}
	case p.seg < r.next || r.has(p.seg):
		r.twice = block{p.seg, p.seg + 1}
		r.quick = max(r.quick, quickAcks)
		r.send(r.next)
		return
	default:
		r.ecn(p)
		r.outOfOrder(p.seg)
		r.ackPending.on(ackSched)
	}
	r.decide()
}

// inOrder takes the next segment, and those after it that were there.
func (r *receiver) inOrder() {
	r.next++
	for r.beyond > 0 && r.got[r.next&int64(len(r.got)-1)] {
		r.got[r.next&int64(len(r.got)-1)] = false
		r.beyond--
		r.next++
	}
	kept := r.blocks[:0]
	for _, b := range r.blocks {
		if b.from >= r.next {
			kept = append(kept, b)
		}
	}
	r.blocks = kept
	seq := r.seq(r.next)
	r.bytesRecv.set(uint64(r.next) * uint64(r.mssCache.get()))
	r.rcvNxt.set(seq)
	r.copiedSeq.set(seq)
}

// arrived handles the delay of acknowledgements (tcp_event_data_recv).
func (r *receiver) arrived(p *packet) {
	r.ackPending.on(ackSched)
	if !r.began {
		r.began = true
		r.quick = quickAcks
	}
	r.ecn(p)
	if r.next < growing { // the window that the receiver announces grows (tcp_grow_window)
		r.quick |= 1
	}
}

// ecn handles the mark of a packet (__tcp_ecn_check_ce).
func (r *receiver) ecn(p *packet) {
	if !r.ecnFlags.has(ecnOK) {
		return
	}
	switch {
	case p.ce:
		if r.flow.needsECN {
			r.cc.event(eventECNIsCE)
		}
		if !r.ecnFlags.has(ecnDemandCWR) {
			r.quick = max(r.quick, 2)
			r.ecnFlags.on(ecnDemandCWR)
		}
		r.ecnFlags.on(ecnSeen)
	case p.ect:
		if r.flow.needsECN {
			r.cc.event(eventECNNoCE)
		}
		r.ecnFlags.on(ecnSeen)
	case r.ecnFlags.has(ecnSeen): // probably a retransmission
		r.quick = max(r.quick, 2)
	}
}

// has reports whether a segment after the next one is there.
func (r *receiver) has(seg int64) bool {
	return seg-r.next < int64(len(r.got)) && r.got[seg&int64(len(r.got)-1)]
}

// outOfOrder keeps a segment, and makes its block the first one (RFC 2018, section 4).
func (r *receiver) outOfOrder(seg int64) {
	if seg-r.next >= int64(len(r.got)) {
		size := max(256, len(r.got))
		for seg-r.next >= int64(size) {
			size *= 2
		}
		grown := make([]bool, size)
		for n := r.next; n < r.next+int64(len(r.got)); n++ {
			grown[n&int64(size-1)] = r.got[n&int64(len(r.got)-1)]
		}
		r.got = grown
	}
	r.got[seg&int64(len(r.got)-1)] = true
	r.beyond++
	b := block{seg, seg + 1}
	for r.has(b.from-1) && b.from > r.next {
		b.from--
	}
	for r.has(b.to) {
		b.to++
	}
	kept := r.blocks[:0]
	if cap(kept) == 0 {
		kept = make([]block, 0, 8)
	}
	var list [8]block
	n := 1
	list[0] = b
	for _, old := range r.blocks {
		if (old.to < b.from || old.from > b.to) && n < 4 {
			list[n] = old
			n++
		}
	}
	r.blocks = append(kept, list[:n]...)
}

// decide sends an acknowledgement now or later (__tcp_ack_snd_check).
func (r *receiver) decide() {
	switch {
	case r.next-r.acked > 1, r.quick > 0, r.ackPending.has(ackNow):
		r.send(r.next)
	case r.beyond == 0:
		if r.delayAt == 0 {
			r.delayAt = r.sim.now + delayedAckNS
			r.ackPending.on(ackTimer)
		}
	case r.compressed >= compressMost:
		r.send(r.next)
	default:
		if r.dupNext != r.next {
			r.dupNext, r.duplicates = r.next, 0
		}
		if r.duplicates < dupThresh {
			r.duplicates++
			r.send(r.next)
			return
		}
		r.compressed++
		if r.compressAt == 0 {
			wait := int64(compressDelay)
			if srtt := int64(r.srttUS.get()); srtt > 0 {
				wait = min(wait, srtt*1000/8*compressShare/100)
			}
			r.compressAt = r.sim.now + wait
		}
	}
}

const compressShare = 33 // percent of a round trip: sysctl tcp_comp_sack_rtt_percent

// send sends an acknowledgement of all before a segment.
func (r *receiver) send(next int64) {
	a := ackPacket{next: next, echo: r.recent, ece: r.ecnFlags.has(ecnOK) && r.ecnFlags.has(ecnDemandCWR)}
	if r.twice.to > r.twice.from {
		a.sacks[0], a.blocks, a.dsack = r.twice, 1, true
		r.twice = block{}
	}
	for _, b := range r.blocks {
		if a.blocks == mostBlocks {
			break
		}
		a.sacks[a.blocks] = b
		a.blocks++
	}
	r.sim.sendBack(r.flow, a)
	r.segsOut.add(1)
	if next != r.next {
		return // one for the segments before the latest, which DCTCP sends
	}
	if r.quick > 0 && r.ackPending.has(ackSched) {
		r.quick--
	}
	r.acked = next
	r.rcvWup.set(r.rcvNxt.get())
	r.ackPending.set(0)
	r.delayAt, r.compressAt, r.compressed = 0, 0, 0
}
