// Package ir is the form of structured functions between the language (dsl) and machine code (compile): values in blocks.
//
// # A function
//
// A [Func] is a list of blocks. A [Block] is a list of values, which are computed one after the other, and an ending: it goes on to
// one block, to one of two blocks by a comparison, or it leaves the function. A [Value] is an operation on earlier values. Values,
// variables and blocks are named by numbers, which are indices into the lists of the Func.
//
// # Two levels
//
// Package dsl records the high level. It has mutable variables ([VarGet], [VarSet]), and it names fields, kernel functions and enum
// constants, because the kernel that the program will run on is not known yet.
//
// Compiling copies the function. On the way it looks the names up, drops what the target does not have, and turns variables into SSA
// form: each value is computed once, and where paths meet, a [Phi] has the value of the path that was taken. The passes of
// internal/compiler/opt and instruction selection work on this low level.
//
// # Values and registers
//
// A register has 64 bits. Values of type I32 (and narrower integers, which are I32 too) have the upper half zero. A narrow
// unsigned integer is kept zero-extended, and a narrow signed one is kept sign-extended to 32 bits. Bool is 0 or 1. So widening an
// unsigned integer costs nothing, and a comparison depends only on the width. Operations of their own ([And], [SExt8], [Trunc]) cut
// values back to that form. The optimiser removes them where the upper bits are not used.
package ir
