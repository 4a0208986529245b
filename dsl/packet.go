package dsl

import (
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Packet is the bytes that a program may look at directly: those from data to
// its end. Each access is compared with the end first; the verifier insists.
type Packet struct {
	data, end Ptr
}

// PacketPtr reads a field of a context that is a number in its declaration, and a
// pointer into the packet for programs: data, data_end and data_meta of xdp_md
// and __sk_buff.
func (c Context) PacketPtr(path string) Ptr {
	f := c.fn
	if !f.usable() {
		return Ptr{}
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

// End is behind its last byte.
func (k Packet) End() Ptr { return k.end }

// Bytes gives a pointer to size bytes, from an offset on. Where the packet ends
// before, short runs, which must leave: f.Exit, a function that returns, breaks
// or leaves a block.
func (k Packet) Bytes(offset Operand, size int, short func()) Ptr {
	f := k.data.fn
	if !f.usable() {
		return Ptr{}
	}
	at := k.data.Offset(offset)
	const longest = 0xffff
	if size < 1 || size > longest {
		f.mistake(mistake.BadConstant, "", "%d bytes of a packet: 1 to %d may be", size, longest)
		return at
	}
	behind := at.Offset(size)
	past := f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.GT, Wide: true}, behind.pointer(f), k.end.pointer(f))
	yes, no := f.b.Func.NewBlock(), f.b.Func.NewBlock()
	f.b.Branch(past, yes, no)
	f.begin(yes)
	f.inside("Bytes", short)
	if !f.dead {
		f.mistake(mistake.Misplaced, "f.Exit, f.Return, f.Break and f.Continue leave", "what is done with a packet that is too short does not leave")
	}
	f.b.Jump(no)
	f.begin(no)
	return at
}

// Header gives the T that is in the packet, from an offset on; see
// Packet.Bytes for short.
func Header[T any](k Packet, offset Operand, short func()) Ref[T] {
	f := k.data.fn
	if !f.usable() {
		return Ref[T]{}
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
	const most = 12 // MAX_BPF_FUNC_ARGS, include/linux/bpf.h
	if f := c.fn; f.usable() && (i < 0 || i >= most) {
		f.mistake(mistake.BadArguments, "", "argument %d of a tracepoint: arguments are counted from 0, and there are at most %d", i, most)
		i = 0
	}
	return c.Ptr.At(int16(8 * i)).U64().Get()
}
