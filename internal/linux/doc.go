// Package linux is what this project knows of Linux, each fact once: helpers, kernel functions, program types and what R1 leads to
// in them, attach types, map types, the kernel interfaces that programs implement, licences and limits.
//
// Each table is a literal of typed rows, so nothing is computed at import. A row says in which release a thing came (Since) and,
// where that is not the UAPI header, which file of Linux says so. Who needs a fact reads the row: package dsl the types of
// arguments, compile the numbers, internal/verify the rules, verifierlog the words, and the generators the documentation.
//
// Nothing here imports anything of ours. The public names of these types are aliases in package syscall, isa and dsl.
//
// What a row does not say is not known, and nothing is claimed of it: that is the zero value of a field, except where noted.
package linux
