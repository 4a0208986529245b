package btf

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

// shape tells what follows the 12 bytes that begin every record, and which of
// the words there name other types.
type shape struct {
	name  string
	fixed uint32 // bytes that follow once
	each  uint32 // bytes that follow for each of vlen entries
	refs  bool   // the third word of the record is a type id (otherwise a size)
}

var shapes = [kinds]shape{
	KindVoid:      {name: "void"},
	KindInt:       {name: "int", fixed: 4},
	KindPointer:   {name: "pointer", refs: true},
	KindArray:     {name: "array", fixed: 12},
	KindStruct:    {name: "struct", each: 12},
	KindUnion:     {name: "union", each: 12},
	KindEnum:      {name: "enum", each: 8},
	KindForward:   {name: "forward declaration"},
	KindTypedef:   {name: "typedef", refs: true},
	KindVolatile:  {name: "volatile", refs: true},
	KindConst:     {name: "const", refs: true},
	KindRestrict:  {name: "restrict", refs: true},
	KindFunc:      {name: "function", refs: true},
	KindFuncProto: {name: "function prototype", each: 8, refs: true},
	KindVar:       {name: "variable", fixed: 4, refs: true},
	KindDatasec:   {name: "data section", each: 12},
	KindFloat:     {name: "float"},
	KindDeclTag:   {name: "declaration tag", fixed: 4, refs: true},
	KindTypeTag:   {name: "type tag", refs: true},
	KindEnum64:    {name: "64-bit enum", each: 12},
}

// String gives the C word for the kind, as messages use it.
func (k Kind) String() string {
	if k < kinds {
		return shapes[k].name
	}
	return "unknown kind"
}

// modifier reports whether a type of this kind only stands in front of another.
func (k Kind) modifier() bool {
	switch k {
	case KindTypedef, KindVolatile, KindConst, KindRestrict, KindTypeTag:
		return true
	}
	return false
}

// composite reports whether a type of this kind has members.
func (k Kind) composite() bool { return k == KindStruct || k == KindUnion }
