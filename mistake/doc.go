// Package mistake has the kinds of mistakes in BPF programs, and findings: what is wrong, where, and what to do.
//
// A mistake is found at one of four times: when a Go function runs and makes its program (package dsl), when the program is compiled or
// checked for a target (compile, structops, prog), when the kernel's verifier refuses it (verifierlog reads the log), or when other
// people's code is checked (bpfsmith check). Its kind is the same at all four: a pointer that may be nil is always [MaybeNil].
//
// Findings come as one error of type [Findings], which holds all mistakes:
//
//	var found mistake.Findings
//	if errors.As(err, &found) && found[0].Kind == mistake.MaybeNil { … }
package mistake
