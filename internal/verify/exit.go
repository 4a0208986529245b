package verify

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// exit follows the end of a function.
func (c *checker) exit(s *state, i int) (next int, goOn bool) {
	top := s.top()
	r0 := top.regs[isa.R0]
	if len(s.frames) == 1 {
		return 0, c.endProgram(s, i, r0)
	}
	if r0.kind == stack {
		c.refuse(s, i, mistake.PointerResult, "a function returns a pointer to its stack")
		return 0, false
	}
	call, callback := top.call, top.callback
	if callback {
		c.numbersMatter(i, isa.Registers(isa.R0))
		if r0.kind == none {
			c.refuse(s, i, mistake.Uninitialised, "r0 has no value at the end of the callback")
		} else if r0.kind.isPointer() && !r0.vague {
			c.refuse(s, i, mistake.ResultRange, "the callback returns %s; it must return 0 or 1", r0.kind)
		} else if r0.kind == number && !r0.vague && (r0.num.smin < 0 || r0.num.smax > 1) {
			c.refuse(s, i, mistake.ResultRange, "the callback returns %s; it must return 0 or 1", r0.num.text())
		}
		return 0, false
	}
	s.frames = s.frames[:len(s.frames)-1]
	regs := &s.top().regs
	regs[isa.R0] = r0
	for r := isa.R1; r <= isa.R5; r++ {
		regs[r] = value{}
	}
	return call + 1, true
}

// endProgram checks the state at the end of the program.
func (c *checker) endProgram(s *state, i int, r0 value) bool {
	if !c.nothingHeld(s, i, &r0, "at the end of the program"+c.pathText(s)) {
		return false
	}
	if s.top().fn > 0 {
		return c.endGlobal(s, i, r0)
	}
	if c.resultUnused() {
		return false
	}
	if r0.kind == none {
		return c.refuseWith(s, i, mistake.Uninitialised, "set r0 on every path to here", "r0, the result, has no value at the end")
	}
	crashes := r0.crashesMember()
	if (c.Strict || crashes) && c.proto != nil && c.Type == linux.ProgTypeStructOps && r0.kind.isPointer() && !c.proto.result.pointer {
		note := "Linux accepts this: the member's caller then gets part of an address as the number"
		if crashes {
			note = "do not load this: the verifier of Linux 6.18 itself crashes on it"
		}
		return c.refuseNoting(s, i, mistake.PointerResult, note, "", "r0 holds a pointer at the end, but %s must return a number",
			c.proto.name)
	}
	if c.NoPerfmon && r0.kind.isPointer() {
		return c.refuse(s, i, mistake.AddressLeak, "the result is a pointer")
	}
	limits, at := c.resultRange()
	if limits == nil || r0.vague || r0.kind == opaque {
		return false
	}
	if r0.kind != number {
		return c.refuse(s, i, mistake.ResultRange, "the result is a pointer; programs for %s must return a number, %v", at, limits)
	}
	c.numbersMatter(i, isa.Registers(isa.R0))
	low, high := r0.num.smin, r0.num.smax
	if c.Type == linux.ProgTypeLSM { // hooks return an int (return_32bit in check_return_code)
		low, high = int64(r0.num.smin32), int64(r0.num.smax32)
	}
	if low < limits.Low || high > limits.High {
		return c.refuse(s, i, mistake.ResultRange, "the result is %s; programs for %s must return %v", r0.num.text(), at, limits)
	}
	return false
}

// crashesMember reports whether the verifier crashes when a member that returns a number ends with this in r0. check_return_code
// (kernel/bpf/verifier.c) reads reg->btf of any register. For pointers that are not to structs of the kernel, these bytes are something
// else: the size of memory, a map, the number of a function. Linux 6.18.44 follows them as an address (seen with a
// record).
func (v *value) crashesMember() bool {
	switch v.kind {
	case mapItself, mapValue, memory, function:
		return !v.vague
	}
	return false
}

// resultUnused reports whether the kernel ignores the result.
func (c *checker) resultUnused() bool {
	switch c.Type {
	case linux.ProgTypeUnspec:
		return true
	case linux.ProgTypeStructOps:
		return c.proto == nil || c.proto.void
	case linux.ProgTypeLSM:
		void, known := c.voidHook()
		return c.Hook != linux.AttachLSMCgroup && (void || !known)
	}
	return false
}

// resultRange is the range of results that the program may return, nil if there is no limit, and the name of the place that sets it.
func (c *checker) resultRange() (limits *linux.Range, at string) {
	at = c.Type.String()
	if place := c.Hook.Info(); place.Types.Has(c.Type) && (c.Hook != 0 || c.Attached) {
		at = place.Name
	}
	switch {
	case c.Type == linux.ProgTypeLSM:
		if void, known := c.voidHook(); known {
			limits = linux.HookResult(c.Hook, c.hookName(), void)
		}
		return limits, c.Attach
	case c.Hook == 0 && !c.Attached: // the place is not known
		return c.Type.Info().Result, at
	}
	return c.Type.ResultAt(c.Hook), at
}

// hookName is the name of the hook of the security modules that the program is for, as Linux declares it.
func (c *checker) hookName() string {
	return strings.TrimPrefix(c.Attach, linux.AttachLSMMAC.Info().Prefix)
}

// voidHook reports whether that hook has no result. known is false if the types of the kernel do not say so.
func (c *checker) voidHook() (void, known bool) {
	if c.Types == nil || c.Attach == "" {
		return false, false
	}
	id, err := c.Types.Lookup(btf.KindFunc, linux.AttachLSMMAC.Info().Prefix+c.hookName())
	if err != nil {
		return false, false
	}
	p, ok := c.protoOf(id)
	return ok && p.void, ok
}
