package verify

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A block is code that is entered only at its first instruction and left only at its last.
type block struct {
	start int32 // its first instruction
	to    int32 // the block that its last instruction jumps to; -1: none
	from  int32 // a block that jumps to this one; -1: none
	also  int32 // another block that jumps to the same place as this one; -1: none

	reads, writes isa.RegisterSet // read in the block before they are written in it; written in it
	live          isa.RegisterSet // registers whose values matter before the block

	falls   bool // it may continue with the next block
	leaves  bool // the function may end in it, or after it
	reached bool // by a path
	queued  bool
}

// divide divides the program into blocks.
func (c *checker) divide() []block {
	for _, start := range c.starts {
		c.marks[start].flags |= first
	}
	for i := range c.marks {
		m := &c.marks[i]
		if m.leads() {
			c.marks[m.to].flags |= first
		}
		if i > 0 && (c.marks[i-1].ends() || c.marks[i-1].what == branches) {
			m.flags |= first
		}
	}
	count := 0
	for i := range c.marks {
		if c.marks[i].is(first) {
			count++
		}
	}
	blocks := make([]block, 0, count)
	for i := range c.marks {
		m := &c.marks[i]
		if m.is(first) {
			blocks = append(blocks, block{start: int32(i), to: -1, from: -1, also: -1, falls: true})
		}
		b := &blocks[len(blocks)-1]
		needs, gives := c.needs(i)
		b.reads |= needs &^ b.writes
		b.writes |= gives
		b.falls = !m.ends()
		b.leaves = b.leaves || m.what == exits || m.what == jumpsByTable || c.code[i].IsKfuncCall() // bpf_throw, perhaps
	}
	for n := range blocks {
		if m := &c.marks[c.lastOf(blocks, n)]; m.leads() {
			to := blockAt(blocks, int(m.to))
			blocks[n].to = int32(to)
			blocks[n].also, blocks[to].from = blocks[to].from, int32(n)
		}
	}
	return blocks
}

// needs are the registers whose values matter to an instruction: it reads them, or a call or an exit may read them. gives are those
// whose old values do not matter after it.
func (c *checker) needs(i int) (needs, gives isa.RegisterSet) {
	in := &c.code[i]
	needs = in.Reads()
	if class := in.Op.Class(); class != isa.ClassST && class != isa.ClassSTX {
		gives = in.Writes() &^ needs
	}
	switch c.marks[i].what {
	case exits:
		needs |= isa.Registers(isa.R0)
	case calls:
		needs |= c.argumentsOf(in)
		gives |= clobbered &^ needs
	}
	return needs, gives
}

// argumentsOf are the registers with arguments of a call.
func (c *checker) argumentsOf(in *isa.Instruction) isa.RegisterSet {
	if in.IsHelperCall() {
		if row := linux.HelperByID(int32(in.Imm)); row != nil && row.Followed() {
			if n, more := row.Arguments(); !more {
				return 1<<(n+1) - 1<<isa.R1
			}
		}
	}
	return argumentRegisters
}

// blockAt is the block that begins at an instruction.
func blockAt(blocks []block, i int) int {
	n, _ := slices.BinarySearchFunc(blocks, int32(i), func(b block, start int32) int { return int(b.start - start) })
	return n
}

// lastOf is the last instruction of a block.
func (c *checker) lastOf(blocks []block, n int) int {
	if n+1 < len(blocks) {
		return int(blocks[n+1].start) - 1
	}
	return len(c.code) - 1
}

// before visits the blocks from which control goes to a block.
func before(blocks []block, n int, visit func(int)) {
	if n > 0 && blocks[n-1].falls {
		visit(n - 1)
	}
	for from := blocks[n].from; from >= 0; from = blocks[from].also {
		visit(int(from))
	}
}

// findLive finds the registers that are read before they are written again. It visits a block again only when
// more registers became live after it. To visit all blocks until nothing changes would need one round for each backward jump in a row.
func findLive(blocks []block, queue []int32) {
	for n := range blocks { // the last one first: most of this information flows backward
		queue = append(queue, int32(n))
		blocks[n].queued = true
	}
	for len(queue) > 0 {
		n := int(queue[len(queue)-1])
		queue = queue[:len(queue)-1]
		b := &blocks[n]
		b.queued = false
		live := b.after(blocks, n)&^b.writes | b.reads
		if live == b.live {
			continue
		}
		b.live = live
		before(blocks, n, func(n int) {
			if !blocks[n].queued {
				blocks[n].queued = true
				queue = append(queue, int32(n))
			}
		})
	}
}

// after are the registers whose values matter after block n.
func (b *block) after(blocks []block, n int) isa.RegisterSet {
	var after isa.RegisterSet
	if b.falls && n+1 < len(blocks) {
		after = blocks[n+1].live
	}
	if b.to >= 0 {
		after |= blocks[b.to].live
	}
	return after
}

// findExits finds the blocks from which an exit can be reached. It goes backward from the blocks that have an exit.
func findExits(blocks []block, queue []int32) {
	for n := range blocks {
		if blocks[n].leaves {
			queue = append(queue, int32(n))
		}
	}
	for len(queue) > 0 {
		n := int(queue[len(queue)-1])
		queue = queue[:len(queue)-1]
		before(blocks, n, func(n int) {
			if !blocks[n].leaves {
				blocks[n].leaves = true
				queue = append(queue, int32(n))
			}
		})
	}
}

// spreadOver records at each instruction what is known about its block.
func (c *checker) spreadOver(blocks []block) {
	for n := range blocks {
		b := &blocks[n]
		live := b.after(blocks, n)
		for i := c.lastOf(blocks, n); i >= int(b.start); i-- {
			needs, gives := c.needs(i)
			live = live&^gives | needs
			c.marks[i].live = live
			if !b.leaves {
				c.marks[i].flags |= stuck
			}
		}
	}
}
