// Package ir is what structured functions are between the language (dsl) and
// machine code (compile): values in blocks.
//
// # A function
//
// A [Func] is a list of blocks. A [Block] is a list of values, computed one
// after the other, and a way to go on: to one block, to one of two by a
// comparison, or out of the function. A [Value] is an operation on earlier
// values; values, variables and blocks are numbers, and a Func owns what they
// number.
//
// # Two levels
//
// Package dsl records the high level: mutable variables ([VarGet], [VarSet]), and
// fields, kernel functions and enum constants by name, since the kernel that it
// will run on is not known yet.
//
// Compiling copies the function while it looks the names up, drops what the
// target does not have, and turns variables into SSA form: each value is made
// once, and where paths meet, a [Phi] takes the value of the path that was
// taken. On this low level the passes of internal/compiler/opt work, and instruction
// selection.
//
// # Values and registers
//
// A register has 64 bits. Values of type I32 (and narrower integers, which are
// I32 too) have the upper half zero. A narrow unsigned integer is kept
// zero-extended, a narrow signed one sign-extended to 32 bits. Bool is 0 or 1. So
// widening an unsigned integer costs nothing, and comparing is a matter of
// width only. What cuts values back to that form are operations of their own
// ([And], [SExt8], [Trunc]), which the optimiser removes where nobody looks at
// the upper bits.
package ir
