package ir

// V numbers a value of a function, from 1; 0 is no value.
type V int32

// B numbers a block of a function, from 0, which is the entry.
type B int32

// A Type says what a value is in a register.
type Type uint8

const (
	Void Type = iota
	Bool      // 0 or 1
	I32       // an integer of at most 32 bits; the upper half of the register is zero
	I64
	Ptr
)

// Wide reports whether the type takes 64 bits.
func (t Type) Wide() bool { return t == I64 || t == Ptr }

// A Value is the result of an operation. Op says what its fields mean.
type Value struct {
	Op     Op
	Type   Type
	Size   uint8 // of memory, in bytes
	Cond   Cond
	Signed bool
	Wide   bool // Compare: all 64 bits are compared
	Off    int32
	Aux    int32
	Block  B
	Site   int32 // the line of Go that made it: an index into Sites
	Imm    int64
	Args   []V
}

// ArgumentLoad is the Aux of loads of a program's arguments, which never change. A narrow argument is in the low bytes of its
// 8-byte word.
const ArgumentLoad = 1

// What Imm of a FieldStore says about the number that is stored.
const (
	FieldBool     = 1 // it is a condition
	FieldDeclared = 2 // it has the type that a generated setter declares; the target's field may be wider
)

// OwnMemory is the Aux of stores to memory that belongs to the program, and that is aligned to 8 bytes. Only the program decides its
// layout, so neighbouring stores may become one store.
const OwnMemory = 2

// A Kind says how a block ends.
type Kind uint8

const (
	Open    Kind = iota // not finished; only while it is built
	Jump                // to Succs[0]
	Branch              // to Succs[0] if X Cond Y holds, otherwise to Succs[1]; Imm takes the place of Y if Y is 0
	MayGoto             // to Succs[0], or to Succs[1] when the program has looped for too long
	Return              // returns X, or nothing if X is 0
)

// A Block is a list of values and an ending.
type Block struct {
	Values []V // phis first
	Kind   Kind
	Cond   Cond
	Wide   bool
	X, Y   V
	Imm    int64
	Site   int32
	Succs  []B
	Preds  []B // in the order of the arguments of phis
}

// A Var is a mutable variable of the high level.
type Var struct {
	Type Type
	Site int32
}

// An Object is a piece of the frame, aligned to 8 bytes.
type Object struct {
	Name string
	Size int32 // in bytes
	Site int32
}

// A NameKind says what a Name names.
type NameKind uint8

const (
	FieldName  NameKind = iota // the field Path of the struct Name; Path is "" for the struct itself
	TypeName                   // a struct, union, enum or typedef
	KernelName                 // a kernel function
	EnumName                   // the constant Path of the enum Name, or of any enum if Name is ""
	HelperName                 // the helper Path; Name is HelperEnum
)

// A Site is a place in source. For functions that Go code makes while it runs, it is a program counter of this process. For front
// ends that read source, it is a file and a line. The zero Site means that the place is not known.
type Site struct {
	PC   uintptr // a return address, as runtime.CallersFrames takes it: the instruction before it is meant
	File string
	Line int32
}

// A Name is something to look up in the target.
type Name struct {
	Kind NameKind
	Name string
	Path string
}

// HelperEnum is the kernel's enum of helpers. The helper bpf_ktime_get_ns is its constant BPF_FUNC_ktime_get_ns.
const HelperEnum = "bpf_func_id"

// A Func is a function.
type Func struct {
	Name   string
	Values []Value // by V; the first one is not used
	Blocks []Block // by B
	Vars   []Var
	Frame  []Object
	Names  []Name
	Sites  []Site // the first one means that the place is not known

	args []V // memory for Args; see NewArgs
}

// New creates a function with an empty entry block.
func New(name string) *Func {
	return &Func{Name: name, Values: make([]Value, 1, 64), Blocks: make([]Block, 1, 8), Sites: make([]Site, 1, 16)}
}

// Grow makes room for n values.
func (f *Func) Grow(n int) {
	if cap(f.Values) < n {
		f.Values = append(make([]Value, 0, n), f.Values...)
	}
}

// GrowBlocks makes room for n blocks.
func (f *Func) GrowBlocks(n int) {
	if cap(f.Blocks) < n {
		f.Blocks = append(make([]Block, 0, n), f.Blocks...)
	}
}

// NewArgs makes a list of arguments. There are many lists, so they are cut from larger pieces.
func (f *Func) NewArgs(args ...V) []V {
	if len(args) == 0 {
		return nil
	}
	if len(f.args)+len(args) > cap(f.args) {
		f.args = make([]V, 0, max(256, len(args), min(len(f.Values), 1<<14)))
	}
	n := len(f.args)
	f.args = append(f.args, args...)
	return f.args[n:len(f.args):len(f.args)]
}

// NewBlock adds an empty block.
func (f *Func) NewBlock() B {
	if len(f.Blocks) == cap(f.Blocks) {
		f.GrowBlocks(2 * len(f.Blocks))
	}
	f.Blocks = append(f.Blocks, Block{})
	return B(len(f.Blocks) - 1)
}

// NewValue adds a value that is not in a block yet.
func (f *Func) NewValue(v Value, args ...V) V {
	v.Args = f.NewArgs(args...)
	if len(f.Values) == cap(f.Values) { // append would grow a large slice by less, and so copy it more often
		f.Grow(2 * len(f.Values))
	}
	f.Values = append(f.Values, v)
	return V(len(f.Values) - 1)
}

// Append adds a value at the end of a block.
func (f *Func) Append(b B, v Value, args ...V) V {
	v.Block = b
	n := f.NewValue(v, args...)
	f.Blocks[b].Values = append(f.Blocks[b].Values, n)
	return n
}

// Edge adds a way from b to another block.
func (f *Func) Edge(b, to B) {
	f.Blocks[b].Succs = append(f.Blocks[b].Succs, to)
	f.Blocks[to].Preds = append(f.Blocks[to].Preds, b)
}

// Jump ends a block with a jump.
func (f *Func) Jump(b, to B) {
	f.Blocks[b].Kind = Jump
	f.Edge(b, to)
}

// Const is the number if v is a constant.
func (f *Func) Const(v V) (int64, bool) {
	if v == 0 || f.Values[v].Op != Const {
		return 0, false
	}
	return f.Values[v].Imm, true
}
