// Package opt makes functions of the low level (package ir) shorter: the result does the same in fewer instructions.
//
// # What the machine rewards
//
// A BPF instruction takes one or two registers, and perhaps a number of 32 bits. So a constant that fits is free as the last argument,
// and costs an instruction elsewhere. A branch compares by itself, but the result of a comparison as a number takes three instructions.
// Loads and stores add an offset of 16 bits. Operations of 32 bits look at the lower halves of registers and make the upper half of the
// result zero. To cut off an upper half takes an instruction, unless the value's own instruction has done so, or the upper half is not
// used.
//
// # The passes
//
//   - flow: removes blocks that cannot be reached, branches that go only one way, blocks that
//     only lead on, and phis with one value; joins blocks that can be one.
//   - algebra: computes what is constant, puts constants into instructions and offsets, and
//     applies the laws of arithmetic (algebra.go, bitwise.go, compare.go, address.go, fold.go).
//   - number: value numbering over the dominator tree.
//   - branches: branches by comparisons instead of their results, the parts of a condition one
//     after the other, and ways that go past a branch whose outcome they know.
//   - memory: keeps what was loaded and stored; alias.go says whether two accesses may share bytes.
//   - ranges: finds the bounds and the possible bits of numbers, and removes what they make
//     superfluous; facts.go has the effect of each operation.
//   - demand: finds which bits are used, and removes what only changes the others.
//   - dead: removes values that are not needed.
//   - sink: moves constants and addresses to where they are used.
//
// Each pass is a plain function on work and leaves a function that ir.Func.Verify accepts. testdata shows functions before and after
// each pass. The passes run in the order of the list in opt.go.
//
// # What holds afterwards
//
// As before, the register of a value of type I32 has a zero upper half, and that of a Bool is 0 or 1. But the types of arguments no
// longer follow from the operation. An operation of 32 bits may take an I64 and look at its lower half. An operation of 64 bits may
// take an I32, whose register is the zero-extended number. There is no ZExt. With NarrowJumps the same is true of comparisons. Without
// it, comparisons of 32 bits compare registers whose upper halves are zero. A store takes the low bytes of its argument, of any type.
//
// Immediates, and constants of type I32, are int32. Constants and addresses come before their first use in each block, or at the end of
// a block if a phi takes them from there. The only copies that remain are between pointers and numbers.
//
// An edge may lead from a block with two successors to a block with several predecessors. Both edges of a block may lead to the same
// block; then the first of them comes first in its Preds.
//
// # What the verifier must still see
//
// Programs often have masks and comparisons only to convince the kernel's verifier. They are removed only where the verifier knows as
// much without them. So ranges claims nothing about quotients, about numbers that are unequal to another, or about comparisons of two
// variables. Extensions that a comparison does not need stay as long as other values need them, because the verifier learns about the
// register that is compared. Nothing is computed where it was not computed before, pointers stay the first argument of sums, and no
// memory is read again.
package opt
