package compile

import (
	"fmt"

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
	f       *function
	targets []int
	live    []isa.RegisterSet // before each instruction
	meeting []bool            // instructions that several paths lead to
	seen    map[place]bool
	met     []int // how often paths met at an instruction with different knowledge
	work    []place
	guess   bool // of the path that is followed; see place
}

// A place is where a path goes on, and what is known there.
type place struct {
	index int
	regs  state
	guess bool // something known was given up: what is found from here on may not be so
}

// patience is how many different states may meet at one instruction. After
// that, what is known of numbers is given up there, so that loops and long
// chains of branches come to an end; and with it the right to find anything.
const patience = 128

// found is the unit's, except on paths that may not exist.
func (w *walk) found(f *function, index int, rule Rule, finding Finding) {
	if !w.guess {
		w.unit.found(f, index, rule, finding)
	}
}

func (u *unit) checkPaths(f *function, targets []int) {
	w := &walk{unit: u, f: f, targets: targets, seen: make(map[place]bool), met: make([]int, len(f.code)), meeting: make([]bool, len(f.code))}
	w.live = liveness(f, targets, w.resultSet())
	for _, t := range targets {
		if t != noTarget {
			w.meeting[t] = true
		}
	}
	w.work = append(w.work, place{regs: w.entry()})
	for len(w.work) > 0 {
		p := w.work[len(w.work)-1]
		w.work = w.work[:len(w.work)-1]
		w.guess = p.guess
		w.follow(p.index, p.regs)
	}
}

// entry is the state in which a function begins.
func (w *walk) entry() state {
	var s state
	s[isa.R10] = value{kind: stack}
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

func (w *walk) resultSet() isa.RegisterSet {
	if w.resultDue(w.f) {
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

// liveness finds the registers whose values matter before each instruction.
func liveness(f *function, targets []int, atExit isa.RegisterSet) []isa.RegisterSet {
	live := make([]isa.RegisterSet, len(f.code)+1)
	for changed := true; changed; {
		changed = false
		for i := len(f.code) - 1; i >= 0; i-- {
			in := &f.code[i]
			var after isa.RegisterSet
			switch {
			case in.IsExit():
				after = atExit
			case !in.IsTerminator():
				after = live[i+1]
			}
			if targets[i] != noTarget {
				after |= live[targets[i]]
			}
			reads := in.Reads()
			switch {
			case in.IsExit():
				reads = atExit
			case in.IsCall(): // how many arguments it takes does not matter here
				reads |= isa.Arguments
			}
			before := after&^in.Writes() | reads
			changed = changed || before != live[i]
			live[i] = before
		}
	}
	return live
}

// follow walks from an instruction to the end of the path, leaving branches
// as work.
func (w *walk) follow(i int, regs state) {
	for i < len(w.f.code) {
		if w.meeting[i] && w.arrived(i, &regs) {
			return
		}
		in := &w.f.code[i]
		if !w.read(i, &regs) {
			return // one finding a path: the rest would follow from it
		}
		switch {
		case in.IsExit():
			w.exit(i, &regs)
			return
		case in.IsConditional():
			taken, next, goes := w.branch(i, &regs)
			if goes.taken {
				w.work = append(w.work, place{w.targets[i], taken, w.guess})
			}
			if !goes.next {
				return
			}
			regs = next
			i++
		case in.IsJump():
			if w.targets[i] == noTarget {
				return
			}
			i = w.targets[i]
		default:
			if !w.step(i, &regs) {
				return
			}
			i++
		}
	}
}

// arrived reports whether a path with this knowledge was here before.
func (w *walk) arrived(i int, regs *state) bool {
	for r := range regs {
		if !w.live[i].Has(isa.Register(r)) && r != int(isa.R10) {
			regs[r] = value{} // it is written before it is read: what it holds does not matter
		}
	}
	if w.met[i] >= patience {
		w.guess = true
		for r := range regs {
			if r != int(isa.R10) && regs[r].kind != unset {
				regs[r] = value{kind: unknown}
			}
		}
	}
	point := place{i, *regs, w.guess}
	if w.seen[point] {
		return true
	}
	w.seen[point] = true
	w.met[i]++
	return false
}

// read checks the registers that an instruction takes.
func (w *walk) read(i int, regs *state) bool {
	in := &w.f.code[i]
	if in.IsExit() {
		return true
	}
	for r := range in.Reads().All() {
		if regs[r].kind == unset {
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
	w.found(w.f, i, Uninitialised, Finding{Detail: fmt.Sprintf("%v is read by %q before it is written", r, w.f.code[i].item), Help: help})
}

func (w *walk) callBefore(i int) bool {
	for ; i > 0; i-- {
		if w.f.code[i-1].IsCall() {
			return true
		}
	}
	return false
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

// branch splits the state at a conditional jump.
func (w *walk) branch(i int, regs *state) (taken, next state, goes edges) {
	in := &w.f.code[i]
	taken, next, goes = *regs, *regs, edges{true, true}
	op := in.Op.Operation()
	if op == isa.OpJCOND { // may_goto
		return
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
	taken[in.Dst] = narrow(op, wide, a, b)
	if opposite := negated(op); opposite != 0 {
		next[in.Dst] = narrow(opposite, wide, a, b)
	}
	if b.isConstant() && b.min == 0 && wide && a.kind == object && !a.nullable {
		// The kernel knows that such a pointer is not nil; what stands on the
		// other side is dead.
		goes.taken, goes.next = op != isa.OpJEQ, op != isa.OpJNE
	}
	return
}

// step applies an instruction that goes on with the next one. It reports
// whether the path can be followed further.
func (w *walk) step(i int, regs *state) bool {
	in := &w.f.code[i]
	switch class := in.Op.Class(); {
	case in.IsCall():
		return w.call(i, regs)
	case class == isa.ClassALU || class == isa.ClassALU64:
		src := constant(uint64(in.Imm))
		if in.Op.Source() == isa.SrcX && in.Op.Operation() != isa.OpEnd {
			src = regs[in.Src]
		}
		regs[in.Dst] = alu(in.Instruction, regs[in.Dst], src)
	case in.IsWide():
		regs[in.Dst] = value{kind: unknown}
		if in.Src == 0 {
			regs[in.Dst] = constant(uint64(in.Imm))
		}
	case class == isa.ClassLDX:
		v, ok := w.load(i, regs[in.Src])
		if !ok {
			return false
		}
		regs[in.Dst] = v
	case class == isa.ClassST || class == isa.ClassSTX:
		base := in.Dst
		if in.Op.Mode() == isa.ModeATOMIC && in.Imm == isa.AtomicOpLoadAcquire {
			base = in.Src
		}
		if !w.store(i, regs[base]) {
			return false
		}
		w.lose(in.Writes(), regs)
	default: // packet access
		w.lose(in.Writes(), regs)
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
		return value{kind: unknown}, w.onStack(i, at, size)
	case object:
		if base.nullable {
			w.mayBeNil(i, base)
			return value{}, false
		}
		switch {
		case in.field.Kind == btf.KindInt && !in.vague:
			return number, true
		case in.field.Kind == btf.KindPointer:
			if target, ok := w.target.BTF.PointedTo(in.field.Type); ok {
				return value{kind: object, typ: target, param: base.param}, true
			}
		}
		return value{kind: unknown}, true // perhaps a pointer
	}
	return value{kind: unknown}, true
}

// onStack checks that an access lies in the 512 bytes below R10.
func (w *walk) onStack(i int, at, size int64) bool {
	if at >= -stackSize && at+size <= 0 {
		return true
	}
	w.found(w.f, i, StackBounds, Finding{Detail: fmt.Sprintf("%q reaches bytes %d to %d from r10; the stack is -%d to -1", w.f.code[i].item, at, at+size-1, stackSize)})
	return false
}
