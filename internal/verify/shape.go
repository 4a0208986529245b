package verify

import (
	"fmt"
	"math/bits"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// An instr is an instruction with its place in the program.
type instr struct {
	isa.Instruction
	slot   int
	to     int  // target of a jump, branch or call; -1 if it has none
	fn     int  // the function that it is part of
	join   bool // paths may meet here
	reads  isa.RegisterSet
	needs  isa.RegisterSet // the registers it reads, and those that a call or exit may read
	gives  isa.RegisterSet // registers whose old value does not matter after it
	live   isa.RegisterSet // registers that matter before it
	what   what
	stuck  bool // no path goes to an exit
	called bool // there is a call before it in its function
}

// What an instruction does.
type what uint8

const (
	computes what = iota
	loadsConstant
	loads
	stores
	loadsPacket
	branches
	jumpsTo
	jumpsByTable
	calls
	exits
)

func whatOf(ins *isa.Instruction) what {
	switch class := ins.Op.Class(); {
	case class == isa.ClassALU || class == isa.ClassALU64:
		return computes
	case ins.IsWide():
		return loadsConstant
	case class == isa.ClassLDX:
		return loads
	case class == isa.ClassST || class == isa.ClassSTX:
		return stores
	case ins.IsExit():
		return exits
	case ins.IsCall():
		return calls
	case ins.IsConditional():
		return branches
	case ins.IsIndirect():
		return jumpsByTable
	case ins.IsJump():
		return jumpsTo
	}
	return loadsPacket
}

// leads reports whether it jumps to in.to, always or on a condition.
func (in *instr) leads() bool { return in.what == branches || in.what == jumpsTo }

// ends reports whether control cannot continue after it.
func (in *instr) ends() bool {
	return in.what == exits || in.what == jumpsTo || in.what == jumpsByTable
}

// A slotIndex has, for each slot, 1 + the number of the instruction that begins there; 0 in the middle of a 64-bit load.
type slotIndex []int32

// instruction returns the instruction that begins at a slot; ok is false if none begins there.
func (at slotIndex) instruction(slot int) (i int, ok bool) {
	if slot < 0 || slot >= len(at) || at[slot] == 0 {
		return 0, false
	}
	return int(at[slot]) - 1, true
}

// layOut finds functions, jump targets and mistakes of the control flow (check_subprogs, check_cfg).
func (c *checker) layOut(code []isa.Instruction) bool {
	c.code = make([]instr, len(code))
	slots := 0
	for _, ins := range code {
		slots += ins.Slots()
	}
	at := make(slotIndex, slots)
	slot := 0
	for i, ins := range code {
		if _, err := ins.Form(); err != nil {
			c.report(slot, mistake.BadInstruction, err.Error())
			return false
		}
		c.code[i] = instr{Instruction: ins, slot: slot, to: -1, what: whatOf(&ins), reads: ins.Reads()}
		at[slot] = int32(i) + 1
		slot += ins.Slots()
	}
	if len(code) == 0 {
		c.report(-1, mistake.BadInstruction, "the program has no instructions")
		return false
	}
	c.starts = []int{0}
	for i := range c.code {
		in := &c.code[i]
		target := -1
		switch {
		case in.IsSubprogramCall():
			target = in.slot + 1 + int(in.Imm)
		case in.IsWide() && in.Src == isa.PseudoFunc:
			target = in.slot + 1 + int(int32(in.Imm))
		default:
			continue
		}
		to, ok := at.instruction(target)
		if !ok {
			c.report(in.slot, mistake.JumpOutside, fmt.Sprintf("the call goes to slot %d, where no instruction begins", target))
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
		called := false
		for i := start; i < end; i++ {
			c.code[i].fn, c.code[i].called = n, called
			called = called || c.code[i].what == calls
		}
		if last := &c.code[end-1]; !last.ends() {
			c.report(last.slot, mistake.NoExit, "the function goes on past its last instruction, which is neither exit nor a jump")
			return false
		}
	}
	for i := range c.code {
		in := &c.code[i]
		if !in.leads() {
			continue
		}
		d, _, _ := in.Displacement()
		target := in.slot + in.Slots() + int(d)
		to, ok := at.instruction(target)
		switch {
		case target < 0 || target >= slot:
			c.report(in.slot, mistake.JumpOutside, fmt.Sprintf("the jump goes to instruction %d, outside of the program", target))
			return false
		case !ok:
			c.report(target-1, mistake.JumpOutside, fmt.Sprintf("the jump at instruction %d goes into the middle of the 64-bit load at %d",
				in.slot, target-1))
			return false
		case c.code[to].fn != in.fn:
			c.report(in.slot, mistake.JumpOutside, fmt.Sprintf("the jump goes to instruction %d, in another function", target))
			return false
		}
		in.to = to
	}
	ways := make([]uint8, len(c.code)) // to each instruction; 2 means two or more
	for _, start := range c.starts {
		ways[start]++
	}
	for i := range c.code {
		c.next(i, func(to int) { ways[to] = min(ways[to]+1, 2) })
	}
	for i, n := range ways {
		c.code[i].join = n > 1 || c.loops(i)
	}
	if !c.reachable() {
		return false
	}
	blocks := c.divide()
	findLive(blocks)
	findExits(blocks)
	c.spreadOver(blocks)
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

// next lists the instructions at which control may continue in the function.
func (c *checker) next(i int, f func(int)) {
	in := &c.code[i]
	if in.leads() && in.to >= 0 {
		f(in.to)
	}
	if !in.ends() && i+1 < len(c.code) && c.code[i+1].fn == in.fn {
		f(i + 1)
	}
}

// reachable refuses code that no path reaches.
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
		if in := &c.code[i]; in.to >= 0 && !in.leads() {
			visit(in.to)
		}
		if in := &c.code[i]; in.what == jumpsByTable {
			return true // its targets are in a map
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
			c.report(c.code[i].slot, mistake.Unreachable, "no path reaches this instruction")
			return false
		}
	}
	return true
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
