// Package model has congestion controls as plain Go: Reno, CUBIC, DCTCP and BBR v1, exact to the bit as Linux runs them.
//
// # What it is for
//
// A BPF program for congestion control is correct if it makes the right decision at every acknowledgement of a real connection. To test
// this, the program records at each call the socket before and after the call (an Event). Then a model gets the same calls, and the two
// must agree at each of them (Replay). A correct mean window proves much less: two errors may cancel out, and a branch that runs once an
// hour has no visible effect.
//
// A model is one of three witnesses. The others are the program where it ran, in the kernel or in the simulator of package tcpsim, and the
// same bytes in package vm, which get the recorded sockets. The model is the one that does not come from the program.
//
// # What a model is
//
// A model is a struct with what the algorithm stores for a connection, and one method for each member of the kernel's struct
// tcp_congestion_ops that it implements. A method gets the Sock, which is the part of struct sock and struct tcp_sock that congestion
// controls use, and changes it as the kernel's code would. Models do not read clocks or draw random numbers: the time is in the Sock, and
// random numbers are in the Event. So each replay has the same result.
//
// # Why integers
//
// The RFCs use real numbers, but the kernel does not have them. It uses fixed point, with units that are chosen so that products fit:
// windows in whole segments, CUBIC's time in 1/1024 s, BBR's rate in packets per microsecond times 2^24, gains times 256, DCTCP's alpha
// times 1024. Lost bits, and places where a u32 wraps around, have an effect on the window. So the models have the kernel's widths
// (net/ipv4 of Linux 6.12; nothing that matters here has changed up to 6.17), and the tests compare them with the RFCs' formulas in
// floating point.
//
// # How a window moves
//
// For each acknowledgement the kernel makes these calls, in this order: pkts_acked for the acknowledged segments; in_ack_event; and then
// cong_control, which alone decides (BBR), or for the other algorithms cong_avoid, which may enlarge the window, unless a reduction is in
// progress. When a loss or an ECN echo begins a reduction, the kernel calls ssthresh for the new size. The kernel itself reduces the
// window to that size, by proportional rate reduction (RFC 6937). This is not part of any algorithm here, so each event has the window.
// When nothing was lost after all, undo_cwnd returns the old window. set_state and cwnd_event report the rest.
package model
