package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/maps"
)

type flow struct {
	Source, Destination [4]uint8
}

type counts struct{ Packets, Bytes uint64 }

type event struct {
	PID    uint32
	Signal uint32
	Comm   [16]uint8
}

type ipv4 struct {
	VersionLength, Service uint8
	Length                 dsl.BE16
	Rest                   [8]uint8
	Source, Destination    [4]uint8
}

// TestMemory: keys, values, records and packets.
func TestMemory(t *testing.T) {
	flows := maps.NewHash[flow, counts]("flows", 1024)
	byQueue := maps.NewHash[uint32, uint64]("by_queue", 64)
	total := maps.NewArray[uint64]("total", 16)
	events := maps.NewRingBuf("events", 1<<16)
	queue := maps.NewQueue[event]("queue", 64)
	histogram := maps.NewGlobal("histogram", struct{ Bucket [8]uint64 }{})
	limit := maps.NewReadOnly("limit", uint32(100))
	ended := maps.NewSkStorage[counts]("ended")
	compare(t, "memory", []row{
		{name: "key of another struct", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				key := dsl.Local[counts](f)
				key.U64("Packets").Set(1)
				v := flows.In(f).Lookup(key) // here
				f.If(v.NotNil(), func() { v.U64("Packets").Inc(1) })
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "value of another type", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				key, value := dsl.Local[flow](f), dsl.Local[uint64](f)
				value.U64("").Set(1)
				flows.In(f).Put(key, value) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "a struct for a number", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				value := dsl.Local[counts](f)
				total.In(f).Put(0, value) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "a Go struct as key", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := flows.In(f).Lookup(flow{Source: [4]uint8{10, 0, 0, 1}}) // here
				f.If(v.NotNil(), func() { v.U64("Packets").Inc(1) })
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "pointer to a Go variable as key", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				key := uint32(0)
				v := total.In(f).Lookup(&key) // here
				f.If(v.NotNil(), func() { v.U64("").Inc(1) })
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "a Go value is put", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				flows.In(f).Put(dsl.Local[flow](f), counts{1, 64}) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "key of another width", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := total.In(f).Lookup(helper.KtimeGetNs(f).Mod(16)) // here
				f.If(v.NotNil(), func() { v.U64("").Inc(1) })
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "look-up without a check", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				byQueue.In(f).Lookup(3).U64("").Inc(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "check the wrong way round", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := byQueue.In(f).Lookup(3)
				f.If(v.IsNil(), func() {
					v.U64("").Inc(1) // here
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "misspelt field of a value", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := dsl.Local[counts](f)
				v.U64("Pakets").Inc(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "field of another width", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := dsl.Local[counts](f)
				v.U32("Packets").Inc(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "field in C's spelling", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				v := dsl.Local[counts](f)
				v.U64("bytes").Inc(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "an array as a number", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				e := dsl.Local[event](f)
				e.U8("Comm").Set('x') // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "constant index outside", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				dsl.Index[uint64](histogram.In(f), "Bucket", 8).U64("").Inc(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "index without a limit", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				i := x.RxQueueIndex()
				dsl.Index[uint64](histogram.In(f), "Bucket", i).U64("").Inc(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "index of another element type", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				dsl.Index[uint32](histogram.In(f), "Bucket", 0).U32("").Inc(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "write of a read-only variable", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				limit.In(f).U32("").Set(7) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "record used without a check", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				e := maps.Reserve[event](f, events)
				e.U32("PID").Set(1) // here
				events.Submit(f, e)
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "record used after submit", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				e := maps.Reserve[event](f, events)
				f.If(e.NotNil(), func() {
					events.Submit(f, e)
					e.U32("PID").Set(1) // here
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "record that is never submitted", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				e := maps.Reserve[event](f, events)
				f.If(e.NotNil(), func() { e.U32("PID").Set(1) })
				return f.U32(ctx.XDPPass) // here
			})
		}},
		{name: "record that is not submitted on one path", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				e := maps.Reserve[event](f, events)
				f.If(e.NotNil(), func() {
					f.If(x.RxQueueIndex().Eq(0), f.ReturnConst(ctx.XDPDrop)) // here
					e.U32("PID").Set(1)
					events.Submit(f, e)
				})
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "output of more than there is", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				e := dsl.Local[event](f)
				events.Output(f, e, 64, 0) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "push of another type", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				queue.In(f).Push(dsl.Local[counts](f)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "storage of a wrong object", code: func() error {
			return classify(func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				c := ended.In(f).LookupOrCreate(skb) // here
				f.If(c.NotNil(), func() { c.U64("Packets").Inc(1) })
				return f.S32(0)
			})
		}},
		{name: "more stack than there is", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				buffer := dsl.Local[[1024]uint8](f) // here
				events.Output(f, buffer, 1024, 0)
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "packet read past what was compared", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				eth := x.Packet().Bytes(0, 14, f.ReturnConst(ctx.XDPPass))
				return eth.At(23).U8().U32() // here
			})
		}},
		{name: "packet read without a comparison", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return x.Data().At(12).U16().U32() // here
			})
		}},
		{name: "packet used after the head moved", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				ip := dsl.Header[ipv4](x.Packet(), 14, f.ReturnConst(ctx.XDPPass))
				helper.XdpAdjustHead(f, x, 4)
				f.If(ip.U8("Service").Eq(0), f.ReturnConst(ctx.XDPDrop)) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "short packets are forgotten", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				ip := dsl.Header[ipv4](x.Packet(), 14, nil) // here
				return ip.U8("Service").U32()
			})
		}},
		{name: "short packets go on", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				short := f.VarU32(0)
				ip := dsl.Header[ipv4](x.Packet(), 14, func() { short.Set(1) }) // here
				return ip.U8("Service").U32()
			})
		}},
		{name: "part that is not in the struct", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				other := new(uint64)
				v := dsl.Local[counts](f)
				dsl.At(v, func(*counts) *uint64 { return other }).U64("").Inc(1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "private state that is too long", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				history := tcp.CA[struct{ RTT [32]dsl.CellU32 }](tp) // here
				history.RTT[0].Set(acked)
				tp.CongAvoidAI(tp.SndCwnd(), acked)
			})
		}},
		{name: "private state of Go integers", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				state := tcp.CA[struct{ Count uint32 }](tp) // here
				state.Count++
				tp.CongAvoidAI(tp.SndCwnd(), acked)
			})
		}},
		{name: "address of the kernel in a map", code: func() error {
			return window(func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) {
				total.In(f).Put(0, tp) // here
				tp.CongAvoidAI(tp.SndCwnd(), acked)
			})
		}},
		{name: "read of a number as an address", code: func() error {
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				address := helper.KtimeGetNs(f)
				return dsl.PtrFrom(address, "task_struct").Field("pid").S32().U32() // here
			})
		}},
	})
}
