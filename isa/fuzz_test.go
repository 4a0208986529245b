package isa_test

import (
	"bytes"
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
		for _, i := range ins {
			if i.String() == "" {
				t.Fatalf("%#v has no text", i)
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
