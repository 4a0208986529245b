package verify

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A global function of the program is checked by its prototype. A call of it depends only on its arguments and returns any number.
// The function itself is walked through once, with all values that its arguments may have (btf_check_subprog_call, do_check_subprogs).

// findGlobals records which functions of the program are global.
func (c *checker) findGlobals() {
	for n := range c.Functions {
		f := &c.Functions[n]
		if !f.Global {
			continue
		}
		for fn, start := range c.starts {
			if fn > 0 && c.slotAt(start) == f.Slot {
				if c.global == nil {
					c.global = make([]*Function, len(c.starts))
				}
				c.global[fn] = f
			}
		}
	}
}

// functionsFit compares func_info with the places where functions begin (check_btf_func).
func (c *checker) functionsFit() bool {
	if c.Functions == nil {
		return true
	}
	if len(c.Functions) != len(c.starts) {
		c.report(-1, mistake.BadDebugInfo, fmt.Sprintf("the program has %s, but its func_info lists %d",
			phrase.Count(len(c.starts), "function"), len(c.Functions)))
		return false
	}
	for n, start := range c.starts {
		if slot := c.slotAt(start); c.Functions[n].Slot != slot {
			c.report(-1, mistake.BadDebugInfo, fmt.Sprintf("a function begins at instruction %d, but func_info says %d",
				slot, c.Functions[n].Slot))
			return false
		}
	}
	return true
}

// globalAt is the global function with a number, or nil.
func (c *checker) globalAt(fn int) *Function {
	if c.global == nil {
		return nil
	}
	return c.global[fn]
}

func (f *Function) called() string {
	if f.Name == "" {
		return "the global function"
	}
	return "the global function " + f.Name
}

// callGlobal checks the arguments of a global function. Its code is walked through later.
func (c *checker) callGlobal(s *state, i int, f *Function, fn int) bool {
	c.numbersMatter(i, argumentRegisters)
	for n, a := range f.Args {
		if n > 4 {
			break
		}
		if !c.globalArgument(s, i, f, n, a) {
			return false
		}
	}
	c.calls[[2]int{c.functionOf(i), fn}] = true
	if !s.guess && !slices.Contains(c.wanted, fn) {
		c.wanted = append(c.wanted, fn)
	}
	moves, sure := c.movesPacket(fn, nil)
	s.each(func(v *value) {
		if v.kind == packet || v.kind == packetMeta || v.kind == packetEnd {
			if moves && sure {
				v.lose(i, anyNumber(8))
			} else if moves {
				v.vague = true
			}
		}
	})
	c.forget(s)
	s.top().regs[isa.R0] = anyNumber(8)
	return true
}

func (c *checker) globalArgument(s *state, i int, f *Function, n int, a Argument) bool {
	r := isa.R1 + isa.Register(n)
	v := s.top().regs[r]
	if v.kind == opaque || v.vague || a.Kind == ArgumentUnknown {
		if v.kind == stack && v.kind != opaque {
			c.blur(s, int(v.frame))
		}
		return true
	}
	wrong := func(want string) bool {
		return c.refuse(s, i, mistake.FunctionContract, "%s", phrase.Argument(n+1, f.called(), v.describe(), want))
	}
	switch a.Kind {
	case ArgumentNumber:
		if v.kind != number {
			return wrong("a number")
		}
	case ArgumentContext:
		if v.kind != context || !v.fixed() || v.off != 0 {
			return wrong("the context")
		}
	case ArgumentMemory:
		if v.isZero() {
			return true // the function compares it with nil, or is refused itself
		}
		if v.kind == object || v.kind == socket {
			return true
		}
		if v.nullable && !a.Nullable {
			return wrong("memory that is not nil")
		}
		v.nullable = false
		h := helperCall{c: c, s: s, i: i, name: f.called(), m: -1, key: -1}
		guess := s.guess
		s.guess = true // the finding is reported below
		ok := h.memory(n, v, scalarOf(a.Size), false, false, func(string) bool { return false }) &&
			!(v.kind == memory && v.readOnly) && h.memory(n, v, scalarOf(a.Size), true, false, func(string) bool { return false })
		s.guess = guess
		if !ok {
			return wrong("memory of " + byteCount(a.Size) + " that can be read and written")
		}
	}
	return true
}

// enterGlobal returns the state at the beginning of a global function.
func (c *checker) enterGlobal(fn int) *state {
	s := &state{frames: []frame{{fn: fn, call: -1}}}
	regs := &s.frames[0].regs
	regs[isa.R10] = framePointer(0)
	for n, a := range c.globalAt(fn).Args {
		if n > 4 {
			break
		}
		v := unclear()
		switch a.Kind {
		case ArgumentNumber:
			v = anyNumber(8)
		case ArgumentContext:
			v = pointer(context)
		case ArgumentMemory:
			v = pointer(memory)
			v.size, v.nullable = a.Size, a.Nullable
			if v.nullable {
				v.id = c.newID()
			}
		}
		regs[isa.R1+isa.Register(n)] = v
	}
	return s
}

// endGlobal checks the result of a global function.
func (c *checker) endGlobal(s *state, i int, r0 value) bool {
	switch {
	case r0.kind == none:
		return c.refuse(s, i, mistake.Uninitialised, "r0, the result, has no value at the end")
	case r0.kind.isPointer() && !r0.vague:
		return c.refuse(s, i, mistake.FunctionContract, "a global function must return a number; r0 is %s", r0.kind)
	}
	return false
}

// movesPacket reports whether a function, or one that it calls, may change the packet so that pointers into it become invalid. sure
// is false when it calls a function that is not known.
func (c *checker) movesPacket(fn int, seen []int) (moves, sure bool) {
	if slices.Contains(seen, fn) {
		return false, true
	}
	seen = append(seen, fn)
	sure = true
	for i := c.starts[fn]; i < c.end(fn); i++ {
		in := &c.code[i]
		switch {
		case in.IsKfuncCall():
			moves, sure = true, false
		case in.IsHelperCall():
			h := linux.HelperByID(int32(in.Imm))
			switch {
			case h == nil || !h.Followed():
				moves, sure = true, false
			case h.Effects.Has(linux.MovesPacket):
				return true, true
			}
		case c.to(i) >= 0 && !c.marks[i].leads():
			m, known := c.movesPacket(c.functionOf(c.to(i)), seen)
			if m && known {
				return true, true
			}
			moves, sure = moves || m, sure && known
		}
	}
	return moves, sure
}

// PointerArgument returns how the kernel treats an argument of a global function that is a pointer to a struct or to something else of
// a known size (kernel/bpf/btf.c, btf_prepare_func_args). The argument is unknown if it has the name of another type's context, or no
// size.
func PointerArgument(programType linux.ProgType, to string, size int64) Argument {
	switch {
	case to != "" && to == programType.Info().Context:
		return Argument{Kind: ArgumentContext}
	case linux.IsContext(to), to == "bpf_dynptr", size == 0: // a dynptr is no memory
		return Argument{Kind: ArgumentUnknown}
	}
	return Argument{Kind: ArgumentMemory, Size: size, Nullable: true}
}
