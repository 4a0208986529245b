package compile

import "github.com/bpfsmith/bpfsmith/isa"

// liveness finds the registers whose values matter before each block. Blocks
// are looked at again only when more became live behind them, which happens
// once for each register at most: looking at all until nothing changes would
// take as many rounds as there are jumps backward in a row.
func liveness(blocks []block) {
	queue := make([]int32, 0, len(blocks))
	for n := 1; n < len(blocks); n++ {
		queue = append(queue, int32(n)) // the last one first: most of what matters flows backward
		blocks[n].queued = true
	}
	for len(queue) > 0 {
		n := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		b := &blocks[n]
		b.queued = false
		var after isa.RegisterSet
		if b.falls && int(n)+1 < len(blocks) {
			after = blocks[n+1].live
		}
		if b.to != 0 {
			after |= blocks[b.to].live
		}
		live := after&^b.writes | b.reads
		if live == b.live {
			continue
		}
		b.live = live
		before(blocks, n, func(n int32) {
			if !blocks[n].queued {
				blocks[n].queued = true
				queue = append(queue, n)
			}
		})
	}
}
