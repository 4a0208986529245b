package exercise

import (
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
)

// Testing checks exercise 12: UDP to the ports 1 to 1023 is dropped.
func Testing(filter func(f *dsl.Fn, x ctx.XDP) dsl.U32) error {
	var runs []packetRun
	for _, port := range []uint16{1, 7, 1023, 1024, 8080, 0, 0x0100, 0xff03} {
		packet := make([]byte, 42)
		binary.BigEndian.PutUint16(packet[12:], 0x0800)
		packet[23] = 17
		binary.BigEndian.PutUint16(packet[36:], port)
		want := uint32(ctx.XDPPass)
		if port > 0 && port < 1024 {
			want = ctx.XDPDrop
		}
		runs = append(runs, packetRun{packet, want, fmt.Sprintf("UDP to port %d (XDPPass is 2, XDPDrop 1)", port)})
	}
	return checkXDP(dsl.Func("filter", filter), append(runs, packetRun{make([]byte, 41), ctx.XDPPass, "41 zeros"}))
}
