package compile

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"

	cbtf "github.com/cilium/ebpf/btf"
)

// stackSize is what a function may use below R10 (include/linux/filter.h, MAX_BPF_STACK).
const stackSize = 512

// A walk follows the paths through a function as the kernel's verifier does:
// both ways of a branch that cannot be decided, each with what it knows of the
// registers. Paths that meet with equal knowledge of the live registers go on
// as one.
type walk struct {
	*unit
	f         *function
	arrivals  arrivals
	patience  int32
	guess     bool // of the path that is followed; see place
	refs      tracker
	firstCall int // the index of the first call, -1 when it is not known yet
}

// Patience is how many different states may meet at one instruction. After
// that, what is known of numbers is given up there, so that loops and long
// chains of branches come to an end; and with it the right to find anything.
//
// A million instructions with as much patience would take seconds. So long code
// gets less, and its paths as many steps as those of some thousands of
// instructions, or a few steps for each instruction.
const (
	mostPatience  = 128
	leastPatience = 2
	enoughSteps   = 1 << 19
)

// framePointer is the one register that always holds the same; only others are
// kept and compared.
const framePointer = int(isa.R10)

// found is the unit's, except on paths that may not exist.
func (w *walk) found(f *function, index int, rule Rule, finding Finding) {
	if !w.guess {
		w.unit.found(f, index, rule, finding)
	}
}

func (u *unit) checkPaths(f *function, blocks []block) {
	w := &walk{unit: u, f: f, firstCall: -1}
	w.patience = int32(min(max(enoughSteps/len(f.code), leastPatience), mostPatience))
	w.arrivals.prepare(blocks)
	regs := w.entry()
	w.trackReferences()
	w.follow(0, &regs)
	for {
		p, ok := w.arrivals.next(&regs)
		if !ok {
			return
		}
		w.guess = p.guess
		if w.refs.on {
			w.refs.now = w.refs.holdings[p.holding]
		}
		w.follow(int(blocks[p.block].start), &regs)
	}
}

// entry is the state in which a function begins.
func (w *walk) entry() state {
	var s state
	s[framePointer] = value{kind: stack}
	proto := w.f.program.Proto
	switch {
	case w.f == w.funcs[0] && w.target.Context != nil:
		s[isa.R1] = value{kind: context}
	case w.f == w.funcs[0]: // the context of a program type that nothing is known of
		s[isa.R1] = value{kind: unknown}
	case proto != nil:
		for i := range min(len(proto.Params), 5) {
			s[int(isa.R1)+i] = value{kind: unknown}
		}
	default: // the caller's registers
		for r := isa.R1; r <= isa.R5; r++ {
			s[r] = value{kind: unknown}
		}
	}
	return s
}

// void reports whether a function gives no result.
func (u *unit) void(f *function) bool {
	if f == u.funcs[0] && u.target.Context != nil {
		return isVoid(u.target.Context.Result)
	}
	return f.program.Proto != nil && f.program.Proto.Result.Void()
}

// resultDue reports whether R0 must be set at exit: of functions that are
// called, that is known only when they declare it.
func (u *unit) resultDue(f *function) bool {
	return !u.void(f) && (f == u.funcs[0] || f.program.Proto != nil)
}

// atExit are the registers that matter at exit.
func (u *unit) atExit(f *function) isa.RegisterSet {
	if u.resultDue(f) {
		return isa.Registers(isa.R0)
	}
	return 0
}

func isVoid(t cbtf.Type) bool {
	if t == nil {
		return true
	}
	_, void := btf.Underlying(t).(*cbtf.Void)
	return void
}

// follow walks from an instruction to the end of the path, leaving branches
// for later.
func (w *walk) follow(i int, regs *state) {
	var b *block
	for i < len(w.f.code) {
		in := &w.f.code[i]
		if in.block != 0 {
			b = &w.arrivals.blocks[in.block]
			if !b.leaves {
				w.found(w.f, i, EndlessLoop, Finding{Detail: fmt.Sprintf("from %q on no path leads to an exit", w.f.item(i)), Help: "leave the loop by a condition, or by may_goto"})
				return
			}
			if b.from != 0 && w.arrived(b, regs) {
				return
			}
		}
		switch {
		case in.is(exits):
			w.exit(i, regs)
			w.leave(i, "exit", regs)
			return
		case !w.read(i, regs):
			return // one finding a path: the rest would follow from it
		case in.is(branches) && w.depends(in, regs):
			w.guess = true
			continue
		case in.is(branches) && w.refs.on:
			if !w.fork(i, b, regs) {
				return
			}
			i++
		case in.is(branches):
			taken, next, goes := w.branch(in, regs)
			if goes.taken {
				regs[in.Dst] = taken
				w.arrivals.goOn(b.to, regs, w.guess, 0)
			}
			if !goes.next {
				return
			}
			regs[in.Dst] = next
			i++
		case in.is(jumps):
			if in.to == nowhere {
				return
			}
			i = int(in.to)
		default:
			if !w.step(i, regs) {
				return
			}
			i++
		}
	}
}

// depends reports whether a branch depends on a number of which the kernel may know
// more. It may know that a path does not exist, so on no more than this one's findings are
// certain.
func (w *walk) depends(in *instr, regs *state) bool {
	return !w.guess && (regs[in.Dst].hidden || in.Op.Source() == isa.SrcX && regs[in.Src].hidden)
}

// arrived reports whether a path with this knowledge was here before.
func (w *walk) arrived(b *block, regs *state) bool {
	for r := range framePointer {
		if !b.live.Has(isa.Register(r)) {
			regs[r] = value{} // it is written before it is read: what it holds does not matter
		}
	}
	if b.met >= w.patience {
		w.guess = true
		for r := range framePointer {
			if regs[r].kind != unset {
				regs[r] = value{kind: unknown}
			}
		}
		w.refs.now = holding{lost: w.refs.on}
	}
	if w.refs.on {
		w.keepNames(regs)
	}
	return !w.arrivals.arrive(b, regs, w.guess, w.holding())
}

// read checks the registers that an instruction takes.
func (w *walk) read(i int, regs *state) bool {
	for s := w.f.code[i].reads; s != 0; s &= s - 1 {
		if r := isa.Register(bits.TrailingZeros16(uint16(s))); regs[r].kind == unset {
			w.unsetRegister(i, r)
			return false
		}
	}
	return true
}

func (w *walk) unsetRegister(i int, r isa.Register) {
	help := fmt.Sprintf("set %v before this line on every path", r)
	if isa.CallerSaved.Has(r) && w.callBefore(i) {
		help = fmt.Sprintf("a call loses r0 to r5: keep the value in r6 to r9 or on the stack, or set %v again", r)
	}
	w.found(w.f, i, Uninitialised, Finding{Detail: fmt.Sprintf("%v is read by %q before it is written", r, w.f.item(i)), Help: help})
}

// callBefore reports whether a call stands before an instruction.
func (w *walk) callBefore(i int) bool {
	if w.firstCall < 0 {
		w.firstCall = slices.IndexFunc(w.f.code, func(in instr) bool { return in.is(calls) })
		if w.firstCall < 0 {
			w.firstCall = len(w.f.code)
		}
	}
	return w.firstCall < i
}

// exit checks the result.
func (w *walk) exit(i int, regs *state) {
	r0 := regs[isa.R0]
	if !w.resultDue(w.f) {
		return
	}
	wants := w.resultText()
	switch {
	case r0.kind == unset:
		w.found(w.f, i, NoResult, Finding{Detail: "r0 is not set at exit, " + wants, Help: "set r0 to the result on every path to this exit"})
	case r0.isPointer() && w.f == w.funcs[0] && w.target.Context != nil && !isPointer(w.target.Context.Result):
		w.found(w.f, i, PointerResult, Finding{Detail: "r0 holds a pointer at exit, " + wants, Note: w.protoNote()})
	}
}

func (w *walk) resultText() string {
	switch {
	case w.f != w.funcs[0] || w.target.Context == nil:
		return "and a result is due"
	default:
		return fmt.Sprintf("and %s returns %s", w.target.Context.Member, btf.Declaration(w.target.Context.Result, ""))
	}
}

func (w *walk) protoNote() string {
	if c := w.target.Context; c != nil && c.Proto != "" {
		return fmt.Sprintf("%s is %s", c.Name, c.Proto)
	}
	return ""
}

func isPointer(t cbtf.Type) bool {
	_, ok := btf.Underlying(t).(*cbtf.Pointer)
	return ok
}

// edges says which ways a branch can go.
type edges struct{ taken, next bool }

// branch gives what is known of the compared register both ways.
func (w *walk) branch(in *instr, regs *state) (taken, next value, goes edges) {
	goes = edges{true, true}
	op := in.Op.Operation()
	if op == isa.OpJCOND { // may_goto
		return regs[in.Dst], regs[in.Dst], goes
	}
	wide := in.Op.Class() == isa.ClassJMP
	a, b := regs[in.Dst], constant(uint64(in.Imm))
	if in.Op.Source() == isa.SrcX {
		b = regs[in.Src]
	} else if !wide {
		b = constant(uint64(uint32(in.Imm)))
	}
	always, never := decide(op, wide, a, b)
	goes = edges{!never, !always}
	taken, next = narrow(op, wide, a, b), a
	if opposite := negated(op); opposite != 0 {
		next = narrow(opposite, wide, a, b)
	}
	if b.isConstant() && b.min == 0 && wide && (a.kind == object || a.kind == acquired) && !a.nullable {
		// The kernel knows that such a pointer is not nil; what stands on the
		// other side is dead.
		goes.taken, goes.next = op != isa.OpJEQ, op != isa.OpJNE
	}
	return taken, next, goes
}

// step applies an instruction that goes on with the next one. It reports
// whether the path can be followed further.
func (w *walk) step(i int, regs *state) bool {
	in := &w.f.code[i]
	switch class := in.Op.Class(); {
	case in.is(calls):
		return w.call(i, regs)
	case class == isa.ClassALU || class == isa.ClassALU64:
		if w.refs.on {
			w.compute(in, regs)
			break
		}
		dst := &regs[in.Dst]
		if in.Op.Source() == isa.SrcX && in.Op.Operation() != isa.OpEnd {
			dst.apply(&in.Instruction, &regs[in.Src])
			break
		}
		src := constant(uint64(in.Imm))
		dst.apply(&in.Instruction, &src)
	case in.IsWide():
		regs[in.Dst] = value{kind: unknown}
		if in.Src == 0 {
			regs[in.Dst] = constant(uint64(in.Imm))
		}
	case class == isa.ClassLDX:
		base := regs[in.Src]
		v, ok := w.load(i, base)
		if !ok {
			return false
		}
		if w.refs.on && !w.refs.now.lost {
			v = w.loadFollowed(i, base, v, regs)
		}
		regs[in.Dst] = v
	case class == isa.ClassST || class == isa.ClassSTX:
		base := in.Dst
		if in.Op.Mode() == isa.ModeATOMIC && in.Imm == isa.AtomicOpLoadAcquire {
			base = in.Src
		}
		if !w.store(i, regs[base]) || w.refs.on && !w.spillOrLose(i, regs[base], regs) {
			return false
		}
		w.lose(in.write, regs)
	default: // packet access, which may end the program
		if !w.leave(i, fmt.Sprintf("%q, which may end the program", w.f.item(i)), regs) {
			return false
		}
		w.lose(in.write, regs)
		for r := isa.R1; r <= isa.R5; r++ {
			regs[r] = value{}
		}
	}
	return true
}

// lose forgets what registers held.
func (w *walk) lose(set isa.RegisterSet, regs *state) {
	for r := range set.All() {
		regs[r] = value{kind: unknown}
	}
}

// load checks a load and gives the loaded value.
func (w *walk) load(i int, base value) (value, bool) {
	in := &w.f.code[i]
	size := int64(in.Op.Size().Bytes())
	number := anyNumber
	if size < 8 && in.Op.Mode() == isa.ModeMEM {
		number = upTo(1<<(8*size) - 1)
	}
	at := base.off + int64(in.Off)
	switch base.kind {
	case context:
		return w.loadArgument(i, at, size)
	case stack:
		if size < 8 { // part of a pointer is a number too
			number.hidden = true
			return number, w.onStack(i, at, size)
		}
		return value{kind: unknown, hidden: true}, w.onStack(i, at, size)
	case object, acquired, released:
		if !w.reached(i, base) {
			return value{}, false
		}
		switch field := w.f.field(i); {
		case field.Kind == btf.KindInt && !in.is(vague):
			return number, true
		case field.Kind == btf.KindPointer:
			if target, ok := w.target.BTF.PointedTo(field.Type); ok {
				return value{kind: object, typ: target, param: base.param}, true
			}
		}
		return value{kind: unknown}, true // perhaps a pointer
	}
	return value{kind: unknown}, true
}

// onStack checks that an access lies in the 512 bytes below R10, and at a
// multiple of its size, which the kernel wants there on any machine
// (kernel/bpf/verifier.c, check_ptr_alignment).
func (w *walk) onStack(i int, at, size int64) bool {
	if at >= -stackSize && at+size <= 0 {
		if at%size == 0 {
			return true
		}
		w.found(w.f, i, Misaligned, Finding{Detail: fmt.Sprintf("%q accesses %d bytes at byte %d from r10; on the stack that has to be a multiple of %d", w.f.item(i), size, at, size)})
		return false
	}
	w.found(w.f, i, StackBounds, Finding{Detail: fmt.Sprintf("%q reaches bytes %d to %d from r10; the stack is -%d to -1", w.f.item(i), at, at+size-1, stackSize)})
	return false
}
