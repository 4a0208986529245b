package verify

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// call follows a call.
func (c *checker) call(s *state, i int, parent *visit) (next int, goOn bool) {
	in := &c.code[i]
	switch {
	case in.IsSubprogramCall():
		return c.callFunction(s, i)
	case in.IsKfuncCall():
		return i + 1, c.callKernel(s, i, parent)
	case in.IsHelperCall():
		return i + 1, c.callHelper(s, i, parent)
	}
	c.forget(s)
	s.top().regs[isa.R0] = unclear()
	return i + 1, true
}

// forget forgets the registers that a call overwrites.
func (c *checker) forget(s *state) {
	for r := isa.R0; r <= isa.R5; r++ {
		s.top().regs[r] = value{}
	}
}

func (c *checker) callFunction(s *state, i int) (next int, goOn bool) {
	if fn := c.functionOf(c.to(i)); c.globalAt(fn) != nil {
		if s.isHeld(spinLock) {
			return 0, c.refuse(s, i, mistake.ForbiddenWithLock, "%s is called while %s is held", c.globalAt(fn).called(), c.theLock(s))
		}
		return i + 1, c.callGlobal(s, i, c.globalAt(fn), fn)
	}
	if len(s.frames) >= linux.MostFrames {
		return 0, c.refuse(s, i, mistake.Recursion, "functions call each other %d deep; the limit is %d",
			len(s.frames)+1, linux.MostFrames)
	}
	fn := c.functionOf(c.to(i))
	if c.isException(fn) {
		return 0, c.refuse(s, i, mistake.FunctionContract,
			"the function that the kernel calls after an exception cannot be called by the program")
	}
	c.calls[[2]int{c.functionOf(i), fn}] = true
	f := frame{fn: fn, call: i}
	top := s.top()
	for r := isa.R1; r <= isa.R5; r++ {
		f.regs[r] = top.regs[r]
	}
	f.regs[isa.R10] = framePointer(len(s.frames))
	c.forget(s)
	s.frames = append(s.frames, f)
	return c.to(i), true
}

// isException reports whether a function is the program's exception callback.
func (c *checker) isException(fn int) bool {
	slot := c.slotAt(c.starts[fn])
	return slices.ContainsFunc(c.Functions, func(f Function) bool { return f.Exception && f.Slot == slot })
}

// checkStack adds up the stack of functions that call each other (check_max_stack_depth). A function with a private stack counts alone.
func (c *checker) checkStack() {
	private := c.privateStack()
	total, known := make([]int64, len(c.starts)), make([]bool, len(c.starts)) // of a function with those that it calls
	var add func(fn int) int64
	add = func(fn int) int64 {
		if known[fn] { // or it calls itself, which checkDepth finds
			return total[fn]
		}
		known[fn] = true
		own := (c.deepest[fn] + 15) / 16 * 16 // for compiled code; the interpreter needs more
		if private && own >= linux.LeastPrivateStack {
			own = 0
		}
		below := int64(0)
		for n := range c.starts {
			if c.calls[[2]int{fn, n}] {
				below = max(below, add(n))
			}
		}
		total[fn] = own + below
		return total[fn]
	}
	if t := add(0); t > linux.StackSize {
		c.note(mistake.Finding{Insn: -1, Kind: mistake.FrameTooLong,
			Detail: fmt.Sprintf("functions that call each other use %d bytes of stack together; the limit is %d", t, linux.StackSize),
			Help:   "put large values into a map, such as a per-CPU array with one element"})
	}
}

// checkDepth counts the functions that call each other. The kernel looks at the code for this, and not at paths (check_max_stack_depth):
// it refuses a function that calls itself, however soon that ends.
func (c *checker) checkDepth() {
	calls := make(map[[2]int]bool) // caller and called
	for i := range c.code {
		if c.code[i].IsSubprogramCall() {
			calls[[2]int{c.functionOf(i), c.functionOf(c.to(i))}] = true
		}
	}
	called := map[int]bool{0: true} // at one depth
	for range linux.MostFrames {
		callers := called
		called = map[int]bool{}
		for edge := range calls {
			if callers[edge[0]] {
				called[edge[1]] = true
			}
		}
	}
	if len(called) > 0 {
		c.note(mistake.Finding{Insn: -1, Kind: mistake.Recursion,
			Detail: fmt.Sprintf("functions call each other more than %d deep, or one calls itself; the limit is %d", linux.MostFrames,
				linux.MostFrames),
			Help: "use a loop instead of recursion"})
	}
}

// privateStack reports whether the larger functions of the program may have a stack of their own (bpf_enable_priv_stack and
// check_max_stack_depth, kernel/bpf/verifier.c, since 6.13; where the JIT compiler of the processor cannot do that, the kernel refuses
// more). Programs with tail calls never have it. For members of interfaces the interface decides, which is not known here.
func (c *checker) privateStack() bool {
	info := c.Type.Info()
	if !info.PrivateStack && c.Type != linux.ProgTypeStructOps || c.Type == linux.ProgTypeTracing && c.Hook == linux.AttachTraceIter {
		return false
	}
	return !slices.ContainsFunc(c.code, func(in isa.Instruction) bool {
		return in.IsHelperCall() && in.Imm == tailCall
	})
}

// tailCall is the number of bpf_tail_call (enum bpf_func_id).
const tailCall = 12
