package btf

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
)

// A Builder writes a BTF blob, record by record. The blob describes our own programs to the kernel: their functions, the strings that line
// information points to, and the keys and values of their maps. The zero value is ready and writes in this machine's byte order.
//
// Equal strings are stored once; records are stored as given.
type Builder struct {
	Order binary.AppendByteOrder // nil stands for this machine's

	records []byte
	strings []byte
	offsets map[string]uint32
	next    ID
	err     error
}

// String stores a string and returns its offset in the string section.
func (b *Builder) String(s string) uint32 {
	if s == "" {
		return 0
	}
	if off, ok := b.offsets[s]; ok {
		return off
	}
	if b.offsets == nil {
		b.offsets = make(map[string]uint32)
		b.strings = append(b.strings, 0)
	}
	off := uint32(len(b.strings))
	b.strings = append(append(b.strings, s...), 0)
	b.offsets[s] = off
	return off
}

// Int adds an integer type of the given size in bytes.
func (b *Builder) Int(name string, size uint32, signed bool) ID {
	encoding := size * 8
	if signed {
		encoding |= 1 << 24
	}
	return b.add(KindInt, name, 0, size, encoding)
}

// Pointer adds a pointer to a type.
func (b *Builder) Pointer(target ID) ID { return b.add(KindPointer, "", 0, uint32(target)) }

// Forward adds the declaration of a struct without its members.
func (b *Builder) Forward(name string) ID { return b.add(KindForward, name, 0, 0) }

// A Param is a parameter of a function prototype.
type Param struct {
	Name string
	Type ID
}

// FuncProto adds a prototype.
func (b *Builder) FuncProto(result ID, params ...Param) ID {
	words := make([]uint32, 1, 1+2*len(params))
	words[0] = uint32(result)
	for _, p := range params {
		words = append(words, b.String(p.Name), uint32(p.Type))
	}
	return b.add(KindFuncProto, "", len(params), words...)
}

// Linkage says who may call a function (include/uapi/linux/btf.h).
type Linkage int

const (
	Static Linkage = iota // verified together with its callers
	Global                // verified once, by its prototype alone
)

// Func adds a function of that prototype.
func (b *Builder) Func(name string, proto ID, l Linkage) ID {
	return b.add(KindFunc, name, int(l), uint32(proto))
}

// add appends a record: name, info, and the words from the third on.
func (b *Builder) add(kind Kind, name string, vlen int, words ...uint32) ID {
	if vlen > math.MaxUint16 { // kernels before 7.1 have 16 bits for it, and programs are for these, too
		b.err = fmt.Errorf("%s with %d entries: BTF counts to %d", phrase.A(kind.String()), vlen, math.MaxUint16)
	}
	return b.addNamed(kind, b.String(name), false, vlen, words...)
}

func (b *Builder) addNamed(kind Kind, name uint32, flag bool, vlen int, words ...uint32) ID {
	if vlen > maxVlen {
		b.err = fmt.Errorf("%s with %d entries: BTF counts to %d", phrase.A(kind.String()), vlen, maxVlen)
	}
	info := uint32(kind)<<24 | uint32(vlen)&maxVlen
	if flag {
		info |= 1 << 31
	}
	order := b.order()
	b.records = order.AppendUint32(b.records, name)
	b.records = order.AppendUint32(b.records, info)
	for _, w := range words {
		b.records = order.AppendUint32(b.records, w)
	}
	b.next++
	return b.next
}

func (b *Builder) order() binary.AppendByteOrder {
	if b.Order == nil {
		return binary.NativeEndian
	}
	return b.Order
}

// Bytes is the finished blob: header, types, strings.
func (b *Builder) Bytes() ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	text := b.strings
	if len(text) == 0 {
		text = []byte{0} // offset 0 is the empty name
	}
	out := make([]byte, 0, headerLen+len(b.records)+len(text))
	order := b.order()
	out = order.AppendUint16(out, magic)
	out = append(out, 1, 0) // version, flags
	for _, w := range []int{headerLen, 0, len(b.records), len(b.records), len(text)} {
		out = order.AppendUint32(out, uint32(w))
	}
	out = append(out, b.records...)
	return append(out, text...), nil
}
