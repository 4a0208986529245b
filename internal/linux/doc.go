// Package linux holds what this project knows about Linux, each fact once: helpers, kernel functions, program types and what R1 points
// to in them, attach types, map types, the kernel interfaces that programs implement, licences and limits.
//
// Each table is a literal of typed rows, so nothing is computed at import. A row says which release added a thing (Since) and,
// if that is not the UAPI header, which file of Linux says so. Packages read the rows: package dsl the types of
// arguments, compile the numbers, internal/verify the rules, verifierlog the words, and the generators the documentation.
//
// It imports no other package of this project. The public names of these types are aliases in package syscall, isa and dsl.
//
// The zero value of a field means "not known", except where its comment says more. What is not known is not checked.
package linux
