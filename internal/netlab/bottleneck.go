package netlab

import "time"

// Times in this file are offsets from the moment the lab was made. Nothing here sleeps or reads a clock, so tests can run any sequence of
// events without waiting.

// A bottleneck is a transmitter with a fixed rate, and a drop-tail queue before it.
type bottleneck struct {
	link  Link
	limit int // packets that may wait; negative: no limit
	mark  int // when this many packets wait, new ones are marked; 0: never

	lastDeparture time.Duration
	departures    ring[time.Duration] // of the packets inside, oldest first; the first one is being sent, the others wait
	peak          int                 // largest number of packets that waited
}

// arrive adds a packet of size bytes to the queue. It returns when its last bit leaves, or false if the queue was full. Calls have
// ascending times.
func (b *bottleneck) arrive(now time.Duration, size int) (departure time.Duration, ok bool) {
	waiting := b.waiting(now)
	if b.departures.len() > 0 { // the transmitter is busy, so this packet must wait
		if b.limit >= 0 && waiting >= b.limit {
			return 0, false
		}
		b.peak = max(b.peak, waiting+1)
	}
	// now may be late, because waking up takes time. The rate is exact all the same: in a busy period only lastDeparture counts.
	departure = max(now, b.lastDeparture) + b.link.transmission(size)
	b.lastDeparture = departure
	b.departures.push(departure)
	return departure, true
}

// waiting returns how many packets wait, not counting the one that is being sent.
func (b *bottleneck) waiting(now time.Duration) int {
	for b.departures.len() > 0 && b.departures.first() <= now {
		b.departures.pop()
	}
	return max(0, b.departures.len()-1)
}

// A flight is a packet on its way after the bottleneck.
type flight struct {
	due    time.Duration // when its last bit reaches the other end
	packet []byte
}

// A ring is a queue that keeps its memory.
type ring[T any] struct {
	items []T
	head  int
	n     int
}

func (r *ring[T]) len() int { return r.n }

// first returns the oldest item; there must be one.
func (r *ring[T]) first() T { return r.items[r.head] }

func (r *ring[T]) push(v T) {
	if r.n == len(r.items) {
		grown := make([]T, max(64, 2*len(r.items)))
		for i := range r.n {
			grown[i] = r.items[(r.head+i)%len(r.items)]
		}
		r.items, r.head = grown, 0
	}
	r.items[(r.head+r.n)%len(r.items)] = v
	r.n++
}

// pop removes and returns the oldest item; there must be one.
func (r *ring[T]) pop() T {
	var zero T
	v := r.items[r.head]
	r.items[r.head] = zero
	r.head = (r.head + 1) % len(r.items)
	r.n--
	return v
}
