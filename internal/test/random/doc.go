// Package random makes random programs in the language of package dsl, for tests of the compiler.
//
// A [Program] is a tree. It is used twice: [Program.Build] writes it as functions of the language, and [Program.Run] computes its result
// with Go's own operators on Go's own integers. Both use the same tree, and have nothing else in common. A test compiles the functions,
// runs them in the kernel, and compares with the computed result. It tests everything in between.
//
// The results of programs are in a piece of memory, their context. They read and write it in all widths, also overlapping bytes, and all
// of it is compared in the end.
//
// Programs that fail are [Shrink]ed: statements are left out and expressions made simpler as long as the failure remains.
package random
