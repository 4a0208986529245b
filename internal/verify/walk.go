package verify

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A checker checks one program.
type checker struct {
	*Program
	code         []instr
	starts       []int // where functions begin
	slots        int
	work         int // done so far; see stepWork
	findings     []Finding
	said         map[Finding]bool
	maps         []Map
	mapOf        map[int32]int16 // by descriptor
	lastID       uint32
	visited      []*visit // by instruction, the latest
	pending      []path
	proto        *proto // of the member or tracepoint
	kernel       map[btf.ID]*proto
	given        []uint32 // by argument, the reference to what has to be given back
	room         room
	ids          pairs  // of the states that are compared
	context      layout // of programs of the type
	contextKnown bool
	kernelCalls  bool            // functions of the kernel are called
	patient      bool            // loops may end by may_goto or an iterator
	deepest      map[int]int64   // by function, the lowest stack that is used
	calls        map[[2]int]bool // caller and called
	global       []*Function     // by function; nil for those that are not
	wanted       []int           // global functions that are called
	extra        []path          // what is followed when all else was, if there are steps left
}

// A path waits to be followed.
type path struct {
	at     int
	state  *state
	parent *visit
}

// A visit is a state in which a path came to an instruction.
type visit struct {
	state  *state
	at     int
	parent *visit
	open   int    // paths from here that are still followed; as the last that is put off is the first to be followed, only those of visits before are
	before *visit // to the same instruction
}

// mostSteps is how many instructions are walked through at most, and mostVisits how many states are kept at one.
const (
	mostSteps  = 400_000
	mostVisits = 64
)

// stepWork is what walking through an instruction takes, when comparing two states takes 1. They are counted together.
const stepWork = 4

// Check walks through a program. complete is false when it was too much, so that
// nothing can be said of the rest.
func Check(p Program) (findings []Finding, complete bool) {
	c := &checker{Program: &p, said: map[Finding]bool{}, mapOf: map[int32]int16{}, deepest: map[int]int64{}, calls: map[[2]int]bool{}, kernel: map[btf.ID]*proto{}}
	if c.Steps == 0 {
		c.Steps = mostSteps
	}
	if !c.attachable() || !c.layOut(p.Code) {
		return c.findings, true
	}
	if !c.resolve() || !c.functionsFit() {
		return c.findings, true
	}
	c.findGlobals()
	c.context, c.contextKnown = layouts(c.Type)
	c.visited = make([]*visit, len(c.code))
	s := &state{frames: []frame{{call: -1}}}
	s.frames[0].regs[isa.R1] = pointer(context)
	s.frames[0].regs[isa.R10] = pointer(stack)
	c.receive(s)
	c.pending = append(c.pending, path{state: s})
	if !c.followAll() {
		return c.findings, false
	}
	for n := 0; n < len(c.wanted); n++ { // those may call more of them
		c.pending = append(c.pending, path{at: c.starts[c.wanted[n]], state: c.enterGlobal(c.wanted[n])})
		if !c.followAll() {
			return c.findings, false
		}
	}
	c.checkStack()
	if len(c.findings) == 0 {
		c.followExtra()
	}
	return c.findings, true
}

// followAll follows all paths that wait. It gives false when there were too many steps.
func (c *checker) followAll() bool {
	for len(c.pending) > 0 {
		p := c.pending[len(c.pending)-1]
		c.pending = c.pending[:len(c.pending)-1]
		if !c.follow(p) {
			return false
		}
	}
	return true
}

// report notes a finding at a slot, once.
func (c *checker) report(slot int, kind, message string) {
	c.note(Finding{Insn: slot, Kind: kind, Message: message})
}

func (c *checker) note(f Finding) {
	if !c.said[f] {
		c.said[f] = true
		c.findings = append(c.findings, f)
	}
}

// refuse notes a finding at an instruction on a path, unless the path may not exist. It gives false: the kernel stops here.
func (c *checker) refuse(s *state, i int, kind, format string, args ...any) bool {
	return c.refuseWith(s, i, kind, "", format, args...)
}

// refuseWith is refuse with an advice.
func (c *checker) refuseWith(s *state, i int, kind, help, format string, args ...any) bool {
	if !s.guess {
		c.note(Finding{c.code[i].slot, kind, fmt.Sprintf(format, args...), help})
	}
	return false
}

func (c *checker) newID() uint32 {
	c.lastID++
	return c.lastID
}

// follow walks along a path to its end. It gives false when there were too many steps.
func (c *checker) follow(p path) bool {
	s, i, parent := p.state, p.at, p.parent
	defer func() {
		c.done(parent)
		c.room.release(s)
	}()
	for {
		if c.work += stepWork; c.work > stepWork*c.Steps {
			return false
		}
		in := &c.code[i]
		if in.join || len(s.frames) > 1 && i == c.starts[s.top().fn] {
			v, ended := c.meet(s, i, parent)
			if ended {
				return true
			}
			if v != nil {
				parent = v
			}
		}
		next, goOn := c.step(s, i, parent)
		if !goOn {
			return true
		}
		i = next
	}
}

// done notes that a path has ended.
func (c *checker) done(v *visit) {
	for ; v != nil; v = v.parent {
		if v.open--; v.open > 0 {
			return
		}
	}
}

// later leaves a path for later.
func (c *checker) later(s *state, at int, parent *visit) {
	if parent != nil {
		parent.open++
	}
	c.pending = append(c.pending, path{at, s, parent})
}

// meet compares a state with those that came here before. ended says that the path adds nothing.
func (c *checker) meet(s *state, i int, parent *visit) (v *visit, ended bool) {
	met := 0
	if c.code[i].stuck && !c.patient {
		c.refuseWith(s, i, "endless-loop", "leave the loop by a condition, or by may_goto", "from here on no path leads to an exit")
		return nil, true
	}
	for old := c.visited[i]; old != nil && met < mostVisits; old, met = old.before, met+1 {
		c.work++
		if old.open > 0 && !c.patient && equal(old.state, s, c.code[i].live, &c.ids) {
			if !s.guess && !anythingVague(s) {
				c.report(c.code[i].slot, "endless-loop", "the loop comes back here with everything as it was: it would never end")
			}
			return nil, true
		}
		if covers(old.state, s, c.code[i].live, &c.ids) {
			return nil, true
		}
	}
	v = &cut(&c.room, &c.room.visits, 1)[0]
	*v = visit{state: c.room.clone(s), at: i, parent: parent, open: 1, before: c.visited[i]}
	c.visited[i] = v // to its parent, v takes the place of the path
	return v, false
}

// step walks through an instruction. It gives the next one, or false where the path ends.
func (c *checker) step(s *state, i int, parent *visit) (next int, goOn bool) {
	in := &c.code[i]
	switch in.what {
	case computes:
		return i + 1, c.compute(s, i)
	case loadsConstant:
		return i + 1, c.loadConstant(s, i)
	case loads:
		return i + 1, c.load(s, i)
	case stores:
		return i + 1, c.store(s, i)
	case branches:
		return c.branch(s, i, parent)
	case jumpsTo:
		return in.to, true
	case jumpsByTable:
		return 0, false // where it leads is in a map
	case calls:
		return c.call(s, i, parent)
	case exits:
		return c.exit(s, i)
	}
	return i + 1, c.loadPacket(s, i)
}

// readable checks that registers have a value.
func (c *checker) readable(s *state, i int, set isa.RegisterSet) bool {
	ok := true
	registersOf(set, func(r isa.Register) {
		if ok && s.top().regs[r].kind == none {
			why, help := "it was never written on the path to here", fmt.Sprintf("set %v before, on every path", r)
			if r <= isa.R5 && c.callBefore(i) {
				why, help = "it was never written, or a call has lost it", fmt.Sprintf("a call loses r0 to r5: keep the value in r6 to r9 or on the stack, or set %v again", r)
			}
			ok = c.refuseWith(s, i, "uninitialised", help, "%v has no value here: %s", r, why)
		}
	})
	return ok
}

func (c *checker) callBefore(i int) bool {
	for k := range i {
		if c.code[k].what == calls && c.code[k].fn == c.code[i].fn {
			return true
		}
	}
	return false
}

// compute is arithmetic.
func (c *checker) compute(s *state, i int) bool {
	in := &c.code[i]
	op, wide := in.Op.Operation(), in.Op.Class() == isa.ClassALU64
	if !c.readable(s, i, in.reads) {
		return false
	}
	if in.Dst == isa.R10 {
		return c.refuse(s, i, "frame-pointer", "r10 cannot be written")
	}
	regs := &s.top().regs
	dst := &regs[in.Dst]
	if op == isa.OpEnd {
		if dst.kind.isPointer() && c.NoPerfmon {
			return c.refuse(s, i, "pointer-arithmetic", "the bytes of a pointer cannot be swapped")
		}
		size := int(in.Imm) / 8
		v := anyNumber(size)
		v.vague = dst.vague || dst.isConst()
		*dst = v
		return true
	}
	src := constant(uint64(in.Imm))
	if in.Op.Source() == isa.SrcX {
		src = regs[in.Src]
	}
	switch op {
	case isa.OpMov:
		c.move(s, in, src, wide)
		return true
	case isa.OpNeg:
		if dst.kind.isPointer() && c.NoPerfmon {
			return c.refuse(s, i, "pointer-arithmetic", "a pointer cannot be negated")
		}
		if dst.kind != number {
			*dst = unclear()
			return true
		}
		n, _ := computed(isa.OpSub, 0, wide, exactly(0), dst.num)
		*dst = value{kind: number, num: n, vague: dst.vague || !dst.isConst()} // followed since Linux 6.18 only
		return true
	case isa.OpDiv, isa.OpMod:
		if in.Op.Source() == isa.SrcK && in.Imm == 0 {
			return c.refuse(s, i, "bad-instruction", "a division by the constant 0")
		}
	case isa.OpLsh, isa.OpRsh, isa.OpArsh:
		width := int64(64)
		if !wide {
			width = 32
		}
		if in.Op.Source() == isa.SrcK && (in.Imm < 0 || in.Imm >= width) {
			return c.refuse(s, i, "bad-instruction", "a shift by %d in %d bits", in.Imm, width)
		}
	}
	if dst.kind == opaque || src.kind == opaque {
		*dst = unclear()
		return true
	}
	if dst.kind.isPointer() || src.kind.isPointer() {
		return c.computePointer(s, i, dst, src, op, wide)
	}
	n, vague := computed(op, in.Off, wide, dst.num, src.num)
	out := value{kind: number, num: n, vague: dst.vague || src.vague || vague}
	if op == isa.OpAdd && wide && src.isConst() && dst.id != 0 { // it stays linked
		out.id, out.off = dst.id, dst.off+int64(src.num.bits.value)
	}
	if in.Op.Source() == isa.SrcX && in.Dst == in.Src && (op == isa.OpSub || op == isa.OpXor) {
		out.vague = true // which is zero; some kernels know
	}
	*dst = out
	return true
}

// move copies a value, or its lower part.
func (c *checker) move(s *state, in *instr, src value, wide bool) {
	regs := &s.top().regs
	register := in.Op.Source() == isa.SrcX
	switch {
	case in.Off != 0: // with its sign, or between the address spaces of an arena
		switch {
		case src.kind == number && in.Off >= 8:
			v := value{kind: number, num: signExtended(src.num, int(in.Off)/8, wide), vague: src.vague}
			if v.num == src.num {
				v.id, v.off = src.id, src.off
			}
			regs[in.Dst] = v
		default:
			regs[in.Dst] = unclear()
		}
	case !wide && !register:
		regs[in.Dst] = constant(uint64(uint32(in.Imm)))
	case !wide && src.kind == number:
		v := value{kind: number, num: src.num, vague: src.vague}
		if src.num.umax <= 1<<32-1 {
			c.link(&regs[in.Src])
			v = regs[in.Src]
		} else {
			v.num.extend32()
		}
		regs[in.Dst] = v
	case !wide && src.kind.isPointer():
		v := anyNumber(4)
		regs[in.Dst] = v
	case !wide:
		regs[in.Dst] = unclear()
	default:
		if register {
			c.link(&regs[in.Src])
			src = regs[in.Src]
		}
		regs[in.Dst] = src
	}
}

// link gives a number an id, so that what is learnt of one copy is known of the others.
func (c *checker) link(v *value) {
	if v.kind == number && !v.isConst() && v.id == 0 {
		v.id, v.off = c.newID(), 0
	}
}

// branch follows a conditional jump.
func (c *checker) branch(s *state, i int, parent *visit) (next int, goOn bool) {
	in := &c.code[i]
	op, wide := in.Op.Operation(), in.Op.Class() == isa.ClassJMP
	if op == isa.OpJCOND { // may_goto
		c.later(c.room.clone(s), in.to, parent)
		c.widen(s, i, i+1, parent)
		return i + 1, true
	}
	if !c.readable(s, i, in.reads) {
		return 0, false
	}
	regs := &s.top().regs
	register := in.Op.Source() == isa.SrcX
	a, b := regs[in.Dst], constant(uint64(in.Imm))
	if register {
		b = regs[in.Src]
	}
	if c.NoPerfmon && a.kind.isPointer() && !(b.isZero() && (op == isa.OpJEQ || op == isa.OpJNE)) && !(a.kind >= packet && a.kind <= packetEnd) {
		c.refuse(s, i, "address-leak", "pointers are compared, which takes CAP_PERFMON")
		return 0, false
	}
	switch c.outcome(op, wide, &a, &b) {
	case always:
		return in.to, true
	case never:
		return i + 1, true
	}
	taken, fall := c.room.clone(s), s
	if a.vague || b.vague || a.kind == opaque || b.kind == opaque {
		taken.guess, fall.guess = true, true
	}
	ok1 := c.learn(taken, in, op, wide, true, register)
	ok2 := c.learn(fall, in, op, wide, false, register)
	switch {
	case ok1 && ok2:
		c.later(taken, in.to, parent)
		return i + 1, true
	case ok1:
		*s, *taken = *taken, *s
		c.room.release(taken)
		return in.to, true
	case ok2:
		c.room.release(taken)
		return i + 1, true
	}
	c.room.release(taken)
	return 0, false
}

// outcome is how a comparison comes out.
func (c *checker) outcome(op isa.Opcode, wide bool, a, b *value) outcome {
	if a.kind == number && b.kind == number {
		return decide(op, wide, &a.num, &b.num)
	}
	if a.there {
		return open
	}
	if wide && (a.kind == packet && b.kind == packetEnd || a.kind == packetEnd && b.kind == packet) {
		return beyondEnd(op, a, b)
	}
	if a.kind.isPointer() && b.isZero() && !a.nullable && wide && a.kind != packetEnd && !a.vague {
		if a.kind == object && a.trust != trusted && a.trust != rcu {
			return open // it may be nil after all
		}
		switch op {
		case isa.OpJEQ:
			return never
		case isa.OpJNE:
			return always
		}
	}
	return open
}

// What rng has of a pointer into a packet that was found to be at its end or behind it.
const (
	atEnd     = -1
	behindEnd = -2
)

// beyondEnd is how a comparison with the packet's end comes out for a pointer that was compared with it before
// (is_pkt_ptr_branch_taken).
func beyondEnd(op isa.Opcode, a, b *value) outcome {
	if a.kind == packetEnd {
		a, op = b, swapped(op)
	}
	yes := func(is bool) outcome {
		if is {
			return always
		}
		return never
	}
	switch {
	case (op == isa.OpJLE || op == isa.OpJGT) && a.rng == behindEnd:
		return yes(op == isa.OpJGT)
	case (op == isa.OpJLT || op == isa.OpJGE) && a.rng < 0:
		return yes(op == isa.OpJGE)
	}
	return open
}

// learn notes what a comparison tells. It gives false where control cannot come.
func (c *checker) learn(s *state, in *instr, op isa.Opcode, wide, holds, register bool) bool {
	regs := &s.top().regs
	a := &regs[in.Dst]
	number0 := constant(uint64(in.Imm))
	b := &number0
	if register {
		b = &regs[in.Src]
	}
	switch {
	case a.kind == number && b.kind == number:
		x, y := a.num, b.num
		refine(op, wide, holds, &x, &y)
		if x.broken() || y.broken() {
			return false
		}
		before, other := *a, *b
		a.num = x
		if register && in.Dst != in.Src {
			b.num = y
		}
		c.spread(s, before, x)
		if register {
			c.spread(s, other, y)
		}
	case a.there && b.isZero() && wide:
		s.guess = s.guess || holds == (op == isa.OpJEQ)
	case a.nullable && b.isZero() && wide && (op == isa.OpJEQ || op == isa.OpJNE):
		c.nilOr(s, *a, holds == (op == isa.OpJEQ))
	case register && b.nullable && a.kind.isPointer() && wide && (op == isa.OpJEQ || op == isa.OpJNE) && holds == (op == isa.OpJEQ):
		if !a.nullable {
			c.nilOr(s, *b, false)
		}
	case register && wide:
		c.comparePacket(s, a, b, op, holds)
	}
	return true
}

// spread tells all numbers that are linked with one what was learnt of it.
func (c *checker) spread(s *state, was value, now scalar) {
	if was.id == 0 {
		return
	}
	s.each(func(v *value) {
		if v.kind != number || v.id != was.id {
			return
		}
		if v.off == was.off {
			v.num = now
			return
		}
		v.num, _ = computed(isa.OpAdd, 0, true, now, exactly(uint64(v.off-was.off)))
	})
}

// nilOr notes that a pointer is nil, or is not, and with it all that came from the same place.
func (c *checker) nilOr(s *state, p value, isNil bool) {
	s.each(func(v *value) {
		if v.kind != p.kind || !v.nullable || v.id != p.id {
			return
		}
		if isNil {
			*v = constant(0)
			return
		}
		v.nullable = false
		if v.ref == 0 && v.kind != mapValue {
			v.id = 0
		}
	})
	if isNil && p.ref != 0 {
		s.release(p.ref)
	}
}

// comparePacket notes how many bytes of a packet there are (find_good_pkt_pointers).
func (c *checker) comparePacket(s *state, a, b *value, op isa.Opcode, holds bool) {
	if !holds {
		op = opposite(op)
	}
	if a.kind == packetEnd || a.kind == packet && b.kind == packetMeta {
		a, b = b, a
		op = swapped(op)
	}
	if !(a.kind == packet && b.kind == packetEnd || a.kind == packetMeta && b.kind == packet && b.off == 0 && b.fixed()) {
		return
	}
	extra := int64(0)
	switch op {
	case isa.OpJLE:
	case isa.OpJLT:
		extra = 1
	case isa.OpJGE, isa.OpJGT: // the same comparison comes out the same way again (mark_pkt_end)
		if a.kind == packet {
			a.rng = atEnd
			if op == isa.OpJGT {
				a.rng = behindEnd
			}
		}
		return
	default:
		return
	}
	if a.off+extra < 0 || a.off > 0xffff || a.num.umax > 0xffff || a.num.umax+uint64(a.off) > 0xffff {
		return
	}
	rng, what, id := int32(a.off), a.kind, a.id
	s.each(func(v *value) {
		if v.kind == what && v.id == id {
			v.rng = max(v.rng, rng+int32(extra))
		}
	})
}

// exit ends a function.
func (c *checker) exit(s *state, i int) (next int, goOn bool) {
	top := s.top()
	r0 := top.regs[isa.R0]
	if len(s.frames) == 1 {
		return 0, c.endProgram(s, i, r0)
	}
	if r0.kind == stack {
		c.refuse(s, i, "pointer-result", "a function returns a pointer to its stack")
		return 0, false
	}
	call, callback := top.call, top.callback
	if callback {
		if r0.kind == none {
			c.refuse(s, i, "uninitialised", "r0 has no value at the end of the callback")
		} else if r0.kind == number && !r0.vague && (r0.num.smin < 0 || r0.num.smax > 1) {
			c.refuse(s, i, "result-range", "the callback returns %s, and may return 0 or 1", r0.num.text())
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

// endProgram checks what holds at the end of the program.
func (c *checker) endProgram(s *state, i int, r0 value) bool {
	if !c.nothingHeld(s, i, r0.ref, "at the end of the program") {
		return false
	}
	if s.top().fn > 0 {
		return c.endGlobal(s, i, r0)
	}
	if c.resultUnused() {
		return false
	}
	if r0.kind == none {
		return c.refuseWith(s, i, "uninitialised", "set r0 on every path to here", "r0, the result, has no value at the end")
	}
	if c.Strict && c.proto != nil && c.Type == "struct_ops" && r0.kind.isPointer() && !c.proto.result.pointer {
		return c.refuse(s, i, "pointer-result", "r0 holds a pointer at the end, and %s returns a number", c.proto.name)
	}
	if c.NoPerfmon && r0.kind.isPointer() {
		return c.refuse(s, i, "address-leak", "the result is a pointer")
	}
	lo, hi, limited := c.resultRange()
	if !limited || r0.vague || r0.kind == opaque {
		return false
	}
	if r0.kind != number {
		return c.refuse(s, i, "result-range", "the result is a pointer, and must be from %d to %d", lo, hi)
	}
	if r0.num.smin < lo || r0.num.smax > hi {
		return c.refuse(s, i, "result-range", "the result is %s, and must be from %d to %d", r0.num.text(), lo, hi)
	}
	return false
}

// text is a number as messages show it.
func (s *scalar) text() string {
	switch {
	case s.isConst():
		return fmt.Sprintf("%d", int64(s.bits.value))
	case *s == anyScalar():
		return "any number"
	case s.smin >= 0:
		return fmt.Sprintf("from %d to %d", s.umin, s.umax)
	}
	return fmt.Sprintf("from %d to %d", s.smin, s.smax)
}
