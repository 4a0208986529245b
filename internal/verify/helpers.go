package verify

import "slices"

// A helperRow is what is known of a helper.
type helperRow struct {
	id    int32
	args  string // a letter for each argument
	gives byte
	does  string // "packet": pointers into the packet are lost
	only  string // the program types that may call it, where it is for few; "" for any
}

// The kinds of arguments of helpers, as letters (enum bpf_arg_type, include/linux/bpf.h):
//
//	.  anything that has a value
//	m  a map
//	k  a key of the map before        v  a value to read      V  memory for a value
//	r  memory to read                 w  memory to write      R, W: or 0, when the size is
//	s  its size, not 0                z  its size, which may be 0
//	c  a size that is a known constant
//	x  the context
//	a  a record of a ring buffer, which is given back
//	S  a socket, which is given back
//	l  a spin lock in a map's value   L  to be released
//	f  a function to be called back   o  data for it, or 0
//	d  a dynptr to use   D  memory for a dynptr that must be given back   E  one that must be given back, and is
//	K  a text in a map that nobody writes
//	p  the address of a kptr in a map's value
//
// and of what they give:
//
//	n  a number    v  the value of the map, or nil    q  a record of a ring buffer, or nil
//	s  a socket that must be given back, or nil    x  what a kptr was, which must be given back, or nil
//	y  memory of a dynptr, or nil                     .  something else
//
// A helper that is not here may do anything with its arguments, for all that is claimed.
var helperTable = [...]helperRow{ // in the order of their numbers
	{1, "mk", 'v', "", ""},
	{2, "mkv.", 'n', "", ""},
	{3, "mk", 'n', "", ""},
	{4, "wz.", 'n', "", ""},
	{5, "", 'n', "", ""},
	{6, "rs...", 'n', "", ""},
	{7, "", 'n', "", ""},
	{8, "", 'n', "", ""},
	{9, "x.rs.", 'n', "packet", "sched_cls sched_act lwt_xmit sk_skb"},
	{12, "xm.", 'n', "", ""},
	{14, "", 'n', "", ""},
	{15, "", 'n', "", ""},
	{16, "ws", 'n', "", ""},
	{23, "..", 'n', "", "sched_cls sched_act xdp lwt_xmit"},
	{25, "xm.rz", 'n', "", ""},
	{26, "x.ws", 'n', "", ""},
	{38, "x..", 'n', "packet", "sched_cls sched_act lwt_xmit sk_skb"},
	{39, "x.", 'n', "packet", "sched_cls sched_act lwt_xmit sk_skb cgroup_skb"},
	{44, "x.", 'n', "packet", "xdp"},
	{45, "wz.", 'n', "", ""},
	{50, "x...", 'n', "packet", "sched_cls sched_act sk_skb"},
	{51, "m..", 'n', "", "xdp"},
	{54, "x.", 'n', "packet", "xdp"},
	{65, "x.", 'n', "packet", "xdp"},
	{84, "xrs..", 's', "", ""},
	{85, "xrs..", 's', "", ""},
	{86, "S", 'n', "", ""},
	{87, "mv.", 'n', "", ""},
	{88, "mV", 'n', "", ""},
	{89, "mV", 'n', "", ""},
	{93, "l", 'n', "", ""},
	{94, "L", 'n', "", ""},
	{99, "xrs..", 's', "", ""},
	{112, "wz.", 'n', "", ""},
	{113, "wz.", 'n', "", ""},
	{114, "wz.", 'n', "", ""},
	{115, "wz.", 'n', "", ""},
	{118, "", 'n', "", ""},
	{125, "", 'n', "", ""},
	{130, "mrz.", 'n', "", ""},
	{131, "mc.", 'q', "", ""},
	{132, "a.", 'n', "", ""},
	{133, "a.", 'n', "", ""},
	{134, "m.", 'n', "", ""},
	{148, "wz..", 'n', "sleeps", ""},
	{165, "WzKRz", 'n', "", ""},
	{181, ".fo.", 'n', "", ""},
	{194, "p.", 'x', "", ""},
	{197, "....", '.', "", ""},
	{198, "m..D", 'n', "", ""},
	{199, "E.", 'n', "", ""},
	{200, "E.", 'n', "", ""},
	{201, "wsd..", 'n', "", ""},
	{202, "d.rs.", 'n', "", ""},
	{203, "d.c", 'y', "", ""},
}

// helperByID is the row of a helper, or nil.
func helperByID(id int32) *helperRow {
	n, ok := slices.BinarySearchFunc(helperTable[:], id, func(r helperRow, id int32) int { return int(r.id - id) })
	if !ok {
		return nil
	}
	return &helperTable[n]
}

// sleeping are helpers that may sleep (might_sleep), besides what the table has.
var sleeping = [...]int32{148, 191}
