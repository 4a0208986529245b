// Package mistakes is a collection of small programs that are wrong: one for each message of the kernel's verifier that
// verifierlog explains and that a kernel can be brought to give. Each has one line that is the mistake, marked
//
//	// wrong: why
//
// and where the verifier notices it only later, another one marked
//
//	// seen: what is noticed
//
// The tests ask who finds them. Compiling with its checks on is to find those that the table says it finds, at the wrong line;
// the running kernel is to refuse all of them, and verifierlog to explain its log by the rule that the program is for, at the
// wrong line or where it is seen. What the kernel said is kept in testdata, and docs/mistakes.md is made of all that:
//
//	go test ./internal/test/mistakes -run Kernel -update   as root, on the kernel that the logs are to be of
//	go generate ./internal/test/mistakes
//
// Rules without a program are in a table too, with what stands against one (without.go).
package mistakes

//go:generate go run ../../gen/mistakesdoc
