package tcpsim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// A Link is the path between senders and receivers: a bottleneck with a queue, and then a distance. The way back has the same rate and the
// same delay, and never drops a packet.
type Link struct {
	Rate  int64         // bits per second of the bottleneck; IP headers count
	Delay time.Duration // one way; the smallest round-trip time is twice this

	// Queue is how many packets may wait for the bottleneck, without the one that is being sent. QueueBytes limits their bytes. Packets
	// that do not fit are dropped. If both are 0, the queue has one product of bandwidth and delay.
	Queue, QueueBytes int

	MTU int // bytes of the largest packet, with its headers; 0 means 1500

	// ECNThreshold makes the bottleneck mark packets that come while at least this many wait (RFC 3168, RFC 8257). Connections then use
	// ECN, and their receivers run the algorithm too. 0: it only drops.
	ECNThreshold int

	// Loss is the probability with which a packet is lost before the bottleneck, from 0 to less than 1.
	Loss float64
}

const (
	usualMTU    = 1500
	headerBytes = 20 + 32 // of IPv4 and TCP with timestamps
	sackBytes   = 4       // of the option, and 8 for each block
)

func (l Link) withDefaults() Link {
	if l.MTU == 0 {
		l.MTU = usualMTU
	}
	if l.Queue == 0 && l.QueueBytes == 0 {
		l.Queue = max(4, l.BDP()) // with less, the first window of ten would not fit
	}
	return l
}

// BDP is the product of bandwidth and delay in packets: what is under way when the link is full and the queue is empty.
func (l Link) BDP() int {
	mtu := l.MTU
	if mtu <= 0 {
		mtu = usualMTU
	}
	return int(float64(l.Rate) * (2 * l.Delay).Seconds() / 8 / float64(mtu))
}

func (l Link) validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if l.Rate < 1000 || l.Rate > 1e12 {
		wrong("Rate is %d bit/s: expected 1000 to 10¹²", l.Rate)
	}
	if l.Delay < 0 || l.Delay > 10*time.Second {
		wrong("Delay is %v: expected 0 to 10s", l.Delay)
	}
	if l.Queue < 0 || l.QueueBytes < 0 {
		wrong("the queue has %d packets and %d bytes: must be at least 0", l.Queue, l.QueueBytes)
	}
	if l.MTU != 0 && (l.MTU < 576 || l.MTU > 65535) {
		wrong("MTU is %d bytes: expected 576 to 65535", l.MTU)
	}
	if l.ECNThreshold < 0 {
		wrong("ECNThreshold is %d packets: must be at least 0", l.ECNThreshold)
	}
	if !(l.Loss >= 0 && l.Loss < 1) {
		wrong("Loss is %v: expected 0 to less than 1", l.Loss)
	}
	return errors.Join(errs...)
}

// A bottleneck sends packets one after the other. Times are in nanoseconds.
type bottleneck struct {
	nsPerByte float64
	packets   int // that may wait; 0: no limit
	bytes     int // that may wait; 0: no limit
	mark      int
	loss      float64
	random    *rand.Rand

	last    int64         // when the last packet leaves
	inside  ring[leaving] // the packets inside; the first one is being sent
	waiting int           // bytes of those that wait
	peak    int           // most packets that waited

	dropped, lost, marked int64
}

// A leaving packet leaves the bottleneck at a time.
type leaving struct {
	at   int64
	size int
}

// arrive puts a packet of a size into the queue. It returns when its last bit leaves, and whether it is marked; false if it is dropped.
func (b *bottleneck) arrive(now int64, size int, ect bool) (at int64, marked, ok bool) {
	if b.loss > 0 && b.random.Float64() < b.loss {
		b.lost++
		return 0, false, false
	}
	b.leave(now)
	n := b.inside.len()
	congested := b.mark > 0 && n > b.mark
	if n > 0 {
		if b.packets > 0 && n-1 >= b.packets || b.bytes > 0 && b.waiting+size > b.bytes {
			b.dropped++
			return 0, false, false
		}
		b.waiting += size
		b.peak = max(b.peak, n)
	}
	at = max(now, b.last) + int64(b.nsPerByte*float64(size)+0.5)
	b.last = at
	b.inside.push(leaving{at, size})
	if congested && ect {
		b.marked++
		return at, true, true
	}
	return at, false, true
}

// leave takes out the packets that have left. One that leaves at this very moment is still there: acknowledgements come one transmission
// apart, so that the answer to one often arrives when a packet leaves, and real hosts take some time to answer.
func (b *bottleneck) leave(now int64) {
	for b.inside.len() > 0 && b.inside.first().at < now {
		b.inside.pop()
		if b.inside.len() > 0 {
			b.waiting -= b.inside.first().size
		}
	}
}

// A ring is a queue that keeps its memory.
type ring[T any] struct {
	items []T // a power of two, or none
	head  int
	n     int
}

func (r *ring[T]) len() int { return r.n }

// first is the oldest item; there must be one.
func (r *ring[T]) first() *T { return &r.items[r.head] }

func (r *ring[T]) push(v T) {
	if r.n == len(r.items) {
		grown := make([]T, max(64, 2*len(r.items)))
		for i := range r.n {
			grown[i] = r.items[(r.head+i)&(len(r.items)-1)]
		}
		r.items, r.head = grown, 0
	}
	r.items[(r.head+r.n)&(len(r.items)-1)] = v
	r.n++
}

// pop takes the oldest item out; there must be one.
func (r *ring[T]) pop() T {
	v := r.items[r.head]
	r.head = (r.head + 1) & (len(r.items) - 1)
	r.n--
	return v
}
