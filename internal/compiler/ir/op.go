package ir

// An Op is the operation that computes a value. Below, X and Y are its first two arguments. A small y is the second argument too, or
// Imm when the operation has only one argument.
type Op uint8

const (
	None Op = iota

	// The high level. Lowering replaces these operations.
	VarGet     // the variable Aux
	VarSet     // variable Aux = X
	FieldLoad  // field Aux (of Names) of the struct at X, as Type, Size and Signed say
	FieldStore // field Aux of the struct at X = Y, a number as Size and Signed say; Imm is a sum of FieldBool and FieldDeclared
	FieldAddr  // address of field Aux of the struct at X
	Has        // Bool: does the target have what Aux names?
	EnumValue  // the enum constant Aux
	KernelCall // calls the kernel function that Aux names
	ReadKernel // FieldLoad through bpf_probe_read_kernel, for pointers that the verifier does not trust

	// Values without arguments, which can be computed again anywhere.
	Const     // Imm
	FrameAddr // address Imm bytes into the object Aux of the frame
	MapAddr   // the map Aux
	MapValue  // address Imm bytes into the value of the map Aux
	FuncAddr  // address of the function Aux, for callbacks

	Param // what register Imm (1 to 5) holds on entry
	Phi   // the argument for the block that control came from; it has one argument for each of Preds
	Copy  // X

	// Arithmetic on X and y, in the width of the type. Shifts use only the low bits of their count, so a shift by the width is a
	// shift by 0.
	Add
	Sub
	Mul
	Div  // unsigned; by zero gives 0
	Mod  // unsigned; by zero gives X
	SDiv // signed, rounds toward zero; by zero gives 0
	SMod // signed, has the sign of X; by zero gives X
	And
	Or
	Xor
	Shl
	Shr // logical
	Sar // arithmetic
	Neg // -X

	// Changes of width. Type is the result's.
	Trunc  // 64 to 32 bits
	ZExt   // 32 to 64 bits: no instruction
	SExt8  // from 8 bits to the type's width
	SExt16 // from 16
	SExt32 // from 32 to 64
	Swap16 // the bytes of the low 16 bits reversed, the rest is zero; on the high level, Imm 1 means: only on little-endian machines
	Swap32
	Swap64

	// Programs reach the memory of an arena by pointers, user space by addresses. These convert one to the other.
	ToArena   // the pointer for the address X
	FromArena // the address for the pointer X

	Compare // Bool: X Cond y, in the width that Wide says
	Not     // the other Bool than X

	// Memory: Size bytes at X + Off.
	Load       // zero-extended to the type, or sign-extended when Signed
	Store      // stores Y
	StoreConst // stores Imm
	Atomic     // the atomic operation Imm (isa.Atomic…) with Y; compare-and-exchange has a third argument

	// Calls with Args. Results are I64 unless the type says otherwise.
	CallHelper // the helper Imm
	CallKernel // the kernel function Imm (a BTF id), which Aux names
	CallSub    // the function Aux of the object

	numOps
)

// A Cond is a comparison.
type Cond uint8

const (
	EQ Cond = iota
	NE
	LT // unsigned
	LE
	GT
	GE
	SLT // signed
	SLE
	SGT
	SGE
	TEST // X & y is not 0
	numConds
)

// info has the properties that all values of an operation share.
type info struct {
	name    string
	args    int8 // -1: any number
	imm     bool // the last argument may be Imm instead
	pure    bool // it depends on its arguments only: it may be left out, or computed once instead of twice
	effects bool // it must happen, even if the value is not used
	remake  bool // cheap to compute again, and without arguments
}

var ops = [numOps]info{
	VarGet:     {name: "get", pure: false},
	VarSet:     {name: "set", args: 1, effects: true},
	FieldLoad:  {name: "field", args: 1},
	FieldStore: {name: "setfield", args: 2, effects: true},
	FieldAddr:  {name: "fieldaddr", args: 1, pure: true},
	Has:        {name: "has", pure: true},
	EnumValue:  {name: "enum", pure: true},
	KernelCall: {name: "callname", args: -1, effects: true},
	ReadKernel: {name: "readkernel", args: 1, effects: true},

	Const:      {name: "const", pure: true, remake: true},
	FrameAddr:  {name: "frame", pure: true, remake: true},
	MapAddr:    {name: "map", pure: true, remake: true},
	MapValue:   {name: "mapvalue", pure: true, remake: true},
	FuncAddr:   {name: "func", pure: true, remake: true},
	Param:      {name: "param"},
	Phi:        {name: "phi", args: -1},
	Copy:       {name: "copy", args: 1, pure: true},
	Add:        {name: "add", args: 2, imm: true, pure: true},
	Sub:        {name: "sub", args: 2, imm: true, pure: true},
	Mul:        {name: "mul", args: 2, imm: true, pure: true},
	Div:        {name: "div", args: 2, imm: true, pure: true},
	Mod:        {name: "mod", args: 2, imm: true, pure: true},
	SDiv:       {name: "sdiv", args: 2, imm: true, pure: true},
	SMod:       {name: "smod", args: 2, imm: true, pure: true},
	And:        {name: "and", args: 2, imm: true, pure: true},
	Or:         {name: "or", args: 2, imm: true, pure: true},
	Xor:        {name: "xor", args: 2, imm: true, pure: true},
	Shl:        {name: "shl", args: 2, imm: true, pure: true},
	Shr:        {name: "shr", args: 2, imm: true, pure: true},
	Sar:        {name: "sar", args: 2, imm: true, pure: true},
	Neg:        {name: "neg", args: 1, pure: true},
	Trunc:      {name: "trunc", args: 1, pure: true},
	ZExt:       {name: "zext", args: 1, pure: true},
	SExt8:      {name: "sext8", args: 1, pure: true},
	SExt16:     {name: "sext16", args: 1, pure: true},
	SExt32:     {name: "sext32", args: 1, pure: true},
	Swap16:     {name: "swap16", args: 1, pure: true},
	Swap32:     {name: "swap32", args: 1, pure: true},
	Swap64:     {name: "swap64", args: 1, pure: true},
	ToArena:    {name: "toarena", args: 1, pure: true},
	FromArena:  {name: "fromarena", args: 1, pure: true},
	Compare:    {name: "cmp", args: 2, imm: true, pure: true},
	Not:        {name: "not", args: 1, pure: true},
	Load:       {name: "load", args: 1},
	Store:      {name: "store", args: 2, effects: true},
	StoreConst: {name: "store", args: 1, effects: true},
	Atomic:     {name: "atomic", args: -1, effects: true},
	CallHelper: {name: "helper", args: -1, effects: true},
	CallKernel: {name: "kernel", args: -1, effects: true},
	CallSub:    {name: "call", args: -1, effects: true},
}

var condNames = [numConds]string{EQ: "==", NE: "!=", LT: "<", LE: "<=", GT: ">", GE: ">=",
	SLT: "s<", SLE: "s<=", SGT: "s>", SGE: "s>=", TEST: "&"}

// String is the operation's name in listings.
func (op Op) String() string {
	if op < numOps {
		return ops[op].name
	}
	return "?"
}

// Pure reports whether the value depends on nothing but its arguments.
func (op Op) Pure() bool { return op < numOps && ops[op].pure }

// HasEffects reports whether the operation must happen even if its value is not used. Loads have no effects, but they are not pure
// either.
func (op Op) HasEffects() bool { return op < numOps && ops[op].effects }

// Remake reports whether the value can be computed anywhere, without arguments.
func (op Op) Remake() bool { return op < numOps && ops[op].remake }

// TakesImm reports whether Imm may stand in the place of the last argument.
func (op Op) TakesImm() bool { return op < numOps && ops[op].imm }

// Commutes reports whether X and Y may change places.
func (op Op) Commutes() bool {
	switch op {
	case Add, Mul, And, Or, Xor:
		return true
	}
	return false
}

// IsCall reports whether the operation is a call, which overwrites registers.
func (op Op) IsCall() bool { return op == CallHelper || op == CallKernel || op == CallSub }

// String is the comparison as C writes it, with s for signed.
func (c Cond) String() string { return condNames[c] }

// Negated is the comparison that holds exactly when c does not. It is false for TEST, which has no such comparison.
func (c Cond) Negated() (Cond, bool) {
	table := [numConds]Cond{EQ: NE, NE: EQ, LT: GE, LE: GT, GT: LE, GE: LT, SLT: SGE, SLE: SGT, SGT: SLE, SGE: SLT}
	return table[c], c != TEST
}

// Swapped is the comparison with its sides exchanged.
func (c Cond) Swapped() Cond {
	table := [numConds]Cond{EQ: EQ, NE: NE, LT: GT, LE: GE, GT: LT, GE: LE, SLT: SGT, SLE: SGE, SGT: SLT, SGE: SLE, TEST: TEST}
	return table[c]
}

// Signed reports whether the comparison takes its numbers as signed.
func (c Cond) Signed() bool { return c >= SLT && c <= SGE }

// Holds compares two numbers: all 64 bits if wide is set, otherwise the lower 32 bits.
func (c Cond) Holds(x, y uint64, wide bool) bool {
	sx, sy := int64(x), int64(y)
	if !wide {
		x, y = uint64(uint32(x)), uint64(uint32(y))
		sx, sy = int64(int32(x)), int64(int32(y))
	}
	switch c {
	case EQ:
		return x == y
	case NE:
		return x != y
	case LT:
		return x < y
	case LE:
		return x <= y
	case GT:
		return x > y
	case GE:
		return x >= y
	case SLT:
		return sx < sy
	case SLE:
		return sx <= sy
	case SGT:
		return sx > sy
	case SGE:
		return sx >= sy
	}
	return x&y != 0
}
