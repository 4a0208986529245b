package verify

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// An object that the program allocates has the type of one of its own structs. The program owns it until it gives it away: to a list or a
// tree, or to a map. As long as the lock of the list or tree is held, a pointer to its node stays valid, but owns nothing any more.

// recordOf is the struct of allocated objects; nil if it is not known.
func (c *checker) recordOf(typ btf.ID) *Record {
	if typ == 0 || c.Own == nil {
		return nil
	}
	r, known := c.records[typ]
	if !known {
		if found, ok := c.Own(typ); ok {
			r = &found
		}
		if c.records == nil {
			c.records = map[btf.ID]*Record{}
		}
		c.records[typ] = r
	}
	return r
}

// fieldsIn are the fields of what a pointer points into, a map's value or an allocated object. known is false if they are not known.
func (c *checker) fieldsIn(v *value) (fields []Field, known bool) {
	switch v.kind {
	case mapValue:
		if v.m >= 0 {
			return c.maps[v.m].Fields, len(c.maps[v.m].Fields) > 0
		}
	case allocated:
		if r := c.recordOf(v.typ); r != nil {
			return r.Fields, true
		}
	}
	return nil, false
}

// ownStruct names a struct of the program in messages.
func (c *checker) ownStruct(typ btf.ID) string {
	if r := c.recordOf(typ); r != nil && r.Name != "" {
		return "struct " + r.Name
	}
	return "an object"
}

// isNotNil reports whether the kernel is sure that a pointer to an allocated object, which is not nullable, is not nil (reg_not_null).
func (c *checker) isNotNil(v *value) bool {
	if v.ref != 0 {
		return true
	}
	fields, known := c.fieldsIn(v)
	return v.trust == borrowed && known && fieldNamed(fields, refcountField) == nil
}

// accessAllocated follows a read or a write of an allocated object. What is read is a number (btf_struct_access).
func (c *checker) accessAllocated(s *state, i int, r isa.Register, p value, off, size int64, write bool) (value, bool) {
	any := anyNumber(int(size))
	rec := c.recordOf(p.typ)
	at := p.off + off
	switch {
	case p.vague:
		return unclear(), true
	case p.perCPU:
		return any, c.refuseWith(s, i, mistake.NotAPointer, "get the address for a CPU with bpf_this_cpu_ptr or bpf_per_cpu_ptr",
			"%v points to an object of which each CPU has its own", r)
	case !p.num.isConst():
		return any, c.refuse(s, i, mistake.StructBounds, "an offset into %s must be a constant", c.ownStruct(p.typ))
	case at < 0:
		return any, c.refuse(s, i, mistake.StructBounds, "offset %d is before %s", at, c.ownStruct(p.typ))
	case write && p.trust == untrusted:
		return any, c.refuse(s, i, mistake.ReadOnlyStruct, "%s is read-only here, because it may have been freed", c.ownStruct(p.typ))
	case rec == nil:
		return unclear(), true
	}
	if f := fieldWithin(rec.Fields, at, at+size); f != nil && p.trust != untrusted {
		return any, c.refuse(s, i, mistake.SpecialField, "%s of %s cannot be read or written like memory", f.text(), c.ownStruct(p.typ))
	}
	if at+size > rec.Size && !rec.Open {
		return any, c.refuse(s, i, mistake.StructBounds, "an access of %s at offset %d is outside of %s, which has %s", byteCount(size),
			at, c.ownStruct(p.typ), byteCount(rec.Size))
	}
	return any, true
}

// endBorrowing makes numbers of all pointers that were valid because of a lock (invalidate_non_owning_refs).
func (c *checker) endBorrowing(s *state, i int) {
	s.each(func(v *value) {
		if v.kind == allocated && v.trust == borrowed {
			v.lose(i, anyNumber(8))
		}
	})
}

// A kernelCall is what the arguments of a call say about its result.
type kernelCall struct {
	vague bool // it may depend on something that is not followed
	root  *Field
	typ   btf.ID // of the object that is passed
	owned bool   // the program owns it
	node  uint32 // the reference that is given to a list or tree
	id    int64  // of the type of a new object; -1: not known
}

// isRoot, isNode and isLock report whether an argument of a kernel function is a list or tree, a node of one, or a lock.
func (a *param) isRoot() bool { return a.to == "bpf_list_head" || a.to == "bpf_rb_root" }
func (a *param) isNode() bool { return a.to == "bpf_list_node" || a.to == "bpf_rb_node" }

// objectArgument checks an argument that is a list or tree, a node, or an allocated object. done is false for other arguments.
func (c *checker) objectArgument(s *state, i int, p *proto, n int, v *value, call *kernelCall) (done, ok bool) {
	switch a := &p.params[n]; {
	case p.row.Has(linux.FuncNeedsLock) && a.isRoot():
		return true, c.rootArgument(s, i, p, n, v, call)
	case p.row.Has(linux.FuncNeedsLock) && a.isNode():
		return true, c.nodeArgument(s, i, p, n, v, call)
	case a.has("__alloc") && p.known():
		return true, c.dropped(s, i, p, n, v)
	case a.has("__refcounted_kptr") && p.known():
		return true, c.counted(s, i, p, n, v, call)
	case p.row.Has(linux.FuncAllocates) && n == 0:
		call.id = -1
		if v.isConst() && !v.vague {
			call.id = int64(v.num.bits.value)
		}
		return true, v.isConst() || v.vague || c.refuse(s, i, mistake.BadSize, "argument %s of %s must be a known constant",
			inRegister(isa.R1, a.name), p.name)
	}
	return false, true
}

// wrongObject refuses an argument that must be an allocated object.
func (c *checker) wrongObject(s *state, i int, p *proto, n int, v *value, want string) bool {
	a, r := &p.params[n], isa.R1+isa.Register(n)
	switch {
	case v.nullable:
		return c.refuse(s, i, mistake.MaybeNil, "argument %s of %s may be nil: compare it with 0 before the call", a.name, p.name)
	case v.isZero() && v.gone == 0:
		return c.refuse(s, i, mistake.MaybeNil, "argument %s of %s is nil", a.name, p.name)
	case v.kind == number && v.gone > 0:
		return c.refuse(s, i, mistake.ReleasedTwice, "argument %s of %s was released before, at %s", a.name, p.name,
			c.place(int(v.gone-1)))
	case v.kind == number && v.gone < 0:
		why, help := c.lost(v)
		return c.refuseWith(s, i, mistake.ArgumentType, help, "argument %s of %s must be %s, but %s", a.name, p.name, want, why)
	}
	return c.refuse(s, i, mistake.ArgumentType, "argument %s of %s is %s; expected %s", inRegister(r, a.name), p.name, v.describe(), want)
}

// rootArgument checks a list or tree: there must be one at the address, and its lock must be held.
func (c *checker) rootArgument(s *state, i int, p *proto, n int, v *value, call *kernelCall) bool {
	a := &p.params[n]
	if v.nullable || v.kind != mapValue && v.kind != allocated || v.perCPU {
		return c.wrongObject(s, i, p, n, v, "the address of a "+a.to+" in a map's value or an allocated object")
	}
	if v.kind == allocated && v.ref == 0 {
		return c.refuse(s, i, mistake.UsedAfterRelease, "argument %s of %s is in an object that the program does not own", a.name, p.name)
	}
	if !v.fixed() {
		return c.refuse(s, i, mistake.SpecialField, "the offset of argument %s of %s must be a known constant", a.name, p.name)
	}
	if fields, known := c.fieldsIn(v); known {
		if call.root = fieldAt(fields, a.to, v.off); call.root == nil {
			return c.refuse(s, i, mistake.SpecialField, "there is no %s at offset %d, where argument %s of %s points to", a.to, v.off,
				a.name, p.name)
		}
	}
	return c.lockedFor(s, i, p, v)
}

// lockedFor checks that the lock of a list or tree is held (check_reg_allocation_locked).
func (c *checker) lockedFor(s *state, i int, p *proto, v *value) bool {
	if !s.isHeld(spinLock) {
		return c.refuse(s, i, mistake.NotHeld, "%s needs a list or tree whose lock is held, but no lock is held here", p.name)
	}
	in := allocationOf(v)
	if slices.ContainsFunc(s.held, func(h held) bool { return h.kind == spinLock && !h.in.differs(in) }) {
		return true
	}
	return c.refuse(s, i, mistake.NotHeld, "the list or tree that %s needs is in another value or object than the lock that is held",
		p.name)
}

// nodeArgument checks a node. Functions that add it to a list or tree need one that the program owns.
func (c *checker) nodeArgument(s *state, i int, p *proto, n int, v *value, call *kernelCall) bool {
	a := &p.params[n]
	gives := p.row.Takes(n)
	switch {
	case v.kind != allocated || v.nullable || v.perCPU || v.trust == untrusted:
		return c.wrongObject(s, i, p, n, v, "a node of an object that the program allocated")
	case gives && v.trust == borrowed:
		return c.refuse(s, i, mistake.ReleasedTwice, "argument %s of %s is a node that a list or tree owns already", a.name, p.name)
	case v.ref == 0 && v.trust != borrowed:
		return c.refuse(s, i, mistake.UsedAfterRelease, "argument %s of %s is in an object that the program does not own", a.name, p.name)
	case !gives && c.underTree(s):
		return c.refuse(s, i, mistake.ForbiddenWithLock, "%s cannot be called by the function that compares nodes", p.name)
	case !v.fixed():
		return c.refuse(s, i, mistake.SpecialField, "the offset of argument %s of %s must be a known constant", a.name, p.name)
	}
	if fields, known := c.fieldsIn(v); known && fieldAt(fields, a.to, v.off) == nil {
		return c.refuse(s, i, mistake.SpecialField, "there is no %s at offset %d of %s, where argument %s of %s points to", a.to, v.off,
			c.ownStruct(v.typ), a.name, p.name)
	}
	if root := call.root; root != nil && root.Own != 0 && v.typ != 0 {
		if root.Own != v.typ {
			return c.refuse(s, i, mistake.ArgumentType, "argument %s of %s is in %s, but the %s is for nodes in %s", a.name, p.name,
				c.ownStruct(v.typ), root.text(), c.ownStruct(root.Own))
		}
		if int64(root.Node) != v.off {
			return c.refuse(s, i, mistake.ArgumentType, "argument %s of %s is the node at offset %d, but the %s is for nodes at offset %d",
				a.name, p.name, v.off, root.text(), root.Node)
		}
	}
	if gives {
		call.node = v.ref
	}
	return true
}

// underTree reports whether this is in a function that a kernel function calls to compare nodes.
func (c *checker) underTree(s *state) bool {
	return slices.ContainsFunc(s.frames[1:], func(f frame) bool { return f.callback && c.code[f.call].IsKfuncCall() })
}

// compareNodes follows the function that compares nodes when one is added to a tree: it is called with two nodes, under the lock
// (set_rbtree_add_callback_state).
func (c *checker) compareNodes(s *state, i int, call *kernelCall, parent *visit) {
	fn := s.top().regs[isa.R3]
	if call.node == 0 || fn.kind != function || len(s.frames) >= linux.MostFrames {
		return
	}
	c.numbersMatter(i, argumentRegisters)
	inner := c.room.clone(s)
	c.calls[[2]int{c.functionOf(i), int(fn.fn)}] = true
	f := frame{fn: int(fn.fn), call: i, callback: true}
	for r := isa.R1; r <= isa.R2; r++ {
		v := unclear()
		if call.root != nil && call.root.Own != 0 {
			v = pointer(allocated)
			v.typ, v.off, v.trust, v.id = call.root.Own, int64(call.root.Node), borrowed, c.newID()
		}
		f.regs[r] = v
	}
	f.regs[isa.R10] = framePointer(len(inner.frames))
	c.forget(inner)
	inner.frames = append(inner.frames, f)
	c.later(inner, c.starts[fn.fn], parent)
	c.room.release(inner)
}

// giveNode makes the pointers to a node that was given to a list or tree borrowed ones (ref_convert_owning_non_owning).
func (c *checker) giveNode(s *state, ref uint32) {
	s.letGo(ref, func(v *value) { v.ref, v.trust = 0, borrowed })
}

// dropped checks an object that is freed.
func (c *checker) dropped(s *state, i int, p *proto, n int, v *value) bool {
	a := &p.params[n]
	perCPU := p.row.Has(linux.FuncPerCPU)
	switch {
	case v.kind != allocated || v.nullable:
		return c.wrongObject(s, i, p, n, v, "an object that the program allocated")
	case v.ref == 0:
		return c.refuse(s, i, mistake.ReleasedTwice, "argument %s of %s is an object that the program does not own", a.name, p.name)
	case v.off != 0 || !v.fixed():
		return c.refuse(s, i, mistake.ModifiedPointer, "argument %s of %s must point to the beginning of the object; %d was added to it",
			a.name, p.name, v.off)
	case v.perCPU != perCPU:
		return c.refuse(s, i, mistake.ArgumentType, "%s does not free the object of %s", p.name, c.thingOf(s, v.ref))
	}
	s.letGo(v.ref, func(v *value) { v.giveBack(i) })
	return true
}

// counted checks an object of which another reference is taken.
func (c *checker) counted(s *state, i int, p *proto, n int, v *value, call *kernelCall) bool {
	if v.kind != allocated || v.nullable || v.perCPU || v.trust == untrusted {
		return c.wrongObject(s, i, p, n, v, "an object that the program allocated")
	}
	if fields, known := c.fieldsIn(v); known && fieldNamed(fields, refcountField) == nil {
		return c.refuse(s, i, mistake.ArgumentType, "argument %s of %s is %s, which has no %s", p.params[n].name, p.name,
			c.ownStruct(v.typ), refcountField)
	}
	call.typ, call.owned = v.typ, v.ref != 0
	return true
}

// newObject is the result of a function that allocates an object, takes a reference, or finds a node; ok is false for others.
func (c *checker) newObject(s *state, i int, p *proto, call *kernelCall) (v value, ok bool) {
	v = pointer(allocated)
	v.trust, v.vague = trusted, call.vague
	switch {
	case p.row.Has(linux.FuncAllocates):
		if call.id >= 0 {
			v.typ = btf.ID(uint32(call.id))
		}
		v.nullable, v.perCPU = true, p.row.Has(linux.FuncPerCPU)
	case p.row.Has(linux.FuncNode):
		if call.root != nil && call.root.Own != 0 {
			v.typ, v.off = call.root.Own, int64(call.root.Node)
		} else {
			v.vague = true
		}
		v.nullable, v.there = c.mayBeNil(p.row)
		if !p.row.Has(linux.FuncAcquires) {
			v.trust = borrowed
		}
	case len(p.params) > 0 && p.params[0].has("__refcounted_kptr"):
		v.typ = call.typ
		if !call.owned {
			v.nullable, v.there = c.mayBeNil(p.row)
		}
	default:
		return value{}, false
	}
	if p.row.Has(linux.FuncAcquires) {
		v.ref = c.hold(s, i, reference)
		v.id = v.ref
	} else {
		v.id = c.newID()
	}
	return v, true
}

// mayBeNil reports whether the result of a function may be nil. varies says that this depends on the kernel.
func (c *checker) mayBeNil(row *linux.Function) (nilable, varies bool) {
	if !row.Has(linux.FuncNilVaries) || row.NilWith == "" {
		return row.Has(linux.FuncMayBeNil), row.Has(linux.FuncNilVaries)
	}
	_, err := c.Types.Lookup(btf.KindFunc, row.NilWith)
	return err == nil, err != nil
}

// allocates checks what a new object is.
func (c *checker) allocates(s *state, i int, p *proto, call *kernelCall) bool {
	if !p.row.Has(linux.FuncAllocates) || call.id < 0 || c.Own == nil {
		return true
	}
	if call.id > 1<<32-1 {
		return c.refuse(s, i, mistake.BadSize, "the first argument of %s must be the number of a type of the program, not %d", p.name,
			call.id)
	}
	rec := c.recordOf(btf.ID(uint32(call.id)))
	switch {
	case rec == nil:
		return c.refuse(s, i, mistake.ArgumentType, "%s allocates structs; type %d of the program is not a struct", p.name, call.id)
	case p.row.Has(linux.FuncPerCPU) && len(rec.Fields) > 0:
		return c.refuse(s, i, mistake.ArgumentType, "%s allocates structs of numbers only; struct %s has a %s", p.name, rec.Name,
			rec.Fields[0].Name)
	case p.row.Has(linux.FuncPerCPU) && rec.Size > linux.MostPerCPUObject:
		return c.refuse(s, i, mistake.BadSize, "%s allocates at most %d bytes; struct %s has %d", p.name, linux.MostPerCPUObject, rec.Name,
			rec.Size)
	}
	return true
}
