package tcp

import "github.com/bpfsmith/bpfsmith/dsl"

// CA gives the memory that the kernel keeps for a congestion control in each
// socket, icsk_ca_priv, as a struct of cells. Compiling checks that the target has
// room for S: in Linux 6.18 it has 104 bytes.
//
//	type state struct {
//		LastMax dsl.CellU32
//		Epoch   dsl.CellU64
//	}
//
//	ca := tcp.CA[state](tp)
//	ca.LastMax.Set(tp.SndCwnd())
func CA[S any](tp Sock) S { return dsl.Cells[S](tp.Field("inet_conn.icsk_ca_priv")) }
