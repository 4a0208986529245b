// Package ir is the form of structured functions between the language (dsl) and machine code (compile): values in blocks.
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
// Compiling copies the function while it looks the names up, drops what the target does not have, and turns variables into SSA
// form: each value is computed once, and where paths meet, a [Phi] has the value of the path that was taken. The passes of
// internal/compiler/opt and instruction selection work on this low level.
//
// # Values and registers
//
// A register has 64 bits. Values of type I32 (and narrower integers, which are I32 too) have the upper half zero. A narrow
// unsigned integer is kept zero-extended, a narrow signed one sign-extended to 32 bits. Bool is 0 or 1. So widening an unsigned
// integer costs nothing, and a comparison depends only on the width. Separate operations ([And], [SExt8], [Trunc]) cut values
// back to that form; the optimiser removes them where the upper bits are not used.
package ir
