// Package regalloc gives the values of a function the registers of the BPF machine.
//
// # The problem
//
// A compiler thinks in values, of which there are as many as it likes. The machine has ten registers for them, r0 to r9
// (r10 is the frame pointer). A call takes its arguments in r1 to r5, makes its result in r0, and leaves nothing in r0 to
// r5 but that result; only r6 to r9 survive it. Arithmetic overwrites its first operand (dst += src). There is no
// instruction that exchanges two registers, and the kernel's verifier forbids the trick with three XORs on pointers. What
// finds no register goes to the stack, eight bytes each, and comes back when it is needed. Instructions that only move
// a value do no work, so the aim is to have few of them, and those outside loops.
//
// # The method
//
// Linear scan over the live ranges of SSA values, as in Wimmer and Franz, "Linear Scan Register Allocation on SSA Form"
// (CGO 2010), with holes and splitting:
//
//   - intervals.go numbers the instructions in layout order; collect.go checks them and gathers definitions and uses.
//   - spread.go finds for each value the stretches where it is alive, walking from its uses up to its definition, with
//     shortcuts. Nothing is as large as values × blocks.
//   - operands.go decides which operands are swapped, where uses end, and which registers would save a move.
//   - scan.go goes through the values in order of their starts. assign.go gives each a register that is free for all its
//     life (choose.go says which); if there is none, it weighs what it would cost (cost.go) to have this value, or one of
//     those that sit in registers, on the stack for a while. A value's life is so cut into pieces, each in one register;
//     between pieces it is in its slot.
//   - resolve.go writes the code: the instructions with their registers, and before them what must be moved; along the
//     edges of the flow graph, what differs between the end of a block and the start of the next one.
//   - moves.go puts moves that happen at the same time into an order.
//   - check.go follows the code that came out and shows that each operand reads the value that it should.
//
// # Time within an instruction
//
// An instruction begins at a moment p, a multiple of four (moment.go), and these count:
//
//	p-1          the values are where the previous instruction left them
//	p            everything has been moved to where this instruction wants it, in one parallel move: arguments into their
//	             registers, the tied value into the register of the result, values that change their place
//	p+written    the result is written, if it is not tied; uses that are read before (Early) have been read
//	p+over       the instruction is over; a result made in a fixed register is moved to where it will stay
//
// So an argument must only live until p (exclusive): it is taken from wherever it is at p-1, even from the stack. A use
// in any register must be in a register at p. Ranges are half open, and each block has a number of its own before its
// first instruction: the moment when its parameters exist.
//
// # Slots
//
// A value is defined once, so its slot is written once, right after the definition; from there on "going to the stack" is
// free and coming back is one load. Values that can be remade (constants, addresses) have no slot; coming back is the
// defining instruction again. They are made where they are first needed, and their original instruction is left out if
// nothing would read it.
package regalloc
