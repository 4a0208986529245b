package verify

import (
	"fmt"
	"slices"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// callKernel checks the call of a kernel function.
func (c *checker) callKernel(s *state, i int, parent *visit) bool {
	in := &c.code[i]
	if c.Types == nil || in.Off != 0 { // a function of a module
		return c.kernelUnknown(s, i)
	}
	id := kernelID(in)
	p, ok := c.kernel[id]
	if !ok {
		q, isFunction := c.protoOf(id)
		if !isFunction || q.name == "" {
			return c.refuse(s, i, mistake.KernelForbidden, "type %d of the kernel is not a function", id)
		}
		q.row = linux.FunctionNamed(q.name)
		p = &q
		c.kernel[id] = p
	}
	return c.callNamed(s, i, p, parent)
}

// kernelID is the type of a called kernel function.
func kernelID(in *isa.Instruction) btf.ID { return btf.ID(uint32(in.Imm)) }

// kernelUnknown follows a call about which nothing is known.
func (c *checker) kernelUnknown(s *state, i int) bool {
	h := helperCall{c: c, s: s, i: i, m: -1}
	h.unknown(linux.MostCallArguments)
	s.guess = true
	c.forget(s)
	s.top().regs[isa.R0] = unclear()
	return true
}

// callNamed checks the call of a kernel function whose prototype is known.
func (c *checker) callNamed(s *state, i int, p *proto, parent *visit) bool {
	if !c.mayCallKernel(s, i, p) {
		return false
	}
	switch {
	case p.row.Has(linux.FuncLocks | linux.FuncUnlocks):
		return c.resilient(s, i, p, parent)
	case p.row.Has(linux.FuncSavesFlags | linux.FuncRestoresFlags):
		return c.irq(s, i, p, isa.R1)
	case p.row.Has(linux.FuncBegins | linux.FuncSteps | linux.FuncFinishes):
		return c.iterate(s, i, p, parent)
	}
	call := kernelCall{vague: !p.known(), id: -1}
	if !c.kernelArguments(s, i, p, &call) || !c.allocates(s, i, p, &call) {
		return false
	}
	c.compareNodes(s, i, &call, parent)
	if call.node != 0 {
		c.giveNode(s, call.node)
	}
	if !c.section(s, i, p.row) {
		return false
	}
	if p.row.Has(linux.FuncThrows) && slices.ContainsFunc(s.frames, func(f frame) bool { return f.callback }) {
		return c.refuse(s, i, mistake.FunctionContract, "%s cannot be called by a function that the kernel calls back", p.name)
	}
	if p.row.Has(linux.FuncThrows) {
		c.nothingHeld(s, i, nil, "where an exception ends the program")
		return false
	}
	c.forget(s)
	s.top().regs[isa.R0] = c.kernelResult(s, i, p, &call)
	return true
}

// mayCallKernel checks whether a kernel function may be called here at all.
func (c *checker) mayCallKernel(s *state, i int, p *proto) bool {
	if c.KernelForbidden != nil {
		if why, allowed := c.KernelForbidden(p.name); why != "" {
			help := ""
			if len(allowed) > 0 {
				help = "allowed: " + strings.Join(allowed, ", ")
			}
			return c.refuseWith(s, i, mistake.KernelForbidden, help, "kernel function %s may not be called here: %s", p.name, why)
		}
	}
	if allowed, sure := c.Type.MayCall(p.name); sure && !allowed {
		return c.refuse(s, i, mistake.KernelForbidden, "programs of type %s may not call %s", c.Type, p.name)
	} else if !sure && !c.offered(p.name, kernelID(&c.code[i])) {
		return c.refuse(s, i, mistake.KernelForbidden, "%s is a function of the kernel that no program may call", p.name)
	}
	switch {
	case c.NotGPL:
		return c.refuse(s, i, mistake.NeedsGPL, "%s needs a program with a licence that is compatible with the GPL", p.name)
	case linux.FunctionSleeps(p.name) && !c.Sleepable && !c.Type.Info().Sleeps && c.Type != linux.ProgTypeUnspec:
		return c.refuseWith(s, i, mistake.MaySleep, c.sleepHelp(), maySleep, p.name)
	case linux.FunctionSleeps(p.name) && c.unsleepable(s) != "":
		return c.refuse(s, i, mistake.MaySleep, "%s may sleep, but this is inside %s", p.name, c.unsleepable(s))
	case s.isHeld(spinLock) && p.known() && !p.row.Has(linux.FuncLocked):
		return c.refuse(s, i, mistake.ForbiddenWithLock, "%s is called while %s is held", p.name, c.theLock(s))
	case s.isHeld(spinLock) && !p.known():
		s.guess = true
	}
	return true
}

const maySleep = "%s may sleep, but the program may not sleep"

// sleepHelp says where a program may sleep, for one that calls what may sleep.
func (c *checker) sleepHelp() string {
	ops := linux.OpsTypeNamed(c.Struct)
	switch {
	case c.Type == linux.ProgTypeUnspec:
		return ""
	case c.Member != "" && ops.Sleepable != nil && len(ops.Sleepable) == 0:
		return "no member of " + c.Struct + " may sleep"
	case c.Member != "" && ops.Sleepable != nil && !slices.Contains(ops.Sleepable, c.Member):
		return "call it in a member that may sleep: " + phrase.Or(ops.Sleepable)
	case c.Member != "":
		return c.Member + " may sleep if it says so: set its bool in Sleepable of the ops struct, or Sleepable of the program"
	case !c.Type.Info().Sleepable:
		return fmt.Sprintf("%v programs never sleep", c.Type)
	}
	return "a sleepable program has Sleepable set, and is for a hook that allows it"
}

// offered reports whether the kernel offers a function to some programs: its BTF then has a tag. Kernels before 6.8 have no tags.
func (c *checker) offered(name string, id btf.ID) bool {
	if c.tagged == nil {
		c.tagged = map[btf.ID]bool{}
		for tag := range c.Types.DeclTags() {
			if tag.Tag == "bpf_kfunc" {
				c.tagged[tag.Target] = true
			}
		}
	}
	return len(c.tagged) == 0 || c.tagged[id]
}

// kernelArguments checks the arguments of a kernel function, and records what the result depends on.
func (c *checker) kernelArguments(s *state, i int, p *proto, call *kernelCall) bool {
	c.numbersMatter(i, argumentRegisters)
	for n, a := range p.params[:min(len(p.params), linux.MostCallArguments)] {
		r := isa.R1 + isa.Register(n)
		v := &s.top().regs[r]
		switch {
		case a.has("__ign"), a.has("__prog"):
			continue
		case v.kind == opaque || v.vague && v.kind != number:
			s.guess = s.guess || p.row.Has(linux.FuncReleases|linux.FuncTransfers)
			call.vague = true
			continue
		case v.kind == none:
			return c.refuse(s, i, mistake.Uninitialised, "argument %s of %s has no value", inRegister(r, a.name), p.name)
		}
		if done, ok := c.objectArgument(s, i, p, n, v, call); done {
			if !ok {
				return false
			}
			continue
		}
		switch {
		case !a.pointer && v.kind != number && a.size > 0:
			return c.refuse(s, i, mistake.ArgumentType, "%s",
				phrase.Argument(inRegister(r, a.name), p.name, v.kind.String(), "a number"))
		case !a.pointer && a.has("__k") && !v.isConst() && !v.vague:
			return c.refuse(s, i, mistake.BadSize, "%s",
				phrase.Argument(inRegister(r, a.name), p.name, v.describe(), "a known constant"))
		case a.pointer && a.typ == 0 && v.kind == number && v.gone <= 0 && !v.vague && v.num.umin > 0:
			return c.refuse(s, i, mistake.ArgumentType, "%s",
				phrase.Argument(inRegister(r, a.name), p.name, "a number", "a pointer"))
		case a.isDynptr():
			if !c.kernelDynptr(s, i, p, n, v) {
				return false
			}
			continue
		case a.typ == 0 && !p.row.Takes(n):
			if done, ok := c.buffer(s, i, p, n, v); done {
				if !ok {
					return false
				}
				continue
			}
			if v.kind == stack {
				c.blur(s, int(v.frame))
			}
			call.vague = call.vague || v.kind == stack
			continue
		}
		if !p.known() && v.ref != 0 { // the function may release it, or keep it
			s.letGo(v.ref, func(v *value) { *v = unclear() })
			continue
		}
		if !c.structArgument(s, i, p, n, v) {
			return false
		}
	}
	return true
}

// section opens or ends a section if the kernel function does so.
func (c *checker) section(s *state, i int, row *linux.Function) bool {
	switch {
	case row.Has(linux.FuncEntersRCU):
		if s.rcu++; s.rcu == 1 {
			s.entered[rcuSection] = i
		}
	case row.Has(linux.FuncLeavesRCU):
		if s.rcu == 0 {
			return c.refuse(s, i, mistake.NotHeld, "no RCU section is open here")
		}
		if s.rcu--; s.rcu == 0 {
			s.each(func(v *value) {
				if v.kind == object && v.trust == rcu {
					v.trust, v.vague = untrusted, true
				}
			})
		}
	case row.Has(linux.FuncStopsPreemption):
		if s.preempt++; s.preempt == 1 {
			s.entered[preemptSection] = i
		}
	case row.Has(linux.FuncAllowsPreemption):
		if s.preempt == 0 {
			return c.refuse(s, i, mistake.NotHeld, "preemption is not disabled here")
		}
		s.preempt--
	}
	return true
}

// kernelResult sets the result of a kernel function.
func (c *checker) kernelResult(s *state, i int, p *proto, call *kernelCall) value {
	if !p.known() {
		s.guess = s.guess || p.result.pointer // it may have to be released
	}
	switch {
	case p.void:
		return value{}
	case p.known() && p.result.pointer:
		if v, ok := c.newObject(s, i, p, call); ok {
			return v
		}
	}
	switch {
	case p.result.pointer && p.known() && (p.result.typ != 0 || p.row.Has(linux.FuncAcquires)):
		v := pointer(object)
		v.typ, v.trust, v.vague = p.result.typ, trusted, call.vague
		v.nullable, v.there = p.row.Has(linux.FuncMayBeNil), p.row.Has(linux.FuncNilVaries)
		if p.row.Has(linux.FuncAcquires) {
			v.ref = c.hold(s, i, reference)
			v.id = v.ref
		} else {
			v.id = c.newID()
		}
		return v
	case p.result.size > 0:
		v := anyNumber(p.result.size)
		v.vague = true
		return v
	}
	return unclear()
}

// has reports whether the name of an argument ends in a suffix. Suffixes tell the kernel what an argument is for
// (Documentation/bpf/kfuncs.rst).
func (a *param) has(suffix string) bool { return strings.HasSuffix(a.name, suffix) }

// buffer checks an argument that points to bytes: as many as the next argument says (__sz), or the bytes of one number. done is false
// for other arguments.
func (c *checker) buffer(s *state, i int, p *proto, n int, v *value) (done, ok bool) {
	a := &p.params[n]
	if !a.pointer || v.kind != stack && v.kind != mapValue && v.kind != memory || v.nullable || strings.Contains(a.name, "__") &&
		!a.has("__opt") {
		return false, true
	}
	size, sized := scalarOf(int64(a.number)), false
	if n+1 < len(p.params) && n < 4 {
		if next := &p.params[n+1]; next.has("__sz") || next.has("__szk") {
			r := &s.top().regs[isa.R2+isa.Register(n)]
			if r.kind != number || r.vague {
				return false, true
			}
			size, sized = r.num, true
		}
	}
	if !sized && a.number < 2 { // it may be a text
		return false, true
	}
	h := helperCall{c: c, s: s, i: i, name: p.name, m: -1, key: -1}
	wrong := func(string) bool { return true }
	return true, h.memory(n, *v, size, false, true, wrong) && h.memory(n, *v, size, true, true, wrong)
}

// inRegister names an argument together with its register: "sk (r1)".
func inRegister(r isa.Register, name string) string { return fmt.Sprintf("%s (%v)", name, r) }

// How messages name a pointer that the kernel does not trust, and what it trusts.
const (
	readElsewhere  = "a pointer that was read from another struct"
	trustedPointer = "an argument of the program, or a pointer that it acquired"
)

// trustIsUsual is the release since which all functions trust their arguments, as KF_TRUSTED_ARGS said before. For pointers that RCU
// protects, the function still decides.
var trustIsUsual = isa.KernelVersion{Major: 7, Minor: 0}

// structArgument checks an argument that is a pointer to a struct of the kernel.
func (c *checker) structArgument(s *state, i int, p *proto, n int, v *value) bool {
	a, r := p.params[n], isa.R1+isa.Register(n)
	gives := p.row.Takes(n)
	trusts := p.row.Has(linux.FuncTrusts|linux.FuncTrustsRCU) || c.Kernel.AtLeast(trustIsUsual)
	switch {
	case v.isZero():
		if (trusts || gives) && !a.has("__nullable") {
			return c.refuse(s, i, mistake.MaybeNil, "argument %s of %s is nil", a.name, p.name)
		}
		return true
	case v.kind == number && v.gone > 0 && gives:
		return c.refuse(s, i, mistake.ReleasedTwice, "argument %s of %s was released before, at %s",
			a.name, p.name, c.place(int(v.gone-1)))
	case v.kind == number && !v.vague:
		return c.refuse(s, i, mistake.ArgumentType, "%s", phrase.Argument(inRegister(r, a.name), p.name, "a number", pointerTo(a.to)))
	case v.kind == context || v.kind == packet || v.kind == packetEnd || v.kind == mapItself:
		if v.kind == context && a.to != "__sk_buff" && a.to != "sk_buff" && a.to != "xdp_md" && a.to != "xdp_buff" &&
			!strings.HasPrefix(a.to, "bpf_") {
			return c.refuse(s, i, mistake.ArgumentType, "%s",
				phrase.Argument(inRegister(r, a.name), p.name, v.kind.String(), pointerTo(a.to)))
		}
		return true
	case (v.kind == stack || v.kind == mapValue || v.kind == memory) && !strings.HasPrefix(a.to, "bpf_") && c.hasPointers(a.typ):
		return c.refuse(s, i, mistake.ArgumentType, "%s", phrase.Argument(inRegister(r, a.name), p.name, v.kind.String(), pointerTo(a.to)))
	case v.kind == stack:
		c.blur(s, int(v.frame))
		return true
	case v.kind != object:
		return true
	case v.nullable && (trusts || gives) && !a.has("__nullable"):
		return c.refuse(s, i, mistake.MaybeNil, "argument %s of %s may be nil: compare it with 0 before the call", a.name, p.name)
	case gives && v.there:
		s.guess = true
	case gives && (v.ref == 0 || !s.holds(v.ref)):
		return c.refuse(s, i, mistake.ReleasedTwice, "argument %s of %s was not acquired by this program, or was released before",
			a.name, p.name)
	}
	if trusts && (v.trust == lost || v.trust == untrusted || v.trust == rcu && p.row.Has(linux.FuncTrusts)) && v.ref == 0 {
		return c.refuse(s, i, mistake.Untrusted, "%s", phrase.Argument(inRegister(r, a.name), p.name, readElsewhere, trustedPointer))
	}
	if v.trust == walked && trusts {
		if v.typ != a.typ && !c.Types.Embeds(v.typ, a.typ) && !c.Types.Embeds(a.typ, v.typ) {
			return c.refuse(s, i, mistake.Untrusted, "%s", phrase.Argument(inRegister(r, a.name), p.name, readElsewhere, trustedPointer))
		}
		s.guess = true // this package does not know which fields the kernel trusts
	}
	if a.typ != 0 && v.typ != 0 && v.off == 0 && v.fixed() && v.typ != a.typ && !c.Types.Embeds(v.typ, a.typ) && !c.Types.Embeds(a.typ,
		v.typ) && linux.Projected(c.Types.Name(v.typ)) != linux.Projected(a.to) {
		return c.refuse(s, i, mistake.ArgumentType, "%s",
			phrase.Argument(inRegister(r, a.name), p.name, pointerTo(c.Types.Name(v.typ)), pointerTo(a.to)))
	}
	if v.off != 0 && v.fixed() && v.typ == a.typ {
		return c.refuse(s, i, mistake.ArgumentType, "argument %s of %s must point to the beginning of the struct %s; %d was added to it",
			a.name, p.name, a.to, v.off)
	}
	if gives {
		s.letGo(v.ref, func(v *value) {
			if p.row.Has(linux.FuncTransfers) { // the pointer may stay valid
				*v = unclear()
			} else {
				v.giveBack(i)
			}
		})
	}
	return true
}

// hasPointers reports whether a struct of the kernel has a pointer in it. The kernel does not let programs make such a struct in memory of
// their own.
func (c *checker) hasPointers(typ btf.ID) bool {
	set, err := c.Types.Decode(typ)
	if err != nil {
		return false
	}
	var search func(t cbtf.Type, depth int) bool
	search = func(t cbtf.Type, depth int) bool {
		switch t := btf.Underlying(t).(type) {
		case *cbtf.Pointer:
			return true
		case *cbtf.Array:
			return search(t.Type, depth)
		case *cbtf.Struct:
			return depth < 4 && slices.ContainsFunc(t.Members, func(m cbtf.Member) bool { return search(m.Type, depth+1) })
		}
		return false
	}
	return search(set.Type(typ), 0)
}

// irq saves interrupt flags on the stack, or restores them.
func (c *checker) irq(s *state, i int, p *proto, r isa.Register) bool {
	save := p.row.Has(linux.FuncSavesFlags)
	v := s.top().regs[r]
	if v.kind == opaque || v.vague {
		return c.kernelUnknown(s, i)
	}
	list := c.slotsOf(s, &v, 8)
	if list == nil {
		return c.refuse(s, i, mistake.ArgumentType, "%s needs the address of 8 bytes on the stack for the flags", p.name)
	}
	sl := list[0]
	if save {
		if sl.bytes[0] == irqFlag {
			return c.refuse(s, i, mistake.NotHeld, "flags are saved here already: restore them before")
		}
		sl.become(irqFlag, c.hold(s, i, irqState))
	} else {
		if sl.bytes[0] != irqFlag {
			return c.refuse(s, i, mistake.NotHeld, "no flags are saved at %d from r10", v.off)
		}
		for n := len(s.held) - 1; n >= 0; n-- {
			if s.held[n].kind != irqState {
				continue
			}
			if s.held[n].id != sl.id {
				return c.refuse(s, i, mistake.NotHeld, "saved flags must be restored in reverse order: restore those saved at %s first",
					c.place(s.held[n].insn))
			}
			break
		}
		if n := s.heldAt(sl.id); n >= 0 && !c.isReleasedBy(s.held[n], p.name) && p.known() {
			return c.refuse(s, i, mistake.NotHeld, "%s cannot restore %s", p.name, c.thingAt(s, n))
		}
		s.release(sl.id)
		*sl = slot{}
	}
	c.endLockCall(s, save && p.row.Has(linux.FuncLocks))
	return true
}

// iterate follows the beginning, the next element and the end of an iterator.
func (c *checker) iterate(s *state, i int, p *proto, parent *visit) bool {
	v := s.top().regs[isa.R1]
	if v.kind == opaque || v.vague || len(p.params) == 0 {
		return c.kernelUnknown(s, i)
	}
	size, err := c.Types.Size(p.params[0].typ)
	switch {
	case err == nil && size > 0:
	case strings.HasPrefix(p.name, "bpf_iter_num_"):
		size = linux.NumIteratorSize // struct bpf_iter_num is only declared in these types
	default:
		return c.kernelUnknown(s, i)
	}
	list := c.slotsOf(s, &v, int64(size+7)/8*8)
	if list == nil {
		return c.refuse(s, i, mistake.ArgumentType, "the iterator of %s must be on the stack, at a multiple of 8", p.name)
	}
	is := list[0].bytes[0] == iterator
	regs := &s.top().regs
	switch {
	case p.row.Has(linux.FuncBegins):
		if is {
			return c.refuse(s, i, mistake.NotHeld, "%s must be ended before it is begun again", c.thingOf(s, list[0].id))
		}
		for n := 1; n < len(p.params); n++ {
			if regs[isa.R1+isa.Register(n)].kind == none {
				return c.refuse(s, i, mistake.Uninitialised, "argument %s of %s has no value", p.params[n].name, p.name)
			}
		}
		id := c.hold(s, i, reference)
		for _, sl := range list {
			sl.become(iterator, id)
		}
		c.forget(s)
		regs[isa.R0] = anyNumber(4)
		regs[isa.R0].vague = true
	case !is:
		return c.refuse(s, i, mistake.NotHeld, "%s needs an iterator; there is no iterator at %d from r10", p.name, v.off)
	case p.row.Has(linux.FuncSteps):
		c.forget(s)
		end := c.room.clone(s)
		end.top().regs[isa.R0] = constant(0)
		c.later(end, i+1, parent)
		c.room.release(end)
		regs[isa.R0] = unclear()
		if p.result.number > 0 {
			regs[isa.R0] = pointer(memory)
			regs[isa.R0].size, regs[isa.R0].readOnly = int64(p.result.number), true
		}
		c.widen(s, i, i+1, parent)
	default:
		s.release(list[0].id)
		for _, sl := range list {
			*sl = slot{}
		}
		c.forget(s)
	}
	return true
}
