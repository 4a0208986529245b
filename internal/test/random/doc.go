// Package random makes random programs in the language of package dsl, for tests of the compiler.
//
// A [Program] is a tree. It is used twice: [Program.Build] writes it as functions of the language, and [Program.Run] computes, with Go's
// own operators on Go's own integers, what it must do. Both walk the same tree, and have nothing else in common: whoever compiles
// what the one gives, runs it in the kernel and compares with the other has a test of all between.
//
// What programs do shows in a piece of memory, their context: they read it and write it, in all widths and across each other's bytes, and
// all of it counts in the end.
//
// Programs that fail are [Shrink]ed: statements are left out and expressions made simpler as long as the failure remains.
package random
