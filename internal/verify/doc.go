// Package verify tells without a kernel why the kernel's verifier would refuse a program.
//
// # The machine
//
// The verifier walks through a program as if it ran, with sets of values in the place of values: of a
// number it knows limits and bits, of a pointer what it leads to and how far from its beginning. At a branch
// that it cannot decide it goes on with one side and comes back for the other; a side that cannot be is left
// out. Where a path meets a state that was seen before, it ends. The first thing that is not allowed
// for all values of the set ends the walk. Check does the same (kernel/bpf/verifier.c, Linux 6.18), and goes on after
// a finding with the other paths.
//
// # What is claimed
//
// No finding on a program that a kernel takes. So wherever this package knows less than the kernel may, it
// says nothing: values that it does not follow are vague, a path behind a branch on such a one may not exist,
// and nothing is found on it. Work is bounded; a program that takes more is said to be unchecked.
package verify
