package dsl

import (
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/record"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Packet is the part of a packet that a program may access directly, from data to
// data_end. The verifier requires a comparison with the end before each access.
type Packet struct {
	data, end Ptr
}

// PacketPtr reads a context field that is declared as a number but is a pointer into the
// packet for programs: data, data_end and data_meta of xdp_md
// and __sk_buff.
func (c Context) PacketPtr(path string) Ptr {
	f := c.fn
	if !f.usable() {
		return Ptr{fn: f.unmade()}
	}
	aux := f.b.Name(ir.Name{Kind: ir.FieldName, Name: c.name, Path: path})
	return f.newPtr(f.emit(ir.Value{Op: ir.FieldLoad, Type: ir.Ptr, Size: 4, Aux: aux}, c.pointer(f)), "")
}

// Packet is the packet of a context that has one: xdp_md, __sk_buff.
func (c Context) Packet() Packet {
	return Packet{data: c.PacketPtr("data"), end: c.PacketPtr("data_end")}
}

// Start is where the packet begins.
func (k Packet) Start() Ptr { return k.data }

// End is the address after the last byte.
func (k Packet) End() Ptr { return k.end }

// Bytes returns a pointer to size bytes at an offset. size must be 1 to 65535. If the packet
// is too short, short runs. It must leave: with f.Exit, f.Return, f.Break, f.Continue or by
// leaving a Block. short also runs for an offset after which size bytes would end after byte 65535:
// the verifier does not follow packets any further.
func (k Packet) Bytes(offset Operand, size int, short func()) Ptr {
	f := k.data.fn
	if !f.statement() {
		return Ptr{}
	}
	const longest = linux.MostPacketOffset
	if size < 1 || size > longest {
		f.mistake(mistake.BadConstant, "", "%d bytes of a packet; must be 1 to %d", size, longest)
		return k.data.Offset(offset)
	}
	yes, no := f.b.Func.NewBlock(), f.b.Func.NewBlock()
	if last := int64(longest - size); f.mayExceed(offset, last) {
		n := f.wide(offset)
		near := f.b.Func.NewBlock()
		f.b.Branch(f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.GT, Wide: true, Imm: last}, n), yes, near)
		f.begin(near)
		offset = U64{f.newNumber(record.U64, n)}
	}
	at := k.data.Offset(offset)
	after := at.Offset(size)
	past := f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.GT, Wide: true}, after.pointer(f), k.end.pointer(f))
	f.b.Branch(past, yes, no)
	f.begin(yes)
	f.inside("Bytes", short)
	if !f.dead {
		f.mistake(mistake.Misplaced, "end it with f.Exit, f.Return, f.Break or f.Continue",
			"the function for a packet that is too short must leave")
	}
	f.b.Jump(no)
	f.begin(no)
	return at
}

// mayExceed reports whether an offset that the program computes may be more than a limit, by its width. The verifier learns nothing from a
// comparison with the packet's end when the offset may be that large (find_good_pkt_pointers, kernel/bpf/verifier.c).
func (f *Fn) mayExceed(offset Operand, limit int64) bool {
	w, ok := widthOf(offset)
	return ok && (w.Signed() || w.Bits() >= 63 || int64(1)<<w.Bits()-1 > limit)
}

// Header returns the T at an offset in the packet; see
// Packet.Bytes for short.
func Header[T any](k Packet, offset Operand, short func()) Ref[T] {
	f := k.data.fn
	if !f.usable() {
		return Ref[T]{Ptr{fn: f.unmade()}}
	}
	l, err := LayoutFor[T]()
	if err != nil {
		f.mistake(mistake.BadLayout, "", "%v", err)
		return Ref[T]{k.data}
	}
	return Ref[T]{k.Bytes(offset, l.Size, short)}
}

// RawTracepoint is the context of raw tracepoints: an array of arguments.
type RawTracepoint struct{ Context }

// StructName names the context's struct.
func (RawTracepoint) StructName() string { return "bpf_raw_tracepoint_args" }

// Arg is argument i, from 0, as the tracepoint's prototype has it.
func (c RawTracepoint) Arg(i int) U64 {
	const most = linux.MostArguments
	if f := c.fn; f.usable() && (i < 0 || i >= most) {
		f.mistake(mistake.BadArguments, "", "argument %d of a tracepoint: arguments are counted from 0, and there are at most %d", i, most)
		i = 0
	}
	return c.Ptr.At(int16(8 * i)).U64().Get()
}
