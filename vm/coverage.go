package vm

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Coverage counts how often the instructions of programs ran, and which way their conditional jumps went. The zero value is ready: set
// it as Machine.Coverage. Machines that run at the same time need one each; Merge adds them.
type Coverage struct {
	programs map[*Program]*counts
}

// Expect makes a program count before it runs: so its lines are in the list when nothing runs it.
func (c *Coverage) Expect(p *Program) { c.of(p) }

// counts are those of a program, by the index of the instruction.
type counts struct {
	steps []uint64 // how often it ran
	taken []uint64 // for a conditional jump: how often it jumped
}

// of gives the counts of a program.
func (c *Coverage) of(p *Program) *counts {
	if c.programs == nil {
		c.programs = make(map[*Program]*counts)
	}
	n := c.programs[p]
	if n == nil {
		n = &counts{make([]uint64, len(p.source)), make([]uint64, len(p.source))}
		c.programs[p] = n
	}
	return n
}

// isBranch reports whether an op is a conditional jump.
func (o op) isBranch() bool { return o >= opJEQ64Imm && o <= opJSET32Reg }

// count counts the instruction with an index, and the way that the jump before it went.
func (m *Machine) count(index int) {
	c := m.counts
	if jump := m.jumped - 1; jump >= 0 && index != jump+1 {
		c.taken[jump]++
	}
	c.steps[index]++
	m.jumped = 0
	if m.prog.steps[index].first().isBranch() {
		m.jumped = index + 1
	}
}

// Merge adds the counts of another one, which must not be in use.
func (c *Coverage) Merge(other *Coverage) {
	for p, from := range other.programs {
		to := c.of(p)
		for n := range from.steps {
			to.steps[n] += from.steps[n]
			to.taken[n] += from.taken[n]
		}
	}
}

// A LineCount is how often a line of a program's source ran.
type LineCount struct {
	Pos   mistake.Position
	Count uint64
}

// Lines are the lines of all programs that were run or are expected, in order. A line counts as often as its instruction that ran most
// often; the same line in several programs counts for each of them. Lines without an instruction are not in the list: comments, and what
// the compiler has made of other lines. Functions that a program does not call are not in it either.
func (c *Coverage) Lines() []LineCount {
	type line struct {
		file string
		line int
	}
	sum := make(map[line]LineCount)
	for p, n := range c.programs {
		most := make(map[line]LineCount)
		for index, count := range n.steps {
			pos := p.position(p.slot(index))
			if !pos.IsValid() {
				continue
			}
			at := line{pos.File, pos.Line}
			most[at] = LineCount{pos, max(most[at].Count, count)}
		}
		for at, one := range most {
			sum[at] = LineCount{one.Pos, sum[at].Count + one.Count}
		}
	}
	return slices.SortedFunc(maps.Values(sum), func(a, b LineCount) int { return comparePositions(a.Pos, b.Pos) })
}

func comparePositions(a, b mistake.Position) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// A BranchCount is how often a conditional jump went to each of its two sides.
type BranchCount struct {
	Pos    mistake.Position
	Sides  [2]BranchSide // in the order of their lines
	Number int           // of the branches of the line that go to the same two lines, from 0
}

// A BranchSide is where a branch goes on, and how often it went there.
type BranchSide struct {
	To    mistake.Position
	Count uint64
}

// Branches are the conditional jumps of all programs that were run, in the order of their lines. A branch that is in several programs is
// one: that of the same line and number, to the same two lines.
func (c *Coverage) Branches() []BranchCount {
	type key struct {
		file    string
		line    int
		to      [2]int
		toFile  [2]string
		ordinal int
	}
	sum := make(map[key]BranchCount)
	for p, counted := range c.programs {
		numbers := make(map[key]int)
		for index := range p.source {
			b, ok := p.branch(index, counted)
			if !ok {
				continue
			}
			k := key{file: b.Pos.File, line: b.Pos.Line}
			for n, side := range b.Sides {
				k.to[n], k.toFile[n] = side.To.Line, side.To.File
			}
			b.Number = numbers[k]
			numbers[k]++
			k.ordinal = b.Number
			for n, side := range sum[k].Sides {
				b.Sides[n].Count += side.Count
			}
			sum[k] = b
		}
	}
	return slices.SortedFunc(maps.Values(sum), func(a, b BranchCount) int {
		return cmp.Or(comparePositions(a.Pos, b.Pos), comparePositions(a.Sides[0].To, b.Sides[0].To),
			comparePositions(a.Sides[1].To, b.Sides[1].To), cmp.Compare(a.Number, b.Number))
	})
}

// branch is the conditional jump with an index. ok is false if it is none, or if both sides go on at the same instruction.
func (p *Program) branch(index int, counted *counts) (b BranchCount, ok bool) {
	step := p.steps[index]
	to := int(step.off)
	if !step.first().isBranch() || to == index+1 || max(to, index+1) >= len(p.source) {
		return b, false
	}
	taken := counted.taken[index]
	b = BranchCount{Pos: p.position(p.slot(index)), Sides: [2]BranchSide{
		{p.position(p.slot(index + 1)), counted.steps[index] - taken}, {p.position(p.slot(to)), taken}}}
	if comparePositions(b.Sides[1].To, b.Sides[0].To) < 0 {
		b.Sides[0], b.Sides[1] = b.Sides[1], b.Sides[0]
	}
	return b, b.Pos.IsValid()
}
