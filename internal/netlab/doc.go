// Package netlab is a laboratory for TCP congestion control: two hosts and one slow link, inside one process. It runs on any Linux machine
// with root, and leaves nothing behind.
//
// # The parts
//
//	   namespace A                      this process                           namespace B
//	┌──────────────┐   TUN   ┌──────────────────────────────────┐   TUN   ┌──────────────┐
//	│ TCP sender   │────────▶│ bottleneck ──────▶ propagation   │────────▶│ TCP receiver │
//	│ 198.18.0.1   │         │ rate, drop tail    delay         │         │ 198.18.0.2   │
//	│              │◀────────│ delay ◀──── rate, never drops    │◀────────│              │
//	└──────────────┘         └──────────────────────────────────┘         └──────────────┘
//
// Both ends are the kernel's own TCP, each in its own network namespace. The packets of one end come out of a TUN device. A thread of this
// process lets each packet wait as long as on the emulated link, and writes it to the other TUN device.
//
// The bottleneck and the delay are two separate stages. In the bottleneck a packet waits for the packets before it. Its queue is limited,
// and packets that do not fit are dropped: congestion control reacts to this. After the bottleneck, any number of packets are under way at
// the same time, and none is dropped. Some emulators use one queue for both (netem with its limit of 1000 packets and a long delay, or a
// delay on the device with the queue). They count packets under way as queued, and drop packets at the wrong moment.
//
// A queue may also mark packets (ECN; Link.ECNThreshold) when it reaches a fixed length, as switches do for DCTCP.
//
// # Why a process and not qdiscs
//
// The usual way, netem and tbf on veth pairs, needs two modules that many kernels lack, two more namespaces, and care with segmentation
// offload (a queue of 20 "packets" of 64 KB each is not a queue of 20 packets). A TUN device without a vnet header has exactly the packets
// that a wire would carry. It is also the same for every TCP socket: no fq is needed, because without fq TCP itself does the pacing (BBR).
//
// # How time is kept
//
// Time in the bottleneck is computed, not measured: a packet that comes in at t leaves at max(t, departure of the one before) + bits/rate,
// and earlier departures decide whether the queue is full. When a thread wakes up late, it delivers packets late, but the next departure
// does not change. So the rate is right on a busy machine too (Stats.MaxLate says how late the latest packet was). Each direction is one
// OS thread that waits in ppoll with a resolution of nanoseconds and a timer slack of 1 ns; Go's own timers round up to 1 ms on Linux,
// which is two packets at 20 Mbit/s.
//
// A lab is a process on a processor: it carries tens to a few hundred Mbit/s, and cannot reach the speeds of data centres.
//
// # What is left afterwards
//
// Nothing. The namespaces have no name in the file system. Only descriptors and threads of this process keep them alive. So the kernel
// removes them, with devices, addresses and routes, when the Lab is closed or the process ends in any way. The threads that entered them
// are never used for other goroutines.
//
// # What it needs
//
// Linux, CAP_SYS_ADMIN (for unshare and setns), CAP_NET_ADMIN (for the devices and for algorithms that only root may use) and
// /dev/net/tun. On other systems every function returns errors.ErrUnsupported.
package netlab
