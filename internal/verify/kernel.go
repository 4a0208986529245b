package verify

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

// callKernel checks the call of a kernel function.
func (c *checker) callKernel(s *state, i int, parent *visit) bool {
	in := &c.code[i]
	if c.Types == nil || in.Off != 0 { // of a module
		return c.kernelUnknown(s, i)
	}
	id := btf.ID(uint32(in.Imm))
	p, ok := c.kernel[id]
	if !ok {
		q, isFunction := c.protoOf(id)
		if !isFunction || q.name == "" {
			return c.refuse(s, i, "function-forbidden", "type %d of the kernel is no function", id)
		}
		p = &q
		c.kernel[id] = p
	}
	return c.callNamed(s, i, p, parent)
}

// kernelUnknown is a call of which nothing is known.
func (c *checker) kernelUnknown(s *state, i int) bool {
	h := helperCall{c: c, s: s, i: i, m: -1}
	h.unknown(5)
	s.guess = true
	c.lost(s)
	s.top().regs[isa.R0] = unclear()
	return true
}

// kernelTable is what is known of kernel functions besides their prototypes: acquire, release, nil (the result may be), trusts (arguments
// are good and not nil), sleeps, common (any program may call it), and what they begin and end.
var kernelTable = [...]struct{ name, does string }{
	{"bpf_task_acquire", "acquire nil trusts"},
	{"bpf_task_from_pid", "acquire nil"},
	{"bpf_task_from_vpid", "acquire nil"},
	{"bpf_task_release", "release"},
	{"bpf_cgroup_acquire", "acquire nil trusts"},
	{"bpf_cgroup_from_id", "acquire nil"},
	{"bpf_cgroup_ancestor", "acquire nil trusts"},
	{"bpf_cgroup_release", "release"},
	{"bpf_task_get_cgroup1", "acquire nil trusts"},
	{"bpf_task_under_cgroup", "trusts"},
	{"bpf_cpumask_create", "acquire nil"},
	{"bpf_cpumask_acquire", "acquire trusts"},
	{"bpf_cpumask_release", "release"},
	{"bpf_cpumask_first", "trusts"},
	{"bpf_cpumask_first_zero", "trusts"},
	{"bpf_cpumask_first_and", "trusts"},
	{"bpf_cpumask_set_cpu", "trusts"},
	{"bpf_cpumask_clear_cpu", "trusts"},
	{"bpf_cpumask_test_cpu", "trusts"},
	{"bpf_cpumask_test_and_set_cpu", "trusts"},
	{"bpf_cpumask_test_and_clear_cpu", "trusts"},
	{"bpf_cpumask_setall", "trusts"},
	{"bpf_cpumask_clear", "trusts"},
	{"bpf_cpumask_and", "trusts"},
	{"bpf_cpumask_or", "trusts"},
	{"bpf_cpumask_xor", "trusts"},
	{"bpf_cpumask_equal", "trusts"},
	{"bpf_cpumask_intersects", "trusts"},
	{"bpf_cpumask_subset", "trusts"},
	{"bpf_cpumask_empty", "trusts"},
	{"bpf_cpumask_full", "trusts"},
	{"bpf_cpumask_copy", "trusts"},
	{"bpf_cpumask_any_distribute", "trusts"},
	{"bpf_cpumask_any_and_distribute", "trusts"},
	{"bpf_cpumask_weight", "trusts"},
	{"bpf_rcu_read_lock", "rcu+ common"},
	{"bpf_rcu_read_unlock", "rcu- common"},
	{"bpf_preempt_disable", "preempt+ common"},
	{"bpf_preempt_enable", "preempt- common"},
	{"bpf_local_irq_save", "irq+ common"},
	{"bpf_local_irq_restore", "irq- common"},
	{"bpf_iter_num_new", "new common"},
	{"bpf_iter_num_next", "next common"},
	{"bpf_iter_num_destroy", "destroy common"},
	{"bpf_copy_from_user_str", "sleeps"},
	{"tcp_slow_start", "trusts"},
	{"tcp_cong_avoid_ai", "trusts"},
	{"tcp_reno_ssthresh", "trusts"},
	{"tcp_reno_cong_avoid", "trusts"},
	{"tcp_reno_undo_cwnd", "trusts"},
}

func kernelDoes(name string) (string, bool) {
	for _, r := range kernelTable {
		if r.name == name {
			return " " + r.does + " ", true
		}
	}
	return "", false
}

// callNamed checks the call of a kernel function whose prototype is known.
func (c *checker) callNamed(s *state, i int, p *proto, parent *visit) bool {
	does, known := kernelDoes(p.name)
	has := func(what string) bool { return strings.Contains(does, " "+what+" ") }
	if c.KernelForbidden != nil {
		if why := c.KernelForbidden(p.name); why != "" {
			return c.refuse(s, i, "function-forbidden", "%s may not be called here: %s", p.name, why)
		}
	}
	switch c.Type {
	case "socket_filter":
		if known && !has("common") || !strings.HasPrefix(p.name, "bpf_") {
			return c.refuse(s, i, "function-forbidden", "programs of type %s may not call %s", c.Type, p.name)
		}
	case "xdp", "sched_cls", "sched_act", "cgroup_skb":
		if !strings.Contains(p.name, "bpf") {
			return c.refuse(s, i, "function-forbidden", "%s is no function that programs of type %s may call", p.name, c.Type)
		}
	}
	switch {
	case c.NotGPL:
		return c.refuse(s, i, "needs-gpl", "kernel functions may be called by programs under a license that is compatible with the GPL only")
	case has("sleeps") && !c.Sleepable && c.Type != "syscall" && c.Type != "":
		return c.refuse(s, i, "may-sleep", "%s may sleep, and the program may not", p.name)
	case has("sleeps") && s.rcu > 0:
		return c.refuse(s, i, "may-sleep", "%s may sleep, and this is within an RCU section", p.name)
	case s.isHeld(spinLock) && known:
		return c.refuse(s, i, "forbidden-locked", "%s is called while a spin lock is held", p.name)
	case s.isHeld(spinLock):
		s.guess = true
	}
	switch {
	case has("irq+"), has("irq-"):
		return c.irq(s, i, p, has("irq+"))
	case has("new"), has("next"), has("destroy"):
		return c.iterate(s, i, p, does, parent)
	}
	regs := &s.top().regs
	vague := !known
	for n, a := range p.params {
		if n > 4 {
			break
		}
		r := isa.R1 + isa.Register(n)
		v := &regs[r]
		switch {
		case a.has("__ign"), a.has("__prog"):
			continue
		case v.kind == opaque || v.vague && v.kind != number:
			s.guess = s.guess || has("release")
			vague = true
			continue
		case v.kind == none:
			return c.refuse(s, i, "argument-type", "argument %s of %s, in %v, has no value", a.name, p.name, r)
		case !a.pointer && v.kind != number && a.size > 0:
			return c.refuse(s, i, "argument-type", "argument %s of %s is a number, and %v is %s", a.name, p.name, r, v.kind)
		case !a.pointer && a.has("__k") && !v.isConst() && !v.vague:
			return c.refuse(s, i, "bad-size", "argument %s of %s must be a known constant, and is %s", a.name, p.name, v.describe())
		case a.pointer && a.typ == 0 && v.kind == number && !v.vague && v.num.umin > 0:
			return c.refuse(s, i, "argument-type", "argument %s of %s is a pointer, and %v is a number", a.name, p.name, r)
		case a.typ == 0:
			if done, ok := c.buffer(s, i, p, n, v); done {
				if !ok {
					return false
				}
				continue
			}
			if v.kind == stack {
				c.blur(s, int(v.frame))
			}
			vague = vague || v.kind == stack
			continue
		}
		if !c.structArgument(s, i, p, n, a, v, has) {
			return false
		}
	}
	switch {
	case has("rcu+"):
		s.rcu++
	case has("rcu-"):
		if s.rcu == 0 {
			return c.refuse(s, i, "not-held", "no RCU section is open here")
		}
		if s.rcu--; s.rcu == 0 {
			s.each(func(v *value) {
				if v.kind == object && v.trust == rcu {
					v.trust, v.vague = untrusted, true
				}
			})
		}
	case has("preempt+"):
		s.preempt++
	case has("preempt-"):
		if s.preempt == 0 {
			return c.refuse(s, i, "not-held", "preemption is not disabled here")
		}
		s.preempt--
	}
	c.lost(s)
	r0 := &regs[isa.R0]
	switch {
	case p.void:
		*r0 = value{}
	case p.result.pointer && p.result.typ != 0 && known:
		*r0 = pointer(object)
		r0.typ, r0.trust, r0.vague = p.result.typ, trusted, vague
		r0.nullable = has("nil")
		r0.id = c.newID()
		if has("acquire") {
			r0.ref = r0.id
			s.held = append(s.held, held{id: r0.ref, insn: i})
		}
	case p.result.size > 0:
		*r0 = anyNumber(p.result.size)
		r0.vague = true
	default:
		*r0 = unclear()
	}
	if !known {
		s.guess = s.guess || p.result.pointer // it may have to be given back
	}
	return true
}

// has reports whether the name of an argument ends in one of the suffixes by which the kernel knows what it is for
// (Documentation/bpf/kfuncs.rst).
func (a *param) has(suffix string) bool { return strings.HasSuffix(a.name, suffix) }

// buffer checks an argument that leads to bytes: as many as the next argument says (__sz), or a number. done is false for others.
func (c *checker) buffer(s *state, i int, p *proto, n int, v *value) (done, ok bool) {
	a := &p.params[n]
	if !a.pointer || v.kind != stack && v.kind != mapValue && v.kind != memory || v.nullable || strings.Contains(a.name, "__") && !a.has("__opt") {
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
	if !sized && a.number < 2 { // a text, for all that is known
		return false, true
	}
	h := helperCall{c: c, s: s, i: i, name: p.name, m: -1, key: -1}
	wrong := func(string) bool { return true }
	return true, h.memory(n, *v, size, false, true, wrong) && h.memory(n, *v, size, true, true, wrong)
}

// structArgument checks an argument that is a pointer to a struct of the kernel.
func (c *checker) structArgument(s *state, i int, p *proto, n int, a param, v *value, has func(string) bool) bool {
	r := isa.R1 + isa.Register(n)
	switch {
	case v.isZero():
		if (has("trusts") || has("release")) && !a.has("__nullable") {
			return c.refuse(s, i, "maybe-nil", "argument %s of %s is nil", a.name, p.name)
		}
		return true
	case v.kind == number && !v.vague:
		kind := "argument-type"
		if has("release") {
			kind = "released-twice"
		}
		return c.refuse(s, i, kind, "argument %s of %s is a pointer to a struct %s, and %v is a number: it never was one, or was given back", a.name, p.name, a.to, r)
	case v.kind == context || v.kind == packet || v.kind == packetEnd || v.kind == mapItself:
		if v.kind == context && a.to != "__sk_buff" && a.to != "sk_buff" && a.to != "xdp_md" && a.to != "xdp_buff" && !strings.HasPrefix(a.to, "bpf_") {
			return c.refuse(s, i, "argument-type", "argument %s of %s is a pointer to a struct %s, and %v is %s", a.name, p.name, a.to, r, v.kind)
		}
		return true
	case v.kind == stack:
		c.blur(s, int(v.frame))
		return true
	case v.kind != object:
		return true
	case v.nullable && (has("trusts") || has("release")) && !a.has("__nullable"):
		return c.refuse(s, i, "maybe-nil", "argument %s of %s may be nil: compare it with 0 before", a.name, p.name)
	case has("release") && (v.ref == 0 || !slotHeld(s, v.ref)):
		return c.refuse(s, i, "released-twice", "argument %s of %s was not acquired by this program, or was given back", a.name, p.name)
	}
	if v.trust == lost && has("trusts") {
		return c.refuse(s, i, "untrusted", "argument %s of %s must be an argument of the program or acquired, and %v was read from another struct", a.name, p.name, r)
	}
	if v.trust == walked && has("trusts") {
		if v.typ != a.typ && !c.Types.Embeds(v.typ, a.typ) && !c.Types.Embeds(a.typ, v.typ) {
			return c.refuse(s, i, "untrusted", "argument %s of %s must be an argument of the program or acquired, and %v was read from another struct", a.name, p.name, r)
		}
		s.guess = true // which fields the kernel trusts is not known here
	}
	if v.off == 0 && v.fixed() && v.typ != a.typ && !c.Types.Embeds(v.typ, a.typ) && !c.Types.Embeds(a.typ, v.typ) && c.Types.Name(v.typ) != a.to {
		return c.refuse(s, i, "argument-type", "argument %s of %s is a pointer to a struct %s, and %v leads to a struct %s", a.name, p.name, a.to, r, c.Types.Name(v.typ))
	}
	if v.off != 0 && v.fixed() && v.typ == a.typ {
		return c.refuse(s, i, "argument-type", "argument %s of %s must lead to the beginning of the struct %s, and has %d added to it", a.name, p.name, a.to, v.off)
	}
	if has("release") {
		ref := v.ref
		s.release(ref)
		s.each(func(v *value) {
			if v.ref == ref {
				*v = anyNumber(8)
			}
		})
	}
	return true
}

// slotsOf finds the slots of the stack that an argument leads to.
func (c *checker) slotsOf(s *state, v *value, size int64) []*slot {
	begin := v.off
	if begin == 0 && size == 8 {
		begin = -8 // the kernel takes r10 itself for the slot below it (__get_spi)
	}
	if v.kind != stack || !v.fixed() || v.off%8 != 0 || v.off < -stackSize || begin+size > 0 {
		return nil
	}
	f := &s.frames[v.frame]
	for len(f.stack) <= int(-begin-1)/8 {
		f.stack = append(f.stack, slot{})
	}
	var list []*slot
	for at := begin; at < begin+size; at += 8 {
		list = append(list, &f.stack[int(-at-1)/8])
	}
	return list
}

// irq saves interrupt flags on the stack, or restores them.
func (c *checker) irq(s *state, i int, p *proto, save bool) bool {
	v := s.top().regs[isa.R1]
	if v.kind == opaque || v.vague {
		return c.kernelUnknown(s, i)
	}
	list := c.slotsOf(s, &v, 8)
	if list == nil {
		return c.refuse(s, i, "argument-type", "the flags of %s are 8 bytes on the stack", p.name)
	}
	sl := list[0]
	if save {
		if sl.bytes[0] == irqFlag {
			return c.refuse(s, i, "not-held", "the flags are saved where flags are saved already")
		}
		*sl = slot{id: c.newID()}
		for b := range sl.bytes {
			sl.bytes[b] = irqFlag
		}
		s.held = append(s.held, held{id: sl.id, insn: i, kind: irqState})
	} else {
		if sl.bytes[0] != irqFlag {
			return c.refuse(s, i, "not-held", "no flags are saved at %d from r10", v.off)
		}
		for n := len(s.held) - 1; n >= 0; n-- {
			if s.held[n].kind != irqState {
				continue
			}
			if s.held[n].id != sl.id {
				return c.refuse(s, i, "not-held", "flags are restored in the order in which they were saved, the last first: those of instruction %d are due", c.code[s.held[n].insn].slot)
			}
			break
		}
		s.release(sl.id)
		*sl = slot{}
	}
	c.lost(s)
	return true
}

// iterate begins an iterator, takes its next element or ends it.
func (c *checker) iterate(s *state, i int, p *proto, does string, parent *visit) bool {
	v := s.top().regs[isa.R1]
	if v.kind == opaque || v.vague || len(p.params) == 0 {
		return c.kernelUnknown(s, i)
	}
	size, err := c.Types.Size(p.params[0].typ)
	if err != nil || size == 0 {
		return c.kernelUnknown(s, i)
	}
	list := c.slotsOf(s, &v, int64(size+7)/8*8)
	if list == nil {
		return c.refuse(s, i, "argument-type", "the iterator of %s is on the stack, at a multiple of 8", p.name)
	}
	is := list[0].bytes[0] == iterator
	regs := &s.top().regs
	switch {
	case strings.Contains(does, " new "):
		if is {
			return c.refuse(s, i, "unreleased-reference", "an iterator that was not ended is begun again")
		}
		for n := 1; n < len(p.params); n++ {
			if regs[isa.R1+isa.Register(n)].kind == none {
				return c.refuse(s, i, "argument-type", "argument %s of %s has no value", p.params[n].name, p.name)
			}
		}
		id := c.newID()
		for _, sl := range list {
			*sl = slot{id: id}
			for b := range sl.bytes {
				sl.bytes[b] = iterator
			}
		}
		s.held = append(s.held, held{id: id, insn: i})
		c.lost(s)
		regs[isa.R0] = anyNumber(4)
		regs[isa.R0].vague = true
	case !is:
		return c.refuse(s, i, "not-held", "%s takes an iterator, and there is none at %d from r10", p.name, v.off)
	case strings.Contains(does, " next "):
		c.lost(s)
		end := c.room.clone(s)
		end.top().regs[isa.R0] = constant(0)
		c.later(end, i+1, parent)
		regs[isa.R0] = unclear()
		if p.name == "bpf_iter_num_next" {
			regs[isa.R0] = pointer(memory)
			regs[isa.R0].size, regs[isa.R0].readOnly = 4, true
		}
		c.widen(s, i, i+1, parent)
	default:
		s.release(list[0].id)
		for _, sl := range list {
			*sl = slot{}
		}
		c.lost(s)
	}
	return true
}
