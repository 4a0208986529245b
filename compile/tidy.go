package compile

import (
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// tidyPasses make code shorter after its registers are known. They run in this order.
var tidyPasses = [...]struct {
	name string
	run  func(*tidying)
}{
	{"one exit", oneExit},           // only one block exits, and all others that did go on to it
	{"hoist moves", hoistMoves},     // moves on one side of a branch are made before it where possible: that side is empty then
	{"drop repeated", dropRepeated}, // no move gives a register what it holds already, on whatever path
	{"share endings", shareEndings}, // short endings that are alike are one block
	{"merge tails", mergeTails},     // endings of blocks that go on to the same block are there once, in a block that is added to row
	{"thread jumps", threadJumps},   // no jump leads to an empty block, and blocks that nothing leads to are dropped
}

// A tidying is the blocks of a function and their order.
type tidying struct {
	blocks []codeBlock // by place in the layout, followed by the blocks that tidying added
	row    []int32     // all of them
}

// A codeBlock is a block in real registers.
type codeBlock struct {
	body      []record.Item   // without the jump at its end, but with an exit
	jump      isa.Instruction // to taken, if a condition holds; there is no jump if taken is nowhere
	taken     int32
	otherwise int32 // where it goes on otherwise; nowhere after exit
	site      int32 // the line of the jump
	dropped   bool
}

func (w *writing) tidy() {
	for _, pass := range tidyPasses {
		pass.run(&w.tidied)
	}
}

// threadJumps finds blocks that only go on, and lets jumps to them lead to where they go on. It drops such blocks, and blocks that
// nothing leads to any more.
func threadJumps(t *tidying) {
	blocks := t.blocks
	end := func(b int32) int32 {
		for range blocks { // this also ends at an endless loop of empty blocks
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
	if work[0] != 0 { // the entry must stay the first block
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

// oneExit adds a block that only leaves the function. Blocks that left the function go on to it. So they may share what they do before,
// and branches may lead to it directly. Where the block does not come next, there is an exit instead of a jump to it.
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

// onlyLeaves reports whether a block has nothing but exit.
func (c *codeBlock) onlyLeaves() bool { return len(c.body) == 1 && c.leaves() }

// shareEndings makes one block of short blocks that leave the function with the same instructions, so that branches lead to it
// directly.
func shareEndings(t *tidying) {
	blocks := t.blocks
	const longest = 2 // with exit; more would lose lines of Go and gain little
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
		const most = 16 // how many different endings are compared
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

// isMove reports whether an instruction moves a register or a constant into a register.
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
