package verify

import (
	"math"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// callHelper checks the arguments of a helper, and sets what is known about its result.
func (c *checker) callHelper(s *state, i int, parent *visit) bool {
	id := int32(c.code[i].Imm)
	row := linux.HelperByID(id)
	if row == nil {
		return c.refuse(s, i, mistake.UnknownHelper, "there is no helper with the number %d", id)
	}
	if !c.mayCall(s, i, id, row) {
		return false
	}
	h := helperCall{c: c, s: s, i: i, name: row.Name, effects: row.Effects, m: -1, key: -1, parent: parent,
		socket: row.Socket, first: s.top().regs[isa.R1].ref, mayFail: row.C == "long" || row.C == "int"}
	if !row.Followed() {
		h.unknown(linux.MostCallArguments)
		c.forget(s)
		s.top().regs[isa.R0] = unclear()
		return true
	}
	reads := isa.RegisterSet(0)
	for n, a := range row.Args {
		if a.Kind != linux.ArgMore && a.Kind != linux.ArgUnclaimed {
			reads |= isa.Registers(isa.R1 + isa.Register(n))
		}
	}
	if !c.readable(s, i, reads) {
		return false
	}
	if row.Effects.Has(linux.MayEnd) && !c.nothingHeld(s, i, nil, "where a tail call may end the program") {
		return false
	}
	if !h.arguments(row) {
		return false
	}
	c.forget(s)
	s.top().regs[isa.R0] = h.result(row.Result)
	if row.Effects.Has(linux.MovesPacket) {
		s.each(func(v *value) {
			if v.kind == packet || v.kind == packetMeta || v.kind == packetEnd {
				v.lose(i, anyNumber(8))
			}
		})
	}
	return true
}

// mayCall checks whether a helper may be called here at all.
func (c *checker) mayCall(s *state, i int, id int32, row *linux.Helper) bool {
	if allowed, _ := c.Type.MayCallHelper(id); !allowed {
		return c.refuse(s, i, mistake.HelperForbidden, "programs of type %s may not call %s", c.Type, row.Name)
	}
	if c.HelperForbidden != nil {
		if why := c.HelperForbidden(id); why != "" {
			return c.refuse(s, i, mistake.HelperForbidden, "helper %s may not be called here: %s", row.Name, why)
		}
	}
	sleeps := row.Effects.Has(linux.Sleeps)
	switch {
	case row.GPL && c.NotGPL:
		return c.refuse(s, i, mistake.NeedsGPL, "%s needs a program with a licence that is compatible with the GPL", row.Name)
	case sleeps && !c.Sleepable && !c.Type.Info().Sleeps:
		return c.refuseWith(s, i, mistake.MaySleep, c.sleepHelp(), maySleep, row.Name)
	case sleeps && c.unsleepable(s) != "" && !s.isHeld(spinLock):
		return c.refuse(s, i, mistake.MaySleep, "%s may sleep, but this is inside %s", row.Name, c.unsleepable(s))
	case s.isHeld(spinLock) && !row.Effects.Has(linux.Unlocks):
		return c.refuse(s, i, mistake.ForbiddenWithLock, "%s is called while %s is held; only bpf_spin_unlock may be called there",
			row.Name, c.theLock(s))
	}
	return true
}

// result is what a helper returns.
func (h *helperCall) result(gives linux.Result) value {
	c := h.c
	// acquired is a pointer that may be nil. If it is not nil, the program must release it.
	acquired := func(k kind) value {
		v := pointer(k)
		v.nullable, v.ref = true, c.hold(h.s, h.i, reference)
		v.id = v.ref
		return v
	}
	switch gives {
	case linux.ResultNone:
		return value{}
	case linux.ResultNumber:
		v := anyNumber(8)
		v.vague, v.outcome = true, h.mayFail // the kernel may know more about it
		return v
	case linux.ResultCopied: // do_refine_retval_range
		v := anyNumber(8)
		if v.vague = h.vague || h.most > math.MaxInt32; !v.vague {
			v.num = between(-linux.MostErrno, int64(h.most))
		}
		return v
	case linux.ResultAnyNumber:
		v := anyNumber(8)
		v.vague = h.vague
		return v
	case linux.ResultValue:
		return h.lookedUp()
	case linux.ResultRecord:
		v := acquired(memory)
		v.ring, v.size = true, h.size
		return v
	case linux.ResultSocket:
		v := acquired(socket)
		v.sock = h.socket
		return v
	case linux.ResultSocketPart, linux.ResultSocketView:
		v := pointer(socket)
		v.nullable, v.id, v.sock, v.vague = true, c.newID(), h.socket, h.vague
		if gives == linux.ResultSocketPart {
			v.ref = h.first
		}
		return v
	case linux.ResultKptr:
		return h.swapped()
	case linux.ResultDynptrData:
		v := pointer(memory)
		v.nullable, v.id, v.size, v.of = true, c.newID(), h.size, h.of
		return v
	}
	return unclear()
}

// lookedUp is a pointer to the value of the call's map.
func (h *helperCall) lookedUp() value {
	if h.m < 0 {
		return unclear()
	}
	if inner, ok := h.c.inner[h.m]; ok {
		v := pointer(mapItself)
		v.nullable, v.id, v.m = true, h.c.newID(), inner
		return v
	}
	v := pointer(mapValue)
	v.nullable, v.id, v.m = true, h.c.newID(), h.m
	switch m := &h.c.maps[h.m]; m.Type.Info().Lookup {
	case linux.LookupElement:
		if h.key >= 0 && h.key < int64(m.Max) {
			v.nullable, v.there = false, true // since Linux 6.14 (get_constant_map_key)
		}
	case linux.LookupUnknown:
		return h.socketIn(m.Type)
	}
	return v
}

// socketIn is what a look-up in a map of sockets finds.
func (h *helperCall) socketIn(m linux.MapType) value {
	v := pointer(socket)
	v.nullable = true
	switch m {
	case linux.MapTypeSockMap, linux.MapTypeSockHash:
		v.sock, v.ref = linux.SocketFull, h.c.hold(h.s, h.i, reference)
		v.id = v.ref
	case linux.MapTypeXSKMap:
		v.sock, v.id = linux.SocketXDP, h.c.newID()
	default:
		return unclear()
	}
	return v
}

// A helperCall is one call while its arguments are checked.
type helperCall struct {
	c       *checker
	s       *state
	i       int
	name    string
	effects linux.Effects
	parent  *visit
	m       int16  // the map of the call; -1 if not known
	most    uint64 // the largest size of the memory before the last size
	mayFail bool   // the result is an int or long in C
	size    int64  // the known constant
	key     int64  // the map's key if it is a known number; otherwise -1
	vague   bool
	of      uint32 // the dynptr
	field   *Field // the kptr
	socket  linux.Socket
	first   uint32 // the reference that the first argument belongs to
}

// unknown is for functions that are not followed: they may write to the memory that their arguments point to.
func (h *helperCall) unknown(count int) {
	h.vague = true
	for n := range count {
		switch v := &h.s.top().regs[isa.R1+isa.Register(n)]; v.kind {
		case stack:
			h.c.blur(h.s, int(v.frame))
		case function:
			h.callBack(int(v.fn), false)
		case memory, socket, object, allocated, opaque:
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

// constantKey is a key of 4 bytes on the stack, if it is a known number; otherwise -1.
func (h *helperCall) constantKey(v *value, size int64) int64 {
	if size != 4 || v.kind != stack || !v.fixed() || v.off%4 != 0 || v.off < -linux.StackSize || v.off+4 > 0 {
		return -1
	}
	h.c.slotsRead(h.s, h.i, int(v.frame), slotAtIndex(int(-v.off-1)/8), true)
	was := h.s.guess
	h.s.guess = true // the kernel reads it, not the program
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
	if len(h.s.frames) >= linux.MostFrames {
		return
	}
	c.numbersMatter(h.i, argumentRegisters)
	s := c.room.clone(h.s)
	c.calls[[2]int{c.functionOf(h.i), fn}] = true
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
	// The function may have changed its data on the stack.
	for n := range s.frames {
		c.blur(s, n)
	}
	s.held = nil
	c.forget(s)
	f.regs[isa.R10] = framePointer(len(s.frames))
	s.frames = append(s.frames, f)
	c.later(s, c.starts[fn], h.parent)
	c.room.release(s)
}

func (v *value) describe() string {
	if v.kind == number {
		return v.num.text()
	}
	return v.kind.String()
}
