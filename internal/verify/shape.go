package verify

import (
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A mark is what is known about an instruction in addition to the instruction itself. Programs have up to a million of them, so it is
// small. What can be computed again is not in it; see slotAt and functionOf.
type mark struct {
	to    int32           // target of a jump, branch or call; -1 if it has none
	live  isa.RegisterSet // registers that matter before it
	what  what
	flags flags
}

type flags uint8

const (
	entered flags = 1 << iota // a function begins here, or a path comes from another instruction
	join                      // paths may meet here
	first                     // of a block
	stuck                     // no path goes to an exit
	called                    // there is a call before it in its function
)

func (m *mark) is(f flags) bool { return m.flags&f != 0 }

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

// leads reports whether it jumps to m.to, always or on a condition.
func (m *mark) leads() bool { return m.what == branches || m.what == jumpsTo }

// ends reports whether control cannot continue after it.
func (m *mark) ends() bool {
	return m.what == exits || m.what == jumpsTo || m.what == jumpsByTable
}

// to is where an instruction leads.
func (c *checker) to(i int) int { return int(c.marks[i].to) }

// slotAt is the slot of an instruction. Each 64-bit load before it takes one slot more than other instructions.
func (c *checker) slotAt(i int) int {
	n, _ := slices.BinarySearch(c.wide, int32(i))
	return i + n
}

// instructionAt returns the instruction that begins at a slot. ok is false if none does: the slot is outside of the program, or is the
// second of a 64-bit load.
func (c *checker) instructionAt(slot int) (i int, ok bool) {
	before := sort.Search(len(c.wide), func(n int) bool { return int(c.wide[n])+n >= slot })
	if before > 0 && int(c.wide[before-1])+before == slot {
		return 0, false
	}
	i = slot - before
	return i, 0 <= i && i < len(c.code)
}

// functionOf is the number of the function that an instruction is part of.
func (c *checker) functionOf(i int) int {
	n, found := slices.BinarySearch(c.starts, i)
	if !found {
		n--
	}
	return n
}

// end is the instruction after the last one of a function.
func (c *checker) end(fn int) int {
	if fn+1 < len(c.starts) {
		return c.starts[fn+1]
	}
	return len(c.code)
}

// layOut finds functions, jump targets and mistakes of the control flow (check_subprogs, check_cfg).
func (c *checker) layOut() bool {
	if len(c.code) == 0 {
		c.report(-1, mistake.BadInstruction, "the program has no instructions")
		return false
	}
	if !c.markAll() || !c.short() || !c.findFunctions() || !c.findTargets() {
		return false
	}
	c.findJoins()
	blocks := c.divide()
	queue := make([]int32, 0, len(blocks))
	if !c.reachable(blocks, queue) {
		return false
	}
	findLive(blocks, queue)
	findExits(blocks, queue)
	c.spreadOver(blocks)
	return true
}

// short reports a program that is longer than the kernel reads (bpf_prog_load, kernel/bpf/syscall.c).
func (c *checker) short() bool {
	slots := len(c.code) + len(c.wide)
	if slots > linux.MostInstructions {
		c.report(-1, mistake.TooComplex, fmt.Sprintf("the program has %d instructions: the kernel reads at most %d", slots,
			linux.MostInstructions))
	}
	return slots <= linux.MostInstructions
}

// markAll says what each instruction does. All must have a form.
func (c *checker) markAll() bool {
	c.marks = make([]mark, len(c.code))
	for i := range c.code {
		in := &c.code[i]
		if in.IsWide() {
			c.wide = append(c.wide, int32(i))
		}
		if _, err := in.Form(); err != nil {
			c.report(c.slotAt(i), mistake.BadInstruction, err.Error())
			return false
		}
		c.marks[i] = mark{to: -1, what: whatOf(in)}
	}
	return true
}

// findFunctions finds where functions begin: at what is called, or named by an address.
func (c *checker) findFunctions() bool {
	c.starts = []int{0}
	for i := range c.code {
		in := &c.code[i]
		target := 1
		switch {
		case in.IsSubprogramCall():
			target += int(in.Imm)
		case in.IsWide() && in.Src == isa.PseudoFunc:
			target += int(int32(in.Imm))
		default:
			continue
		}
		slot := c.slotAt(i)
		to, ok := c.instructionAt(slot + target)
		if !ok {
			c.report(slot, mistake.JumpOutside, fmt.Sprintf("the call goes to slot %d, where no instruction begins", slot+target))
			return false
		}
		c.marks[i].to = int32(to)
		c.starts = insertSorted(c.starts, to)
	}
	for n := range c.Functions {
		if f := &c.Functions[n]; f.Exception {
			if i, ok := c.instructionAt(f.Slot); ok {
				c.starts = insertSorted(c.starts, i)
			}
		}
	}
	for fn, start := range c.starts {
		end, after := c.end(fn), false
		for i := start; i < end; i++ {
			if after {
				c.marks[i].flags |= called
			}
			after = after || c.marks[i].what == calls
		}
		if last := end - 1; !c.marks[last].ends() {
			c.report(c.slotAt(last), mistake.NoExit, "the function goes on past its last instruction, which is neither exit nor a jump")
			return false
		}
	}
	return true
}

// findTargets finds where jumps lead.
func (c *checker) findTargets() bool {
	for fn, start := range c.starts {
		end := c.end(fn)
		for i := start; i < end; i++ {
			if !c.marks[i].leads() {
				continue
			}
			d, _, _ := c.code[i].Displacement()
			slot := c.slotAt(i)
			target := slot + c.code[i].Slots() + int(d)
			to, ok := c.instructionAt(target)
			switch {
			case target < 0 || target >= c.slotAt(len(c.code)):
				c.report(slot, mistake.JumpOutside, fmt.Sprintf("the jump goes to instruction %d, outside of the program", target))
				return false
			case !ok:
				c.report(target-1, mistake.JumpOutside,
					fmt.Sprintf("the jump at instruction %d goes into the middle of the 64-bit load at %d", slot, target-1))
				return false
			case to < start || to >= end:
				c.report(slot, mistake.JumpOutside, fmt.Sprintf("the jump goes to instruction %d, in another function", target))
				return false
			}
			c.marks[i].to = int32(to)
		}
	}
	return true
}

// findJoins finds the instructions at which paths may meet.
func (c *checker) findJoins() {
	enter := func(i int) {
		if c.marks[i].is(entered) {
			c.marks[i].flags |= join
		}
		c.marks[i].flags |= entered
	}
	for _, start := range c.starts {
		enter(start)
	}
	for i := range c.marks {
		m := &c.marks[i]
		if m.leads() {
			enter(int(m.to))
		}
		if !m.ends() {
			enter(i + 1)
		}
		if c.loops(i) {
			m.flags |= join
		}
	}
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

// reachable refuses code that no path reaches.
func (c *checker) reachable(blocks []block, queue []int32) bool {
	visit := func(n int) {
		if !blocks[n].reached {
			blocks[n].reached = true
			queue = append(queue, int32(n))
		}
	}
	for _, start := range c.starts {
		visit(blockAt(blocks, start))
	}
	for len(queue) > 0 {
		n := int(queue[len(queue)-1])
		queue = queue[:len(queue)-1]
		b := &blocks[n]
		if c.marks[c.lastOf(blocks, n)].what == jumpsByTable {
			return true // its targets are in a map
		}
		if b.falls {
			visit(n + 1)
		}
		if b.to >= 0 {
			visit(int(b.to))
		}
	}
	for n := range blocks {
		if !blocks[n].reached {
			c.report(c.slotAt(int(blocks[n].start)), mistake.Unreachable, "no path reaches this instruction")
			return false
		}
	}
	return true
}

func registersOf(s isa.RegisterSet, f func(isa.Register)) {
	for ; s != 0; s &= s - 1 {
		f(isa.Register(bits.TrailingZeros16(uint16(s))))
	}
}
