package regalloc

import "math"

// A moment is a point in a function, counted from its start. Each instruction has perInstr moments, and so has the start of each block.
// "Time within an instruction" in the package comment says what happens at them.
type moment int32

// Moments of an instruction after its first one. At the first one, everything has been moved to where the instruction wants it.
const (
	written moment = 1 // the result is written, if it is not tied; Early uses have been read
	over    moment = 2 // the instruction is over

	rowBits         = 2
	perInstr moment = 1 << rowBits
	never    moment = math.MaxInt32 // after all of the function
)

// row is the number of the instruction, or of the start of a block, that the moment belongs to. Rows are counted through the whole
// function.
func (m moment) row() int32 { return int32(m >> rowBits) }

// begin is the first moment of its row.
func (m moment) begin() moment { return m &^ (perInstr - 1) }

// next is the first moment of the row after its own.
func (m moment) next() moment { return m.begin() + perInstr }

// instrAt is the first moment of instruction i of block b.
func (l *lives) instrAt(b, i int) moment { return l.start[b] + moment(i+1)*perInstr }

// entered is the moment when the function has been entered and its parameters are in their registers.
func (l *lives) entered(entries int) moment { return l.instrAt(0, entries-1) + over }

// blockAt is the block of a moment.
func (l *lives) blockAt(m moment) int32 { return l.at[m.row()] }

// useBlock is the block of a use. A use is never at the start of its block, but a phi's may be at its end.
func (l *lives) useBlock(pos moment) int32 { return l.blockAt(pos - 1) }

// instrIn is the index in block b of the instruction that a moment belongs to, or -1 at the start of the block.
func (l *lives) instrIn(b int32, m moment) int { return int((m - l.start[b]).row()) - 1 }
