package regalloc

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A Result says where each value is.
type Result struct {
	Blocks  []Code // as in Func.Blocks
	Slots   int    // 8-byte spill slots used
	Spilled []V    // the values that have a slot, by slot; 0 for a slot that only serves to exchange values
}

// Code is the finished code of a block.
type Code struct{ Steps []Step }

// A StepKind says what a Step does.
type StepKind uint8

// The kinds of steps.
const (
	Original StepKind = iota // an instruction of the block
	Move                     // Dst = Src
	Spill                    // slot = Src
	Reload                   // Dst = slot
	Remake                   // Dst = the instruction that defines V, again
)

// A Step is one instruction of the finished code.
//
// Each instruction of a block is one Original step, in order. Left out are those that define a Remat value in a register where nothing
// reads it.
type Step struct {
	Kind    StepKind
	Swapped bool                  // Original: Tied and Uses[0] were swapped
	Dst     isa.Register          // Original: Def's register, which is Tied's; Move, Reload, Remake: what is written
	Src     isa.Register          // Move, Spill: what is read
	Uses    [maxUses]isa.Register // Original: of Uses, in order, after swapping; AnyReg beyond them
	Instr   int32                 // Original: index in the block's Instrs
	V       V                     // the value that is moved; along an edge, the argument rather than the parameter
	Slot    int32                 // Spill, Reload
}

// String returns the step as text, such as r1 = r6 (v3).
func (s Step) String() string {
	switch s.Kind {
	case Original:
		var b strings.Builder
		fmt.Fprintf(&b, "#%d", s.Instr)
		if s.Dst != AnyReg {
			fmt.Fprintf(&b, " %v =", s.Dst)
		}
		for _, r := range s.Uses {
			if r != AnyReg {
				fmt.Fprintf(&b, " %v", r)
			}
		}
		if s.Swapped {
			b.WriteString(" swapped")
		}
		return b.String()
	case Move:
		return fmt.Sprintf("%v = %v (v%d)", s.Dst, s.Src, s.V)
	case Spill:
		return fmt.Sprintf("slot%d = %v (v%d)", s.Slot, s.Src, s.V)
	case Reload:
		return fmt.Sprintf("%v = slot%d (v%d)", s.Dst, s.Slot, s.V)
	case Remake:
		return fmt.Sprintf("%v = remake v%d", s.Dst, s.V)
	}
	return fmt.Sprintf("step of unknown kind %d", s.Kind)
}

// String returns the steps of all blocks, one per line.
func (r *Result) String() string {
	var b strings.Builder
	for i := range r.Blocks {
		fmt.Fprintf(&b, "b%d:\n", i)
		for _, s := range r.Blocks[i].Steps {
			fmt.Fprintf(&b, "\t%v\n", s)
		}
	}
	return b.String()
}
