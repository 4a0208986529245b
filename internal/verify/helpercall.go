package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// callHelper checks the arguments of a helper, and gives what is known of its result.
func (c *checker) callHelper(s *state, i int, parent *visit) bool {
	id := int32(c.code[i].Imm)
	if id <= 0 || int(id) >= len(helperCounts) {
		return c.refuse(s, i, mistake.UnknownHelper, "there is no helper with the number %d", id)
	}
	name, known := isa.HelperName(id)
	if !known {
		name = fmt.Sprintf("number %d", id)
	}
	row := helperByID(id)
	if !c.mayCall(s, i, id, name, row) {
		return false
	}
	h := helperCall{c: c, s: s, i: i, name: name, m: -1, key: -1, parent: parent}
	if row == nil {
		h.unknown(5)
		c.lost(s)
		s.top().regs[isa.R0] = unclear()
		return true
	}
	reads := isa.RegisterSet(0)
	for n := range row.args {
		if helperCounts[id] != anyCount && helperCounts[id] != -1-anyCount || row.args[n] != '.' {
			reads |= isa.Registers(isa.R1 + isa.Register(n))
		}
	}
	if !c.readable(s, i, reads) {
		return false
	}
	if id == tailCall && !c.nothingHeld(s, i, 0, "where a tail call may end the program") {
		return false
	}
	for n := range row.args {
		if !h.argument(n, row.args) {
			return false
		}
	}
	c.lost(s)
	s.top().regs[isa.R0] = h.result(id, row.gives)
	if row.does == "packet" {
		s.each(func(v *value) {
			if v.kind == packet || v.kind == packetMeta || v.kind == packetEnd {
				*v = anyNumber(8)
			}
		})
	}
	return true
}

// mayCall checks whether a helper may be called here at all.
func (c *checker) mayCall(s *state, i int, id int32, name string, row *helperRow) bool {
	if row != nil && c.Type != "" {
		apart := row.only != "" && c.Type != "tracing" && !slices.Contains(strings.Fields(row.only), c.Type)
		if apart || slices.Contains(strings.Fields(row.not), strings.Replace(c.Type, "sched_act", "sched_cls", 1)) {
			return c.refuse(s, i, mistake.HelperForbidden, "programs of type %s may not call %s", c.Type, name)
		}
	}
	if c.HelperForbidden != nil {
		if why := c.HelperForbidden(id); why != "" {
			return c.refuse(s, i, mistake.HelperForbidden, "helper %s may not be called here: %s", name, why)
		}
	}
	sleeps := slices.Contains(sleeping[:], id)
	switch {
	case helperCounts[id] < 0 && c.NotGPL:
		return c.refuse(s, i, mistake.NeedsGPL, "%s may be called by programs under a license that is compatible with the GPL only", name)
	case sleeps && !c.Sleepable && c.Type != "syscall":
		return c.refuse(s, i, mistake.MaySleep, "%s may sleep, and the program may not", name)
	case sleeps && c.unsleepable(s) != "" && !s.isHeld(spinLock):
		return c.refuse(s, i, mistake.MaySleep, "%s may sleep, and this is within %s", name, c.unsleepable(s))
	case s.isHeld(spinLock) && id != leaveSpinLock:
		return c.refuse(s, i, mistake.ForbiddenWithLock, "%s is called with %s held; nothing but bpf_spin_unlock may be", name, c.theLock(s))
	}
	return true
}

// result is what a helper gives.
func (h *helperCall) result(id int32, gives byte) value {
	c := h.c
	// acquired is a pointer that may be nil, and has to be given back where it is not.
	acquired := func(k kind) value {
		v := pointer(k)
		v.nullable, v.ref = true, c.hold(h.s, h.i, reference)
		v.id = v.ref
		return v
	}
	switch gives {
	case 'n':
		v := anyNumber(8)
		switch id { // of others the kernel may know more
		case ktimeGetNS, getPrandomU32, getCurrentPIDTGID, getCurrentUIDGID:
			v.vague = h.vague
		default:
			v.vague = true
		}
		return v
	case 'v':
		return h.lookedUp()
	case 'q':
		v := acquired(memory)
		v.ring, v.size = true, h.size
		return v
	case 's':
		return acquired(socket)
	case 'x':
		v := acquired(object)
		v.trust, v.vague = trusted, true
		return v
	case 'y':
		v := pointer(memory)
		v.nullable, v.id, v.size, v.of = true, c.newID(), h.size, h.of
		return v
	}
	return unclear()
}

// lookedUp is the value of the call's map.
func (h *helperCall) lookedUp() value {
	if h.m < 0 {
		return unclear()
	}
	v := pointer(mapValue)
	v.nullable, v.id, v.m = true, h.c.newID(), h.m
	switch m := &h.c.maps[h.m]; m.Type {
	case "array", "percpu_array":
		if h.key >= 0 && h.key < int64(m.Max) {
			v.nullable, v.there = false, true // since Linux 6.14 (get_constant_map_key)
		}
	case "hash", "lru_hash", "percpu_hash", "lru_percpu_hash", "lpm_trie", "cgrp_storage", "sk_storage", "task_storage", "inode_storage":
	default:
		return unclear()
	}
	return v
}

// A helperCall is one call while its arguments are checked.
type helperCall struct {
	c      *checker
	s      *state
	i      int
	name   string
	parent *visit
	m      int16 // the map of the call; -1 when not known
	size   int64 // the known constant
	key    int64 // the map's key, when it is a known number; else -1
	vague  bool
	of     uint32 // the dynptr
}

// argument checks argument n.
func (h *helperCall) argument(n int, kinds string) bool {
	c, s, i := h.c, h.s, h.i
	r := isa.R1 + isa.Register(n)
	v := &s.top().regs[r]
	k := kinds[n]
	if v.kind == opaque || v.vague && v.kind != number {
		h.vague = true
		switch k {
		case 'w', 'W', 'u', '4', '8', 'V', 'D', 'd', 'E', 'a', 'S', 'l', 'L':
			s.guess = true
		}
		return true
	}
	if c.NoPerfmon && k == '.' && v.kind.isPointer() {
		return c.refuse(s, i, mistake.AddressLeak, "%v, a pointer, is passed to %s as a number", r, h.name)
	}
	wrong := func(want string) bool {
		if v.nullable {
			return c.refuse(s, i, mistake.MaybeNil, "argument %d of %s, %s, may be nil: compare it with 0 before", n+1, h.name, c.pointerText(s, v))
		}
		if v.kind == number && v.gone > 0 {
			return c.refuse(s, i, mistake.ReleasedTwice, "argument %d of %s was given back before, at %s", n+1, h.name, c.place(int(v.gone-1)))
		}
		return c.refuse(s, i, mistake.ArgumentType, "argument %d of %s is %s, and %s is wanted", n+1, h.name, v.kind, want)
	}
	switch k {
	case '.', 'o':
		if k == 'o' && v.kind == stack {
			c.blur(s, int(v.frame))
		}
		return true
	case 'm':
		if v.kind != mapItself {
			return wrong("a map")
		}
		h.m = v.m
		if h.m >= 0 {
			m := &c.maps[h.m]
			if !mapFits(m.Type, int32(c.code[i].Imm)) {
				return c.refuse(s, i, mistake.BadMap, "%s takes no map of type %s", h.name, m.Type)
			}
			if m.Flags&readOnlyProg != 0 && slices.Contains([]int64{mapUpdateElem, mapDeleteElem, mapPushElem, mapPopElem}, c.code[i].Imm) {
				return c.refuse(s, i, mistake.ReadOnlyMemory, "the map %s is read only for programs", m.Name)
			}
		}
		return true
	case 'x':
		if v.kind != context {
			return wrong("the context")
		}
		if !v.fixed() || v.off != 0 {
			return c.refuse(s, i, mistake.ModifiedPointer, "argument %d of %s is the context with something added to it", n+1, h.name)
		}
		return true
	case 'k', 'v', 'V', 'O':
		if k == 'O' && v.isZero() || v.kind == number && v.vague {
			return true
		}
		if h.m < 0 {
			if v.kind == stack && k == 'V' {
				c.blur(s, int(v.frame))
			}
			return true
		}
		m := &c.maps[h.m]
		size := int64(m.Value)
		if k == 'k' {
			size = int64(m.Key)
			h.key = h.constantKey(v, size)
		}
		return h.memory(n, *v, scalarOf(size), k == 'V', false, wrong)
	case 'P', 'Q':
		switch {
		case v.nullable && k == 'P', v.kind == stack || v.kind == mapItself:
			return wrong("a pointer")
		case v.kind == number && !v.vague && !(k == 'Q' && v.num.umin == 0):
			return wrong("a pointer")
		}
		return true
	case '4', '8':
		return h.memory(n, *v, scalarOf(int64(k-'0')), true, false, wrong)
	case 'u':
		if size := &s.top().regs[r+1]; size.kind == number && !size.vague && !h.memory(n, *v, size.num, false, false, wrong) {
			return false
		}
		fallthrough
	case 'r', 'w', 'R', 'W':
		size := &s.top().regs[r+1]
		if size.kind != number {
			if size.kind == opaque || size.kind == none {
				h.vague = true
				return true
			}
			return c.refuse(s, i, mistake.ArgumentType, "argument %d of %s, a size, is %s", n+2, h.name, size.kind)
		}
		if v.isZero() && (k == 'R' || k == 'W' || kinds[n+1] == 'z') && size.num.umax == 0 {
			return true
		}
		if size.vague {
			if v.kind == stack && (k == 'w' || k == 'W' || k == 'u') {
				c.blur(s, int(v.frame))
			}
			return true
		}
		return h.memory(n, *v, size.num, k == 'w' || k == 'W' || k == 'u', kinds[n+1] == 'z', wrong)
	case 's', 'z':
		return true // with the memory
	case 'c':
		if v.kind != number || !v.isConst() {
			if v.kind == number && v.vague {
				s.guess = true
				return true
			}
			return c.refuse(s, i, mistake.BadSize, "argument %d of %s must be a known constant, and is %s", n+1, h.name, v.describe())
		}
		h.size = int64(uint32(v.num.umax)) // as the kernel keeps it
		return true
	case 'a', 'S':
		want, ok := "a record of a ring buffer", v.kind == memory && v.ring
		if k == 'S' {
			want, ok = "a socket", v.kind == socket || v.kind == object
		}
		if !ok || v.nullable {
			return wrong(want)
		}
		if v.ref == 0 && k == 'S' && v.kind == object {
			s.guess = true
			return true
		}
		if v.ref == 0 || !s.holds(v.ref) {
			return c.refuse(s, i, mistake.ReleasedTwice, "argument %d of %s was not acquired by this program", n+1, h.name)
		}
		s.letGo(v.ref, func(v *value) { v.giveBack(i) })
		return true
	case 'K':
		if v.kind != mapValue {
			return wrong("a text in a map that is read only")
		}
		return true
	case 'p':
		return h.kptr(n, v, wrong)
	case 'l', 'L':
		return h.lock(v, k == 'L', wrong)
	case 'f':
		if v.kind != function {
			return wrong("a function of the program")
		}
		if turns := &s.top().regs[isa.R1]; c.code[i].Imm == loop && turns.kind == number && turns.num.umax == 0 {
			return true // it is never called
		}
		h.callBack(int(v.fn), c.code[i].Imm == loop)
		return true
	case 'D', 'd', 'E':
		return h.dynptr(n, v, k)
	}
	return true
}

// unknown is for helpers that are not in the table: they may write to what they are given.
func (h *helperCall) unknown(count int) {
	h.vague = true
	for n := range count {
		switch v := &h.s.top().regs[isa.R1+isa.Register(n)]; v.kind {
		case stack:
			h.c.blur(h.s, int(v.frame))
		case function:
			h.callBack(int(v.fn), false)
		case memory, socket, object, opaque:
			if v.ref != 0 {
				h.s.release(v.ref)
				h.s.guess = true
			}
		}
	}
	// It may move the packet.
	h.s.each(func(v *value) {
		if v.kind == packet || v.kind == packetMeta || v.kind == packetEnd {
			v.vague = true
		}
	})
}

// constantKey is a key of 4 bytes on the stack that is a known number; -1 for others.
func (h *helperCall) constantKey(v *value, size int64) int64 {
	if size != 4 || v.kind != stack || !v.fixed() || v.off%4 != 0 || v.off < -stackSize || v.off+4 > 0 {
		return -1
	}
	was := h.s.guess
	h.s.guess = true // it is not the program that reads
	k, ok := h.c.accessStack(h.s, h.i, isa.R2, *v, 0, size, false, nil)
	h.s.guess = was
	if !ok || !k.isConst() {
		return -1
	}
	return int64(k.num.umax)
}

// callBack walks through a function that a helper calls.
func (h *helperCall) callBack(fn int, counted bool) {
	c := h.c
	if len(h.s.frames) >= mostFrames {
		return
	}
	s := c.room.clone(h.s)
	c.calls[[2]int{c.code[h.i].fn, fn}] = true
	f := frame{fn: fn, call: h.i, callback: counted}
	for r := isa.R1; r <= isa.R5; r++ {
		f.regs[r] = unclear()
	}
	if counted {
		f.regs[isa.R1] = anyNumber(8)
		f.regs[isa.R2] = s.top().regs[isa.R3]
		if f.regs[isa.R2].kind == none {
			f.regs[isa.R2] = unclear()
		}
		for r := isa.R3; r <= isa.R5; r++ {
			f.regs[r] = value{}
		}
	} else {
		s.guess = true
	}
	// What it is given on the stack may have changed since.
	for n := range s.frames {
		c.blur(s, n)
	}
	s.held = nil
	c.lost(s)
	f.regs[isa.R10] = pointer(stack)
	f.regs[isa.R10].frame = uint8(len(s.frames))
	s.frames = append(s.frames, f)
	c.later(s, c.starts[fn], h.parent)
}

func (v *value) describe() string {
	if v.kind == number {
		return v.num.text()
	}
	return v.kind.String()
}
