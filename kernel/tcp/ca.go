package tcp

import "github.com/bpfsmith/bpfsmith/dsl"

// CA gives the memory that the kernel keeps for a congestion control in each
// socket, icsk_ca_priv, as a struct of cells. Whether there is room for all of S is
// compared with the target; it has 104 bytes in Linux 6.18.
//
//	type state struct {
//		LastMax dsl.CellU32
//		Epoch   dsl.CellU64
//	}
//
//	ca := tcp.CA[state](tp)
//	ca.LastMax.Set(tp.SndCwnd())
func CA[S any](tp Sock) S { return dsl.Cells[S](tp.Field("inet_conn.icsk_ca_priv")) }
