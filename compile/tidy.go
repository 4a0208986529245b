package compile

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// What is here shortens code whose registers are known.

// threadJumps lets jumps to blocks that only go on lead where these do, and drops
// such blocks, and those that nothing leads to any more.
func threadJumps(blocks []codeBlock) {
	end := func(b int32) int32 {
		for range blocks { // an endless loop of empty blocks comes to an end here
			c := &blocks[b]
			if len(c.body) > 0 || c.taken != nowhere || c.otherwise == nowhere || c.otherwise == b {
				break
			}
			b = c.otherwise
		}
		return b
	}
	reached := make([]bool, len(blocks))
	work := []int32{end(0)}
	if work[0] != 0 { // the entry stays the first
		blocks[0].otherwise = work[0]
		reached[0] = true
	}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if reached[b] {
			continue
		}
		reached[b] = true
		c := &blocks[b]
		if c.otherwise != nowhere {
			c.otherwise = end(c.otherwise)
			work = append(work, c.otherwise)
		}
		if c.taken != nowhere {
			c.taken = end(c.taken)
			work = append(work, c.taken)
			if c.taken == c.otherwise && !isMayGoto(c.jump) {
				c.taken = nowhere
			}
		}
	}
	for b := range blocks {
		blocks[b].dropped = !reached[b]
	}
}

// oneExit lets the blocks that leave the function go on to one which does nothing
// else: what is done before may be shared then, and branches lead to it directly. It
// adds that block. Where it does not follow, there is an exit instead of a jump to it.
func oneExit(blocks []codeBlock) []codeBlock {
	exits := 0
	for b := range blocks {
		if blocks[b].leaves() {
			exits++
		}
	}
	if exits < 2 {
		return blocks
	}
	exit := int32(len(blocks))
	for b := range blocks {
		c := &blocks[b]
		if !c.leaves() {
			continue
		}
		n := len(c.body) - 1
		if exits--; exits == 0 {
			blocks = append(blocks, codeBlock{body: c.body[n:], taken: nowhere, otherwise: nowhere, site: c.site})
		}
		c = &blocks[b]
		c.body, c.otherwise = c.body[:n:n], exit
	}
	return blocks
}

// leaves reports whether a block ends with exit.
func (c *codeBlock) leaves() bool {
	return c.taken == nowhere && c.otherwise == nowhere && len(c.body) > 0 && c.body[len(c.body)-1].Ins.IsExit()
}

// onlyLeaves reports whether a block is nothing but exit.
func (c *codeBlock) onlyLeaves() bool { return len(c.body) == 1 && c.leaves() }

// shareEndings lets short blocks that leave the function with the same
// instructions be one, so that branches lead to it directly.
func shareEndings(blocks []codeBlock) {
	const longest = 2 // with exit; more would give up lines of Go for little
	var known []int32
	same := make(map[int32]int32)
	for b := range blocks {
		c := &blocks[b]
		length := len(c.body)
		if c.otherwise != nowhere {
			if !blocks[c.otherwise].onlyLeaves() {
				continue
			}
			length++
		}
		if c.taken != nowhere || len(c.body) == 0 || length > longest {
			continue
		}
		for _, k := range known {
			if equalBodies(c.body, blocks[k].body) {
				same[int32(b)] = k
				break
			}
		}
		const most = 16 // different endings that are compared
		if _, ok := same[int32(b)]; !ok && len(known) < most {
			known = append(known, int32(b))
		}
	}
	for b := range blocks {
		for _, to := range [...]*int32{&blocks[b].taken, &blocks[b].otherwise} {
			if k, ok := same[*to]; ok {
				*to = k
			}
		}
	}
}

// mergeTails lets blocks that go on to the same one, and end with the same
// instructions, have these once: in a block of their own before it. It gives the
// blocks, and the order in which they stand.
func mergeTails(blocks []codeBlock) ([]codeBlock, []int32) {
	before := make([][]int32, len(blocks)) // by block, those that only go on to it
	for b := range blocks {
		if c := &blocks[b]; c.taken == nowhere && c.otherwise != nowhere && len(c.body) > 0 {
			before[c.otherwise] = append(before[c.otherwise], int32(b))
		}
	}
	behind := make(map[int32][]int32) // blocks to stand behind a block
	var merge func(group []int32, to int32)
	merge = func(group []int32, to int32) {
		const most = 64 // different endings that are compared
		for round := 0; len(group) > 1 && round < most; round++ {
			same, rest := group[:1], group[1:]
			var others []int32
			for _, b := range rest {
				if n := commonTail(blocks[same[0]].body, blocks[b].body); n > 0 {
					same = append(same[:len(same):len(same)], b)
				} else {
					others = append(others, b)
				}
			}
			group = others
			if len(same) < 2 {
				continue
			}
			n := len(blocks[same[0]].body)
			for _, b := range same[1:] {
				n = min(n, commonTail(blocks[same[0]].body, blocks[b].body))
			}
			tail := int32(len(blocks))
			last := same[len(same)-1]
			body := blocks[last].body
			blocks = append(blocks, codeBlock{body: body[len(body)-n:], taken: nowhere, otherwise: to, site: blocks[last].site})
			for _, b := range same {
				c := &blocks[b]
				c.body, c.otherwise = c.body[:len(c.body)-n], tail
			}
			behind[last] = append([]int32{tail}, behind[last]...)
			if len(same) > 2 {
				merge(same, tail) // some of them may share more
			}
		}
	}
	for to, group := range before {
		merge(group, int32(to))
	}
	row := make([]int32, 0, len(blocks))
	for b := range before {
		row = append(row, int32(b))
		row = append(row, behind[int32(b)]...)
	}
	return blocks, row
}

// commonTail counts the last instructions that two bodies share: the same ones of
// the same line of Go, or constants, moves, and stores to the stack, of which the line says little.
func commonTail(a, b []dsl.Item) int {
	n := 0
	for n < len(a) && n < len(b) {
		x, y := &a[len(a)-1-n], &b[len(b)-1-n]
		if x.Kind != dsl.Plain || y.Kind != dsl.Plain || x.Ins != y.Ins || x.Site() != y.Site() && !isMove(x.Ins) && !isSpill(x.Ins) {
			break
		}
		n++
	}
	for n > 0 && (jumpsBefore(a, n) || jumpsBefore(b, n)) {
		n--
	}
	return n
}

// jumpsBefore reports whether a jump over an instruction stands right before the
// last n of a body: it would lead over another one without them.
func jumpsBefore(body []dsl.Item, n int) bool {
	at := len(body) - n - 1
	if at < 0 {
		return false
	}
	_, _, jumps := body[at].Ins.Displacement()
	return jumps && body[at].Kind == dsl.Plain
}

func equalBodies(a, b []dsl.Item) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Kind != dsl.Plain || b[i].Kind != dsl.Plain || a[i].Ins != b[i].Ins {
			return false
		}
	}
	return true
}

// hoistMoves lets a branch fall through where one of its ways only moves values and
// then joins the other: the moves are made before the branch, as far as the
// other way does not need what they overwrite. That saves a jump.
func hoistMoves(blocks []codeBlock) {
	live := liveRegisters(blocks)
	from := make([]int32, len(blocks)) // how many ways lead into each block
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
			if written&live[way[1]] != 0 { // lost on the other way
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

// movesOnly reports whether all items are moves and constants, and what they write.
func movesOnly(body []dsl.Item) (written isa.RegisterSet, ok bool) {
	const longest = 2
	if len(body) > longest {
		return 0, false
	}
	for i := range body {
		ins := &body[i].Ins
		if body[i].Kind != dsl.Plain || !isMove(*ins) {
			return 0, false
		}
		written = written.With(ins.Dst)
	}
	return written, true
}

// isMove reports whether an instruction moves a register or a constant.
func isMove(ins isa.Instruction) bool {
	class := ins.Op.Class()
	return (class == isa.ClassALU64 || class == isa.ClassALU) && ins.Op.Operation() == isa.OpMov && ins.Off == 0
}

// isSpill reports whether an instruction stores a register as the allocator does.
func isSpill(ins isa.Instruction) bool {
	return ins.Op == isa.StoreMem(isa.DW, isa.R10, 0, isa.R0).Op && ins.Dst == isa.R10
}

// withoutRepeated leaves out the first instructions of a body that were just done.
func withoutRepeated(body, done []dsl.Item) []dsl.Item {
	for len(body) > 0 && len(done) == 1 && equalBodies(body[:1], done) {
		body = body[1:]
	}
	return body
}

// dropRepeated leaves out moves of what a register holds already, by the same move on each way to there. Blocks
// stand before those that they lead to, but for the ways back of loops.
func dropRepeated(blocks []codeBlock) {
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

// moved tells of registers by which moves they came to hold what they do.
type moved struct {
	set isa.RegisterSet
	by  [isa.R10]isa.Instruction
}

// leaveOut goes through a body.
func (m *moved) leaveOut(body []dsl.Item) []dsl.Item {
	kept := body[:0]
	sure := 0 // instructions before this one may be jumped over
	for i := range body {
		ins := body[i].Ins
		move := body[i].Kind == dsl.Plain && isMove(ins) && i >= sure && ins.Dst < isa.R10
		if move && m.set.Has(ins.Dst) && m.by[ins.Dst] == ins {
			continue
		}
		reads, writes := touched(&body[i])
		m.lose(writes)
		if body[i].Kind == dsl.Plain && ins.IsConditional() {
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

// lose forgets registers that are written, and what was moved from them.
func (m *moved) lose(written isa.RegisterSet) {
	m.set &^= written
	if m.set != 0 && written != 0 {
		m.uncouple(written)
	}
}

// compared forgets what was moved from or to registers that are compared. It holds what they do, but the verifier may
// know less of the one than of the other.
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

// uncouple forgets what was moved from some registers.
func (m *moved) uncouple(from isa.RegisterSet) {
	for r := range m.set.All() {
		if m.by[r].Op.Source() == isa.SrcX && from.Has(m.by[r].Src) {
			m.set = m.set.Without(r)
		}
	}
}

// meet keeps what is known of both.
func (m *moved) meet(other *moved) {
	m.set &= other.set
	for r := range m.set.All() {
		if m.by[r] != other.by[r] {
			m.set = m.set.Without(r)
		}
	}
}

// liveRegisters are those whose values matter at the start of each block.
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

// touched are the registers that an item reads and writes. Calls may read all
// arguments.
func touched(i *dsl.Item) (reads, writes isa.RegisterSet) {
	reads, writes = i.Ins.Reads(), i.Ins.Writes()
	if i.Ins.IsCall() {
		reads |= isa.Arguments
	}
	if i.Ins.IsExit() {
		reads = reads.With(isa.R0)
	}
	return reads, writes
}

func isMayGoto(ins isa.Instruction) bool { return ins.Op == isa.MayGoto(0).Op }
