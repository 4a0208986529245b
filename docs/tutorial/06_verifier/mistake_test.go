package six_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

// hasty returns the first byte of a packet.
func hasty(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	packet := x.Data()
	return packet.At(0).U8().U32()
}
