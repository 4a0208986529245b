// Package model has congestion controls as plain Go: Reno, CUBIC, DCTCP and BBR v1, exact to the bit as Linux runs them.
//
// # What it is for
//
// A congestion control that was written as a BPF program is right if it decides as it should on every acknowledgement of a real
// connection. To see that, the program notes at each call what it saw of the socket and what it left behind (an Event); here the same
// sequence goes through a model, and the two must agree call by call (Replay). A mean window that looks right proves much less: two
// errors may cancel out, and a branch that is taken once an hour does not show.
//
// # What a model is
//
// A struct with what the algorithm remembers of a connection, and one method for each member of the kernel's struct
// tcp_congestion_ops that it implements. A method takes the Sock, the part of struct sock and struct tcp_sock that congestion controls
// look at, and changes it as the kernel's code would. Nothing here looks at a clock or draws a random number: time is in the Sock, and
// what was drawn is in the Event. So a replay gives the same every time.
//
// # Why integers
//
// The RFCs speak of real numbers, the kernel has none. It works in fixed point, in units chosen so that products fit: windows in
// whole segments, CUBIC's time in 1/1024 s, BBR's rate in packets per microsecond times 2^24, gains times 256, DCTCP's alpha times
// 1024. Which bits are lost, and where a u32 wraps, decides the window in the end; so the models have the kernel's widths (net/ipv4 of
// Linux 6.12; nothing that matters here has changed up to 6.17), and the tests hold them against the RFCs' formulas in floating
// point.
//
// # How a window moves
//
// The kernel calls, for each acknowledgement, in this order: pkts_acked for what was acknowledged; in_ack_event; and then either
// cong_control, which alone decides (BBR), or, unless a reduction is in progress, cong_avoid, which may open the window (the others).
// When a loss or an ECN echo begins a reduction, it asks ssthresh what to come down to, and comes down by itself, by proportional rate
// reduction (RFC 6937): that is no part of any algorithm here, which is why each event brings the window along. Should the loss turn
// out to have been none, undo_cwnd says what the window was. set_state and cwnd_event tell of the rest.
package model
