// Package verify finds, without a kernel, the reasons for which the kernel's verifier would refuse a program.
//
// # The machine
//
// The verifier walks through a program as if it ran, but with sets of values instead of values. About a number it knows limits and
// bits. About a pointer it knows which object it points to, and the offset in it. At a branch that it cannot decide, it follows one
// side and later the other. An impossible side is left out. A path ends when it meets a state that was seen before. The walk ends at
// the first instruction that is not allowed for all values of the set. Check does the same (kernel/bpf/verifier.c, Linux 6.18), but
// after a finding it continues with the other paths.
//
// # What is claimed
//
// There is no finding in a program that a kernel accepts. So this package says nothing where the kernel may know
// more than it does: values that it does not follow are vague. A path after a branch on a vague value may not
// exist, so nothing is reported on it. The work is limited. A program that needs more is reported as unchecked.
package verify
