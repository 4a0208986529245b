package random

// A Type is one of Go's integers of a fixed size, or a condition.
type Type uint8

// The types. Unsigned ones come first, in the order of their widths.
const (
	U8 Type = iota
	U16
	U32
	U64
	S8
	S16
	S32
	S64
	Bool
	numTypes = Bool
)

var typeNames = [...]string{U8: "uint8", U16: "uint16", U32: "uint32", U64: "uint64", S8: "int8", S16: "int16", S32: "int32", S64: "int64",
	Bool: "bool"}

// String is the type's name in Go.
func (t Type) String() string { return typeNames[t] }

// Bytes is the type's size.
func (t Type) Bytes() int { return 1 << (t % 4) }

// Signed reports whether the type has negative numbers.
func (t Type) Signed() bool { return t >= S8 && t <= S64 }

// An Op is the operation of an expression.
type Op uint8

// The operations.
const (
	Const Op = iota // Value
	Name            // the value or variable ID
	Cell            // the memory at Place

	Add
	Sub
	Mul
	Div
	Mod
	And
	Or
	Xor
	Min
	Max
	Shl // by an unsigned number of any width
	Shr

	Neg
	Not
	Swap
	Convert // to Type

	Pick   // of arguments 1 and 2, by the condition 0
	Number // 1 when the condition holds; U8 or U32

	Eq // conditions, from here on
	Ne
	Lt
	Le
	Gt
	Ge
	Has
	Both
	Either
	NotBool
	AndThen
	OrElse
)

// An Expr is an expression.
type Expr struct {
	Op    Op
	Type  Type
	Args  []*Expr
	Value uint64 // of a constant, as Go converts it to uint64
	ID    int
	Place *Place
	Raw   bool // a constant, variable or cell is used as an operand directly, and not converted to a value first
}

// A Place is a piece of memory.
type Place struct {
	Object int // 0: the context, or the target of the function's pointer; from 1 on, the function's locals
	Off    int
	Path   string // of the field that is there, of locals; "" for access by offset
	Big    bool   // in network order

	// An element of an array that begins at Off: number Index, of Size bytes, of which there are Count, a power of two. In refers to a
	// number in the element, by its path and offset; "" when the element is one.
	Index *Expr
	Array string
	Size  int
	Count int
	In    string
	InOff int
}

// A Kind is the kind of a statement.
type Kind uint8

// The statements.
const (
	Nothing   Kind = iota // f.U32(0): a value that is not used
	Let                   // a value, ID = X
	Declare               // a variable, ID = X
	Set                   // the variable ID = X
	Inc                   // the variable ID += X
	Store                 // the memory at Place = X
	StoreInc              // the memory at Place += X
	If                    // Conds and Bodies, as many; with one body more, an Else
	Switch                // on X: Bodies[i] for Cases[i]; with one body more, a Default
	For                   // Bodies[0], N times, counting with ID
	ForUpTo               // Bodies[0], X times, at most N times
	While                 // Bodies[0], as long as the variable ID is below N and Conds[0] holds; it is counted first in the body
	Block                 // Bodies[0], which may Leave the block ID
	Leave                 // the block ID
	Break                 // the innermost loop
	Continue              // likewise
	Return                // X
	Call                  // a value, ID = the function Sub with Args; with Place, a pointer to a local comes first
	Helper                // a helper with a random result, which is not used
	Copy                  // N bytes from From to Place, by a helper
	AtomicAdd             // a value, ID = what the memory at Place was before X was added; likewise below
	AtomicAnd
	AtomicOr
	AtomicXor
	Exchange
	CompareExchange // Args[0] is expected
)

// A Stmt is a statement.
type Stmt struct {
	Kind   Kind
	Type   Type // of the value or variable ID, and of memory
	ID     int
	X      *Expr
	Args   []*Expr
	Place  *Place
	From   *Place
	N      int
	Sub    int
	Conds  []*Expr
	Cases  [][]uint64
	Bodies [][]*Stmt
}

// A Param is a parameter of a function.
type Param struct {
	ID   int
	Type Type
	Var  bool // it is a variable
}

// A Func is a function.
type Func struct {
	Params  []Param
	Pointer bool // before the parameters comes a pointer to a record
	Type    Type // of the result
	Locals  int  // how many records are in its frame
	Body    []*Stmt
	Result  *Expr
}

// A Program is an entry function, whose object 0 is the context, and those that it calls. Functions call only those after them.
type Program struct {
	Funcs []*Func
	Level int // the lowest ISA level that has all that it uses
	IDs   int // the number of IDs
}

// ContextSize is how many bytes the context has.
const ContextSize = 256

// A record is the type of locals.
type record struct {
	A uint64
	B int64
	C uint32
	D int32
	E uint16
	F int16
	G uint8
	H int8
	I [2]uint8
	W [4]uint32
	Y [8]uint8
	P [2]pair
}

type pair struct {
	X uint32
	Y int16
	Z uint16
}

const recordSize = 72

// A member is a number in a record.
type member struct {
	path string
	off  int
	typ  Type
}

var members = [...]member{
	{"A", 0, U64}, {"B", 8, S64}, {"C", 16, U32}, {"D", 20, S32}, {"E", 24, U16}, {"F", 26, S16}, {"G", 28, U8}, {"H", 29, S8}, {"I[0]",
		30, U8}, {"I[1]", 31, U8},
	{"W[0]", 32, U32}, {"W[1]", 36, U32}, {"W[2]", 40, U32}, {"W[3]", 44, U32}, {"Y[0]", 48, U8}, {"Y[7]", 55, U8},
	{"P[0].X", 56, U32}, {"P[0].Y", 60, S16}, {"P[0].Z", 62, U16}, {"P[1].X", 64, U32}, {"P[1].Y", 68, S16},
}

// elements are numbers in the record's arrays.
var elements = [...]struct {
	typ   Type
	place Place
}{
	{U32, Place{Array: "W", Off: 32, Size: 4, Count: 4}},
	{U8, Place{Array: "Y", Off: 48, Size: 1, Count: 8}},
	{U32, Place{Array: "P", Off: 56, Size: 8, Count: 2, In: "X", InOff: 0}},
	{S16, Place{Array: "P", Off: 56, Size: 8, Count: 2, In: "Y", InOff: 4}},
	{U16, Place{Array: "P", Off: 56, Size: 8, Count: 2, In: "Z", InOff: 6}},
}
