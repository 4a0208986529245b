package compile

import (
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// hoistMoves looks for a branch where one side only moves values and then joins the other side. It makes the moves before the branch,
// if the other side does not need what they overwrite. Then the branch falls through, which saves a jump.
func hoistMoves(t *tidying) {
	blocks := t.blocks
	live := liveRegisters(blocks)
	from := make([]int32, len(blocks)) // by block: how many ways lead into it
	for b := range blocks {
		for _, to := range [...]int32{blocks[b].taken, blocks[b].otherwise} {
			if to != nowhere {
				from[to]++
			}
		}
	}
	for b := range blocks {
		c := &blocks[b]
		if c.taken == nowhere || isMayGoto(c.jump) {
			continue
		}
		for _, way := range [...][2]int32{{c.taken, c.otherwise}, {c.otherwise, c.taken}} {
			between, other := &blocks[way[0]], &blocks[way[1]]
			if from[way[0]] != 1 || between.taken != nowhere || between.otherwise == nowhere || len(between.body) == 0 {
				continue
			}
			written, ok := movesOnly(between.body)
			if !ok || written&c.jump.Reads() != 0 {
				continue
			}
			if written&live[way[1]] != 0 { // it would be lost on the other way
				continue
			}
			c.body = append(c.body, between.body...)
			if from[way[1]] == 1 {
				other.body = withoutRepeated(other.body, between.body)
			}
			between.body = nil
			break
		}
	}
}

// movesOnly reports whether all items are moves and constants. It returns the registers that they write.
func movesOnly(body []record.Item) (written isa.RegisterSet, ok bool) {
	const longest = 2
	if len(body) > longest {
		return 0, false
	}
	for i := range body {
		ins := &body[i].Ins
		if body[i].Kind != record.Plain || !isMove(*ins) {
			return 0, false
		}
		written = written.With(ins.Dst)
	}
	return written, true
}

// withoutRepeated leaves out the first instructions of a body if they were just done.
func withoutRepeated(body, done []record.Item) []record.Item {
	for len(body) > 0 && len(done) == 1 && equalBodies(body[:1], done) {
		body = body[1:]
	}
	return body
}

// dropRepeated leaves out a move if the same move was made on each way to there, so that the register holds the value already. Blocks
// come before those that they lead to, except where a loop goes back.
func dropRepeated(t *tidying) {
	blocks := t.blocks
	const (
		unmet  = iota
		met    // some way to it has been seen
		closed // a way leads back to it: nothing is known there
	)
	state := make([]uint8, len(blocks))
	for b := range blocks {
		for _, to := range [...]int32{blocks[b].taken, blocks[b].otherwise} {
			if to != nowhere && int(to) <= b {
				state[to] = closed
			}
		}
	}
	known := make([]moved, len(blocks))
	for b := range blocks {
		c, m := &blocks[b], &known[b]
		c.body = m.leaveOut(c.body)
		if c.taken != nowhere {
			m.compared(c.jump.Reads())
		}
		for _, to := range [...]int32{c.taken, c.otherwise} {
			switch {
			case to == nowhere || state[to] == closed:
			case state[to] == unmet:
				state[to], known[to] = met, *m
			default:
				known[to].meet(m)
			}
		}
	}
}

// moved says by which moves registers got their contents.
type moved struct {
	set isa.RegisterSet
	by  [isa.R10]isa.Instruction
}

// leaveOut goes through a body.
func (m *moved) leaveOut(body []record.Item) []record.Item {
	kept := body[:0]
	sure := 0 // instructions before this one may be jumped over
	for i := range body {
		ins := body[i].Ins
		move := body[i].Kind == record.Plain && isMove(ins) && i >= sure && ins.Dst < isa.R10
		if move && m.set.Has(ins.Dst) && m.by[ins.Dst] == ins {
			continue
		}
		reads, writes := touched(&body[i])
		m.lose(writes)
		if body[i].Kind == record.Plain && ins.IsConditional() {
			m.compared(reads)
			sure = i + 1 + int(ins.Off)
		}
		if move && (ins.Op.Source() == isa.SrcK || ins.Src != ins.Dst) {
			m.set, m.by[ins.Dst] = m.set.With(ins.Dst), ins
		}
		kept = append(kept, body[i])
	}
	return kept
}

// lose forgets registers that are written, and registers that were copied from them.
func (m *moved) lose(written isa.RegisterSet) {
	m.set &^= written
	if m.set != 0 && written != 0 {
		m.uncouple(written)
	}
}

// compared forgets moves from or to registers that are compared. The two registers hold the same, but the verifier may know less about
// one than about the other.
func (m *moved) compared(registers isa.RegisterSet) {
	if m.set == 0 {
		return
	}
	m.uncouple(registers)
	for r := range (m.set & registers).All() {
		if m.by[r].Op.Source() == isa.SrcX {
			m.set = m.set.Without(r)
		}
	}
}

// uncouple forgets the registers that were copied from some registers.
func (m *moved) uncouple(from isa.RegisterSet) {
	for r := range m.set.All() {
		if m.by[r].Op.Source() == isa.SrcX && from.Has(m.by[r].Src) {
			m.set = m.set.Without(r)
		}
	}
}

// meet keeps what both know.
func (m *moved) meet(other *moved) {
	m.set &= other.set
	for r := range m.set.All() {
		if m.by[r] != other.by[r] {
			m.set = m.set.Without(r)
		}
	}
}

// liveRegisters are the registers that are still needed at the start of each block.
func liveRegisters(blocks []codeBlock) []isa.RegisterSet {
	reads := make([]isa.RegisterSet, len(blocks))
	writes := make([]isa.RegisterSet, len(blocks))
	for b := range blocks {
		for i := range blocks[b].body {
			r, w := touched(&blocks[b].body[i])
			reads[b] |= r &^ writes[b]
			writes[b] |= w
		}
		if blocks[b].taken != nowhere {
			reads[b] |= blocks[b].jump.Reads() &^ writes[b]
		}
	}
	live := make([]isa.RegisterSet, len(blocks))
	for changed := true; changed; {
		changed = false
		for b := len(blocks) - 1; b >= 0; b-- {
			var out isa.RegisterSet
			for _, to := range [...]int32{blocks[b].taken, blocks[b].otherwise} {
				if to != nowhere {
					out |= live[to]
				}
			}
			if in := reads[b] | out&^writes[b]; in != live[b] {
				live[b], changed = in, true
			}
		}
	}
	return live
}

// touched are the registers that an item reads and writes. A call may read all arguments.
func touched(i *record.Item) (reads, writes isa.RegisterSet) {
	reads, writes = i.Ins.Reads(), i.Ins.Writes()
	if i.Ins.IsCall() {
		reads |= isa.Arguments
	}
	if i.Ins.IsExit() {
		reads = reads.With(isa.R0)
	}
	return reads, writes
}
