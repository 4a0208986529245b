package cc

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/model"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// A record is what a traced member sends about one call: model.Event in a form that programs can write.
type record struct {
	Seq        uint64 // of all calls, from 1 on
	Socket     uint64 // its address, which identifies the connection
	IntervalUS int64
	RateRTTUS  int64
	Saw, Left  sockRecord
	Now, Draw  uint32
	Member     uint32
	Result     uint32
	Ack, Acked uint32
	NewState   uint32
	CAEvent    uint32
	Flags      uint32

	PktsAcked, InFlight                                             uint32
	RTTUS                                                           int32
	PriorDelivered, AckedSacked, PriorInFlight, AppLimited, Delayed uint32
	Delivered, Losses                                               int32
	_                                                               uint32
}

// A sockRecord is the part of the socket that is recorded.
type sockRecord struct {
	TCPMstamp, DeliveredMstamp, ClockCache, WstampNS, PacingRate, MaxPacingRate uint64

	SndCwnd, SndCwndCnt, SndCwndClamp, SndSsthresh, PriorCwnd, MaxPacketsOut     uint32
	SndUna, SndNxt, RcvNxt, PacketsOut, SackedOut, LostOut, RetransOut           uint32
	Delivered, DeliveredCE, Lost, AppLimited, MSSCache, SRTTUS, RTTMin, LsndTime uint32
	PacingStatus, GSOMaxSize                                                     uint32
	CwndLimited, CAState, SKState, ECNFlags, AckPending, PacingShift             uint32
	_                                                                            uint32
}

// writeSock writes the present state of a socket into its part of a record.
func writeSock(r dsl.Ref[record], part string, tp tcp.Sock) {
	for _, field := range []struct {
		name  string
		value dsl.U64
	}{
		{"TCPMstamp", tp.TcpMstamp()}, {"DeliveredMstamp", tp.DeliveredMstamp()}, {"ClockCache", tp.TcpClockCache()},
		{"WstampNS", tp.TcpWstampNs()}, {"PacingRate", tp.SkPacingRate()}, {"MaxPacingRate", tp.SkMaxPacingRate()},
	} {
		r.U64(part + "." + field.name).Set(field.value)
	}
	for _, field := range []struct {
		name  string
		value dsl.U32
	}{
		{"SndCwnd", tp.SndCwnd()}, {"SndCwndCnt", tp.SndCwndCnt()}, {"SndCwndClamp", tp.SndCwndClamp()}, {"SndSsthresh", tp.SndSsthresh()},
		{"PriorCwnd", tp.PriorCwnd()}, {"MaxPacketsOut", tp.MaxPacketsOut()}, {"SndUna", tp.SndUna()}, {"SndNxt", tp.SndNxt()},
		{"RcvNxt", tp.RcvNxt()}, {"PacketsOut", tp.PacketsOut()}, {"SackedOut", tp.SackedOut()}, {"LostOut", tp.LostOut()},
		{"RetransOut", tp.RetransOut()}, {"Delivered", tp.Delivered()}, {"DeliveredCE", tp.DeliveredCe()}, {"Lost", tp.Lost()},
		{"AppLimited", tp.AppLimited()}, {"MSSCache", tp.MssCache()}, {"SRTTUS", tp.SrttUs()}, {"RTTMin", tp.RttMin().SV(0)},
		{"LsndTime", tp.Lsndtime()}, {"PacingStatus", tp.SkPacingStatus()}, {"GSOMaxSize", tp.SkGsoMaxSize()},
		{"CwndLimited", tp.IsCwndLimited().U32()}, {"CAState", tp.IcskCaState().U32()}, {"SKState", tp.SkcState().U32()},
		{"ECNFlags", tp.EcnFlags().U32()}, {"AckPending", tp.IcskAckPending().U32()}, {"PacingShift", tp.SkPacingShift().U32()},
	} {
		r.U32(part + "." + field.name).Set(field.value)
	}
}

// sock returns the record in the form of the models.
func (s sockRecord) sock(now uint32) model.Sock {
	return model.Sock{
		SndCwnd: s.SndCwnd, SndCwndCnt: s.SndCwndCnt, SndCwndClamp: s.SndCwndClamp, SndSsthresh: s.SndSsthresh, PriorCwnd: s.PriorCwnd,
		MaxPacketsOut: s.MaxPacketsOut, IsCwndLimited: s.CwndLimited != 0, SndUna: s.SndUna, SndNxt: s.SndNxt, RcvNxt: s.RcvNxt,
		PacketsOut: s.PacketsOut, SackedOut: s.SackedOut, LostOut: s.LostOut, RetransOut: s.RetransOut, Delivered: s.Delivered,
		DeliveredCE: s.DeliveredCE, Lost: s.Lost, AppLimited: s.AppLimited, MSSCache: s.MSSCache, SRTTUS: s.SRTTUS, RTTMinUS: s.RTTMin,
		TCPMstamp: s.TCPMstamp, DeliveredMstamp: s.DeliveredMstamp, TCPClockCache: s.ClockCache, TCPWstampNS: s.WstampNS,
		LsndTime: s.LsndTime,
		Jiffies:  now, CAState: model.CAState(s.CAState), SKState: uint8(s.SKState), ECNOK: s.ECNFlags&ecnOK != 0,
		DemandCWR: s.ECNFlags&ecnDemandCWR != 0, AckPending: uint8(s.AckPending), PacingRate: s.PacingRate, MaxPacingRate: s.MaxPacingRate,
		PacingStatus: model.PacingStatus(s.PacingStatus), PacingShift: uint8(s.PacingShift), GSOMaxSize: s.GSOMaxSize,
	}
}

// readRecord decodes a record from the ring buffer.
func readRecord(raw []byte) (r record, err error) {
	if want := binary.Size(r); len(raw) != want {
		return r, fmt.Errorf("a record of %d bytes, want %d", len(raw), want)
	}
	err = binary.Read(bytes.NewReader(raw), binary.NativeEndian, &r)
	return r, err
}

// event returns the record in the form of the models.
func (r record) event() model.Event {
	return model.Event{
		Member: model.Member(r.Member), Saw: r.Saw.sock(r.Now), Left: r.Left.sock(r.Now), Ack: r.Ack, Acked: r.Acked,
		NewState: model.CAState(r.NewState), CAEvent: model.CAEvent(r.CAEvent), Flags: r.Flags, Draw: r.Draw, Result: r.Result,
		Sample: model.AckSample{PktsAcked: r.PktsAcked, RTTUS: r.RTTUS, InFlight: r.InFlight},
		Rate: model.RateSample{
			PriorDelivered: r.PriorDelivered, Delivered: r.Delivered, IntervalUS: r.IntervalUS, RTTUS: r.RateRTTUS, Losses: r.Losses,
			AckedSacked: r.AckedSacked, PriorInFlight: r.PriorInFlight, IsAppLimited: r.AppLimited != 0, IsAckDelayed: r.Delayed != 0,
		},
	}
}
