// Package tcp is a stopgap.
package tcp

import "github.com/bpfsmith/bpfsmith/dsl"

type Sock struct{ dsl.Ptr }

func (Sock) StructName() string           { return "tcp_sock" }
func (s Sock) SndCwnd() dsl.U32           { return s.Field("snd_cwnd").U32() }
func (s Sock) SndSsthresh() dsl.U32       { return s.Field("snd_ssthresh").U32() }
func (s Sock) SetSndSsthresh(v dsl.Operand) { s.Field("snd_ssthresh").Set(v) }
func (s Sock) PriorCwnd() dsl.U32         { return s.Field("prior_cwnd").U32() }
func (s Sock) IsCwndLimited() dsl.U8      { return s.Field("is_cwnd_limited").U8() }
func (s Sock) MaxPacketsOut() dsl.U32     { return s.Field("max_packets_out").U32() }
func (s Sock) Lsndtime() dsl.U32          { return s.Field("lsndtime").U32() }
func (s Sock) TcpMstamp() dsl.U64         { return s.Field("tcp_mstamp").U64() }
func (s Sock) SndNxt() dsl.U32            { return s.Field("snd_nxt").U32() }
func (s Sock) SndUna() dsl.U32            { return s.Field("snd_una").U32() }
func (s Sock) SkPacingStatus() dsl.U32    { return s.Field("inet_conn.icsk_inet.sk.sk_pacing_status").U32() }
func (s Sock) SkPacingRate() dsl.U64      { return s.Field("inet_conn.icsk_inet.sk.sk_pacing_rate").U64() }
func (s Sock) SkGsoMaxSize() dsl.U32      { return s.Field("inet_conn.icsk_inet.sk.sk_gso_max_size").U32() }

type AckSample struct{ dsl.Ptr }

func (AckSample) StructName() string { return "ack_sample" }
func (s AckSample) RttUs() dsl.S32   { return s.Field("rtt_us").S32() }

const (
	CALoss         = 4
	CAEventTxStart = 0
	PacingNone     = 0
)

func CA[S any](tp Sock) S { return dsl.Cells[S](tp.Field("inet_conn.icsk_ca_priv")) }

func (s Sock) SlowStart(acked dsl.Operand) dsl.U32 { return s.CallKernel("tcp_slow_start", acked).U32() }
func (s Sock) CongAvoidAI(w, acked dsl.Operand)   { s.CallKernel("tcp_cong_avoid_ai", w, acked) }

func (s Sock) RenoUndoCwnd() dsl.U32 { return s.CallKernel("tcp_reno_undo_cwnd").U32() }
