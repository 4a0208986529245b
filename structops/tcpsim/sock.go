package tcpsim

import (
	"math"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A sock is a tcp_sock of the kernel, with the fields that the simulator keeps. They have the kernel's names and units
// (include/linux/tcp.h, include/net/inet_connection_sock.h, include/net/sock.h).
type sock struct {
	object *vm.Struct

	// The window, in segments.
	cwnd, cwndCnt, cwndClamp, ssthresh, priorCwnd, priorSsthresh cell32
	maxPacketsOut, cwndUsageSeq, cwndUsed, cwndStamp             cell32
	isCwndLimited                                                cellBits

	// Sequence numbers.
	sndUna, sndNxt, writeSeq, rcvNxt, copiedSeq, rcvWup, highSeq, undoMarker, tlpHighSeq cell32

	// Segments.
	packetsOut, sackedOut, lostOut, retransOut, totalRetrans, delivered, deliveredCE, lost cell32
	appLimited, mssCache, sndWnd, rcvWnd, reordering, undoRetrans                          cell32
	prrDelivered, prrOut, dataSegsOut, segsOut, segsIn, rateDelivered, rateIntervalUS      cell32

	// Times.
	srttUS, mdevUS, mdevMaxUS, rttvarUS, rttSeq, rttMin, lsndtime, rto cell32
	mstamp, deliveredMstamp, firstTxMstamp, clockCache, wstampNS       cell64

	// State.
	caState, retransmits, backoff cellBits
	ackPending, ecnFlags, skState cell8

	// Pacing.
	pacingRate, maxPacingRate        cell64
	pacingStatus                     cell32
	pacingShift                      cell8
	gsoMaxSize                       cell32
	bytesAcked, bytesSent, bytesRecv cell64
}

// cells are the paths of the fields.
func (s *sock) cells() map[string]cell {
	return map[string]cell{
		"snd_cwnd": &s.cwnd, "snd_cwnd_cnt": &s.cwndCnt, "snd_cwnd_clamp": &s.cwndClamp, "snd_ssthresh": &s.ssthresh,
		"prior_cwnd": &s.priorCwnd, "prior_ssthresh": &s.priorSsthresh, "max_packets_out": &s.maxPacketsOut,
		"cwnd_usage_seq": &s.cwndUsageSeq, "snd_cwnd_used": &s.cwndUsed, "snd_cwnd_stamp": &s.cwndStamp,
		"is_cwnd_limited": &s.isCwndLimited,

		"snd_una": &s.sndUna, "snd_nxt": &s.sndNxt, "write_seq": &s.writeSeq, "rcv_nxt": &s.rcvNxt, "copied_seq": &s.copiedSeq,
		"rcv_wup": &s.rcvWup, "high_seq": &s.highSeq, "undo_marker": &s.undoMarker, "tlp_high_seq": &s.tlpHighSeq,

		"packets_out": &s.packetsOut, "sacked_out": &s.sackedOut, "lost_out": &s.lostOut, "retrans_out": &s.retransOut,
		"total_retrans": &s.totalRetrans, "delivered": &s.delivered, "delivered_ce": &s.deliveredCE, "lost": &s.lost,
		"app_limited": &s.appLimited, "mss_cache": &s.mssCache, "snd_wnd": &s.sndWnd, "rcv_wnd": &s.rcvWnd,
		"reordering": &s.reordering, "undo_retrans": &s.undoRetrans, "prr_delivered": &s.prrDelivered, "prr_out": &s.prrOut,
		"data_segs_out": &s.dataSegsOut, "segs_out": &s.segsOut, "segs_in": &s.segsIn, "rate_delivered": &s.rateDelivered,
		"rate_interval_us": &s.rateIntervalUS,

		"srtt_us": &s.srttUS, "mdev_us": &s.mdevUS, "mdev_max_us": &s.mdevMaxUS, "rttvar_us": &s.rttvarUS, "rtt_seq": &s.rttSeq,
		"rtt_min.s[0].v": &s.rttMin, "lsndtime": &s.lsndtime, "icsk_rto": &s.rto, "tcp_mstamp": &s.mstamp,
		"delivered_mstamp": &s.deliveredMstamp, "first_tx_mstamp": &s.firstTxMstamp, "tcp_clock_cache": &s.clockCache,
		"tcp_wstamp_ns": &s.wstampNS,

		"icsk_ca_state": &s.caState, "icsk_retransmits": &s.retransmits, "icsk_backoff": &s.backoff,
		"icsk_ack.pending": &s.ackPending, "ecn_flags": &s.ecnFlags, "skc_state": &s.skState,

		"sk_pacing_rate": &s.pacingRate, "sk_max_pacing_rate": &s.maxPacingRate, "sk_pacing_status": &s.pacingStatus,
		"sk_pacing_shift": &s.pacingShift, "sk_gso_max_size": &s.gsoMaxSize, "bytes_acked": &s.bytesAcked,
		"bytes_sent": &s.bytesSent, "bytes_received": &s.bytesRecv,
	}
}

// newSock makes a socket as it is when its connection has just been established, before congestion control begins.
func newSock(types *btf.Types, mss int) (*sock, error) {
	s := &sock{object: vm.NewStruct(types, "tcp_sock")}
	if err := find(s.object, s.cells()); err != nil {
		return nil, err
	}
	s.cwnd.set(initCwnd)
	s.cwndClamp.set(math.MaxUint32)
	s.ssthresh.set(InfiniteSsthresh)
	s.reordering.set(dupThresh)
	s.mssCache.set(uint32(mss))
	s.sndWnd.set(1 << 30)
	s.rcvWnd.set(1 << 30)
	s.rttMin.set(math.MaxUint32)
	s.skState.set(stateEstablished)
	s.pacingRate.set(math.MaxUint64)
	s.maxPacingRate.set(math.MaxUint64)
	s.pacingShift.set(10)
	s.gsoMaxSize.set(gsoMaxSize)
	for _, cell := range []cell32{s.sndUna, s.sndNxt, s.writeSeq, s.rcvNxt, s.copiedSeq, s.rcvWup, s.cwndUsageSeq, s.rttSeq, s.highSeq} {
		cell.set(firstSeq)
	}
	return s, nil
}

// Values of the kernel.
const (
	initCwnd   = 10 // TCP_INIT_CWND (RFC 6928)
	dupThresh  = 3  // sysctl tcp_reordering: SACKed segments that prove a loss
	gsoMaxSize = 65536 - 1 - 320
	minTSOSegs = 2 // sysctl tcp_min_tso_segs

	stateEstablished = 1 // TCP_ESTABLISHED

	ackSched, ackTimer, ackNow = 1, 2, 16 // icsk_ack.pending: ICSK_ACK_*

	ecnOK, ecnQueueCWR, ecnDemandCWR, ecnSeen = 1, 2, 4, 8 // ecn_flags: TCP_ECN_*

	pacingNone = 0 // SK_PACING_NONE

	firstSeq = 1 << 20 // of the first byte of data, in both directions
)

// The states of recovery (enum tcp_ca_state).
const (
	caOpen = iota
	caDisorder
	caCWR
	caRecovery
	caLoss
)

// What cwnd_event is told (enum tcp_ca_event).
const (
	eventTxStart = iota
	eventCwndRestart
	eventCompleteCWR
	eventLoss
	eventECNNoCE
	eventECNIsCE
)

// What in_ack_event is told (enum tcp_ca_ack_event_flags).
const (
	ackSlowPath  = 1
	ackWinUpdate = 2
	ackECE       = 4
)

// InfiniteSsthresh is the slow start threshold of a connection that has not seen a loss (TCP_INFINITE_SSTHRESH).
const InfiniteSsthresh = 0x7fffffff

// inFlight is the estimated number of segments on the way.
func (s *sock) inFlight() uint32 {
	return s.packetsOut.get() - (s.sackedOut.get() + s.lostOut.get()) + s.retransOut.get()
}

func (s *sock) inSlowStart() bool { return s.cwnd.get() < s.ssthresh.get() }

// cwndLimited reports whether the window may grow (RFC 7661): in slow start if it is less than twice what was in flight.
func (s *sock) cwndLimited() bool {
	if s.isCwndLimited.get() != 0 {
		return true
	}
	return s.inSlowStart() && s.cwnd.get() < 2*s.maxPacketsOut.get()
}

// currentSsthresh is what the threshold would be without a reduction that is not complete.
func (s *sock) currentSsthresh() uint32 {
	if s.inReduction() {
		return s.ssthresh.get()
	}
	return max(s.ssthresh.get(), s.cwnd.get()>>1+s.cwnd.get()>>2)
}

func (s *sock) inReduction() bool {
	state := s.caState.get()
	return state == caCWR || state == caRecovery
}

// A rateSample is the kernel's rate_sample: how fast segments arrive (tcp_rate.c).
type rateSample struct {
	object *vm.Struct

	priorMstamp                                                 cell64
	priorDelivered, priorDeliveredCE, delivered, deliveredCE    cell32
	intervalUS, rttUS                                           cell64
	sndIntervalUS, rcvIntervalUS, losses, ackedSacked, inFlight cell32
	lastEndSeq                                                  cell32
	isAppLimited, isRetrans, isAckDelayed                       cell8
}

func newRateSample(types *btf.Types) (*rateSample, error) {
	r := &rateSample{object: vm.NewStruct(types, "rate_sample")}
	return r, find(r.object, map[string]cell{
		"prior_mstamp": &r.priorMstamp, "prior_delivered": &r.priorDelivered, "prior_delivered_ce": &r.priorDeliveredCE,
		"delivered": &r.delivered, "delivered_ce": &r.deliveredCE, "interval_us": &r.intervalUS, "rtt_us": &r.rttUS,
		"snd_interval_us": &r.sndIntervalUS, "rcv_interval_us": &r.rcvIntervalUS, "losses": &r.losses, "acked_sacked": &r.ackedSacked,
		"prior_in_flight": &r.inFlight, "last_end_seq": &r.lastEndSeq, "is_app_limited": &r.isAppLimited,
		"is_retrans": &r.isRetrans, "is_ack_delayed": &r.isAckDelayed,
	})
}

// An ackSample is the kernel's ack_sample, for pkts_acked.
type ackSample struct {
	object                     *vm.Struct
	pktsAcked, rttUS, inFlight cell32
}

func newAckSample(types *btf.Types) (*ackSample, error) {
	a := &ackSample{object: vm.NewStruct(types, "ack_sample")}
	return a, find(a.object, map[string]cell{"pkts_acked": &a.pktsAcked, "rtt_us": &a.rttUS, "in_flight": &a.inFlight})
}
