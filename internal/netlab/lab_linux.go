package netlab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Lab is a pair of hosts with a link between them. Its methods may be called from several goroutines; flows that run at the same time
// share the link.
type Lab struct {
	link             Link
	sender, receiver *host
	forward, back    *direction
	stop             int // eventfd; readable when the lab must end
	workers          sync.WaitGroup
	life             context.Context // ends with Close
	end              context.CancelFunc
	closing          sync.Once

	mu      sync.Mutex
	detach  func() bool    // from New's context
	users   sync.WaitGroup // calls that use the descriptors; they begin under mu, so that none begins after the end
	flows   map[*Flow]struct{}
	failure error // the error of a direction that ended by itself
}

// New makes a lab. It ends with Close, and stops working when the context ends. Call Close in that case too.
func New(ctx context.Context, link Link) (*Lab, error) {
	if err := link.validate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	link = link.withDefaults()
	l := &Lab{link: link, stop: -1, flows: map[*Flow]struct{}{}}
	l.life, l.end = context.WithCancel(context.Background())
	var err error
	// 198.18.0.0/15 is set aside for benchmarks (RFC 2544).
	if l.sender, err = newHost("sender", netip.MustParsePrefix("198.18.0.1/24"), link); err != nil {
		return nil, err
	}
	if l.receiver, err = newHost("receiver", netip.MustParsePrefix("198.18.0.2/24"), link); err != nil {
		l.sender.close()
		return nil, err
	}
	if l.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		l.sender.close()
		l.receiver.close()
		return nil, fmt.Errorf("netlab: eventfd: %w", err)
	}

	start := time.Now()
	now := func() time.Duration { return time.Since(start) }
	l.forward = &direction{in: l.sender.tun, out: l.receiver.tun, delay: link.Delay, mtu: link.MTU, now: now,
		policer: policer{rate: link.PolicedRate, burst: link.PolicedBurst},
		queue:   bottleneck{link: link, limit: link.Queue, mark: link.ECNThreshold}}
	// The way back never drops packets. When this machine is busy for a moment, data arrive in a bunch, and so do the acknowledgements. A
	// short queue would drop some of them, which a real link would not do.
	l.back = &direction{in: l.receiver.tun, out: l.sender.tun, delay: link.Delay, mtu: link.MTU, now: now,
		queue: bottleneck{link: link, limit: -1}}
	for name, d := range map[string]*direction{"forward": l.forward, "back": l.back} {
		l.workers.Go(func() {
			if err := onOwnThread(func() error { return d.run(l.stop) }); err != nil {
				l.fail(fmt.Errorf("netlab: carrying packets %s: %w", name, err))
			}
		})
	}
	l.mu.Lock() // the context may end at once
	l.detach = context.AfterFunc(ctx, func() { l.Close() })
	l.mu.Unlock()
	return l, nil
}

// fail ends the lab, because a link that works in only one direction has results that look real. The first failure is kept for the next
// use of the lab.
func (l *Lab) fail(err error) {
	l.mu.Lock()
	if l.failure == nil {
		l.failure = err
	}
	l.mu.Unlock()
	go l.Close() // waits for the caller
}

// Close ends all flows and removes everything that the lab has made. More calls do nothing. It returns when everything is removed, also
// when another goroutine called it first.
func (l *Lab) Close() error {
	l.closing.Do(func() {
		l.mu.Lock()
		l.detach()
		l.end()
		l.mu.Unlock()
		l.users.Wait()
		l.mu.Lock()
		flows := make([]*Flow, 0, len(l.flows))
		for f := range l.flows {
			flows = append(flows, f)
		}
		l.mu.Unlock()
		for _, f := range flows {
			f.Close() // the abort fails only if the other side ended first
		}
		// This cannot fail: it is the only write, so the counter is not full. The value is any number of eight bytes except 0.
		_, _ = unix.Write(l.stop, []byte{1, 1, 1, 1, 1, 1, 1, 1})
		l.workers.Wait()
		unix.Close(l.stop)
		l.sender.close()
		l.receiver.close()
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failure
}

// Link returns the link with its defaults filled in.
func (l *Lab) Link() Link { return l.link }

// Stats returns what has happened so far.
func (l *Lab) Stats() Stats {
	var s Stats
	d := l.forward
	d.mu.Lock()
	s.Packets, s.Bytes, s.Dropped, s.Marked, s.Refused, s.MaxLate = d.packets, d.bytes, d.dropped, d.marked, d.refused, d.maxLate
	s.Queue, s.PeakQueue = d.queue.waiting(d.now()), d.queue.peak
	d.mu.Unlock()
	d = l.back
	d.mu.Lock()
	s.BackPkts, s.BackBytes = d.packets, d.bytes
	s.Refused += d.refused
	s.MaxLate = max(s.MaxLate, d.maxLate)
	d.mu.Unlock()
	return s
}

// ErrClosed is the error of methods of a closed lab.
var ErrClosed = errors.New("netlab: the lab is closed")

// usable returns the reason why the lab cannot be used, or nil.
func (l *Lab) usable() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure == nil && l.life.Err() != nil {
		return ErrClosed
	}
	return l.failure
}

// use keeps the lab's descriptors open until release is called, or returns why it cannot.
func (l *Lab) use() (release func(), err error) {
	if err := l.usable(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life.Err() != nil {
		return nil, ErrClosed
	}
	l.users.Add(1)
	return l.users.Done, nil
}

// queueDelay returns how long a packet that came to the bottleneck now would wait.
func (l *Lab) queueDelay() time.Duration { return l.forward.queueDelay() }

// drain waits until no packet is inside, so that the next transfer begins with an empty link. When other flows run, it stops waiting after
// the longest time that a packet can take.
func (l *Lab) drain(ctx context.Context) {
	// Twice, because an aborted receiver answers segments with a reset.
	limit := time.NewTimer(2*l.link.drainTime() + 50*time.Millisecond)
	defer limit.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !l.forward.idle() || !l.back.idle() {
		select {
		case <-tick.C:
		case <-limit.C:
			return
		case <-l.life.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}
