package netlab

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A direction carries packets from one device to the other: through the bottleneck, then over the distance.
type direction struct {
	in, out int // descriptors of the two TUN devices
	delay   time.Duration
	mtu     int
	now     func() time.Duration

	mu      sync.Mutex // for the fields below, which Stats reads
	policer policer
	queue   bottleneck
	line    ring[flight] // departures are in order and the delay is constant, so the first packet always arrives next
	packets int64
	bytes   int64
	dropped int64
	marked  int64
	refused int64
	maxLate time.Duration

	busyUntil atomic.Int64 // queue.lastDeparture, for goroutines that read it often
	free      [][]byte     // buffers to use again; only run uses them
}

// run carries packets until stop is readable. One thread does everything for its direction. Giving packets to another thread would cost a
// wake-up, 50 µs and more on a busy machine.
func (d *direction) run(stop int) error {
	punctual()

	fds := []unix.PollFd{{Fd: int32(d.in), Events: unix.POLLIN}, {Fd: int32(stop), Events: unix.POLLIN}}
	for {
		var timeout *unix.Timespec
		if due, ok := d.deliver(); ok {
			ts := unix.NsecToTimespec(int64(max(0, due-d.now())))
			timeout = &ts
		}
		_, err := unix.Ppoll(fds, timeout, nil)
		switch {
		case errors.Is(err, unix.EINTR): // Go's runtime sends signals to its threads
			continue
		case err != nil:
			return err
		case fds[1].Revents != 0:
			return nil
		case fds[0].Revents != 0:
			if err := d.accept(); err != nil {
				return err
			}
		}
	}
}

// accept reads packets from the sending device.
func (d *direction) accept() error {
	for range 64 { // then check whether a packet must be delivered
		buf := d.buffer()
		n, err := unix.Read(d.in, buf)
		if err != nil {
			d.free = append(d.free, buf)
			if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
				return nil
			}
			return err
		}
		now := d.now()
		if n == 0 || buf[0]>>4 != 4 { // IPv6 looks for routers by itself; these packets are not part of the test
			d.free = append(d.free, buf)
			continue
		}
		d.mu.Lock()
		congested := d.queue.congested(now)
		ok := d.policer.admits(now, n)
		var departure time.Duration
		if ok {
			departure, ok = d.queue.arrive(now, n)
		}
		if ok {
			if congested && markCE(buf[:n]) {
				d.marked++
			}
			d.busyUntil.Store(int64(departure))
			d.line.push(flight{due: departure + d.delay, packet: buf[:n]})
		} else {
			d.dropped++
		}
		d.mu.Unlock()
		if !ok {
			d.free = append(d.free, buf)
		}
	}
	return nil
}

// deliver writes the packets that have arrived to the other device. It returns when the next one will arrive, or false if none is under
// way.
func (d *direction) deliver() (due time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.line.len() > 0 {
		now := d.now()
		next := d.line.first()
		if next.due > now {
			return next.due, true
		}
		d.line.pop()
		d.maxLate = max(d.maxLate, now-next.due)
		if _, err := unix.Write(d.out, next.packet); err != nil {
			d.refused++
		} else {
			d.packets++
			d.bytes += int64(len(next.packet))
		}
		d.free = append(d.free, next.packet[:cap(next.packet)])
	}
	return 0, false
}

func (d *direction) buffer() []byte {
	if n := len(d.free); n > 0 {
		buf := d.free[n-1]
		d.free = d.free[:n-1]
		return buf
	}
	return make([]byte, d.mtu)
}

// queueDelay returns how long a packet that came now would wait for the bottleneck. It takes no lock: when a sampler is preempted while it
// holds a lock, the link stops for 10 ms and more.
func (d *direction) queueDelay() time.Duration {
	return max(0, time.Duration(d.busyUntil.Load())-d.now())
}

// idle reports whether no packet is inside.
func (d *direction) idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.line.len() == 0
}

// punctual makes the thread wake up on time. Both settings belong to the thread and end with it. If one is not possible (CAP_SYS_NICE may
// be missing), packets are delivered later, and MaxLate shows it.
func punctual() {
	// The default slack of 50 µs would be added to every wait.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	// While three busy loops ran on two processors, the mean windows of four Reno transfers were within 4.4 % of each other; without other
	// work it is 2 %. At 10 Mbit/s this thread takes 1 % of a processor, so it does not disturb other programs.
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_RR,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK, // in case the runtime starts a thread from this one
		Priority: 1,
	}, 0)
}
