package verify

import (
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// accessStack reads or writes stack.
func (c *checker) accessStack(s *state, i int, r isa.Register, p value, off, size int64, write bool, v *value) (value, bool) {
	any := anyNumber(int(size))
	if p.vague {
		c.slotsRead(s, i, int(p.frame), allSlots, false)
		if write {
			c.blur(s, int(p.frame))
		}
		return unclear(), true
	}
	at := p.off + off
	if !p.fixed() {
		lo, hi := at+p.num.smin, at+p.num.smax
		c.slotsRead(s, i, int(p.frame), allSlots, false)
		if p.num.smin <= -linux.OffsetLimit || p.num.smax >= linux.OffsetLimit {
			return any, c.refuse(s, i, mistake.Unbounded, "the offset into the stack has no limits: compare it, or mask it")
		}
		if c.NoPerfmon {
			return any, c.refuse(s, i, mistake.StackBounds, "without CAP_PERFMON an offset into the stack must be a known constant")
		}
		if lo < -linux.StackSize || hi+size > 0 {
			return any, c.refuse(s, i, mistake.StackBounds, "an access of %s at %d to %d from r10 reaches outside of the stack, "+
				"which is -%d to -1", byteCount(size), lo, hi, linux.StackSize)
		}
		if write {
			c.writeSomewhere(s, i, int(p.frame), lo, hi+size, v)
		}
		return unclear(), true
	}
	switch {
	case at < -linux.StackSize || at+size > 0:
		return any, c.refuse(s, i, mistake.StackBounds, "an access of %s at %d from r10 reaches outside of the stack, which is -%d to -1",
			byteCount(size), at, linux.StackSize)
	case at%size != 0:
		return any, c.refuse(s, i, mistake.Misaligned, "an access of %d bytes at %d from r10: on the stack, the offset must be a "+
			"multiple of %d",
			size, at, size)
	}
	f := &s.frames[p.frame]
	c.reaches(s, f.fn, -at)
	k, b := int(-at-1)/8, int((at%8+8)%8)
	for len(f.stack) <= k {
		f.stack = append(f.stack, slot{})
	}
	sl := &f.stack[k]
	if write {
		c.slotStored(s, i, int(p.frame), k)
		return value{}, c.writeStack(s, i, f, sl, k, b, int(size), v)
	}
	c.slotLoaded(s, i, int(p.frame), k)
	return c.readStack(s, i, sl, b, int(size), at)
}

func (c *checker) readStack(s *state, i int, sl *slot, b, size int, at int64) (value, bool) {
	any := anyNumber(size)
	if sl.bytes[0] == spilled && sl.bytes[7] == spilled && size == 8 {
		return sl.val, true
	}
	if sl.bytes[7] == spilled && sl.val.kind.isPointer() && !sl.val.vague {
		return any, c.refuse(s, i, mistake.StackSpill, "only a part of a pointer is read from the stack: read all 8 bytes")
	}
	zeros, vague := true, false
	for k := b; k < b+size; k++ {
		switch sl.bytes[k] {
		case zero:
		case spilled:
			switch {
			case sl.val.isZero():
			case sl.val.kind == number:
				zeros, vague = false, true
			default:
				zeros, vague = false, vague || sl.val.vague
			}
		case misc:
			zeros = false
		case unwritten:
			zeros = false
			if c.NoPerfmon {
				return any, c.refuse(s, i, mistake.UninitialisedStack, "the byte at %d from r10 was never written", at+int64(k-b))
			}
		default:
			return any, c.refuse(s, i, mistake.UninitialisedStack, "a dynptr, an iterator or saved flags on the stack cannot be read as "+
				"memory")
		}
	}
	if zeros {
		return constant(0), true
	}
	// The low bytes of a spilled number (on a little-endian machine).
	if vague && sl.val.kind == number {
		first := -1
		for k := range sl.bytes {
			if sl.bytes[k] == spilled {
				first = k
				break
			}
		}
		if first == b {
			v := sl.val
			if limit := uint64(1)<<(8*size) - 1; v.num.umax <= limit {
				return v, true
			}
			if v.isConst() {
				return constant(v.num.bits.value & (1<<(8*size) - 1)), true
			}
			if size == 4 {
				v.id, v.off = 0, 0
				v.num.extend32()
				return v, true
			}
		}
	}
	any.vague = vague
	return any, true
}

func (c *checker) writeStack(s *state, i int, f *frame, sl *slot, k, b, size int, v *value) bool {
	if sl.bytes[0] == spilled && sl.val.kind.isPointer() && size < 8 && c.NoPerfmon {
		return c.refuse(s, i, mistake.StackSpill, "only a part of a pointer on the stack is overwritten: write all 8 bytes")
	}
	switch sl.bytes[0] {
	case dynptr:
		if sl.id != 0 && s.holds(sl.id) {
			return c.refuse(s, i, mistake.UnreleasedReference, "%s must be released before it is overwritten", c.thingOf(s, sl.id))
		}
		c.dropDynptr(s, i, f, k)
	case iterator, irqFlag:
		s.guess = true // these are not followed any further
		return true
	}
	if size < 8 && v.kind.isPointer() && !v.vague {
		return c.refuse(s, i, mistake.StackSpill, "%v is %s and is stored with %d bytes; a pointer needs 8", c.code[i].Src, v.kind, size)
	}
	sl = &f.stack[k]
	sl.id, sl.first = 0, false
	if size == 8 {
		if v.kind == none {
			v = &value{kind: opaque, vague: true}
		}
		for n := range sl.bytes {
			sl.bytes[n] = spilled
		}
		sl.val = *v
		return true
	}
	for n := range sl.bytes {
		if sl.bytes[n] == spilled {
			sl.bytes[n] = misc
			if sl.val.isZero() {
				sl.bytes[n] = zero
			}
		}
	}
	tag := misc
	switch {
	case v.isZero():
		tag = zero
	case v.kind == number && b == 0 || v.kind == number && b+size == 8:
		tag = spilled
		sl.val = *v
		if v.num.umax > 1<<(8*size)-1 {
			sl.val = value{kind: number, num: v.num, vague: v.vague}
			switch {
			case v.isConst():
				sl.val = constant(v.num.bits.value & (1<<(8*size) - 1))
			case size == 4:
				sl.val.num.extend32()
			default:
				tag = misc
			}
		}
	}
	for n := b; n < b+size; n++ {
		sl.bytes[n] = tag
	}
	return true
}

// writeSomewhere writes a value at an offset between two that are not equal: each byte from lo to end, without end, may then be a part of
// it (check_stack_write_var_off). Zeros stay zeros where zeros are written.
func (c *checker) writeSomewhere(s *state, i, n int, lo, end int64, v *value) {
	c.numbersMatter(i, c.code[i].Reads()) // whether the value is 0
	f := &s.frames[n]
	c.reaches(s, f.fn, -lo)
	for len(f.stack) <= int(-lo-1)/8 {
		f.stack = append(f.stack, slot{})
	}
	for at := lo; at < end; at++ {
		sl, b := &f.stack[int(-at-1)/8], int((at%8+8)%8)
		switch {
		case sl.isObject():
			c.blur(s, n) // the kernel refuses some of these; they are not followed any further
			return
		case v.isZero() && (sl.bytes[b] == zero || sl.bytes[b] == spilled && sl.val.isZero()):
			continue
		case sl.bytes[b] == spilled: // the bytes of it that are not reached are not known to be numbers
			sl.val = value{kind: opaque, vague: true}
		}
		sl.bytes[b] = misc
	}
}

// blur forgets the contents of a frame's stack.
func (c *checker) blur(s *state, n int) {
	f := &s.frames[n]
	for len(f.stack) < linux.StackSize/8 {
		f.stack = append(f.stack, slot{})
	}
	for k := range f.stack {
		sl := &f.stack[k]
		if sl.bytes[0] == dynptr || sl.bytes[0] == iterator || sl.bytes[0] == irqFlag {
			continue
		}
		sl.val = value{kind: opaque, vague: true}
		for b := range sl.bytes {
			sl.bytes[b] = spilled
		}
	}
}

// slotsOf finds the slots of the stack that an argument points to.
func (c *checker) slotsOf(s *state, v *value, size int64) []*slot {
	begin := v.off
	if begin == 0 && size == 8 {
		begin = -8 // for the kernel, r10 itself means the slot below it (__get_spi)
	}
	if v.kind != stack || !v.fixed() || v.off%8 != 0 || v.off < -linux.StackSize || begin+size > 0 {
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
