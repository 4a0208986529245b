package compile

import "github.com/bpfsmith/bpfsmith/isa"

// A block is code that is entered at its first instruction only, and left at
// its last. Reachability, liveness and paths are about blocks, which are fewer
// than instructions.
type block struct {
	start int32 // index of its first instruction
	to    int32 // the block that its last instruction jumps to; 0: it does not
	from  int32 // a block that jumps to this one; 0: none does
	also  int32 // another block that jumps where this one does; 0: no more

	reads, writes isa.RegisterSet // read before they are written in here; written
	live          isa.RegisterSet // before the block: their values matter; after liveness

	falls   bool // it may go on with the next block
	byTable bool // it ends with gotox
	leaves  bool // the function may end here, or behind it; after findExits
	reached bool // a path leads here; after checkReachable
	queued  bool // for liveness

	first int32 // what the last path knew that came here, counted from 1; see arrivals
	met   int32 // how often paths came with different knowledge
}

// divide makes blocks of a function whose jumps all lead to instructions. The
// first one is no block, so that 0 means none.
func (f *function) divide(atExit isa.RegisterSet) []block {
	f.code[0].block = 1
	for _, i := range f.inner {
		f.code[i].block = 1
	}
	for _, list := range [...][]int32{f.jumps, f.numbers} {
		for _, i := range list {
			if in := &f.code[i]; in.is(jumps) && in.to != nowhere {
				f.code[in.to].block = 1
			}
		}
	}
	blocks := make([]block, 1, 2+2*(len(f.jumps)+len(f.numbers)))
	b := &blocks[0]
	over := true // the block before
	for i := range f.code {
		in := &f.code[i]
		if over || in.block != 0 {
			in.block = int32(len(blocks))
			blocks = append(blocks, block{start: int32(i), falls: true})
			b = &blocks[in.block]
		}
		reads := in.reads
		if in.is(exits | calls | jumps | ends) {
			switch {
			case in.is(exits):
				reads = atExit
				b.leaves = true
			case in.is(calls): // how many arguments it takes does not matter here
				reads |= isa.Arguments
				b.leaves = true // perhaps: a tail call, or an iterator that comes to its end
			}
			b.falls = !in.is(ends)
			b.byTable = in.Op == isa.GotoX(0).Op
			b.leaves = b.leaves || b.byTable || in.Op == isa.MayGoto(0).Op
		}
		over = in.is(jumps | ends)
		b.reads |= reads &^ b.writes
		b.writes |= in.write
	}
	for n := 1; n < len(blocks); n++ {
		b := &blocks[n]
		last := len(f.code) - 1
		if n+1 < len(blocks) {
			last = int(blocks[n+1].start) - 1
		}
		if in := &f.code[last]; in.is(jumps) && in.to != nowhere {
			b.to = f.code[in.to].block
			b.also, blocks[b.to].from = blocks[b.to].from, int32(n)
		}
	}
	findExits(blocks)
	return blocks
}

// findExits finds the blocks from which an exit may be reached, backward from
// those that have one.
func findExits(blocks []block) {
	var work []int32
	for n := 1; n < len(blocks); n++ {
		if blocks[n].leaves {
			work = append(work, int32(n))
		}
	}
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		before(blocks, n, func(n int32) {
			if !blocks[n].leaves {
				blocks[n].leaves = true
				work = append(work, n)
			}
		})
	}
}

// before visits the blocks that lead to a block.
func before(blocks []block, n int32, visit func(int32)) {
	if blocks[n-1].falls {
		visit(n - 1)
	}
	for from := blocks[n].from; from != 0; from = blocks[from].also {
		visit(from)
	}
}
