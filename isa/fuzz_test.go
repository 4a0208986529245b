package isa_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	. "github.com/bpfsmith/bpfsmith/isa"
)

// Any bytes: what is decoded has a form and a text and gives the same bytes again, and what is refused has a place.
func FuzzDecode(f *testing.F) {
	for _, i := range mixed(f)[:40] {
		code, err := Append(nil, LittleEndian, i, Exit())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(code, false)
	}
	f.Fuzz(func(t *testing.T, code []byte, big bool) {
		order := LittleEndian
		if big {
			order = BigEndian
		}
		ins, err := Decode(code, order)
		if err != nil {
			e := err.(*EncodingError)
			if e.Rule == 0 || e.Slot < 0 || e.Slot > len(code)/8 || e.Error() == "" {
				t.Fatalf("% x: %+v", code, e)
			}
		}
		back, fault := Append(nil, order, ins...)
		if fault != nil {
			t.Fatalf("% x: decoded, but %v", code, fault)
		}
		if !bytes.HasPrefix(code, back) || err == nil && len(back) != len(code) {
			t.Fatalf("% x: encoded again as % x", code, back)
		}
		for _, d := range []Dialect{Kernel, LLVM} {
			printed := Format(ins, d)
			if back, err := Parse(printed, d); err != nil || !slices.Equal(back, ins) {
				t.Fatalf("% x is printed as\n%s and read as %v, %v", code, printed, back, err)
			}
		}
	})
}

// Any fields: what is encoded is decoded to the same, and nothing panics.
func FuzzEncode(f *testing.F) {
	f.Add(uint8(0x07), uint8(3), uint8(0), int16(0), int64(5))
	f.Add(uint8(0x18), uint8(3), uint8(0), int16(0), int64(1)<<40)
	f.Add(uint8(0xdb), uint8(10), uint8(4), int16(-8), int64(1))
	f.Fuzz(func(t *testing.T, op, dst, src uint8, off int16, imm int64) {
		i := Instruction{Op: Opcode(op), Dst: Register(dst), Src: Register(src), Off: off, Imm: imm}
		_, _, _ = i.String(), i.Reads(), i.Writes()
		_, _, _ = i.Displacement()
		for _, order := range []ByteOrder{LittleEndian, BigEndian} {
			code, err := Append(nil, order, i)
			if err != nil {
				if _, err2 := i.Form(); err2 == nil {
					t.Fatalf("%#v has a form, but %v", i, err)
				}
				continue
			}
			back, err := Decode(code, order)
			if err != nil || len(back) != 1 || back[0] != i || len(code) != 8*i.Slots() {
				t.Fatalf("%#v: % x, decoded %#v, %v", i, code, back, err)
			}
		}
	})
}

// Any text: what is read is printed and read as the same, in each dialect, and what is refused has a place.
func FuzzParse(f *testing.F) {
	for _, i := range all(f) {
		for _, d := range []Dialect{Kernel, LLVM, Xlated} {
			f.Add(text(i, d), uint8(d))
		}
	}
	f.Add("a: goto a // c\nb: c: call bpf_ktime_get_ns\n if r1 s>= 0x5 goto b # c\ncall c\nr1 = subprog[a] ; c\nr2 = 5 ll", uint8(Kernel))
	f.Add("0: (b7) r0 = 0\n1: (95) exit\n", uint8(Kernel))
	f.Add("L1: r1 = 0x5; call L1;; gotol L1 <x>", uint8(LLVM))
	f.Fuzz(func(t *testing.T, text string, dialect uint8) {
		d := Dialect(dialect % 3)
		ins, err := Parse(text, d)
		if err != nil {
			e := err.(*SyntaxError)
			if lines := strings.Count(text, "\n") + 1; e.Line < 1 || e.Line > lines || e.Column < 1 || e.Column > len(text)+1 ||
				e.Detail == "" {
				t.Fatalf("%q: %+v", text, e)
			}
			return
		}
		encode, decode := Append, Decode
		if d == Xlated {
			encode, decode = AppendXlated, DecodeXlated
		}
		code, err := encode(nil, LittleEndian, ins...)
		if err != nil {
			t.Fatalf("%q is read, but %v", text, err)
		}
		if back, err := decode(code, LittleEndian); err != nil || !slices.Equal(back, ins) {
			t.Fatalf("%q: % x is decoded as %v, %v", text, code, back, err)
		}
		for _, printed := range []string{Format(ins, d), string(AppendListing(nil, ins, d))} {
			if back, err := Parse(printed, d); err != nil || !slices.Equal(back, ins) {
				t.Fatalf("%q is printed as\n%s and read as %v, %v", text, printed, back, err)
			}
		}
	})
}

// Any bytes as code that is read back from Linux: the same identities, by bytes and by text.
func FuzzXlated(f *testing.F) {
	for form := range InternalForms() {
		i, _ := construct(form.Info().Mnemonic, R11, R1, 8, AtomicOpXchg, 0)
		code, err := AppendXlated(nil, LittleEndian, i)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		ins, err := DecodeXlated(code, LittleEndian)
		if err == nil {
			if back, err := AppendXlated(nil, LittleEndian, ins...); err != nil || !bytes.Equal(back, code) {
				t.Fatalf("% x: encoded again as % x, %v", code, back, err)
			}
		}
		printed := Format(ins, Xlated)
		if back, err := Parse(printed, Xlated); err != nil || !slices.Equal(back, ins) {
			t.Fatalf("% x is printed as\n%s and read as %v, %v", code, printed, back, err)
		}
	})
}
