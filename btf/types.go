package btf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"sync"

	cbtf "github.com/cilium/ebpf/btf"
)

// ID numbers a type within a blob, from 1; 0 is void. A module's ids go on
// where those of vmlinux end.
type ID = cbtf.TypeID

// Errors that callers can test for.
var (
	// ErrNotFound says that no type of that name and kind is in the blob.
	ErrNotFound = errors.New("not found in BTF")
	// ErrMalformed says that the bytes are not BTF as the kernel defines it.
	ErrMalformed = errors.New("malformed BTF")
	// ErrClosed says that the Types were closed before. It is an fs.ErrClosed.
	ErrClosed = fmt.Errorf("the BTF is closed: %w", fs.ErrClosed)
)

const (
	magic     = 0xeb9f
	headerLen = 24 // the header of BTF version 1; hdr_len may be larger
	layoutEnd = 32 // the length of a header that also names a layout section
	recordLen = 12 // name, info, and size or type: three words begin each record

	// The position of every 16th type is stored. A look-up then walks over at most 15 records, and the index of a whole kernel has 32 kB.
	// (A position for each type would take 500 kB, more than everything else together.)
	indexStride = 16
)

// Types is one BTF blob: the types of a kernel, of a module, or of a program.
//
// Nothing is decoded before it is asked for. A Types may be used by several
// goroutines at once.
type Types struct {
	base    *Types // what a module's BTF continues, or nil
	records []byte // the type section, in the byte order of this machine
	strings []byte // the string section, NUL-terminated strings
	sizes   *sizeTable
	first   ID // id of the first record
	unmap   func() error
	closed  bool // the sections are gone

	mu    sync.Mutex
	index []uint32 // position of the records first, first+16, first+32, …
	count int      // records, known once the index is there
	names map[string][]named
}

// named is one type found under a name.
type named struct {
	kind Kind
	id   ID
}

// record is a view of one type record.
type record struct {
	bytes []byte // from its first word to the end of the section
	sizes *sizeTable
}

func (t *Types) at(pos uint32) record { return record{t.records[pos:], t.sizes} }

func word(b []byte, i int) uint32 { return binary.NativeEndian.Uint32(b[4*i:]) }

func (r record) name() uint32  { return word(r.bytes, 0) }
func (r record) kind() Kind    { return kindOf(word(r.bytes, 1)) }
func (r record) vlen() int     { return vlenOf(word(r.bytes, 1)) }
func (r record) flag() bool    { return word(r.bytes, 1)>>31 == 1 }
func (r record) size() uint32  { return word(r.bytes, 2) }
func (r record) ref() ID       { return ID(word(r.bytes, 2)) }
func (r record) extra() []byte { return r.bytes[recordLen:r.len()] }
func (r record) entry(i int) []byte {
	each := int(r.sizes[r.kind()].each)
	return r.bytes[recordLen+i*each : recordLen+(i+1)*each]
}

// len is the size of the record in bytes.
func (r record) len() int {
	s := r.sizes[r.kind()]
	return int(s.fixed) + r.vlen()*int(s.each)
}

// Parse reads a BTF blob that stands alone. The bytes are kept, not copied,
// when they are in this machine's byte order; do not change them afterwards.
func Parse(raw []byte) (*Types, error) { return parse(raw, nil) }

// ParseSplit reads a blob that continues base, as a module's BTF does.
func ParseSplit(raw []byte, base *Types) (*Types, error) {
	if base == nil {
		return nil, errors.New("split BTF needs the BTF that it continues")
	}
	return parse(raw, base)
}

func parse(raw []byte, base *Types) (*Types, error) {
	if len(raw) < headerLen {
		return nil, fmt.Errorf("%w: %d bytes, a header has %d", ErrMalformed, len(raw), headerLen)
	}
	swapped := false
	switch binary.NativeEndian.Uint16(raw) {
	case magic:
	case bits.ReverseBytes16(magic):
		swapped = true
	default:
		return nil, fmt.Errorf("%w: magic %#04x, want %#04x", ErrMalformed, binary.NativeEndian.Uint16(raw), magic)
	}
	if raw[2] != 1 {
		return nil, fmt.Errorf("%w: version %d, only 1 is known", ErrMalformed, raw[2])
	}
	if raw[3] != 0 { // btf_parse_hdr (kernel/bpf/btf.c) refuses flags, too: each changes how the rest must be read
		return nil, fmt.Errorf("%w: the header has the unknown flags %#x", ErrMalformed, raw[3])
	}
	head := func(i int) uint64 {
		w := word(raw, i)
		if swapped {
			w = bits.ReverseBytes32(w)
		}
		return uint64(w)
	}
	size := head(1)
	section := func(what string, off, n uint64) ([]byte, error) {
		begin, end := size+off, size+off+n
		if size < headerLen || end > uint64(len(raw)) {
			return nil, fmt.Errorf("%w: %s section at %d+%d of %d bytes", ErrMalformed, what, begin, n, len(raw))
		}
		return raw[begin:end], nil
	}
	records, err := section("type", head(2), head(3))
	if err != nil {
		return nil, err
	}
	text, err := section("string", head(4), head(5))
	if err != nil {
		return nil, err
	}
	if len(text) > 0 && text[len(text)-1] != 0 || base == nil && len(text) == 0 {
		return nil, fmt.Errorf("%w: the string section does not end with a NUL", ErrMalformed)
	}
	lengths := &sizes
	if size >= layoutEnd && head(7) > 0 {
		layout, err := section("layout", head(6), head(7))
		if err != nil {
			return nil, err
		}
		if lengths, err = sizes.with(layout); err != nil {
			return nil, err
		}
	} else if base != nil {
		lengths = base.sizes // both were written by one kernel build
	}
	if len(records)%4 != 0 {
		return nil, fmt.Errorf("%w: the type section has %d bytes, not a multiple of 4", ErrMalformed, len(records))
	}
	if swapped {
		// Every field of every record is a 32-bit word, so a blob of the other byte order is converted as a whole, and is then read like
		// our own.
		own := make([]byte, len(records))
		for i := 0; i < len(records); i += 4 {
			binary.NativeEndian.PutUint32(own[i:], bits.ReverseBytes32(binary.NativeEndian.Uint32(records[i:])))
		}
		records = own
	}
	t := &Types{base: base, records: records, strings: text, sizes: lengths, first: 1}
	if base != nil {
		n, err := base.end()
		if err != nil {
			return nil, err
		}
		t.first = n
	}
	return t, nil
}

// Len is the highest id plus one: ids 0 (void) to Len-1 can be looked up.
func (t *Types) Len() (int, error) {
	n, err := t.end()
	return int(n), err
}

// Close releases the mapping of a blob that Kernel, Module or File opened. Look-ups after that fail with ErrClosed; no look-up may be
// under way meanwhile. Decoded types stay valid. Types that were parsed from memory have nothing to release, and stay open.
func (t *Types) Close() error {
	if t == nil || t.unmap == nil {
		return nil
	}
	unmap := t.unmap
	t.unmap, t.records, t.strings, t.index, t.count, t.names, t.closed = nil, nil, nil, nil, 0, nil, true
	return unmap()
}

func (t *Types) end() (ID, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.scan(nil); err != nil {
		return 0, err
	}
	return t.first + ID(t.count), nil
}

// record finds the record of an id, in this blob or its base.
func (t *Types) record(id ID) (record, error) {
	if id == 0 {
		return record{}, fmt.Errorf("%w: void has no record", ErrMalformed)
	}
	if id < t.first {
		return t.base.record(id)
	}
	t.mu.Lock()
	err := t.scan(nil)
	t.mu.Unlock()
	if err != nil {
		return record{}, err
	}
	n := int(id - t.first)
	if n >= t.count {
		return record{}, fmt.Errorf("%w: type id %d, the last is %d", ErrMalformed, id, int(t.first)+t.count-1)
	}
	pos := t.index[n/indexStride]
	for range n % indexStride {
		pos += uint32(t.at(pos).len())
	}
	return t.at(pos), nil
}

// resolve removes typedefs and qualifiers and returns the type itself.
func (t *Types) resolve(id ID) (ID, Kind, error) {
	for range maxChain {
		if id == 0 {
			return 0, KindVoid, nil
		}
		r, err := t.record(id)
		if err != nil {
			return 0, 0, err
		}
		if !r.kind().modifier() {
			return id, r.kind(), nil
		}
		id = r.ref()
	}
	return 0, 0, fmt.Errorf("%w: type %d is a chain without end", ErrMalformed, id)
}

// text is the string at an offset of the string section, without its NUL, as
// a view of the blob's bytes. A string that is too long for a name is cut, so that nothing is found under it.
func (t *Types) text(off uint32) []byte {
	b := t.strings
	if t.base != nil {
		n := uint32(len(t.base.strings))
		if off < n {
			return t.base.text(off)
		}
		off -= n
	}
	if int64(off) >= int64(len(b)) {
		return nil
	}
	b = b[off:]
	if n := bytes.IndexByte(b[:min(len(b), maxName+1)], 0); n >= 0 {
		return b[:n]
	}
	return b[:min(len(b), maxName+1)]
}

// string copies a name out of the blob.
func (t *Types) string(off uint32) string {
	if off == 0 {
		return ""
	}
	return string(t.text(off))
}

// checkName checks that a name is in the string section, and not too long.
func (t *Types) checkName(off uint32) error {
	if off == 0 {
		return nil
	}
	end := uint64(len(t.strings))
	if t.base != nil {
		end += uint64(len(t.base.strings))
	}
	switch {
	case uint64(off) >= end:
		return fmt.Errorf("%w: a name at offset %d of %d bytes of strings", ErrMalformed, off, end)
	case len(t.text(off)) > maxName:
		return fmt.Errorf("%w: the name %.32q… has more than %d bytes", ErrMalformed, t.text(off), maxName)
	}
	return nil
}
