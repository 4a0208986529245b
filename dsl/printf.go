package dsl

import (
	"encoding/binary"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// Printf prints a line to the kernel's trace pipe (/sys/kernel/tracing/trace_pipe), for debugging:
//
//	f.Printf("cwnd %d, ssthresh %d", tp.SndCwnd(), tp.SndSsthresh())
//
// The verbs are %d for numbers in decimal, %x and %X for numbers in hexadecimal, %c for a character, %p for a pointer, %s for a
// text in the kernel's memory that ends with a zero byte, and %% for a percent sign. A width may follow the %, such as %4d or
// %08x. The size and sign of a number need no letters: its type says them. A Bool prints as 1 or 0.
//
// The format and, from the fourth value on, the values are kept in the program's frame of 512 bytes. For up to three values Printf calls
// the helper bpf_trace_printk (Linux 4.1), for up to twelve bpf_trace_vprintk (Linux 5.16). Both are only for programs under a licence
// that is compatible with the GPL. The kernel prints one line at a time, for all programs together.
func (f *Fn) Printf(format string, values ...Operand) {
	if !f.statement() {
		return
	}
	const mostInRegisters, most = linux.MostCallArguments - 2, linux.MostPrinted // the others are the format and its size
	if len(values) > most {
		f.mistake(mistake.BadArguments, "print them in several lines", "Printf is called with %d values; the limit is %d",
			len(values), most)
		values = values[:most]
	}
	args := make([]ir.V, len(values))
	widths := make([]record.Width, len(values))
	for i, o := range values {
		args[i], widths[i] = f.printed(i, o)
	}
	text, verbs := f.kernelFormat(format, widths)
	if verbs != len(values) {
		f.mistake(mistake.BadArguments, "", "the format %q has %s, but Printf is called with %s", format,
			phrase.Count(verbs, "verb"), phrase.Count(len(values), "value"))
		return
	}
	at, size := f.frameText(text), f.b.Const(ir.I64, int64(len(text)))
	if len(values) <= mostInRegisters {
		f.callHelper("bpf_trace_printk", append([]ir.V{at, size}, args...)...)
		return
	}
	list := f.frameAddr(f.object("the values of Printf", 8*len(args)))
	for i, v := range args {
		f.emit(ir.Value{Op: ir.Store, Size: 8, Off: int32(8 * i)}, list, v)
	}
	f.callHelper("bpf_trace_vprintk", at, size, list, f.b.Const(ir.I64, int64(8*len(args))))
}

// printed returns a value to print, in 64 bits, and its width before.
func (f *Fn) printed(i int, o Operand) (ir.V, record.Width) {
	if c, ok := goInteger(o); ok {
		if c.over {
			return f.b.Const(ir.I64, c.n), record.U64
		}
		return f.b.Const(ir.I64, c.n), record.S64
	}
	if b, ok := o.(Bool); ok {
		o = b.U8()
	}
	v, w, ok := f.readOperand(o)
	switch {
	case !ok:
		f.mistake(mistake.BadArguments, "numbers, Bools, pointers and Go integers can be printed",
			"value %d of Printf is a Go %s", i+1, typeName(o))
		return f.b.Const(ir.I64, 0), record.U64
	case w.Bits() == 0:
		return v, w
	}
	f.site()
	return f.b.Convert(record.WidthOf(8, w.Signed()), w, v), record.WidthOf(8, w.Signed())
}

// kernelFormat returns the format for the kernel, and how many verbs it has (kernel/trace/bpf_trace.c, bpf_bprintf_prepare).
func (f *Fn) kernelFormat(format string, widths []record.Width) (text string, verbs int) {
	var b strings.Builder
	wrong := func(what string) {
		f.mistake(mistake.BadArguments, "the verbs are %d, %x, %X, %c, %p, %s and %%, with a width between",
			"the format %q: %s", format, what)
	}
	for rest := format; rest != ""; {
		before, after, found := strings.Cut(rest, "%")
		b.WriteString(before)
		if !found {
			break
		}
		flags := after[:len(after)-len(strings.TrimLeft(after, "-+ 0123456789"))]
		if after = after[len(flags):]; after == "" {
			wrong("it ends with %" + flags)
			break
		}
		verb := after[0]
		rest = after[1:]
		if verb == '%' {
			b.WriteString("%%")
			continue
		}
		b.WriteString("%" + flags)
		var w record.Width
		if verbs < len(widths) {
			w = widths[verbs]
		}
		verbs++
		isNumber := w.Bits() != 0
		switch {
		case verbs > len(widths): // counted, and reported by the caller
		case verb == 'd' && isNumber && w.Signed():
			b.WriteString("lld")
		case verb == 'd' && isNumber:
			b.WriteString("llu")
		case (verb == 'x' || verb == 'X') && isNumber:
			b.WriteString("ll" + string(rune(verb)))
		case verb == 'c' && isNumber:
			b.WriteString("c")
		case (verb == 'p' || verb == 's') && !isNumber:
			b.WriteByte(verb)
		case strings.IndexByte("dxXc", verb) >= 0:
			wrong("%" + string(rune(verb)) + " prints a number, but the value is a pointer")
		case verb == 'p' || verb == 's':
			wrong("%" + string(rune(verb)) + " prints a pointer, but the value is a number")
		default:
			wrong("there is no verb %" + string(rune(verb)))
		}
	}
	b.WriteByte(0)
	return b.String(), verbs
}

// frameText puts a text into the frame, and returns its address.
func (f *Fn) frameText(text string) ir.V {
	size := (len(text) + 3) / 4 * 4
	const frame = linux.StackSize
	if size > frame {
		f.mistake(mistake.FrameTooLong, "print it in several lines", "the format has %d bytes; the limit of a frame is %d",
			len(text), frame)
		return f.b.Const(ir.Ptr, 0)
	}
	at := f.frameAddr(f.object("the format of Printf", size))
	for off := 0; off < size; off += 4 {
		var piece [4]byte
		copy(piece[:], text[off:])
		// Stored in network order: then the bytes are the same for targets of both byte orders.
		f.b.Store(record.U32, at, int32(off), true, 0, f.b.Const(ir.I32, int64(binary.BigEndian.Uint32(piece[:]))))
	}
	return at
}
