package netlab

import "time"

// Stats counts what the lab has done since it was made. Forward is the data direction, from sender to receiver.
type Stats struct {
	Packets   int64         // delivered forward
	Bytes     int64         // delivered forward, with IP headers
	Dropped   int64         // that found the queue full
	Marked    int64         // with congestion experienced (Link.ECNThreshold)
	Queue     int           // packets waiting at the bottleneck now
	PeakQueue int           // most that ever waited
	BackPkts  int64         // delivered on the way back (acknowledgements)
	BackBytes int64         // delivered on the way back, with IP headers
	Refused   int64         // packets that the other device refused; if not 0, the machine lacked something, such as memory
	MaxLate   time.Duration // how much later than computed the latest packet was delivered: the noise of this machine
}

// TCPInfo is the part of the kernel's struct tcp_info (TCP_INFO of getsockopt) that shows how congestion control works.
type TCPInfo struct {
	CAState      uint8         // TCP_CA_*: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss
	Cwnd         uint32        // congestion window, segments
	Ssthresh     uint32        // slow start threshold, segments; InfiniteSsthresh before the first loss
	MSS          uint32        // sender's segment size, bytes
	RTT          time.Duration // smoothed
	RTTVar       time.Duration // mean deviation
	MinRTT       time.Duration // smallest seen
	Unacked      uint32        // segments under way
	Lost         uint32        // segments that are considered lost now
	Retransmits  uint32        // segments sent again, whole connection
	Timeouts     uint32        // retransmission timeouts, whole connection; 0 on kernels before 6.7
	BytesAcked   uint64        // acknowledged by the other end
	ECN          bool          // agreed on
	DeliveredCE  uint32        // segments that the receiver has reported as marked
	PacingRate   uint64        // bytes per second
	DeliveryRate uint64        // bytes per second, latest estimate
	SendWindow   uint32        // bytes that the receiver allows; 0 on kernels before 6.2
	Busy         time.Duration // with data to send or unacknowledged
	RwndLimited  time.Duration // of Busy: limited by the receiver's window
	SndbufLimit  time.Duration // of Busy: limited by the send buffer
}

// InfiniteSsthresh is the slow start threshold of a connection that has not seen a loss (TCP_INFINITE_SSTHRESH in the kernel).
// Plots leave it out.
const InfiniteSsthresh = 0x7fffffff

// Sample is the state of the sender at one moment.
type Sample struct {
	At          time.Duration // since the connection was established
	Cwnd        uint32        // segments
	Ssthresh    uint32        // segments; InfiniteSsthresh before the first loss
	RTT         time.Duration // smoothed
	Unacked     uint32        // segments under way
	Retransmits uint32        // segments sent again so far
	QueueDelay  time.Duration // how long a packet that comes to the bottleneck now would wait
}

// TransferOptions says what Transfer does. The zero value is a transfer of 4 seconds with the kernel's default algorithm.
type TransferOptions struct {
	CongestionControl string        // as in net.ipv4.tcp_available_congestion_control; "" is the kernel's default
	Duration          time.Duration // 0 means DefaultDuration
	SampleEvery       time.Duration // 0 means DefaultSampleEvery; Go's timers add up to 1 ms
	Progress          func(Sample)  // if not nil, called with each sample, on the caller's goroutine; it must not block
}

const (
	DefaultDuration    = 4 * time.Second
	DefaultSampleEvery = 5 * time.Millisecond
)

// Result is the result of one transfer.
type Result struct {
	Algorithm   string        // read from the socket at the end: the algorithm that really ran
	Elapsed     time.Duration // from the establishment of the connection to the last sample
	Received    int64         // bytes that the receiving application has read
	GoodputBPS  float64       // bits per second: Received * 8 / Elapsed
	Retransmits int           // segments sent again
	Timeouts    int           // retransmission timeouts
	QueueDrops  int64         // packets of all flows dropped at the bottleneck during the transfer
	QueueMarks  int64         // packets of all flows marked there
	MeanCwnd    float64       // segments, weighted by time over the whole transfer, slow start included
	MeanRTT     time.Duration // smoothed RTT, weighted by time like MeanCwnd
	MinRTT      time.Duration // smallest that TCP has seen
	RwndLimited time.Duration // limited by the receiver's window; much more than 0 means that the result is not about congestion control
	SndbufLimit time.Duration // limited by the send buffer; likewise
	Samples     []Sample
}

// summarize computes the means. A sample counts from its time to the time of the next one; the last one is only the end. The mean is over
// time and not over samples, because after a busy moment of the machine there are many samples in a short time.
func (r *Result) summarize() {
	r.MeanCwnd, r.MeanRTT = 0, 0
	if r.Elapsed > 0 {
		r.GoodputBPS = float64(r.Received) * 8 / r.Elapsed.Seconds()
	}
	if len(r.Samples) == 0 {
		return
	}
	last := r.Samples[len(r.Samples)-1]
	total := (last.At - r.Samples[0].At).Seconds()
	if total <= 0 {
		r.MeanCwnd, r.MeanRTT = float64(last.Cwnd), last.RTT
		return
	}
	var cwnd, rtt float64
	for i, s := range r.Samples[:len(r.Samples)-1] {
		weight := (r.Samples[i+1].At - s.At).Seconds() / total
		cwnd += weight * float64(s.Cwnd)
		rtt += weight * float64(s.RTT)
	}
	r.MeanCwnd, r.MeanRTT = cwnd, time.Duration(rtt)
}
