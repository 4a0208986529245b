// Package regalloc gives the values of a function the registers of the BPF machine.
//
// # The problem
//
// A compiler works with any number of values. The machine has ten registers for them, r0 to r9 (r10 is the frame pointer). A call takes
// its arguments in r1 to r5 and makes its result in r0. It destroys everything else in r0 to r5; only r6 to r9 survive it. Arithmetic
// overwrites its first operand (dst += src). No instruction exchanges two registers, and the kernel's verifier forbids the trick with
// three XORs on pointers. A value that finds no register goes to a slot of eight bytes on the stack, and is loaded when it is needed.
// Instructions that only move a value do no work, so the aim is to have few of them, and to have those outside loops.
//
// # The method
//
// It is a linear scan over the live ranges of SSA values, as in Wimmer and Franz, "Linear Scan Register Allocation on SSA Form" (CGO
// 2010), with holes and splitting:
//
//   - intervals.go numbers the instructions in layout order; collect.go checks them and gathers definitions and uses.
//   - spread.go finds where each value is alive, by walking from its uses up to its definition, with shortcuts. No table has
//     the size values × blocks.
//   - operands.go decides which operands are swapped, where uses end, and which registers would save a move.
//   - scan.go goes through the values in order of their starts. assign.go gives each a register that is free for all its
//     life (choose.go says which). If there is none, it compares costs (cost.go): this value may be on the stack for a while,
//     or one of those that are in registers. So the life of a value is cut into pieces, each in one register; between pieces
//     the value is in its slot.
//   - resolve.go writes the code: the instructions with their registers, and before them the moves. On the edges of the flow
//     graph it moves what is elsewhere at the start of the next block.
//   - moves.go puts moves that happen at the same time into an order.
//   - check.go follows the finished code and shows that each operand reads the right value.
//
// # Time within an instruction
//
// An instruction begins at a moment p, which is a multiple of four (moment.go). These moments matter:
//
//	p-1          the values are where the previous instruction left them
//	p            everything has been moved to where this instruction wants it, in one parallel move: arguments into their
//	             registers, the tied value into the register of the result, values that change their place
//	p+written    the result is written, if it is not tied; uses that are read before (Early) have been read
//	p+over       the instruction is over; a result made in a fixed register is moved to where it will stay
//
// So an argument must only live until p (exclusive): it is taken from wherever it is at p-1, even from the stack. A use in any register
// must be in a register at p. Ranges are half open. The start of a block has a row of moments of its own, before its first instruction:
// the moment when its parameters exist.
//
// # Slots
//
// A value is defined once, so its slot is written once, directly after the definition. After that, going to the stack is free, and
// coming back is one load. Values that can be made again (constants, addresses) have no slot: the instruction that defines them is
// repeated where they are needed. Their original instruction is left out if nothing would read it.
package regalloc
