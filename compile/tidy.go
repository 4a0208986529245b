package compile

import (
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// tidyPasses shorten code whose registers are known. They run in this order.
var tidyPasses = [...]struct {
	name string
	run  func(*tidying)
}{
	{"one exit", oneExit},           // one block exits; what did so before goes on to it
	{"hoist moves", hoistMoves},     // ways that only moved something are empty where that could be done before the branch
	{"drop repeated", dropRepeated}, // no move gives a register what it holds on all ways to there
	{"share endings", shareEndings}, // short ends that are alike are one block
	{"merge tails", mergeTails},     // what blocks that go on alike end with stands once; row has the blocks for that
	{"thread jumps", threadJumps},   // no jump leads to an empty block, and what nothing leads to is dropped
}

// A tidying is a function's blocks and the order in which they stand.
type tidying struct {
	blocks []codeBlock // by place in the layout, then those that tidying added
	row    []int32     // all of them
}

// A codeBlock is a block in real registers.
type codeBlock struct {
	body      []record.Item   // without the jump at its end; with exit
	jump      isa.Instruction // to taken, when a condition holds; none when taken is nowhere
	taken     int32
	otherwise int32 // where it goes on; nowhere after exit
	site      int32 // of the jump
	dropped   bool
}

func (w *writing) tidy() {
	for _, pass := range tidyPasses {
		pass.run(&w.tidied)
	}
}

// threadJumps lets jumps to blocks that only go on lead where these do, and drops
// such blocks, and those that nothing leads to any more.
func threadJumps(t *tidying) {
	blocks := t.blocks
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
func oneExit(t *tidying) {
	blocks := t.blocks
	exits := 0
	for b := range blocks {
		if blocks[b].leaves() {
			exits++
		}
	}
	if exits < 2 {
		return
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
	t.blocks, t.row = blocks, append(t.row, exit)
}

// leaves reports whether a block ends with exit.
func (c *codeBlock) leaves() bool {
	return c.taken == nowhere && c.otherwise == nowhere && len(c.body) > 0 && c.body[len(c.body)-1].Ins.IsExit()
}

// onlyLeaves reports whether a block is nothing but exit.
func (c *codeBlock) onlyLeaves() bool { return len(c.body) == 1 && c.leaves() }

// shareEndings lets short blocks that leave the function with the same
// instructions be one, so that branches lead to it directly.
func shareEndings(t *tidying) {
	blocks := t.blocks
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

// isMove reports whether an instruction moves a register or a constant.
func isMove(ins isa.Instruction) bool {
	class := ins.Op.Class()
	return (class == isa.ClassALU64 || class == isa.ClassALU) && ins.Op.Operation() == isa.OpMov && ins.Off == 0
}

// isSpill reports whether an instruction stores a register as the allocator does.
func isSpill(ins isa.Instruction) bool {
	return ins.Op == isa.StoreMem(isa.DW, isa.R10, 0, isa.R0).Op && ins.Dst == isa.R10
}

func equalBodies(a, b []record.Item) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Kind != record.Plain || b[i].Kind != record.Plain || a[i].Ins != b[i].Ins {
			return false
		}
	}
	return true
}

func isMayGoto(ins isa.Instruction) bool { return ins.Op == isa.MayGoto(0).Op }
