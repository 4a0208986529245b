// Package mistake has the kinds of mistakes in BPF programs, and findings: what is wrong, where, and what to do.
//
// A mistake is found at one of four times, and is the same kind of mistake at each: while a function of Go is written (package dsl), when
// it is compiled or checked for a target (compile, structops, prog), by the kernel's verifier (verifierlog reads its log), or in code that
// somebody else made (bpfsmith check). A null pointer is [MaybeNil] in all four.
//
// Findings come as an error of type [Findings], all mistakes together:
//
//	var found mistake.Findings
//	if errors.As(err, &found) && found[0].Kind == mistake.MaybeNil { … }
package mistake
