//go:build linux

package prog_test

import (
	"encoding/binary"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/prog"
)

// TestOffsetsInAPacket: a packet says where in it a number is, with offsets of any width and sign. Offsets beyond its end, and negative
// ones, lead to the function for short packets.
func TestOffsetsInAPacket(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 3)
	t.Parallel()
	const short, at = 77, 8
	for _, tt := range []struct {
		name   string
		offset func(h dsl.Memory) dsl.Operand
		beyond []uint64 // offsets after the packet's end
	}{
		{"u8", func(h dsl.Memory) dsl.Operand { return h.U8().Get() }, []uint64{63, 255}},
		{"u16", func(h dsl.Memory) dsl.Operand { return h.U16().Get() }, []uint64{63, 65533, 65534, 65535}},
		{"u32", func(h dsl.Memory) dsl.Operand { return h.U32().Get() }, []uint64{63, 65534, 1<<32 - 1}},
		{"u64", func(h dsl.Memory) dsl.Operand { return h.U64().Get() }, []uint64{63, 65536, 1<<64 - 1}},
		{"s16", func(h dsl.Memory) dsl.Operand { return h.S16().Get() }, []uint64{63, 0x8000, 0xffff}},
		{"s32", func(h dsl.Memory) dsl.Operand { return h.S32().Get() }, []uint64{63, 0xffffffff}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := loaded(t, dsl.Func("p", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				packet := x.Packet()
				header := packet.Bytes(0, 16, f.ReturnConst(1))
				return packet.Bytes(tt.offset(header.At(at)), 2, f.ReturnConst(short)).At(0).U16().Get().U32()
			}), prog.Options{License: "GPL"})
			run := func(offset uint64) uint32 {
				data := make([]byte, 64)
				for i := range data {
					data[i] = byte(i)
				}
				binary.NativeEndian.PutUint64(data[at:], offset)
				out, err := p.Run(prog.Input{Data: data})
				if err != nil {
					t.Fatal(err)
				}
				return out.Result
			}
			for _, offset := range []uint64{20, 40, 62} {
				want := uint32(binary.NativeEndian.Uint16([]byte{byte(offset), byte(offset + 1)}))
				if got := run(offset); got != want {
					t.Errorf("at %d: %#x, want %#x", offset, got, want)
				}
			}
			for _, offset := range tt.beyond {
				if got := run(offset); got != short {
					t.Errorf("at %d: %#x, want the function for short packets", offset, got)
				}
			}
		})
	}
}
