package verify

import (
	"math"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

const stackSize = 512

// load is a load from memory.
func (c *checker) load(s *state, i int) bool {
	in := &c.code[i]
	if !c.readable(s, i, isa.Registers(in.Src)) {
		return false
	}
	if in.Dst == isa.R10 {
		return c.refuse(s, i, "frame-pointer", "r10 cannot be written")
	}
	size := int64(in.Op.Size().Bytes())
	base := s.top().regs[in.Src]
	v, ok := c.access(s, i, in.Src, base, int64(in.Off), size, false, nil)
	if !ok {
		return false
	}
	if in.Op.Mode() == isa.ModeMEMSX {
		if v.kind == number {
			v = value{kind: number, num: signExtended(v.num, int(size), true), vague: v.vague}
		} else {
			v = unclear()
		}
	}
	s.top().regs[in.Dst] = v
	return true
}

// store is a store to memory, or an atomic operation on it.
func (c *checker) store(s *state, i int) bool {
	in := &c.code[i]
	reads := isa.Registers(in.Dst)
	if in.Op.Class() == isa.ClassSTX {
		reads |= isa.Registers(in.Src)
	}
	atomic := in.Op.Mode() == isa.ModeATOMIC
	if atomic && in.Imm == isa.AtomicOpCmpXchg {
		reads |= isa.Registers(isa.R0)
	}
	size := int64(in.Op.Size().Bytes())
	regs := &s.top().regs
	if atomic && in.Imm == isa.AtomicOpLoadAcquire {
		if !c.readable(s, i, isa.Registers(in.Src)) {
			return false
		}
		v, ok := c.access(s, i, in.Src, regs[in.Src], int64(in.Off), size, false, nil)
		regs[in.Dst] = v
		return ok
	}
	if !c.readable(s, i, reads) {
		return false
	}
	base := regs[in.Dst]
	v := constant(uint64(in.Imm))
	if in.Op.Class() == isa.ClassSTX {
		v = regs[in.Src]
	}
	if !atomic || in.Imm == isa.AtomicOpStoreRelease {
		if in.Op.Class() == isa.ClassSTX && v.kind == number {
			c.link(&regs[in.Src])
			v = regs[in.Src]
		}
		_, ok := c.access(s, i, in.Dst, base, int64(in.Off), size, true, &v)
		return ok
	}
	switch base.kind {
	case context, packet, packetMeta, socket:
		return c.refuse(s, i, "atomic-target", "there are no atomic operations on %s", base.kind)
	}
	unknown := anyNumber(int(size))
	old, ok := c.access(s, i, in.Dst, base, int64(in.Off), size, false, nil)
	if ok {
		_, ok = c.access(s, i, in.Dst, base, int64(in.Off), size, true, &unknown)
	}
	if !ok {
		return false
	}
	switch {
	case in.Imm == isa.AtomicOpCmpXchg:
		regs[isa.R0] = numberOnly(old, size)
	case in.Imm&isa.AtomicOpFetch != 0:
		regs[in.Src] = numberOnly(old, size)
	}
	return true
}

func numberOnly(v value, size int64) value {
	n := anyNumber(int(size))
	n.vague = v.vague
	return n
}

// String names a kind in messages.
func (k kind) String() string {
	return [...]string{"nothing", "a number", "the context", "the stack", "a map", "a map's key", "a map's value", "a packet", "a packet's metadata", "a packet's end",
		"a struct of the kernel", "a socket", "memory", "a function", "something"}[k]
}

// access checks a load, or a store of v, of some bytes at an offset from a pointer.
func (c *checker) access(s *state, i int, r isa.Register, p value, off, size int64, write bool, v *value) (value, bool) {
	any := anyNumber(int(size))
	switch {
	case p.kind == opaque || p.kind == number && p.vague:
		return unclear(), true
	case p.nullable:
		return any, c.refuse(s, i, "maybe-nil", "%v may be nil: %s that was not compared with 0 yet", r, p.kind)
	case p.kind == number || p.kind == packetEnd || p.kind == mapItself && write || p.kind == function:
		return any, c.refuse(s, i, "not-a-pointer", "%v is %s, and is used as an address", r, p.kind)
	}
	if v != nil && c.NoPerfmon && v.kind.isPointer() && p.kind != stack {
		return any, c.refuse(s, i, "address-leak", "a pointer is written to %s, which takes CAP_PERFMON", p.kind)
	}
	switch p.kind {
	case context:
		return c.accessContext(s, i, r, p, off, size, write)
	case stack:
		return c.accessStack(s, i, r, p, off, size, write, v)
	case mapValue:
		if p.m >= 0 && c.maps[p.m].Flags&(1<<7) != 0 {
			any.vague = true // what is in a map that nobody writes is known to the kernel
		}
		if k, ok := c.kptrAt(p, off, size); ok && !write {
			any = k
		}
		return any, c.accessMap(s, i, r, p, off, size, write)
	case mapKey:
		return any, c.inside(s, i, r, p, off, size, int64(c.maps[p.m].Key), "map-bounds", "the map's key")
	case memory:
		if write && p.readOnly {
			return any, c.refuse(s, i, "read-only-memory", "%v leads to memory that is read only", r)
		}
		return any, c.inside(s, i, r, p, off, size, p.size, "memory-bounds", "the memory")
	case packet, packetMeta:
		return any, c.accessPacket(s, i, r, p, off, size, write)
	case object:
		return c.accessObject(s, i, r, p, off, size, write)
	}
	return unclear(), true
}

// inside checks an access against a size (check_mem_region_access).
func (c *checker) inside(s *state, i int, r isa.Register, p value, off, size, limit int64, kind, what string) bool {
	if p.vague {
		return true
	}
	lo, hi := p.num.smin, p.num.umax
	switch {
	case p.num.smin < 0 && (p.num.smin == math.MinInt64 || off+p.off+lo != int64(int32(off+p.off+lo)) || p.off+off+lo < 0):
		return c.refuse(s, i, "unbounded", "the index that was added to %v may be negative, %s: compare it without sign, or mask it", r, p.num.text())
	case p.off+off+lo < 0 || p.off+off+lo+size > limit:
		return c.refuse(s, i, kind, "%d bytes at offset %d from %v reach outside of %s, which has %d bytes", size, p.off+off+lo, r, what, limit)
	case hi >= 1<<29:
		return c.refuse(s, i, "unbounded", "the index that was added to %v is not bounded: compare it with the size, or mask it", r)
	case p.off+off+int64(hi)+size > limit:
		return c.refuse(s, i, kind, "the index that was added to %v may be %d: %d bytes at offset %d reach outside of %s, which has %d bytes", r, hi, size, p.off+off+int64(hi), what, limit)
	}
	return true
}

func (c *checker) accessMap(s *state, i int, r isa.Register, p value, off, size int64, write bool) bool {
	if p.m < 0 {
		return true
	}
	m := &c.maps[p.m]
	const readOnlyProg, writeOnlyProg = 1 << 7, 1 << 8
	switch {
	case write && m.Flags&readOnlyProg != 0:
		return c.refuse(s, i, "read-only-memory", "the map %s is read only for programs", m.Name)
	case !write && m.Flags&writeOnlyProg != 0:
		return c.refuse(s, i, "read-only-memory", "the map %s is write only for programs", m.Name)
	}
	if !c.inside(s, i, r, p, off, size, int64(m.Value), "map-bounds", "the map's value") {
		return false
	}
	if p.fixed() {
		for name, at := range m.Special {
			width := int64(8)
			switch name {
			case "bpf_spin_lock":
				width = 4
			case "bpf_timer", "bpf_wq", "bpf_list_head", "bpf_rb_root":
				width = 16
			}
			begin := p.off + off
			if begin < int64(at)+width && int64(at) < begin+size {
				if strings.HasPrefix(name, "kptr") {
					if size != 8 {
						return c.refuse(s, i, "special-field", "a kptr is read and written in 8 bytes, not in %d", size)
					}
					continue
				}
				return c.refuse(s, i, "special-field", "%s at offset %d of the value is not read or written like memory", name, at)
			}
		}
	}
	return true
}

// kptrAt is what a kptr in a map's value holds, if there is one at the offset.
func (c *checker) kptrAt(p value, off, size int64) (value, bool) {
	if p.m < 0 || size != 8 {
		return value{}, false
	}
	if !p.fixed() {
		return unclear(), len(c.maps[p.m].Special) > 0
	}
	for name, at := range c.maps[p.m].Special {
		target, ok := strings.CutPrefix(name, "kptr")
		if !ok || int64(at) != p.off+off {
			continue
		}
		if c.Types == nil {
			return unclear(), true
		}
		id, err := c.Types.Composite(strings.TrimSpace(target))
		if err != nil {
			return unclear(), true
		}
		v := pointer(object)
		v.typ, v.nullable, v.id = id, true, c.newID()
		return v, true
	}
	return value{}, false
}

func (c *checker) accessPacket(s *state, i int, r isa.Register, p value, off, size int64, write bool) bool {
	if p.vague {
		return true
	}
	at := p.off + off
	switch {
	case p.num.smin < 0:
		return c.refuse(s, i, "unbounded", "what was added to %v may be negative", r)
	case at < 0 || at+size > int64(p.rng):
		if p.rng <= 0 {
			return c.refuse(s, i, "packet-bounds", "%v was not compared with the packet's end on the path to here, or has changed since", r)
		}
		return c.refuse(s, i, "packet-bounds", "%d bytes at offset %d of the packet are accessed, and %d bytes were compared with its end", size, at, p.rng)
	}
	return true
}

// reaches notes how much of its stack a function uses.
func (c *checker) reaches(s *state, fn int, bytes int64) {
	if !s.guess {
		c.deepest[fn] = max(c.deepest[fn], bytes)
	}
}

// accessStack reads or writes stack.
func (c *checker) accessStack(s *state, i int, r isa.Register, p value, off, size int64, write bool, v *value) (value, bool) {
	any := anyNumber(int(size))
	if p.vague {
		if write {
			c.blur(s, int(p.frame))
		}
		return unclear(), true
	}
	at := p.off + off
	if !p.fixed() {
		lo, hi := at+p.num.smin, at+p.num.smax
		if p.num.smin <= -1<<29 || p.num.smax >= 1<<29 {
			return any, c.refuse(s, i, "unbounded", "the offset from the stack is not bounded")
		}
		if c.NoPerfmon {
			return any, c.refuse(s, i, "stack-bounds", "an offset into the stack must be known without CAP_PERFMON")
		}
		if lo < -stackSize || hi+size > 0 {
			return any, c.refuse(s, i, "stack-bounds", "%d bytes from %d to %d of the stack reach outside of -%d to -1", size, lo, hi, stackSize)
		}
		if write {
			c.blur(s, int(p.frame))
		}
		return unclear(), true
	}
	switch {
	case at < -stackSize || at+size > 0:
		return any, c.refuse(s, i, "stack-bounds", "%d bytes at %d from r10 reach outside of the stack, which is -%d to -1", size, at, stackSize)
	case at%size != 0:
		return any, c.refuse(s, i, "misaligned", "%d bytes at %d from r10: on the stack that must be a multiple of %d", size, at, size)
	}
	f := &s.frames[p.frame]
	c.reaches(s, f.fn, -at)
	k, b := int(-at-1)/8, int((at%8+8)%8)
	for len(f.stack) <= k {
		f.stack = append(f.stack, slot{})
	}
	sl := &f.stack[k]
	if write {
		return value{}, c.writeStack(s, i, f, sl, k, b, int(size), v)
	}
	return c.readStack(s, i, sl, b, int(size), at)
}

func (c *checker) readStack(s *state, i int, sl *slot, b, size int, at int64) (value, bool) {
	any := anyNumber(size)
	if sl.bytes[0] == spilled && sl.bytes[7] == spilled && size == 8 {
		return sl.val, true
	}
	if sl.bytes[7] == spilled && sl.val.kind.isPointer() && !sl.val.vague {
		return any, c.refuse(s, i, "stack-spill", "part of a pointer is read from the stack")
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
				zeros = false
			}
		case misc:
			zeros = false
		case unwritten:
			zeros = false
			if c.NoPerfmon {
				return any, c.refuse(s, i, "uninitialised-stack", "the byte at %d from r10 was never written", at+int64(k-b))
			}
		default:
			return any, c.refuse(s, i, "uninitialised-stack", "a dynptr, iterator or saved flags on the stack are read as memory")
		}
	}
	if zeros {
		return constant(0), true
	}
	// The low bytes of a spilled number (a little-endian machine's).
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
		return c.refuse(s, i, "stack-spill", "part of a pointer on the stack is overwritten")
	}
	switch sl.bytes[0] {
	case dynptr:
		if sl.id != 0 && slotHeld(s, sl.id) {
			return c.refuse(s, i, "unreleased-reference", "a dynptr that must be given back is overwritten")
		}
		c.dropDynptr(s, f, k)
	case iterator, irqFlag:
		s.guess = true // what becomes of those is not followed
		return true
	}
	if size < 8 && v.kind.isPointer() && !v.vague {
		return c.refuse(s, i, "stack-spill", "%v is %s, and is stored in %d bytes: a pointer takes 8", c.code[i].Src, v.kind, size)
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
	if b == 0 { // the kernel takes the rest of the slot for written then (mark_stack_slot_misc)
		for n := size; n < 8 && c.NoPerfmon; n++ {
			if sl.bytes[n] == unwritten {
				sl.bytes[n] = misc
			}
		}
	}
	return true
}

func slotHeld(s *state, id uint32) bool {
	for _, h := range s.held {
		if h.id == id {
			return true
		}
	}
	return false
}

// dropDynptr forgets both slots of a dynptr.
func (c *checker) dropDynptr(s *state, f *frame, k int) {
	other := k - 1
	if !f.stack[k].first {
		other = k + 1
	}
	for _, n := range [2]int{k, other} {
		if n >= 0 && n < len(f.stack) && f.stack[n].bytes[0] == dynptr {
			f.stack[n] = slot{}
		}
	}
}

// blur forgets what a frame's stack holds.
func (c *checker) blur(s *state, n int) {
	f := &s.frames[n]
	for len(f.stack) < stackSize/8 {
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

// accessObject reads a struct of the kernel, or writes it.
func (c *checker) accessObject(s *state, i int, r isa.Register, p value, off, size int64, write bool) (value, bool) {
	any := anyNumber(int(size))
	if c.Types == nil || p.typ == 0 || p.vague {
		return unclear(), true
	}
	name := c.Types.Name(p.typ)
	at := p.off + off
	switch {
	case !p.num.isConst():
		return any, c.refuse(s, i, "struct-bounds", "an offset into struct %s must be a constant", name)
	case at < 0:
		return any, c.refuse(s, i, "struct-bounds", "offset %d is before struct %s", at, name)
	}
	if write {
		return any, c.writeObject(s, i, p, at, size, name)
	}
	total, err := c.Types.Size(p.typ)
	if err != nil || total == 0 {
		return unclear(), true
	}
	if at+size > int64(total) {
		if c.endsFlexibly(p) {
			return unclear(), true
		}
		return any, c.refuse(s, i, "struct-bounds", "%d bytes at offset %d are outside of struct %s, which has %d bytes", size, at, name, total)
	}
	m, ok := c.memberAt(p.typ, at)
	if !ok {
		return unclear(), true
	}
	if m.pointer {
		if at != m.offset || size != 8 {
			return any, c.refuse(s, i, "struct-bounds", "%s.%s is a pointer of 8 bytes at offset %d, and %d bytes at %d are read", name, c.Types.FieldAt(p.typ, uint32(at)), m.offset, size, at)
		}
		if m.target == 0 {
			return unclear(), true
		}
		v := pointer(object)
		v.typ, v.trust = m.target, walked
		if c.kernelCalls && !c.mayTrust(p, at, m.typ) {
			v.trust = lost
		}
		return v, true
	}
	if at+size > m.offset+m.size && !c.reachesOn(p.typ, m, at+size) {
		return any, c.refuse(s, i, "struct-bounds", "%d bytes at offset %d reach past the end of %s.%s, which has %d bytes at %d", size, at, name, c.Types.FieldAt(p.typ, uint32(at)), m.size, m.offset)
	}
	return any, true
}

// endsFlexibly reports whether a struct's last member is an array whose length is not
// declared: then the kernel lets programs read on (btf_struct_walk).
func (c *checker) endsFlexibly(p value) bool {
	set, err := c.Types.Decode(p.typ)
	if err != nil {
		return true
	}
	var members []cbtf.Member
	switch t := set.Type(p.typ).(type) {
	case *cbtf.Struct:
		members = t.Members
	case *cbtf.Union:
		members = t.Members
	}
	if len(members) == 0 {
		return false
	}
	array, ok := btf.Underlying(members[len(members)-1].Type).(*cbtf.Array)
	return ok && array.Nelems == 0
}

func (c *checker) writeObject(s *state, i int, p value, at, size int64, name string) bool {
	if c.Type != "struct_ops" {
		if c.Type == "tracing" || c.Type == "kprobe" || c.Type == "raw_tracepoint" || c.Type == "syscall" {
			return c.refuse(s, i, "read-only-struct", "struct %s is read only here", name)
		}
		return true
	}
	if c.Writable == nil {
		return true
	}
	var fields []string
	own := false
	for _, w := range c.Writable {
		f, err := c.Types.Field(w.Struct, w.Path)
		if err != nil {
			continue
		}
		id, err := c.Types.Composite(w.Struct)
		if err != nil || !c.Types.Embeds(p.typ, id) && !c.Types.Embeds(id, p.typ) {
			continue
		}
		own = true
		fields = append(fields, w.Path)
		begin, end := int64(f.Offset), int64(f.Offset+f.Size)
		if at >= begin && at < end {
			if at+size > end {
				return c.refuse(s, i, "write-too-wide", "%d bytes at offset %d reach past the end of %s.%s", size, at, name, w.Path)
			}
			return true
		}
	}
	if !own {
		return c.refuse(s, i, "read-only-struct", "struct %s is read only here", name)
	}
	field := c.Types.FieldAt(p.typ, uint32(at))
	return c.refuse(s, i, "read-only-field", "%s.%s at offset %d may not be written here; what may is %v", name, field, at, fields)
}
