package compile

import "github.com/bpfsmith/bpfsmith/internal/record"

// mergeTails finds blocks that end with the same instructions and go on to the same block. It moves these instructions to a block of
// their own, so that they are there once.
func mergeTails(t *tidying) {
	blocks := t.blocks
	before := make([][]int32, len(blocks)) // by block: the blocks that only go on to it
	for b := range blocks {
		if c := &blocks[b]; c.taken == nowhere && c.otherwise != nowhere && len(c.body) > 0 {
			before[c.otherwise] = append(before[c.otherwise], int32(b))
		}
	}
	after := make(map[int32][]int32) // blocks to insert, by the block that they come after
	var merge func(group []int32, to int32)
	merge = func(group []int32, to int32) {
		const most = 64 // how many different endings are compared
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
			after[last] = append([]int32{tail}, after[last]...)
			if len(same) > 2 {
				merge(same, tail) // some of the blocks may share more
			}
		}
	}
	for to, group := range before {
		merge(group, int32(to))
	}
	row := make([]int32, 0, len(blocks))
	for _, b := range t.row {
		row = append(row, b)
		row = append(row, after[b]...)
	}
	t.blocks, t.row = blocks, row
}

// commonTail counts the last instructions that two bodies share. They must be the same and from the same line of Go. For constants,
// moves and stores to the stack the line may differ, because it says little.
func commonTail(a, b []record.Item) int {
	n := 0
	for n < len(a) && n < len(b) {
		x, y := &a[len(a)-1-n], &b[len(b)-1-n]
		if x.Kind != record.Plain || y.Kind != record.Plain || x.Ins != y.Ins || x.Site() != y.Site() && !isMove(x.Ins) &&
			!isSpill(x.Ins) {
			break
		}
		n++
	}
	for n > 0 && (jumpsBefore(a, n) || jumpsBefore(b, n)) {
		n--
	}
	return n
}

// jumpsBefore reports whether a jump over an instruction is directly before the last n instructions of a body. Without them, it would
// lead over another instruction.
func jumpsBefore(body []record.Item, n int) bool {
	at := len(body) - n - 1
	if at < 0 {
		return false
	}
	_, _, jumps := body[at].Ins.Displacement()
	return jumps && body[at].Kind == record.Plain
}
