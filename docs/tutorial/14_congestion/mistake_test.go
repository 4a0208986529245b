package fourteen_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

var pushy = tcp.CongestionOps{
	Name: "go_pushy14", License: "GPL",
	Ssthresh: ssthresh, UndoCwnd: undoCwnd,
	CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
		tp.Field("snd_nxt").Set(ack)
	},
}
