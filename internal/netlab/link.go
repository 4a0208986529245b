package netlab

import (
	"errors"
	"fmt"
	"time"
)

// Link describes the emulated path between the two hosts.
type Link struct {
	Rate  int64         // of the bottleneck, in bits per second; IP header and payload count. Both directions have it
	Delay time.Duration // propagation delay, one way; the base round-trip time is twice this
	Queue int           // packets that may wait for the bottleneck, without the one being sent; 0 means one bandwidth-delay product
	MTU   int           // of both devices, in bytes; 0 means 1500

	// ECNThreshold makes the bottleneck mark packets (ECN) that come while at least this many wait; 0 is a bottleneck that only drops.
	// Connections of the lab then agree on ECN, and their receivers run the sender's algorithm too, because DCTCP needs both ends.
	ECNThreshold int

	// PolicedRate, in bits per second, puts a token bucket before the queue. When PolicedBurst bytes have passed without a pause, it drops
	// everything above the rate. 0 is a link without it.
	PolicedRate  int64
	PolicedBurst int // 0 means a tenth of a second of PolicedRate
}

// DefaultLink returns a link on which loss-based algorithms show a clear picture in a few seconds: 10 Mbit/s, 10 ms one way (16
// packets are under way when it is full), and a queue of 20 packets, so that Reno's window swings between 19 and 38 segments
// every 0.7 s, and the halved window still fills the link.
//
// The link was chosen because the mean windows of ten transfers with the kernel's Reno, on two busy processors, are close to each other:
// the largest was 0.6 % above the smallest for 4 s, and 1.4 % for 3 s. At 20 Mbit/s with a queue of 33 it was 4.5 to 5.8 %: there are half
// as many teeth, so a tooth that ends early has more weight.
func DefaultLink() Link {
	return Link{Rate: 10_000_000, Delay: 10 * time.Millisecond, Queue: 20, MTU: defaultMTU}
}

// BDP returns the bandwidth-delay product in packets of the MTU, rounded down: what is under way when the link is full and the
// queue is empty.
func (l Link) BDP() int {
	mtu := int64(l.MTU)
	if mtu <= 0 {
		mtu = defaultMTU
	}
	return int(float64(l.Rate) * (2 * l.Delay).Seconds() / 8 / float64(mtu))
}

// String returns the link in one line, for headings.
func (l Link) String() string {
	text := fmt.Sprintf("%g Mbit/s, %v one way, queue %d packets", float64(l.Rate)/1e6, l.Delay, l.Queue)
	if l.ECNThreshold > 0 {
		text += fmt.Sprintf(", marked from %d", l.ECNThreshold)
	}
	if l.PolicedRate > 0 {
		text += fmt.Sprintf(", policed to %g Mbit/s", float64(l.PolicedRate)/1e6)
	}
	return text
}

const (
	defaultMTU = 1500
	minMTU     = 576     // the smallest datagram that every host accepts (RFC 791); below it TCP's MSS is no longer MTU-40
	maxMTU     = 65535   // the length field of an IPv4 header
	minQueue   = 4       // of a queue computed from the bandwidth-delay product: a shorter one has no room for the first window of 10
	maxQueue   = 1 << 20 // the ring of departures grows with the queue: 16 MB here
)

func (l Link) withDefaults() Link {
	if l.MTU == 0 {
		l.MTU = defaultMTU
	}
	if l.Queue == 0 {
		l.Queue = max(minQueue, min(l.BDP(), maxQueue))
	}
	if l.PolicedRate > 0 && l.PolicedBurst == 0 {
		l.PolicedBurst = max(l.MTU, int(l.PolicedRate/8/10))
	}
	return l
}

// validate reports all mistakes in the link together.
func (l Link) validate() error {
	var errs []error
	if l.Rate < 1000 || l.Rate > 100e9 {
		errs = append(errs, fmt.Errorf("rate %d bit/s is outside 1000..100000000000", l.Rate))
	}
	if l.Delay < 0 || l.Delay > 10*time.Second {
		errs = append(errs, fmt.Errorf("delay %v is outside 0..10s", l.Delay))
	}
	if l.Queue < 0 || l.Queue > maxQueue {
		errs = append(errs, fmt.Errorf("queue of %d packets is outside 1..%d", l.Queue, maxQueue))
	}
	if queue := l.withDefaults().Queue; l.ECNThreshold < 0 || l.ECNThreshold > 0 && l.ECNThreshold > queue {
		errs = append(errs, fmt.Errorf("ecn threshold of %d packets is outside 0..%d, the queue", l.ECNThreshold, queue))
	}
	if l.MTU != 0 && (l.MTU < minMTU || l.MTU > maxMTU) {
		errs = append(errs, fmt.Errorf("mtu %d is outside %d..%d", l.MTU, minMTU, maxMTU))
	}
	if l.PolicedRate < 0 || l.PolicedRate > l.Rate {
		errs = append(errs, fmt.Errorf("policed rate of %d bit/s is outside 0..%d, the link's", l.PolicedRate, l.Rate))
	}
	if mtu := l.withDefaults().MTU; l.PolicedBurst < 0 || l.PolicedBurst > 0 && l.PolicedBurst < mtu {
		errs = append(errs, fmt.Errorf("policed burst of %d bytes is less than a packet of %d", l.PolicedBurst, mtu))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("netlab: link: %w", err)
	}
	return nil
}

// transmission returns how long the bottleneck takes to send size bytes.
func (l Link) transmission(size int) time.Duration {
	return time.Duration(float64(size) * 8 / float64(l.Rate) * float64(time.Second))
}

// drainTime is the longest time that a packet can be inside the lab, in both directions: a full queue, then the round trip.
func (l Link) drainTime() time.Duration {
	return l.transmission((l.Queue+1)*l.MTU) + 2*l.Delay
}
