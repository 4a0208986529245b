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

// size tells how long a record is.
type size struct {
	fixed uint8 // bytes that are always there; 0 for kinds that do not exist
	each  uint8 // bytes that follow for each of vlen entries
}

// sizes has a row for every number that a record's five bits of kind can hold.
var sizes = [32]size{
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

var kindNames = [kinds]string{
	"void", "int", "pointer", "array", "struct", "union", "enum", "forward declaration", "typedef", "volatile",
	"const", "restrict", "function", "function prototype", "variable", "data section", "float", "declaration tag",
	"type tag", "64-bit enum",
}

// String gives the C word for the kind, as messages use it.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown kind"
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
