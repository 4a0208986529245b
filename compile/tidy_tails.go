package compile

import "github.com/bpfsmith/bpfsmith/internal/record"

// mergeTails lets blocks that go on to the same one, and end with the same
// instructions, have these once: in a block of their own before it.
func mergeTails(t *tidying) {
	blocks := t.blocks
	before := make([][]int32, len(blocks)) // by block, those that only go on to it
	for b := range blocks {
		if c := &blocks[b]; c.taken == nowhere && c.otherwise != nowhere && len(c.body) > 0 {
			before[c.otherwise] = append(before[c.otherwise], int32(b))
		}
	}
	after := make(map[int32][]int32) // blocks that stand after a block
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
			after[last] = append([]int32{tail}, after[last]...)
			if len(same) > 2 {
				merge(same, tail) // some of them may share more
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

// commonTail counts the last instructions that two bodies share: the same ones of
// the same line of Go, or constants, moves, and stores to the stack, of which the line says little.
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

// jumpsBefore reports whether a jump over an instruction stands right before the
// last n of a body: it would lead over another one without them.
func jumpsBefore(body []record.Item, n int) bool {
	at := len(body) - n - 1
	if at < 0 {
		return false
	}
	_, _, jumps := body[at].Ins.Displacement()
	return jumps && body[at].Kind == record.Plain
}
