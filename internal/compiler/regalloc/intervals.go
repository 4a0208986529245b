package regalloc

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A span is the moments from…to-1.
type span struct{ from, to moment }

// A useKind says what a use needs.
type useKind uint8

const (
	useMust  useKind = iota // a register at its moment
	useFixed                // a copy in a fixed register; the value may be anywhere
	useTied                 // a copy in Def's register, unless it is there already; the value may be anywhere
	usePhi                  // a copy in a parameter of the next block; the value may be anywhere
)

// A use is one operand that reads a value. The uses of a value are in order of pos.
type use struct {
	pos  moment // p of the instruction; for phis, the end of the block
	rng  int32  // the span that ends here if the value dies here, otherwise -1
	kind useKind
	reg  isa.Register // useFixed
}

// A defKind says how a value is defined.
type defKind uint8

const (
	defNone  defKind = iota
	defParam         // by the edges that lead to its block
	defFixed         // in a fixed register, by an instruction or at the entry of the function
	defPlain         // in any register
)

// A block's loop is the innermost one that it is in.
type loop struct {
	from, to moment // the start of the header, and the end of the last block that jumps back
	parent   int32  // or -1
	depth    int
}

// A blocking is a span in which a register belongs to an instruction.
type blocking struct {
	from, to moment
	wanted   bool // it is for an argument, which is best computed there directly
}

// lives is what is known about the values before they get registers. All slices indexed by V have Values+1 entries.
type lives struct {
	f      *Func
	start  []moment // by block: the moment when it begins; the last entry is the end of the function
	at     []int32  // by row: the block
	depth3 []uint8  // by block: three times the number of loops that it is in, up to a limit
	calls  []int32  // by row: how many instructions before it lose registers
	loops  []loop
	in     []int32 // by block: its loop, or -1

	predAt []int32 // by block, and one more: where its predecessors begin in preds
	preds  []int32
	up     []int32 // by block: see regions
	jump   []int32
	level  []int32

	defAt       []moment // by V: when it begins to be alive
	def         []defKind
	defReg      []isa.Register // by V: for defFixed
	tied        []V            // by V: the value whose register its definition takes over, if that value dies there
	useAt       []int32        // by V, and one more: where its uses begin
	uses        []use
	rangeAt     []int32 // by V, and one more: where its spans begin
	ranges      []span
	want        []isa.Register // by V: the fixed register that would be best, or AnyReg
	wantWeight  []int32        // … and how often that would save a move
	web         []V            // by V: the parent in the union of values that should share a register
	crossing    []bool         // by V: it survives an instruction that loses registers
	webCrossing []bool         // by V that stands for a web: some value of the web does
	swapped     []bool         // by row: Tied and Uses[0] are swapped
	blocked     [numRegs][]blocking
}

// numRegs is how many registers can be given out.
const numRegs = 10

// analyze checks f and finds out where its values are alive. Each step needs the results of the steps before it.
func analyze(f *Func) (*lives, error) {
	l := &lives{f: f}
	if err := l.number(); err != nil { // blocks and instructions have moments; predecessors and loops are known
		return nil, err
	}
	if err := l.collect(); err != nil { // each value is defined once; its definition and uses are known
		return nil, err
	}
	l.regions()                        // there are shortcuts upwards
	if err := l.spread(); err != nil { // the spans of values are known, up to the instruction of their last use
		return nil, err
	}
	l.findCrossing()  // it is known which values survive calls
	l.decide()        // operands are swapped, spans end at the exact moment, and values know where they would like to be
	l.shareCrossing() // … and which webs have such a value
	l.block()         // it is known when registers belong to instructions
	return l, nil
}

// number gives blocks and instructions their moments, and finds predecessors and loops.
func (l *lives) number() error {
	f := l.f
	n := len(f.Blocks)
	if n == 0 {
		return fmt.Errorf("function without blocks")
	}
	if len(f.Remat) != 0 && len(f.Remat) != f.Values+1 {
		return fmt.Errorf("%d entries in Remat for %d values", len(f.Remat), f.Values)
	}
	total := n
	for b := range f.Blocks {
		total += len(f.Blocks[b].Instrs)
	}
	if total > 1<<28 {
		return fmt.Errorf("%d instructions are too many", total)
	}
	l.start = make([]moment, n+1)
	l.at = make([]int32, total+1)
	l.calls = make([]int32, total+2)
	l.predAt = make([]int32, n+1)
	l.depth3 = make([]uint8, n)
	i := 0
	for b := range f.Blocks {
		blk := &f.Blocks[b]
		l.start[b] = moment(i) * perInstr
		l.at[i] = int32(b)
		l.calls[i+1] = l.calls[i]
		l.depth3[b] = uint8(3 * max(0, min(blk.Depth, 6)))
		i++
		for k := range blk.Instrs {
			l.at[i] = int32(b)
			l.calls[i+1] = l.calls[i]
			if blk.Instrs[k].Clobbers != 0 {
				l.calls[i+1]++
			}
			i++
		}
		for _, e := range blk.Succs {
			if e.To <= 0 || e.To >= n {
				return fmt.Errorf("block %d: edge to block %d of %d", b, e.To, n)
			}
			if len(e.Args) != len(f.Blocks[e.To].Params) {
				return fmt.Errorf("block %d: edge to block %d with %d arguments for %d parameters", b, e.To, len(e.Args),
					len(f.Blocks[e.To].Params))
			}
			l.predAt[e.To]++
		}
	}
	l.start[n] = moment(i) * perInstr
	l.at[i] = int32(n - 1)
	if len(f.Blocks[0].Params) != 0 {
		return fmt.Errorf("block 0: the entry has parameters")
	}
	return l.link()
}

// link fills in preds and loops. predAt has the number of predecessors.
func (l *lives) link() error {
	f := l.f
	n := len(f.Blocks)
	sum := int32(0)
	for b := range l.predAt {
		sum, l.predAt[b] = sum+l.predAt[b], sum
	}
	l.preds = make([]int32, sum)
	fill := slices.Clone(l.predAt)
	last := make([]int32, n) // by block: the last one that jumps back to it, plus 1
	for b := range f.Blocks {
		for _, e := range f.Blocks[b].Succs {
			l.preds[fill[e.To]] = int32(b)
			fill[e.To]++
			if len(f.Blocks[b].Succs) > 1 && l.predAt[e.To+1]-l.predAt[e.To] > 1 {
				return fmt.Errorf("block %d: critical edge to block %d", b, e.To)
			}
			if e.To <= b {
				last[e.To] = int32(b + 1)
			}
		}
	}
	l.in = make([]int32, n)
	cur := int32(-1)
	for b := range f.Blocks {
		for cur >= 0 && l.loops[cur].to <= l.start[b] {
			cur = l.loops[cur].parent
		}
		if last[b] != 0 {
			to := l.start[last[b]]
			depth := 1
			if cur >= 0 {
				to = min(to, l.loops[cur].to)
				depth = l.loops[cur].depth + 1
			}
			l.loops = append(l.loops, loop{l.start[b], to, cur, depth})
			cur = int32(len(l.loops) - 1)
		}
		l.in[b] = cur
	}
	return nil
}

// remat reports whether v may be made again.
func (l *lives) remat(v V) bool { return len(l.f.Remat) != 0 && l.f.Remat[v] }

// weight is how much an instruction in block b counts, compared with one outside loops.
func (l *lives) weight(b int32) int64 {
	return 1 << l.depth3[b]
}

// usesOf returns the uses of v.
func (l *lives) usesOf(v V) []use { return l.uses[l.useAt[v]:l.useAt[v+1]] }
