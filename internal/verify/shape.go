package verify

import (
	"fmt"
	"math/bits"

	"github.com/bpfsmith/bpfsmith/isa"
)

// An instr is an instruction where it stands.
type instr struct {
	isa.Instruction
	slot  int
	to    int  // where a jump, branch or call leads; -1 where nowhere
	fn    int  // the function that it is part of
	join  bool // paths may meet here
	reads isa.RegisterSet
	live  isa.RegisterSet // registers that matter before it
	edge  bool            // a conditional jump
	last  bool            // nothing follows: exit or jump
}

// layOut finds functions, targets and the shape's mistakes (check_subprogs, check_cfg).
func (c *checker) layOut(code []isa.Instruction) bool {
	c.code = make([]instr, len(code))
	at := map[int]int{}
	slot := 0
	for i, ins := range code {
		if _, err := ins.Form(); err != nil {
			c.report(slot, "bad-instruction", err.Error())
			return false
		}
		c.code[i] = instr{Instruction: ins, slot: slot, to: -1, edge: ins.IsConditional(), reads: ins.Reads()}
		c.code[i].last = ins.IsExit() || ins.IsJump() && !ins.IsConditional()
		at[slot] = i
		slot += ins.Slots()
	}
	c.slots = slot
	if len(code) == 0 {
		c.report(-1, "bad-instruction", "the program has no instruction")
		return false
	}
	c.starts = []int{0}
	for i := range c.code {
		in := &c.code[i]
		target := -1
		switch {
		case in.IsSubprogramCall():
			target = in.slot + 1 + int(in.Imm)
		case in.IsWide() && in.Src == 4: // the address of a function
			target = in.slot + 1 + int(int32(in.Imm))
		default:
			continue
		}
		to, ok := at[target]
		if !ok {
			c.report(in.slot, "jump-outside", fmt.Sprintf("the call leads to instruction %d, where none begins", target))
			return false
		}
		in.to = to
		c.starts = insertSorted(c.starts, to)
	}
	for n, start := range c.starts {
		end := len(c.code)
		if n+1 < len(c.starts) {
			end = c.starts[n+1]
		}
		for i := start; i < end; i++ {
			c.code[i].fn = n
		}
		if last := &c.code[end-1]; !last.last {
			c.report(last.slot, "no-exit", "the function runs off its end: its last instruction is neither exit nor a jump")
			return false
		}
	}
	for i := range c.code {
		in := &c.code[i]
		d, _, jumps := in.Displacement()
		if !jumps || !in.IsJump() && !in.edge {
			continue
		}
		target := in.slot + in.Slots() + int(d)
		to, ok := at[target]
		switch {
		case target < 0 || target >= c.slots:
			c.report(in.slot, "jump-outside", fmt.Sprintf("the jump leads to instruction %d, outside of the program", target))
			return false
		case !ok:
			c.report(target-1, "jump-outside", fmt.Sprintf("the jump at instruction %d leads into the middle of the 64-bit load at %d", in.slot, target-1))
			return false
		case c.code[to].fn != in.fn:
			c.report(in.slot, "jump-outside", fmt.Sprintf("the jump leads to instruction %d, in another function", target))
			return false
		}
		in.to = to
	}
	ways := make([]int, len(c.code)) // that lead to each instruction
	for _, start := range c.starts {
		ways[start]++
	}
	for i := range c.code {
		c.next(i, func(to int) { ways[to]++ })
	}
	for i, n := range ways {
		c.code[i].join = n > 1 || c.loops(i)
	}
	if !c.reachable() {
		return false
	}
	c.findLive()
	return true
}

func insertSorted(list []int, n int) []int {
	for i, x := range list {
		if x == n {
			return list
		}
		if x > n {
			return append(list[:i], append([]int{n}, list[i:]...)...)
		}
	}
	return append(list, n)
}

// next lists where control may go on within the function.
func (c *checker) next(i int, f func(int)) {
	in := &c.code[i]
	if in.to >= 0 && (in.IsJump() || in.edge) {
		f(in.to)
	}
	if !in.last && i+1 < len(c.code) && c.code[i+1].fn == in.fn {
		f(i + 1)
	}
}

// reachable refuses code that no path leads to.
func (c *checker) reachable() bool {
	seen := make([]bool, len(c.code))
	var work []int
	visit := func(i int) {
		if !seen[i] {
			seen[i] = true
			work = append(work, i)
		}
	}
	visit(0)
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		c.next(i, visit)
		if in := &c.code[i]; in.to >= 0 && !in.IsJump() && !in.edge {
			visit(in.to)
		}
		if in := &c.code[i]; in.IsIndirect() {
			return true // where it leads is in a map
		}
	}
	for _, start := range c.starts {
		visit(start)
	}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		c.next(i, visit)
	}
	for i := range seen {
		if !seen[i] {
			c.report(c.code[i].slot, "unreachable", "no path leads to this instruction")
			return false
		}
	}
	return true
}

// findLive computes which registers are read before they are written again. Blocks are few ways
// apart, so going backwards again and again until nothing changes is quick.
func (c *checker) findLive() {
	for changed := true; changed; {
		changed = false
		for i := len(c.code) - 1; i >= 0; i-- {
			in := &c.code[i]
			var after isa.RegisterSet
			if in.to >= 0 && (in.IsJump() || in.edge) {
				after = c.code[in.to].live
			}
			if !in.last && i+1 < len(c.code) && c.code[i+1].fn == in.fn {
				after |= c.code[i+1].live
			}
			reads := in.reads
			switch {
			case in.IsExit():
				reads |= isa.Registers(isa.R0)
				if in.fn > 0 {
					reads |= isa.Registers(isa.R6, isa.R7, isa.R8, isa.R9)
				}
			case in.IsCall():
				reads |= isa.Registers(isa.R1, isa.R2, isa.R3, isa.R4, isa.R5)
				after &^= isa.Registers(isa.R0)
			}
			if live := after&^writes(in) | reads; live != in.live {
				in.live = live
				changed = changed || in.join // who jumps here may stand behind
			}
		}
	}
}

func writes(in *instr) isa.RegisterSet {
	if in.Op.Class() == isa.ClassSTX || in.Op.Class() == isa.ClassST {
		return 0
	}
	return in.Writes() &^ in.reads
}

func registersOf(s isa.RegisterSet, f func(isa.Register)) {
	for ; s != 0; s &= s - 1 {
		f(isa.Register(bits.TrailingZeros16(uint16(s))))
	}
}
