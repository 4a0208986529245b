// Package netlab is a laboratory for TCP congestion control: two hosts and one slow link, inside one process, on any Linux
// machine with root, leaving nothing behind.
//
// # Where to find what
//
//	   namespace A                      this process                           namespace B
//	┌──────────────┐   TUN   ┌──────────────────────────────────┐   TUN   ┌──────────────┐
//	│ TCP sender   │────────▶│ bottleneck ──────▶ propagation   │────────▶│ TCP receiver │
//	│ 198.18.0.1   │         │ rate, drop tail    delay         │         │ 198.18.0.2   │
//	│              │◀────────│ delay ◀──── rate, never drops    │◀────────│              │
//	└──────────────┘         └──────────────────────────────────┘         └──────────────┘
//
// Both ends are the kernel's own TCP, in two network namespaces of their own. Whatever one end sends comes out of a TUN device as
// an IP packet; a thread of this process makes it wait as long as the emulated link would, and hands it to the other TUN device.
//
// The bottleneck and the delay are two separate stages, because they are two separate things. In the bottleneck a packet waits
// for the packets before it; the queue has an end, and what does not fit is dropped: this is what congestion control reacts to. On
// the way after it, packets are under way next to each other, any number of them, and none is ever dropped. Emulators that make
// one queue do both (netem with its limit of 1000 packets behind a long delay, or a delay on the device whose queue is studied)
// count the packets under way as queued and drop at the wrong moment.
//
// A queue may also mark packets before it drops any (ECN; Link.ECNThreshold), from a fixed length on, as switches do for DCTCP.
//
// # Why a process and not qdiscs
//
// The usual way, netem and tbf on veth pairs, needs two modules that many kernels lack, two more namespaces, and care with
// segmentation offload (a queue of 20 "packets" of 64 KB each is not a queue of 20 packets). A TUN device without a vnet header
// gives exactly the packets that a wire would carry. It also gives every TCP socket the same start: no fq is needed, since pacing
// (BBR) is done by TCP itself where fq is absent.
//
// # How time is kept
//
// Time in the bottleneck is computed, not measured: a packet that comes in at t leaves at max(t, departure of the one before)
// + bits/rate, and whether the queue is full follows from the departures computed earlier. A thread that wakes up late hands packets
// over late, but the next departure does not shift, so the rate holds on a busy machine too (Stats.MaxLate says how late the
// latest packet was). Each direction is one OS thread that waits in ppoll with a resolution of nanoseconds and a timer slack of 1 ns;
// Go's own timers round up to 1 ms on Linux, which is two packets at 20 Mbit/s.
//
// A lab is a process on a processor: it carries tens to a few hundred Mbit/s. Speeds of data centres are out of its reach.
//
// # What remains afterwards
//
// Nothing. The namespaces have no name in the file system; descriptors and threads of this process keep them alive, so the
// kernel removes them, with devices, addresses and routes, when the Lab is closed or the process ends, however it ends. The threads
// that entered them are never used for other goroutines.
//
// # What it needs
//
// Linux, CAP_SYS_ADMIN (for unshare and setns), CAP_NET_ADMIN (for the devices and for algorithms that only root may use) and
// /dev/net/tun. On other systems everything answers errors.ErrUnsupported.
package netlab
