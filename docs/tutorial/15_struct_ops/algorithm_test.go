package fifteen_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// two is an algorithm with a window of two segments after each loss, which grows like Reno's.
var two = tcp.CongestionOps{
	Name: "go_two15", License: "GPL",
	Ssthresh:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return f.U32(2) },
	CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.RenoCongAvoid(ack, acked) },
	UndoCwnd:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.RenoUndoCwnd() },
}
