package verify

import "github.com/bpfsmith/bpfsmith/isa"

// A block is code that is entered only at its first instruction and left only at its last.
type block struct {
	start int // index of its first instruction
	to    int // the block that its last instruction jumps to; -1: none
	from  int // a block that jumps to this one; -1: none
	also  int // another block that jumps to the same place as this one; -1: none

	reads, writes isa.RegisterSet // read in the block before they are written in it; written in it
	live          isa.RegisterSet // registers whose values matter before the block

	falls  bool // it may continue with the next block
	leaves bool // the function may end in it, or after it
	queued bool
}

// divide divides the program into blocks.
func (c *checker) divide() []block {
	number := make([]int, len(c.code)) // of the block that begins at an instruction, from 1
	for _, start := range c.starts {
		number[start] = 1
	}
	for i := range c.code {
		if in := &c.code[i]; in.leads() && in.to >= 0 {
			number[in.to] = 1
		}
		if i > 0 && (c.code[i-1].ends() || c.code[i-1].what == branches) {
			number[i] = 1
		}
	}
	count := 0
	for i := range number {
		if number[i] != 0 {
			count++
			number[i] = count
		}
	}
	blocks := make([]block, 0, count)
	for i := range c.code {
		in := &c.code[i]
		if number[i] != 0 {
			blocks = append(blocks, block{start: i, to: -1, from: -1, also: -1, falls: true})
		}
		b := &blocks[len(blocks)-1]
		reads, writes := in.reads, writes(in)
		switch in.what {
		case exits:
			reads |= isa.Registers(isa.R0)
			if in.fn > 0 {
				reads |= isa.Registers(isa.R6, isa.R7, isa.R8, isa.R9)
			}
		case calls:
			reads |= isa.Registers(isa.R1, isa.R2, isa.R3, isa.R4, isa.R5)
			writes |= isa.Registers(isa.R0)
		}
		in.needs, in.gives = reads, writes
		b.reads |= reads &^ b.writes
		b.writes |= writes
		b.falls = !in.ends()
		b.leaves = b.leaves || in.what == exits || in.what == jumpsByTable || in.IsKfuncCall() // bpf_throw, perhaps
		if in.leads() && in.to >= 0 {
			b.to = number[in.to] - 1
		}
	}
	for n := range blocks {
		if to := blocks[n].to; to >= 0 {
			blocks[n].also, blocks[to].from = blocks[to].from, n
		}
	}
	return blocks
}

// before visits the blocks from which control goes to a block.
func before(blocks []block, n int, visit func(int)) {
	if n > 0 && blocks[n-1].falls {
		visit(n - 1)
	}
	for from := blocks[n].from; from >= 0; from = blocks[from].also {
		visit(from)
	}
}

// findLive finds the registers that are read before they are written again. It visits a block again only when
// more registers became live after it. To visit all blocks until nothing changes would need one round for each backward jump in a row.
func findLive(blocks []block) {
	queue := make([]int, len(blocks))
	for n := range queue { // the last one first: most of this information flows backward
		queue[n] = n
		blocks[n].queued = true
	}
	for len(queue) > 0 {
		n := queue[len(queue)-1]
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
				queue = append(queue, n)
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
func findExits(blocks []block) {
	var work []int
	for n := range blocks {
		if blocks[n].leaves {
			work = append(work, n)
		}
	}
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		before(blocks, n, func(n int) {
			if !blocks[n].leaves {
				blocks[n].leaves = true
				work = append(work, n)
			}
		})
	}
}

// spreadOver records at each instruction what is known about its block.
func (c *checker) spreadOver(blocks []block) {
	end := len(c.code)
	for n := len(blocks) - 1; n >= 0; n-- {
		b := &blocks[n]
		live := b.after(blocks, n)
		for i := end - 1; i >= b.start; i-- {
			in := &c.code[i]
			live = live&^in.gives | in.needs
			in.live, in.stuck = live, !b.leaves
		}
		end = b.start
	}
}
