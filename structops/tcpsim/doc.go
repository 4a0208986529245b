// Package tcpsim runs congestion controls of TCP over a simulated bottleneck: without a kernel, without root, and a hundred times as fast
// as in real time.
//
// # What congestion control is
//
// A sender does not know how fast the path is. It keeps a window: how many segments may be on the way. Each acknowledgement says that some
// have arrived, and lets as many more leave. What is more than the path holds waits in a queue before its slowest link, the bottleneck.
// When the queue is full, packets are dropped. The sender learns this about a round trip later, and makes its window smaller. How the
// window grows, and what is left of it after a loss, is the algorithm: in Linux a struct tcp_congestion_ops, and with this module a struct
// of Go.
//
// # The experiment
//
//	r, err := tcpsim.Run(ctx, tcpsim.Experiment{
//		Link:  tcpsim.Link{Rate: 10_000_000, Delay: 10 * time.Millisecond, Queue: 20},
//		Flows: []tcpsim.Flow{{Ops: myAlgorithm}, {Ops: nil, Start: time.Second}}, // nil is the kernel's Reno
//	})
//	fmt.Println(r.Flows[0].GoodputBPS, r.Flows[0].MeanCwnd)
//
// The implementation is checked and compiled as for a kernel, and its bytes run in package vm. A mistake of a program, such as a write to
// a field that it must not write, ends the experiment with a [ProgramError], which has the line of Go and the registers. The same
// experiment always has the same result: random numbers come from its seed.
//
// # What happens, and what is called
//
// Time goes from event to event: a packet reaches the receiver, an acknowledgement reaches the sender, a timer expires, the application
// writes. The callbacks come in the order of Linux 6.18 (net/ipv4/tcp_input.c, tcp_ack). For one acknowledgement it is:
//
//  1. pkts_acked: how many segments were acknowledged, and the round-trip time.
//  2. in_ack_event: what kind of acknowledgement it is.
//  3. ssthresh and set_state, when the segments that are missing or a mark show congestion; at the end of a reduction, cwnd_event.
//  4. cong_control with a sample of the rate, if the algorithm has it. Otherwise cong_avoid, unless the window is being reduced.
//  5. min_tso_segs, when segments leave.
//
// init is called when the connection is established, sndbuf_expand after it, release at the end. cwnd_event is also called when sending
// begins with nothing on the way, when the window is made smaller after a pause, and when the retransmission timer expires. undo_cwnd is
// called when it turns out that nothing was lost. With ECN the receiver runs the algorithm too, and is told of each packet with or without
// a mark. The socket has the values that the kernel's has at each of these moments: see the fields of tcp_sock in the kernel that the
// experiment is for.
//
// # The states
//
// A sender is in one of five states (enum tcp_ca_state). Open: all is well. Disorder: something is missing, but may only be late. CWR: the
// window is reduced after a mark. Recovery: it is reduced after a loss, and lost segments are sent again. Loss: the retransmission timer
// has expired, and the window begins with one segment again. In CWR and Recovery the kernel itself sets the window: it goes down to
// ssthresh in proportion to what arrives (proportional rate reduction, RFC 6937).
//
// # What is modelled
//
//   - The link: rate, delay, a queue with a limit in packets or bytes, random loss, marks (RFC 3168, RFC 8257), several connections.
//   - The sender: slow start and congestion avoidance (RFC 5681), windows that are not used (RFC 2861, RFC 7661), segments that leave
//     together and those that wait for it (tcp_output.c), pacing, SACK (RFC 2018, RFC 6675), loss detection by time (RACK and tail loss
//     probes, RFC 8985), proportional rate reduction, timeouts (RFC 6298) with detection of wrong ones (F-RTO, RFC 5682; Eifel, RFC 3522;
//     D-SACK), and samples of the delivery rate (tcp_rate.c).
//   - The receiver: delayed acknowledgements, immediate ones at the beginning and around gaps, and the compression of those with SACK.
//
// # What is not
//
// Packets are not reordered, and the way back loses none. All segments are full. Buffers never limit a connection. The handshake and the
// end of a connection take no time. The smallest round-trip time is that of the whole connection; the kernel forgets it after five
// minutes. Hosts answer at once; real ones take some time, and not always the same. So algorithms that measure how acknowledgements bunch,
// such as BBR, have a somewhat smaller window here.
//
// A test compares with the kernel: the mean window and the goodput of Reno, CUBIC, DCTCP and BBR differ by less than 15 % from those of
// real connections over a link with the same properties; most differ by less than 5 %.
package tcpsim
