// Package opt makes functions of the low level (package ir) shorter: what comes out
// does the same, in fewer instructions.
//
// # What the machine rewards
//
// A BPF instruction takes one or two registers and perhaps a number of 32 bits, so a constant that fits is free where it stands
// last, and costs an instruction elsewhere. A branch compares; the result of a comparison as a number takes three instructions.
// Loads and stores add an offset of 16 bits. Operations of 32 bits look at the lower halves of registers, and leave the upper
// half zero: cutting off an upper half is an instruction, unless the value's own instruction has done so, or the upper half is
// not used.
//
// # The passes
//
//   - flow: blocks that nothing leads to, branches that go one way, blocks that only lead
//     on, blocks that could be one, phis with one value.
//   - algebra: computes what is constant, brings constants into instructions and offsets,
//     and applies the laws of arithmetic (algebra.go, bitwise.go, compare.go, address.go,
//     fold.go).
//   - number: value numbering over the dominator tree.
//   - branches: branches by comparisons instead of their results, both parts of a condition
//     one after the other, ways led past a branch whose outcome they bring.
//   - memory: keeps what was loaded and stored; what two accesses have to do with each other
//     is in alias.go.
//   - ranges: bounds and possible bits of numbers, and what they make superfluous (facts.go
//     has what operations make of them).
//   - demand: which bits are looked at, and what the others make superfluous.
//   - dead: removes what is not needed.
//   - sink: constants and addresses where they are used.
//
// Each is a plain function on work, leaves a function that ir.Func.Verify accepts, and has
// before and after in testdata. They run in the order of the list in opt.go.
//
// # What holds afterwards
//
// The register of a value of type I32 has a zero upper half, and that of a Bool is 0 or 1, as
// before. But types of arguments do not follow from the operation any more: an operation of 32
// bits may take an I64, of which it looks at the lower half, and one of 64 bits an I32, whose
// register is the number zero-extended. There is no ZExt. With NarrowJumps that is so of
// comparisons, too; without, those of 32 bits compare registers with zero upper halves. A store
// takes its low bytes of whatever it gets.
//
// Immediates, and constants of type I32, are int32. Constants and addresses come before their first use in each block, or at
// the end of a block where a phi takes them. A Copy that is left is between a pointer and a number.
//
// Edges may lead from a block with two ways on to a block with several ways in, also
// both of them to the same one; the first of the two stands first in its Preds.
//
// # What the verifier must still see
//
// Masks and comparisons often stand in programs to convince the kernel's verifier. They go only
// where it knows as much: ranges does not claim what can be known of quotients, of numbers that
// differ from another, or from comparisons of two variables. Extensions that a comparison does
// not need stay as long as others need them, since the verifier learns about the register that is
// compared. Nothing is computed where it was not before, pointers stay the first argument of
// sums, and no memory is read again.
package opt
