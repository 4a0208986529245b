// Package mistakes is a collection of small wrong programs. There is one for each message of the kernel's verifier that verifierlog
// explains and that a test can cause. In each program the line with the mistake is marked
//
//	// wrong: why
//
// and when the verifier finds the mistake at a later line, that line is marked
//
//	// seen: what the verifier finds
//
// The tests check who finds the mistakes. Compiling must find those that the table says, at the marked line. The running kernel must
// refuse all programs. verifierlog must explain each log with the rule of the program, at one of the marked lines. The logs of the kernel
// are in testdata. docs/mistakes.md is made from the programs, the rules and the logs:
//
//	go test ./internal/test/mistakes -run Kernel -update   as root, on the kernel that should write the logs
//	go generate ./internal/test/mistakes
//
// Rules without a program are in a table too, with the reason (without.go).
package mistakes

//go:generate go run ../../gen/mistakesdoc
