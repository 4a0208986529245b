package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/model"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/structops"
)

// A tracer makes traced variants of algorithms. It calls their functions as subprograms, and reads the socket before and after. An
// algorithm also needs the time and random numbers. The tracer reads them itself and passes them to the algorithm, so the record has the
// same values.
type tracer struct {
	ring  *maps.RingBuf
	calls *maps.Global[struct{ N uint64 }]
}

func newTracer() *tracer {
	return &tracer{maps.NewRingBuf("events", 1<<22), maps.NewGlobal("calls", struct{ N uint64 }{})}
}

// A call is a member that is being traced.
type call struct {
	*dsl.Fn
	record dsl.Ref[record]
	now    dsl.U32
}

// around records the call of a member; note adds its arguments to the record. body returns the member's result, if it has one. body is
// written twice, because Linux before 6.4 forgets that the record is not nil, and only one check is possible.
func (t *tracer) around(f *dsl.Fn, tp tcp.Sock, m model.Member, note func(call), body func(call) dsl.Result, returns bool) dsl.U32 {
	n := t.calls.In(f).U64("N").AtomicAdd(1)
	c := call{f, maps.Reserve[record](f, t.ring), jiffies(f)}
	result := f.U32(0).Var()
	run := func() {
		if raw := body(c); returns {
			result.Set(raw.U32())
		}
	}
	f.If(c.record.NotNil(), func() {
		c.record.U64("Seq").Set(n.Add(1))
		c.record.U64("Socket").Set(tp.Address())
		c.record.U32("Now").Set(c.now)
		c.record.U32("Member").Set(uint32(m))
		for _, unset := range []string{"Draw", "Result"} {
			c.record.U32(unset).Set(0)
		}
		writeSock(c.record, "Saw", tp)
		if note != nil {
			note(c)
		}
		run()
		c.record.U32("Result").Set(result.Get())
		writeSock(c.record, "Left", tp)
		t.ring.Submit(f, c.record)
	}).Else(run)
	return result.Get()
}

// plain traces a member whose only argument is the socket, and that does not use the time.
func (t *tracer) plain(m model.Member, body any) func(*dsl.Fn, tcp.Sock) {
	sub := dsl.Func(m.String()+"_body", body)
	return func(f *dsl.Fn, tp tcp.Sock) {
		t.around(f, tp, m, nil, func(call) dsl.Result { return f.Call(sub, tp) }, false)
	}
}

// asked is plain for members that have a result.
func (t *tracer) asked(m model.Member, body any) func(*dsl.Fn, tcp.Sock) dsl.U32 {
	sub := dsl.Func(m.String()+"_body", body)
	return func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
		return t.around(f, tp, m, nil, func(call) dsl.Result { return f.Call(sub, tp) }, true)
	}
}

// timed traces a member with one argument, which note records.
func timed[N dsl.Int](t *tracer, m model.Member, field string, body func(f *dsl.Fn, tp tcp.Sock, arg N, now, draw dsl.U32)) func(*dsl.Fn,
	tcp.Sock, N) {
	sub := dsl.Func(m.String()+"_body", body)
	return func(f *dsl.Fn, tp tcp.Sock, arg N) {
		draw := helper.GetPrandomU32(f).Mod(phases - 1)
		t.around(f, tp, m, func(c call) {
			c.record.U32(field).Set(arg.U32())
			c.record.U32("Draw").Set(draw)
		}, func(c call) dsl.Result { return f.Call(sub, tp, arg, c.now, draw) }, false)
	}
}

// begins traces init, which uses the time.
func (t *tracer) begins(body func(f *dsl.Fn, tp tcp.Sock, now dsl.U32)) func(*dsl.Fn, tcp.Sock) {
	sub := dsl.Func("init_body", body)
	return func(f *dsl.Fn, tp tcp.Sock) {
		t.around(f, tp, model.MemberInit, nil, func(c call) dsl.Result { return f.Call(sub, tp, c.now) }, false)
	}
}

// avoids traces cong_avoid.
func (t *tracer) avoids(body func(f *dsl.Fn, tp tcp.Sock, ack, acked, now dsl.U32)) func(*dsl.Fn, tcp.Sock, dsl.U32, dsl.U32) {
	sub := dsl.Func("cong_avoid_body", body)
	return func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
		t.around(f, tp, model.MemberCongAvoid, func(c call) {
			c.record.U32("Ack").Set(ack)
			c.record.U32("Acked").Set(acked)
		}, func(c call) dsl.Result { return f.Call(sub, tp, ack, acked, c.now) }, false)
	}
}

// always is a clock that stands still, or a random number that is already chosen.
func always(n dsl.U32) func(*dsl.Fn) dsl.U32 { return func(*dsl.Fn) dsl.U32 { return n } }

func (t *tracer) ops(name string, members structops.Members) structops.Ops {
	members["name"] = name
	return structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: members}
}

// reno is our Reno, traced. So are the others.
func (t *tracer) reno(name string) structops.Ops {
	return t.ops(name, structops.Members{
		"ssthresh":  t.asked(model.MemberSsthresh, renoSsthresh),
		"undo_cwnd": t.asked(model.MemberUndoCwnd, undoCwnd),
		"cong_avoid": t.avoids(func(f *dsl.Fn, tp tcp.Sock, ack, acked, now dsl.U32) {
			renoCongAvoid(f, tp, ack, acked)
		}),
	})
}

func (t *tracer) cubic(name string, hz uint32) structops.Ops {
	c := newCubic(hz)
	at := func(now dsl.U32) cubic {
		c := c
		c.now = always(now)
		return c
	}
	pktsAcked := dsl.Func("pkts_acked_body", func(f *dsl.Fn, tp tcp.Sock, sample tcp.AckSample, now dsl.U32) {
		at(now).pktsAcked(f, tp,
			sample)
	})
	return t.ops(name, structops.Members{
		"init":      t.plain(model.MemberInit, c.init),
		"ssthresh":  t.asked(model.MemberSsthresh, c.ssthresh),
		"undo_cwnd": t.asked(model.MemberUndoCwnd, c.undoCwnd),
		"cong_avoid": t.avoids(func(f *dsl.Fn, tp tcp.Sock, ack, acked, now dsl.U32) {
			at(now).congAvoid(f, tp, ack, acked)
		}),
		"set_state": timed(t, model.MemberSetState, "NewState", func(f *dsl.Fn, tp tcp.Sock, state dsl.U8, now, draw dsl.U32) {
			at(now).setState(f, tp, state)
		}),
		"cwnd_event": timed(t, model.MemberCwndEvent, "CAEvent", func(f *dsl.Fn, tp tcp.Sock, event, now, draw dsl.U32) {
			at(now).cwndEvent(f, tp, event)
		}),
		"pkts_acked": func(f *dsl.Fn, tp tcp.Sock, sample tcp.AckSample) {
			t.around(f, tp, model.MemberPktsAcked, func(c call) {
				c.record.U32("PktsAcked").Set(sample.PktsAcked())
				c.record.S32("RTTUS").Set(sample.RttUs())
				c.record.U32("InFlight").Set(sample.InFlight())
			}, func(c call) dsl.Result { return f.Call(pktsAcked, tp, sample, c.now) }, false)
		},
	})
}

func (t *tracer) dctcp(name string) structops.Ops {
	d := newDCTCP()
	ops := t.ops(name, structops.Members{
		"init":      t.plain(model.MemberInit, d.init),
		"ssthresh":  t.asked(model.MemberSsthresh, d.ssthresh),
		"undo_cwnd": t.asked(model.MemberUndoCwnd, d.undoCwnd),
		"cong_avoid": t.avoids(func(f *dsl.Fn, tp tcp.Sock, ack, acked, now dsl.U32) {
			d.congAvoid(f, tp, ack, acked)
		}),
		"set_state": timed(t, model.MemberSetState, "NewState", func(f *dsl.Fn, tp tcp.Sock, state dsl.U8, now, draw dsl.U32) {
			d.setState(f, tp, state)
		}),
		"cwnd_event": timed(t, model.MemberCwndEvent, "CAEvent", func(f *dsl.Fn, tp tcp.Sock, event, now, draw dsl.U32) {
			d.cwndEvent(f, tp, event)
		}),
		"in_ack_event": timed(t, model.MemberInAckEvent, "Flags", func(f *dsl.Fn, tp tcp.Sock, flags, now, draw dsl.U32) {
			d.inAckEvent(f, tp, flags)
		}),
	})
	ops.Members["flags"] = uint32(needsECN)
	return ops
}

func (t *tracer) bbr(name string, hz uint32) structops.Ops {
	b := newBBR(hz)
	at := func(now, draw dsl.U32) bbr { return bbr{hz, always(now), always(draw)} }
	control := dsl.Func("cong_control_body", func(f *dsl.Fn, tp tcp.Sock, rs tcp.RateSample, now, draw dsl.U32) {
		at(now, draw).congControl(f, tp, f.U32(0), f.S32(0), rs)
	})
	return t.ops(name, structops.Members{
		"init":          t.begins(func(f *dsl.Fn, tp tcp.Sock, now dsl.U32) { at(now, now).init(f, tp) }),
		"ssthresh":      t.asked(model.MemberSsthresh, b.ssthresh),
		"undo_cwnd":     t.asked(model.MemberUndoCwnd, b.undoCwnd),
		"min_tso_segs":  t.asked(model.MemberMinTSOSegs, b.minTSOSegs),
		"sndbuf_expand": t.asked(model.MemberSndbufExpand, b.sndbufExpand),
		"set_state": timed(t, model.MemberSetState, "NewState", func(f *dsl.Fn, tp tcp.Sock, state dsl.U8, now, draw dsl.U32) {
			at(now, draw).setState(f, tp, state)
		}),
		"cwnd_event": timed(t, model.MemberCwndEvent, "CAEvent", func(f *dsl.Fn, tp tcp.Sock, event, now, draw dsl.U32) {
			at(now, draw).cwndEvent(f, tp, event)
		}),
		"cong_control": func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
			draw := helper.GetPrandomU32(f).Mod(phases - 1)
			t.around(f, tp, model.MemberCongControl, func(c call) {
				r := c.record
				r.U32("Draw").Set(draw)
				r.U32("PriorDelivered").Set(rs.PriorDelivered())
				r.S32("Delivered").Set(rs.Delivered())
				r.S64("IntervalUS").Set(rs.IntervalUs())
				r.S64("RateRTTUS").Set(rs.RttUs())
				r.S32("Losses").Set(rs.Losses())
				r.U32("AckedSacked").Set(rs.AckedSacked())
				r.U32("PriorInFlight").Set(rs.PriorInFlight())
				r.U32("AppLimited").Set(rs.IsAppLimited().U32())
				r.U32("Delayed").Set(rs.IsAckDelayed().U32())
			}, func(c call) dsl.Result { return f.Call(control, tp, rs, c.now, draw) }, false)
		},
	})
}
