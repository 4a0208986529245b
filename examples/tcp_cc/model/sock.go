package model

// Sock is the part of a connection that a congestion control uses when it is called. The fields have the names and units of struct
// tcp_sock, struct inet_connection_sock and struct sock. A model reads and writes only the fields that the kernel's code of the same
// algorithm reads and writes.
type Sock struct {
	// The window, in segments (tcp_sock).
	SndCwnd       uint32
	SndCwndCnt    uint32 // acknowledged segments that have not yet made up one segment of window
	SndCwndClamp  uint32 // the window never exceeds it; 2^32-1 unless a socket option or a route says otherwise
	SndSsthresh   uint32 // below it the window is in slow start; InfiniteSsthresh at first
	PriorCwnd     uint32 // before the reduction that is in progress, for undo_cwnd
	MaxPacketsOut uint32 // most that was in flight in the latest window
	IsCwndLimited bool   // a bit field in the kernel: the window limited the sender

	// Sequence numbers.
	SndUna, SndNxt uint32
	RcvNxt         uint32

	// Segments, counted.
	PacketsOut, SackedOut, LostOut, RetransOut uint32
	Delivered                                  uint32 // acknowledged or SACKed so far, retransmissions included
	DeliveredCE                                uint32 // of these, how many the receiver saw marked
	Lost                                       uint32 // considered lost so far
	// As long as Delivered is not larger than this, rates are limited by the application, not by the path; 0: not limited.
	AppLimited uint32
	MSSCache   uint32 // bytes of a segment

	// Times.
	SRTTUS          uint32 // smoothed RTT in µs, times 8; 0 before the first
	RTTMinUS        uint32 // tcp_min_rtt: 2^32-1 before the first
	TCPMstamp       uint64 // µs, of the segment that is being handled
	DeliveredMstamp uint64 // µs, when Delivered last grew
	TCPClockCache   uint64 // ns
	TCPWstampNS     uint64 // ns, earliest departure of the next segment
	LsndTime        uint32 // jiffies, of the latest data segment
	Jiffies         uint32 // tcp_jiffies32, as read in this call

	// State (inet_connection_sock, sock).
	CAState    CAState
	SKState    uint8 // TCPEstablished and so on
	ECNOK      bool  // ECN was agreed on: TCP_ECN_OK in ecn_flags, or since 6.18 either of its modes (RFC 3168, AccECN)
	ECTOff     bool  // INET_ECN_dontxmit was called: segments go out without ECT
	DemandCWR  bool  // TCP_ECN_DEMAND_CWR in ecn_flags: acknowledgements carry ECE
	AckPending uint8 // icsk_ack.pending, AckTimer and AckNow

	// Pacing (sock).
	PacingRate    uint64 // bytes per second
	MaxPacingRate uint64 // 2^64-1 unless SO_MAX_PACING_RATE was set
	PacingStatus  PacingStatus
	PacingShift   uint8  // a burst may be PacingRate >> PacingShift bytes; 10 unless a driver changed it
	GSOMaxSize    uint32 // bytes
}

// CAState is enum tcp_ca_state: what the kernel's loss recovery is doing.
type CAState uint8

const (
	CAOpen     CAState = iota // no problem
	CADisorder                // acknowledgements came out of order; perhaps a loss
	CACWR                     // the window is coming down after an ECN echo or local congestion
	CARecovery                // the window is coming down after a loss; segments are sent again
	CALoss                    // the retransmission timer went off
)

// CAEvent is enum tcp_ca_event, the argument of cwnd_event.
type CAEvent uint8

const (
	EventTxStart     CAEvent = iota // first transmission with nothing in flight
	EventCwndRestart                // the window was cut after an idle time
	EventCompleteCWR                // the reduction has ended
	EventLoss                       // the retransmission timer went off
	EventECNNoCE                    // received a segment with ECT and no mark
	EventECNIsCE                    // received a marked segment
)

// PacingStatus is enum sk_pacing.
type PacingStatus uint32

const (
	PacingNone   PacingStatus = iota
	PacingNeeded              // TCP paces by its own timer
	PacingFQ                  // the fq qdisc does it
)

const (
	TCPEstablished = 1
	TCPClose       = 7
	TCPListen      = 10
)

const (
	AckTimer = 2  // ICSK_ACK_TIMER: a delayed acknowledgement waits for its timer
	AckNow   = 16 // ICSK_ACK_NOW: acknowledge at once
)

const (
	InfiniteSsthresh = 0x7fffffff // TCP_INFINITE_SSTHRESH
	initCwnd         = 10         // TCP_INIT_CWND (RFC 6928)
	usecPerSec       = 1_000_000
	usecPerMsec      = 1000
)

// AckSample is struct ack_sample, what pkts_acked is told.
type AckSample struct {
	PktsAcked uint32
	RTTUS     int32 // negative: no measurement, because it was a retransmission or a duplicate
	InFlight  uint32
}

// RateSample is the part of struct rate_sample that BBR reads: a sample of the path's delivery rate, from the sending of a segment to its
// acknowledgement (draft-cheng-iccrg-delivery-rate-estimation).
type RateSample struct {
	PriorDelivered uint32 // Sock.Delivered when the segment was sent
	Delivered      int32  // delivered since; negative: no sample
	IntervalUS     int64  // in this time; negative: no sample
	RTTUS          int64  // of the latest acknowledged segment; negative: none
	Losses         int32  // newly considered lost by this acknowledgement
	AckedSacked    uint32 // newly acknowledged by this acknowledgement
	PriorInFlight  uint32 // before it
	IsAppLimited   bool   // the segment was sent when the application had no more
	IsAckDelayed   bool   // the receiver probably waited before it acknowledged
}

// InFlight is tcp_packets_in_flight: the estimated number of segments on the way.
func (s *Sock) InFlight() uint32 {
	return s.PacketsOut - (s.SackedOut + s.LostOut) + s.RetransOut
}

// InSlowStart is tcp_in_slow_start.
func (s *Sock) InSlowStart() bool { return s.SndCwnd < s.SndSsthresh }

// CwndLimited is tcp_is_cwnd_limited: it reports whether the window may grow. A window that the sender does not use says nothing about the
// path (RFC 7661). In slow start it may be up to twice what was in flight. Otherwise the doubling would end at the first pause.
func (s *Sock) CwndLimited() bool {
	if s.IsCwndLimited {
		return true
	}
	return s.InSlowStart() && s.SndCwnd < 2*s.MaxPacketsOut
}

// after reports whether a comes after b. Both are numbers that wrap around, such as sequence numbers and jiffies (RFC 1982).
func after(a, b uint32) bool { return int32(b-a) < 0 }

// stampDelta is tcp_stamp_us_delta: never negative, and cut to 32 bits.
func stampDelta(later, earlier uint64) uint32 { return uint32(max(int64(later-earlier), 0)) }

// usecsToJiffies rounds up. When a jiffy is a whole number of µs (HZ of 100, 250, 1000), its result is exactly that of the kernel's
// function.
func usecsToJiffies(us, hz uint32) uint64 {
	return (uint64(us)*uint64(hz) + usecPerSec - 1) / usecPerSec
}
