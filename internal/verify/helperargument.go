package verify

import (
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// An argument of a helper. It is in a register; n counts from 0.
type argument struct {
	*helperCall
	n    int
	kind linux.ArgKind
	next linux.ArgKind // of the argument after it
	v    *value
}

// checks has the check of each kind of argument. A check returns false where the kernel stops. It also records what the call's result
// depends on. A kind without a check accepts everything that has a value.
var checks = [linux.ArgKinds]func(a *argument) bool{
	linux.ArgContext:      (*argument).theContext,
	linux.ArgMap:          (*argument).theMap,
	linux.ArgKey:          (*argument).keyOfMap,
	linux.ArgValue:        (*argument).valueOfMap,
	linux.ArgValueOrNil:   (*argument).valueOfMap,
	linux.ArgValueRoom:    (*argument).valueOfMap,
	linux.ArgRead:         (*argument).sized,
	linux.ArgReadOrNil:    (*argument).sized,
	linux.ArgWrite:        (*argument).sized,
	linux.ArgWriteOrNil:   (*argument).sized,
	linux.ArgUpdate:       (*argument).updated,
	linux.ArgWrite4:       func(a *argument) bool { return a.memory(a.n, *a.v, scalarOf(4), true, false, a.wrong) },
	linux.ArgWrite8:       func(a *argument) bool { return a.memory(a.n, *a.v, scalarOf(8), true, false, a.wrong) },
	linux.ArgConstant:     (*argument).constant,
	linux.ArgPointer:      (*argument).somePointer,
	linux.ArgPointerOrNil: (*argument).somePointer,
	linux.ArgOwner:        (*argument).owner,
	linux.ArgConstantText: (*argument).constantText,
	linux.ArgFunction:     (*argument).calledBack,
	linux.ArgFunctionData: (*argument).dataOfFunction,
	linux.ArgRecord:       (*argument).record,
	linux.ArgSocket:       (*argument).socketBack,
	linux.ArgLock:         (*argument).lock,
	linux.ArgUnlock:       (*argument).lock,
	linux.ArgKptr:         (*argument).kptr,
	linux.ArgDynptr:       (*argument).dynptr,
	linux.ArgNewDynptr:    (*argument).dynptr,
	linux.ArgOwnDynptr:    (*argument).dynptr,
	linux.ArgHeldDynptr:   (*argument).dynptr,
}

// arguments checks all arguments of a call.
func (h *helperCall) arguments(row *linux.Helper) bool {
	args := row.Args
	for n := range linux.MostCallArguments {
		a := argument{helperCall: h, n: n, v: &h.s.top().regs[isa.R1+isa.Register(n)]}
		switch {
		case n < len(args):
			a.kind = args[n].Kind
		case len(args) > 0 && args[len(args)-1].Kind == linux.ArgMore:
			a.kind = linux.ArgMore
		default:
			return true
		}
		if n+1 < len(args) {
			a.next = args[n+1].Kind
		}
		if !a.check() {
			return false
		}
	}
	return true
}

func (a *argument) check() bool {
	v := a.v
	if a.kind == linux.ArgUnclaimed {
		return true
	}
	if v.kind == opaque || v.vague && v.kind != number {
		a.vague = true
		a.s.guess = a.s.guess || a.kind.Writes()
		return true
	}
	asNumber := a.kind == linux.ArgAny || a.kind == linux.ArgAddress || a.kind == linux.ArgMore
	if asNumber && a.c.NoPerfmon && v.kind.isPointer() {
		return a.refuse(mistake.AddressLeak, "%v, a pointer, is passed to %s as a number", isa.R1+isa.Register(a.n), a.name)
	}
	if check := checks[a.kind]; check != nil {
		return check(a)
	}
	return true
}

// refuse adds a finding at the call.
func (a *argument) refuse(kind mistake.Kind, format string, args ...any) bool {
	return a.c.refuse(a.s, a.i, kind, format, args...)
}

// wrong refuses an argument and says what it must be.
func (a *argument) wrong(want string) bool {
	v := a.v
	switch {
	case v.nullable:
		return a.refuse(mistake.MaybeNil, "argument %d of %s, %s, may be nil: compare it with 0 before the call",
			a.n+1, a.name, a.c.pointerText(a.s, v))
	case v.kind == number && v.gone > 0:
		return a.refuse(mistake.ReleasedTwice, "argument %d of %s was released before, at %s", a.n+1, a.name, a.c.place(int(v.gone-1)))
	case v.kind == number && v.gone < 0:
		why, help := a.c.lost(v)
		return a.c.refuseWith(a.s, a.i, mistake.ArgumentType, help, "argument %d of %s must be %s, but %s", a.n+1, a.name, want, why)
	}
	return a.refuse(mistake.ArgumentType, "%s", phrase.Argument(a.n+1, a.name, v.kind.String(), want))
}

func (a *argument) theContext() bool {
	if a.v.kind != context {
		return a.wrong("the context")
	}
	if !a.v.fixed() || a.v.off != 0 {
		return a.refuse(mistake.ModifiedPointer, "argument %d of %s must be the context itself, with nothing added to it", a.n+1, a.name)
	}
	return true
}

func (a *argument) theMap() bool {
	if a.v.kind != mapItself {
		return a.wrong("a map")
	}
	if a.m = a.v.m; a.m < 0 {
		return true
	}
	m := &a.c.maps[a.m]
	if !linux.HelperByID(int32(a.c.code[a.i].Imm)).TakesMap(m.Type) {
		return a.refuse(mistake.BadMap, "%s does not accept a map of type %s", a.name, m.Type)
	}
	if m.Flags&uint32(linux.MapReadOnlyProg) != 0 && a.effects.Has(linux.WritesMap) {
		return a.refuse(mistake.ReadOnlyMemory, "the map %s is read-only for programs", m.Name)
	}
	return true
}

func (a *argument) keyOfMap() bool {
	if a.v.kind == number && a.v.vague || a.m < 0 {
		return true
	}
	size := int64(a.c.maps[a.m].Key)
	a.key = a.constantKey(a.v, size)
	return a.memory(a.n, *a.v, scalarOf(size), false, false, a.wrong)
}

func (a *argument) valueOfMap() bool {
	if a.kind == linux.ArgValueOrNil && a.v.isZero() || a.v.kind == number && a.v.vague {
		return true
	}
	writes := a.kind == linux.ArgValueRoom
	if a.m < 0 {
		if a.v.kind == stack && writes {
			a.c.blur(a.s, int(a.v.frame))
		}
		return true
	}
	if t := a.c.maps[a.m].Type; t == linux.MapTypeSockMap || t == linux.MapTypeSockHash { // resolve_map_arg_type
		return a.v.kind == socket && !a.v.nullable || a.v.kind == object && !a.v.nullable || a.wrong("a socket")
	}
	return a.memory(a.n, *a.v, scalarOf(int64(a.c.maps[a.m].Value)), writes, false, a.wrong)
}

// updated checks memory that the helper reads before it writes it.
func (a *argument) updated() bool {
	size := &a.s.top().regs[isa.R2+isa.Register(a.n)]
	if size.kind == number && !size.vague && !a.memory(a.n, *a.v, size.num, false, false, a.wrong) {
		return false
	}
	return a.sized()
}

// sized checks memory whose size is the next argument.
func (a *argument) sized() bool {
	size := &a.s.top().regs[isa.R2+isa.Register(a.n)]
	if size.kind != number {
		if size.kind == opaque || size.kind == none {
			a.vague = true
			return true
		}
		return a.refuse(mistake.ArgumentType, "%s", phrase.Argument(a.n+2, a.name, size.kind.String(), "a number, the size"))
	}
	a.most, a.vague = size.num.umax, a.vague || size.vague
	zero := a.next == linux.ArgSizeOrZero
	orNil := zero || a.kind == linux.ArgReadOrNil || a.kind == linux.ArgWriteOrNil
	writes := a.kind.Writes()
	if a.v.isZero() && orNil && size.num.umax == 0 {
		return true
	}
	if size.vague {
		if a.v.kind == stack && writes {
			a.c.blur(a.s, int(a.v.frame))
		}
		return true
	}
	return a.memory(a.n, *a.v, size.num, writes, zero, a.wrong)
}

func (a *argument) constant() bool {
	a.c.numbersMatter(a.i, isa.Registers(isa.R1+isa.Register(a.n)))
	if a.v.kind != number || !a.v.isConst() {
		if a.v.kind == number && a.v.vague {
			a.s.guess = true
			return true
		}
		return a.refuse(mistake.BadSize, "%s", phrase.Argument(a.n+1, a.name, a.v.describe(), "a known constant"))
	}
	a.size = int64(uint32(a.v.num.umax)) // as the kernel keeps it
	return true
}

func (a *argument) somePointer() bool {
	orNil := a.kind == linux.ArgPointerOrNil
	switch v := a.v; {
	case v.nullable && !orNil, v.kind == stack || v.kind == mapItself:
		return a.wrong("a pointer")
	case v.kind == object && v.trust == untrusted:
		return a.refuse(mistake.Untrusted, "%s", phrase.Argument(a.n+1, a.name, readElsewhere, trustedPointer))
	case v.kind == number && !v.vague && !(orNil && v.num.umin == 0):
		return a.wrong("a pointer")
	}
	return true
}

// owner checks the socket, task or cgroup of a storage. In programs of type cgroup_sock, the context is the socket.
func (a *argument) owner() bool {
	v := a.v
	if v.vague || v.kind != packet && v.kind != packetEnd && (v.kind != context || a.c.Type == linux.ProgTypeCgroupSock) {
		return a.somePointer()
	}
	want, help := "a pointer to what the value belongs to", ""
	if a.m >= 0 && a.c.maps[a.m].Type == linux.MapTypeSKStorage {
		want = "a socket"
		if access := a.c.Type.Info().Access; access != nil && access.Context == linux.ContextNamed("__sk_buff") {
			help = "its field sk is the socket, or nil: compare it with nil first"
		}
	}
	return a.c.refuseWith(a.s, a.i, mistake.ArgumentType, help, "%s", phrase.Argument(a.n+1, a.name, v.kind.String(), want))
}

func (a *argument) constantText() bool {
	return a.v.kind == mapValue || a.wrong("a text in a read-only map")
}

func (a *argument) calledBack() bool {
	if a.v.kind != function {
		return a.wrong("a function of the program")
	}
	counted := a.effects.Has(linux.Counts)
	if turns := &a.s.top().regs[isa.R1]; counted && turns.kind == number && turns.num.umax == 0 {
		return true // it is never called
	}
	a.callBack(int(a.v.fn), counted)
	return true
}

func (a *argument) dataOfFunction() bool {
	if a.v.kind == stack {
		a.c.blur(a.s, int(a.v.frame))
	}
	return true
}

func (a *argument) record() bool {
	if a.v.kind != memory || !a.v.ring || a.v.nullable {
		return a.wrong("a record of a ring buffer")
	}
	return a.givenBack()
}

func (a *argument) socketBack() bool {
	if a.v.kind != socket && a.v.kind != object || a.v.nullable {
		return a.wrong("a socket")
	}
	if a.v.ref == 0 && a.v.kind == object {
		a.s.guess = true
		return true
	}
	return a.givenBack()
}

// givenBack releases what the program holds.
func (a *argument) givenBack() bool {
	if a.v.ref == 0 || !a.s.holds(a.v.ref) {
		return a.refuse(mistake.ReleasedTwice, "argument %d of %s was not acquired by this program", a.n+1, a.name)
	}
	a.s.letGo(a.v.ref, func(v *value) { v.giveBack(a.i) })
	return true
}

// memory checks that size bytes may be read or written.
func (h *helperCall) memory(n int, v value, size scalar, write, zero bool, wrong func(string) bool) bool {
	c, s, i := h.c, h.s, h.i
	r := isa.R1 + isa.Register(n)
	switch v.kind {
	case stack, mapValue, mapKey, memory, packet, packetMeta:
		if v.nullable {
			return wrong("memory")
		}
	case object:
		return true
	default:
		return wrong("memory")
	}
	c.numbersMatter(i, argumentRegisters)
	switch {
	case size.smin < 0:
		return c.refuse(s, i, mistake.BadSize, "the size of argument %d of %s may be negative, %s: compare it as unsigned, or mask it",
			n+1, h.name, size.text())
	case size.umax >= linux.SizeLimit:
		return c.refuse(s, i, mistake.BadSize, "the size of argument %d of %s has no upper limit, %s: compare it with a limit, or mask it",
			n+1, h.name, size.text())
	case size.umin == 0 && !zero:
		return c.refuse(s, i, mistake.BadSize, "the size of argument %d of %s may be 0", n+1, h.name)
	case size.umax == 0:
		return true
	}
	for _, bytes := range [...]int64{max(int64(size.umin), 1), int64(size.umax)} {
		ok := true
		switch v.kind {
		case stack:
			ok = h.onStack(n, v, bytes, write)
		case mapValue:
			ok = c.accessMap(s, i, r, v, 0, bytes, write)
		case mapKey:
			ok = c.inside(s, i, r, v, 0, bytes, int64(c.maps[v.m].Key), mistake.MapBounds, "the map's key")
		case memory:
			ok = c.inside(s, i, r, v, 0, bytes, v.size, mistake.MemoryBounds, "the memory")
		case packet, packetMeta:
			ok = c.accessPacket(s, i, r, v, 0, bytes, write)
		}
		if !ok {
			return false
		}
	}
	return true
}

func scalarOf(n int64) scalar { return exactly(uint64(n)) }

// onStack checks a buffer on the stack.
func (h *helperCall) onStack(n int, v value, size int64, write bool) bool {
	c, s, i := h.c, h.s, h.i
	if !v.fixed() {
		c.slotsRead(s, i, int(v.frame), allSlots, false)
		lo, hi := v.off+v.num.smin, v.off+v.num.smax
		if lo < -linux.StackSize || hi+size > 0 {
			return c.refuse(s, i, mistake.StackBounds, "argument %d of %s reaches outside of the stack", n+1, h.name)
		}
		if write {
			c.blur(s, int(v.frame))
		}
		return true
	}
	if v.off < -linux.StackSize || v.off+size > 0 {
		return c.refuse(s, i, mistake.StackBounds, "argument %d of %s, %s at %d from r10, reaches outside of the stack",
			n+1, h.name, byteCount(size), v.off)
	}
	f := &s.frames[v.frame]
	c.reaches(s, f.fn, -v.off)
	for len(f.stack) <= int(-v.off-1)/8 {
		f.stack = append(f.stack, slot{})
	}
	for at := v.off; at < v.off+size; at++ {
		k, b := int(-at-1)/8, int((at%8+8)%8)
		sl := &f.stack[k]
		if !write {
			c.slotsRead(s, i, int(v.frame), slotAtIndex(k), false)
		}
		switch tag := sl.bytes[b]; {
		case tag == dynptr || tag == iterator || tag == irqFlag:
			if !write {
				return c.refuse(s, i, mistake.UninitialisedStack, "argument %d of %s overlaps a dynptr, an iterator or saved flags on "+
					"the stack", n+1, h.name)
			}
			if tag == dynptr {
				return c.refuse(s, i, mistake.UnreleasedReference, "argument %d of %s is written over a dynptr on the stack", n+1, h.name)
			}
			s.guess = true
		case write:
			if tag == spilled {
				for x := range sl.bytes {
					if sl.bytes[x] == spilled {
						sl.bytes[x] = misc
					}
				}
			}
			sl.bytes[b] = misc
		case tag == unwritten && c.NoPerfmon && !sl.keepsNumber():
			return c.refuse(s, i, mistake.UninitialisedStack, "argument %d of %s: the byte at %d from r10 was never written",
				n+1, h.name, at)
		}
	}
	return true
}
