package btf

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
)

// Kind says what a BTF record describes (include/uapi/linux/btf.h, BTF_KIND_*).
type Kind uint8

// The kinds that Linux 6.18 knows.
const (
	KindVoid Kind = iota
	KindInt
	KindPointer
	KindArray
	KindStruct
	KindUnion
	KindEnum
	KindForward
	KindTypedef
	KindVolatile
	KindConst
	KindRestrict
	KindFunc
	KindFuncProto
	KindVar
	KindDatasec
	KindFloat
	KindDeclTag
	KindTypeTag
	KindEnum64

	kinds // how many there are
)

// The second word of a record holds its kind and how many entries follow. Since Linux 7.1 the kind has 7 bits and the count 24 (struct
// btf_type, include/uapi/linux/btf.h). Before, they had 5 and 16. The bits between were zero, because the kernel refused others, so all
// BTF can be read with the wider fields.
const (
	maxKind = 1<<7 - 1
	maxVlen = 1<<24 - 1
)

func kindOf(info uint32) Kind { return Kind(info >> 24 & maxKind) }
func vlenOf(info uint32) int  { return int(info & maxVlen) }

// size tells how long a record is.
type size struct {
	fixed uint16 // bytes that are always there; 0 for kinds that do not exist
	each  uint8  // bytes that follow for each of vlen entries
}

// A sizeTable has a row for every number that the bits of kind can hold.
type sizeTable [maxKind + 1]size

// sizes are the lengths of the kinds that are known. A blob may say how long others are.
var sizes = sizeTable{
	KindInt:       {recordLen + 4, 0},
	KindPointer:   {recordLen, 0},
	KindArray:     {recordLen + 12, 0},
	KindStruct:    {recordLen, 12},
	KindUnion:     {recordLen, 12},
	KindEnum:      {recordLen, 8},
	KindForward:   {recordLen, 0},
	KindTypedef:   {recordLen, 0},
	KindVolatile:  {recordLen, 0},
	KindConst:     {recordLen, 0},
	KindRestrict:  {recordLen, 0},
	KindFunc:      {recordLen, 0},
	KindFuncProto: {recordLen, 8},
	KindVar:       {recordLen + 4, 0},
	KindDatasec:   {recordLen, 12},
	KindFloat:     {recordLen, 0},
	KindDeclTag:   {recordLen + 4, 0},
	KindTypeTag:   {recordLen, 0},
	KindEnum64:    {recordLen, 12},
}

// with returns the table with the kinds that only a layout section knows: 4 bytes for each kind, from 0 (struct btf_layout,
// include/uapi/linux/btf.h): the bytes that follow each record of the kind, the bytes of each entry, and flags. Such records are then
// skipped. A blob with other lengths for known kinds is refused: its records would be misread.
func (s sizeTable) with(layout []byte) (*sizeTable, error) {
	const each = 4
	if len(layout)%each != 0 || len(layout) > each*len(s) {
		return nil, fmt.Errorf("%w: the layout section has %d bytes; expected %d for each of up to %d kinds", ErrMalformed, len(layout),
			each, len(s))
	}
	for k := KindInt; int(k) < len(layout)/each; k++ {
		entry := layout[each*int(k):]
		said := size{recordLen + uint16(entry[0]), entry[1]}
		if k < kinds && said != s[k] {
			return nil, fmt.Errorf("%w: the layout section gives %s %d+%d bytes; known are %d+%d", ErrMalformed, phrase.A(k.String()),
				said.fixed, said.each, s[k].fixed, s[k].each)
		}
		if said.fixed%4 != 0 || said.each%4 != 0 {
			return nil, fmt.Errorf("%w: the layout section gives kind %d %d+%d bytes, which are not multiples of 4", ErrMalformed, k,
				said.fixed, said.each)
		}
		s[k] = said
	}
	return &s, nil
}

var kindNames = [kinds]string{
	"void", "int", "pointer", "array", "struct", "union", "enum", "forward declaration", "typedef", "volatile",
	"const", "restrict", "function", "function prototype", "variable", "data section", "float", "declaration tag",
	"type tag", "64-bit enum",
}

// String gives the C word for the kind, as messages use it; for a kind that Linux 6.18 does not have, its number.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// modifier reports whether a type of this kind only qualifies another.
func (k Kind) modifier() bool {
	switch k {
	case KindTypedef, KindVolatile, KindConst, KindRestrict, KindTypeTag:
		return true
	}
	return false
}

// refers reports whether the third word of a record is a type id. In other records it is a size.
func (k Kind) refers() bool {
	switch k {
	case KindPointer, KindFunc, KindFuncProto, KindVar, KindDeclTag:
		return true
	}
	return k.modifier()
}

// composite reports whether a type of this kind has members.
func (k Kind) composite() bool { return k == KindStruct || k == KindUnion }
