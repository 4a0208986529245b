package btf_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
)

// A blob is BTF that is written by hand: records of any kind and count, and headers of any length.
type blob struct {
	flags   uint8
	records []uint32
	layout  []byte
	strings string // after the first NUL
}

// knownLayout is what the kernel's own tools write for the kinds that Linux 6.18 has: bytes after each record, bytes of each entry.
var knownLayout = [][2]byte{{}, {4, 0}, {0, 0}, {12, 0}, {0, 12}, {0, 12}, {0, 8}, {}, {}, {}, {}, {}, {}, {0, 8}, {4, 0}, {0, 12}, {},
	{4, 0}, {},
	{0, 12}}

// layoutWith is a layout section with changed or added rows.
func layoutWith(rows map[int][2]byte) []byte {
	n := len(knownLayout)
	for k := range rows {
		n = max(n, k+1)
	}
	section := make([]byte, 4*n)
	for k, row := range knownLayout {
		copy(section[4*k:], row[:])
	}
	for k, row := range rows {
		copy(section[4*k:], row[:])
	}
	return section
}

func (b blob) bytes(order binary.AppendByteOrder) []byte {
	header := 24
	if b.layout != nil {
		header = 32
	}
	text := "\x00" + b.strings
	types := 4 * len(b.records)
	out := order.AppendUint16(nil, 0xeb9f)
	out = append(out, 1, b.flags)
	words := []int{header, 0, types, types, len(text), types + len(text), len(b.layout)}
	for _, w := range words[:(header-4)/4] {
		out = order.AppendUint32(out, uint32(w))
	}
	for _, w := range b.records {
		out = order.AppendUint32(out, w)
	}
	return append(append(out, text...), b.layout...)
}

func info(kind btf.Kind, vlen int) uint32 { return uint32(kind)<<24 | uint32(vlen) }

// wide is a struct with n members of 4 bytes (type 2), after an integer (type 1), and a typedef after it (type 3): what was misread shows
// there.
func wide(n int) blob {
	b := blob{strings: "int\x00wide\x00after\x00last\x00"}
	b.records = []uint32{1, info(btf.KindInt, 0), 4, 32, 5, info(btf.KindStruct, n), uint32(4 * n)}
	for i := range n {
		name := uint32(0)
		if i == n-1 {
			name = 16
		}
		b.records = append(b.records, name, 1, uint32(32*i))
	}
	b.records = append(b.records, 10, info(btf.KindTypedef, 0), 1)
	return b
}

// withUnknown has a record of a kind that nobody knows between an integer and a typedef: 8 bytes, and 3 entries of 4 bytes.
func withUnknown(kind btf.Kind, layout []byte) blob {
	return blob{strings: "int\x00after\x00", layout: layout, records: []uint32{
		1, info(btf.KindInt, 0), 4, 32,
		0, info(kind, 3), 0xffffffff, 0xffffffff, 0xffffffff, 7, 8, 9,
		5, info(btf.KindTypedef, 0), 1,
		0, info(btf.KindConst, 0), 2,
	}}
}

// TestCountsOf24Bits reads structs with more members than 16 bits can count.
func TestCountsOf24Bits(t *testing.T) {
	for _, n := range []int{1, 65_535, 65_536, 70_000, 200_001} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			types, err := btf.Parse(wide(n).bytes(binary.NativeEndian))
			if err != nil {
				t.Fatal(err)
			}
			if id, err := types.Lookup(btf.KindTypedef, "after"); err != nil || id != 3 {
				t.Errorf("the typedef after the struct is %d (%v), want 3", id, err)
			}
			if count, err := types.Len(); err != nil || count != 4 {
				t.Errorf("%d types (%v), want 4", count, err)
			}
			if f, err := types.Field("wide", "last"); err != nil || int(f.Offset) != 4*(n-1) {
				t.Errorf("the last member is at %d (%v), want %d", f.Offset, err, 4*(n-1))
			}
			carved, err := types.Carve(2)
			if err != nil {
				t.Fatal(err)
			}
			again, err := btf.Parse(carved)
			if err != nil {
				t.Fatal(err)
			}
			if f, err := again.Field("wide", "last"); err != nil || int(f.Offset) != 4*(n-1) {
				t.Errorf("after Carve, the last member is at %d (%v), want %d", f.Offset, err, 4*(n-1))
			}
		})
	}
}

// TestLayoutSection reads kinds that only the blob's layout section knows, in both byte orders, and in a module's BTF that continues it.
func TestLayoutSection(t *testing.T) {
	orders := []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian}
	for _, kind := range []btf.Kind{20, 31, 32, 63, 127} { // with five bits, 32 would be read as void and 63 as 31
		for _, order := range orders {
			raw := withUnknown(kind, layoutWith(map[int][2]byte{int(kind): {8, 4}}))
			types, err := btf.Parse(raw.bytes(order))
			if err != nil {
				t.Fatal(err)
			}
			if id, err := types.Lookup(btf.KindTypedef, "after"); err != nil || id != 3 {
				t.Errorf("kind %d, %v: the typedef after it is %d (%v), want 3", kind, order, id, err)
			}
			if _, err := types.Decode(3); err != nil {
				t.Errorf("kind %d: %v", kind, err)
			}
			if _, err := types.Decode(4); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("unknown kind %d", kind)) {
				t.Errorf("kind %d: a type that is made of it gives %v", kind, err)
			}
			if order == binary.AppendByteOrder(binary.BigEndian) {
				continue // a module has the byte order of its kernel
			}
			module, err := btf.ParseSplit(blob{strings: "more\x00", records: []uint32{
				0, info(kind, 1), 0, 0, 0, 0, 12, info(btf.KindTypedef, 0), 1}}.bytes(order), types)
			if err != nil {
				t.Fatal(err)
			}
			if id, err := module.Lookup(btf.KindTypedef, "more"); err != nil || id != 6 {
				t.Errorf("kind %d: in a module the typedef after it is %d (%v), want 6", kind, id, err)
			}
		}
	}
}

// TestNeverMisread gives blobs that cannot be read rightly: each is refused with the reason.
func TestNeverMisread(t *testing.T) {
	flagged := wide(1)
	flagged.flags = 1
	outside := withUnknown(20, layoutWith(nil)).bytes(binary.NativeEndian)
	binary.NativeEndian.PutUint32(outside[28:], 1<<20)
	for _, tt := range []struct {
		name, want string
		raw        []byte
	}{
		{"a kind without a layout section", "unknown kind 20, and no layout section", withUnknown(20, nil).bytes(binary.NativeEndian)},
		{"a kind whose low five bits are those of a struct", "unknown kind 36", withUnknown(36, nil).bytes(binary.NativeEndian)},
		{"a kind beyond the layout section", "unknown kind 21",
			withUnknown(21, layoutWith(map[int][2]byte{20: {}})).bytes(binary.NativeEndian)},
		{"flags", "unknown flags 0x1", flagged.bytes(binary.NativeEndian)},
		{"longer members", "gives a struct 12+16 bytes; known are 12+12",
			withUnknown(20, layoutWith(map[int][2]byte{4: {0, 16}})).bytes(binary.NativeEndian)},
		{"odd lengths", "not multiples of 4", withUnknown(20, layoutWith(map[int][2]byte{20: {3, 0}})).bytes(binary.NativeEndian)},
		{"half a row", "the layout section has 6 bytes", withUnknown(20, make([]byte, 6)).bytes(binary.NativeEndian)},
		{"too many rows", "the layout section has 516 bytes", withUnknown(20, make([]byte, 516)).bytes(binary.NativeEndian)},
		{"a layout section past the end", "layout section at", outside},
		{"a count past the end", "cut off",
			blob{records: []uint32{0, info(btf.KindStruct, 1<<16), 0, 0, 0, 0}}.bytes(binary.NativeEndian)},
	} {
		types, err := btf.Parse(tt.raw)
		if err == nil {
			_, err = types.Len()
		}
		if !errors.Is(err, btf.ErrMalformed) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
