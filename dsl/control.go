package dsl

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// Branches is an If that may be followed by ElseIf and Else. They must follow it
// directly.
type Branches struct {
	fn    *Fn
	other ir.B // where control goes when no condition held
	end   ir.B
	after int // how many values there are after it
}

// If runs then when the condition holds. The block ends where then returns,
// or earlier with f.Exit, f.Return, f.Break and f.Continue.
func (f *Fn) If(cond Bool, then func()) *Branches {
	if !f.statement() {
		return &Branches{}
	}
	b := &Branches{fn: f, end: f.b.Func.NewBlock()}
	b.arm("If", f.condition(cond), then)
	return b
}

// arm writes a condition and the block for it. Later code goes to the end of the whole
// If.
func (b *Branches) arm(what string, cond ir.V, then func()) {
	f := b.fn
	line := f.site()
	yes := f.b.Func.NewBlock()
	b.other = f.b.Func.NewBlock()
	f.b.Branch(cond, yes, b.other)
	f.begin(yes)
	f.block(what, then)
	f.b.Jump(b.end)
	f.b.Func.Blocks[b.other].Site = line
	f.b.Func.Jump(b.other, b.end)
	f.begin(b.end)
	f.pending, b.after = b, len(f.b.Func.Values)
}

// reopen goes back to the block for the case that no condition held.
func (b *Branches) reopen(what string) bool {
	f := b.fn
	if !f.usable() {
		return false
	}
	if f.pending != b || f.b.At != b.end || len(f.b.Func.Values) != b.after {
		f.mistake(mistake.Misplaced, "", "%s must follow its If directly", what)
		return false
	}
	other, end := &f.b.Func.Blocks[b.other], &f.b.Func.Blocks[b.end]
	other.Kind, other.Succs = ir.Open, nil
	end.Preds = end.Preds[:len(end.Preds)-1]
	f.begin(b.other)
	return true
}

// ElseIf runs then when no condition before held and this one does. The
// condition is a function, because it is computed only in that case.
func (b *Branches) ElseIf(cond func() Bool, then func()) *Branches {
	if !b.reopen("ElseIf") {
		return b
	}
	if cond == nil {
		b.fn.mistake(mistake.NilBody, "", "the condition of ElseIf is nil")
		b.fn.b.Jump(b.end)
		b.fn.begin(b.end)
		return b
	}
	var c ir.V
	b.fn.inside("ElseIf", func() { c = b.fn.condition(cond()) })
	b.arm("ElseIf", c, then)
	return b
}

// Else runs otherwise when no condition before held.
func (b *Branches) Else(otherwise func()) {
	if !b.reopen("Else") {
		return
	}
	b.fn.block("Else", otherwise)
	b.fn.b.Jump(b.end)
	b.fn.begin(b.end)
}

// A SwitchCase is an arm of a Switch.
type SwitchCase struct {
	values    []Operand
	body      func()
	otherwise bool // it is the Default
	pc        uintptr
}

// Case is the arm for one or more values, usually Go constants. An arm does not fall
// through to the next one.
func Case(body func(), values ...Operand) SwitchCase {
	return SwitchCase{values: values, body: body, pc: userFrame()}
}

// Default is the arm for all other values.
func Default(body func()) SwitchCase {
	return SwitchCase{body: body, otherwise: true, pc: userFrame()}
}

// Switch runs the arm with the value of n, or the default arm.
func Switch(f *Fn, n Operand, arms ...SwitchCase) {
	if !f.statement() {
		return
	}
	x, k, ok := f.readOperand(n)
	if !ok {
		f.mistake(mistake.MixedWidths, "for a Go constant, use Go's own switch",
			"Switch needs a number that the program computes, not a Go %s", typeName(n))
		return
	}
	if k.Bits() == 0 {
		f.mistake(mistake.MixedWidths, "", "Switch needs a number, but this is a pointer")
		return
	}
	if len(arms) == 0 {
		f.mistake(mistake.EmptyBlock, "", "the Switch has no cases")
	}
	f.checkCases(k, arms)
	end := f.b.Func.NewBlock()
	var otherwise func()
	for _, arm := range arms {
		if arm.otherwise {
			if otherwise != nil {
				f.mistake(mistake.Misplaced, "", "a Switch has more than one Default")
			}
			otherwise = arm.body
			if arm.body == nil {
				f.mistake(mistake.NilBody, "", "the body of Default is nil")
			}
			continue
		}
		if len(arm.values) == 0 {
			continue
		}
		body := f.b.Func.NewBlock()
		for _, value := range arm.values {
			next := f.b.Func.NewBlock()
			f.b.Branch(f.b.Compare(ir.EQ, k, x, f.value(k, value)), body, next)
			f.begin(next)
		}
		next := f.b.At
		f.begin(body)
		f.block("Case", arm.body)
		f.b.Jump(end)
		f.begin(next)
	}
	if otherwise != nil {
		f.block("Default", otherwise)
	}
	f.b.Jump(end)
	f.begin(end)
}

// checkCases notes cases without values, which never run, and constants that an earlier case has too.
func (f *Fn) checkCases(w record.Width, arms []SwitchCase) {
	type first struct {
		n  int64
		pc uintptr
	}
	var seen []first
	for _, arm := range arms {
		if !arm.otherwise && len(arm.values) == 0 {
			f.mistakeAt(ir.Site{PC: arm.pc}, mistake.EmptyBlock, "use Default for all other values",
				"the Case has no values, so it never runs")
		}
		for _, value := range arm.values {
			c, ok := goInteger(value)
			if !ok || !c.fits(w) {
				continue
			}
			n := w.Register(c.n)
			if i := slices.IndexFunc(seen, func(s first) bool { return s.n == n }); i >= 0 {
				f.mistakeAt(ir.Site{PC: arm.pc}, mistake.Unreachable, "",
					"the value %v is already in the Case at %v, which runs instead", c, record.Position(ir.Site{PC: seen[i].pc}))
				continue
			}
			seen = append(seen, first{n, arm.pc})
		}
	}
}

// Block runs body, which may call leave to continue after the block. Use it for early
// exits in Go functions that work like macros: there f.Exit would leave the whole
// program.
func (f *Fn) Block(body func(leave func())) {
	if !f.statement() {
		return
	}
	end := f.b.Func.NewBlock()
	over := false
	leave := func() {
		if !f.statement() {
			return
		}
		if over {
			f.mistake(mistake.Misplaced, "", "leave is called after its Block has ended")
			return
		}
		f.leave(end)
	}
	if body == nil {
		f.mistake(mistake.NilBody, "", "the body of Block is nil")
	} else {
		f.block("Block", func() { body(leave) })
		over = true
	}
	f.b.Jump(end)
	f.begin(end)
}

// leave goes to a block that is not the next one.
func (f *Fn) leave(to ir.B) {
	f.pending = nil
	f.b.Jump(to)
	f.begin(f.b.Func.NewBlock())
	f.dead = true
}

// A loop is a loop that is being written.
type loop struct {
	next ir.B // where Continue leads
	end  ir.B // where Break leads
}

// Break leaves the innermost loop.
func (f *Fn) Break() {
	if l, ok := f.innermost("Break"); ok {
		f.leave(l.end)
	}
}

// Continue starts the next turn of the innermost loop.
func (f *Fn) Continue() {
	if l, ok := f.innermost("Continue"); ok {
		f.leave(l.next)
	}
}

func (f *Fn) innermost(what string) (loop, bool) {
	if !f.statement() {
		return loop{}, false
	}
	if len(f.loops) == 0 {
		f.mistake(mistake.Misplaced, "", "%s is outside a loop", what)
		return loop{}, false
	}
	return f.loops[len(f.loops)-1], true
}

// repeat writes the body of a loop.
func (f *Fn) repeat(what string, l loop, body func()) {
	f.loops = append(f.loops, l)
	f.block(what, body)
	f.loops = f.loops[:len(f.loops)-1]
}

// For runs body n times, with 0, 1, … n-1. The kernel's verifier checks each turn
// separately, and follows at most 1000000 instructions, so n must be a Go constant of at most 500000, or 8388608 if
// something in the body can leave the loop. For other numbers of turns see ForUpTo, Range, While and Loop.
func (f *Fn) For(n Operand, body func(i U32)) {
	if !f.statement() {
		return
	}
	if c, ok := goInteger(n); !ok {
		f.mistake(mistake.NoBound,
			"use ForUpTo with a limit; or use Range or Loop, where the verifier does not check each turn",
			"the number of turns is known only when the program runs")
		return
	} else if c.n < 0 || c.over || c.n > 1<<23 {
		f.mistake(mistake.NoBound, manyTurns, "For: %v turns; must be 0 to 8388608", c)
		return
	}
	v, imm := f.operand(record.U32, n)
	first := ir.B(len(f.b.Func.Blocks))
	f.count(v, imm, 0, body)
	if imm*leastPerTurn > linux.MostInstructions && f.usable() && !f.leaves(first) {
		f.mistake(mistake.NoBound, manyTurns, "For: %d turns; the verifier follows every turn, but at most %d instructions", imm,
			linux.MostInstructions)
	}
}

// leastPerTurn is how many instructions each turn of For has at least: one that counts, and one that compares.
const leastPerTurn = 2

// manyTurns is the advice for loops with too many turns for the verifier.
const manyTurns = "use f.Range, f.Loop or f.While: there the verifier does not follow every turn"

// leaves reports whether a loop of For, with the blocks from first on, can end before its last turn. The first four of its blocks are its
// head, its turn, its next turn and its end.
func (f *Fn) leaves(first ir.B) bool {
	head, end := first, first+3
	for b := first; int(b) < len(f.b.Func.Blocks); b++ {
		block := &f.b.Func.Blocks[b]
		if b == end || b == head {
			continue
		}
		if block.Kind == ir.Return || slices.ContainsFunc(block.Succs, func(s ir.B) bool { return s == end || s < first }) {
			return true
		}
	}
	return false
}

// ForUpTo runs body n times, with 0, 1, …, but not more often than most. most must be 1 to
// 8388608.
func (f *Fn) ForUpTo(n Operand, most int, body func(i U32)) {
	if !f.statement() {
		return
	}
	if most < 1 || most > 1<<23 {
		f.mistake(mistake.NoBound, "", "ForUpTo: at most %d turns; must be 1 to 8388608", most)
		return
	}
	v, imm := f.operand(record.U32, n)
	f.count(v, imm, int64(most), body)
}

// count writes a loop that counts to v, or to imm when v is 0. When most is not 0, the
// loop stops at most.
func (f *Fn) count(v ir.V, imm, most int64, body func(i U32)) {
	number := f.variable(ir.I32)
	f.emit(ir.Value{Op: ir.VarSet, Aux: number}, f.b.Const(ir.I32, 0))
	head, turn, next, end := f.b.Func.NewBlock(), f.b.Func.NewBlock(), f.b.Func.NewBlock(), f.b.Func.NewBlock()
	f.b.Jump(head)
	f.begin(head)
	i := f.emit(ir.Value{Op: ir.VarGet, Type: ir.I32, Aux: number})
	below := func(v ir.V, imm int64) ir.V {
		if v == 0 {
			return f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.LT, Imm: imm}, i)
		}
		return f.emit(ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.LT}, i, v)
	}
	if most != 0 {
		also := f.b.Func.NewBlock()
		f.b.Branch(below(0, most), also, end)
		f.begin(also)
	}
	f.b.Branch(below(v, imm), turn, end)
	f.begin(turn)
	f.turn("For", loop{next, end}, i, body)
	f.b.Jump(next)
	f.begin(next)
	i = f.emit(ir.Value{Op: ir.VarGet, Type: ir.I32, Aux: number})
	f.emit(ir.Value{Op: ir.VarSet, Aux: number}, f.emit(ir.Value{Op: ir.Add, Type: ir.I32, Imm: 1}, i))
	f.b.Jump(head)
	f.begin(end)
}

// turn runs a loop's body with its counter.
func (f *Fn) turn(what string, l loop, i ir.V, body func(i U32)) {
	if body == nil {
		f.mistake(mistake.NilBody, "", "the body of %s is nil", what)
		return
	}
	f.repeat(what, l, func() { body(f.newU32(i)) })
}

// While runs body as long as the condition holds. The verifier does not
// need to know why the loop ends: the kernel itself ends it after some millions of turns
// (may_goto, Linux 6.9). The program then continues after the loop.
func (f *Fn) While(cond func() Bool, body func()) {
	if !f.statement() {
		return
	}
	if cond == nil || body == nil {
		f.mistake(mistake.NilBody, "", "While needs a condition and a body; one is nil")
		return
	}
	head, test, turn, end := f.b.Func.NewBlock(), f.b.Func.NewBlock(), f.b.Func.NewBlock(), f.b.Func.NewBlock()
	f.b.Jump(head)
	f.begin(head)
	b := &f.b.Func.Blocks[head]
	b.Kind, b.Site = ir.MayGoto, f.site()
	f.b.Func.Edge(head, test)
	f.b.Func.Edge(head, end)
	f.begin(test)
	var c ir.V
	f.inside("While", func() { c = f.condition(cond()) })
	f.b.Branch(c, turn, end)
	f.begin(turn)
	f.repeat("While", loop{head, end}, body)
	f.b.Jump(head)
	f.begin(end)
}

// Exit leaves a program that has no result. Its method value can be used as a body: f.If(done, f.Exit).
func (f *Fn) Exit() {
	if !f.statement() {
		return
	}
	if !f.result.Void() {
		f.mistake(mistake.NoResult, "use f.Return(v)", "Exit leaves without a result; expected %s", phrase.A(f.result.String()))
	}
	f.terminate(ir.Return, 0)
}

// Return leaves the program with a result, of the type that its Go function
// declares.
func (f *Fn) Return(result Operand) {
	if !f.statement() {
		return
	}
	f.terminate(ir.Return, f.resultOf(result))
}

// resultOf converts a result to a value.
func (f *Fn) resultOf(result Operand) ir.V {
	t := f.result
	switch {
	case t.Void():
		f.mistake(mistake.NoResult, "use f.Exit()", "%s has no result", quoted(f.program.Name))
		return 0
	case t == boolType:
		return f.boolResult(result)
	case t.Integer:
		return f.value(t.width(), result)
	}
	if c, ok := goInteger(result); ok && c.n == 0 {
		return f.b.Const(ir.Ptr, 0)
	}
	p, ok := result.(pointer)
	if !ok {
		f.mistake(mistake.NoResult, "", "a Go %s is returned; expected %s", typeName(result), phrase.A(t.String()))
		return f.b.Const(ir.Ptr, 0)
	}
	return p.pointer(f)
}

// boolResult is the result of a function that returns a Bool: one, or a Go bool.
func (f *Fn) boolResult(result Operand) ir.V {
	switch r := result.(type) {
	case Bool:
		return r.U8().n.read(f)
	case bool:
		n := int64(0)
		if r {
			n = 1
		}
		return f.b.Const(ir.I32, n)
	}
	f.mistake(mistake.NoResult, "return a dsl.Bool, true or false", "a Go %s is returned; expected a Bool", typeName(result))
	return f.b.Const(ir.I32, 0)
}

// ReturnConst is Return of a constant as a body: f.If(c, f.ReturnConst(2)).
func (f *Fn) ReturnConst(n int64) func() {
	if !f.usable() {
		return func() { f.Return(n) }
	}
	b := &constantBody{site: f.site(), result: n}
	f.bodies = append(f.bodies, b)
	return func() {
		b.used = true
		f.Return(n)
	}
}

// A constantBody is a body that ReturnConst made.
type constantBody struct {
	site   int32
	result int64
	used   bool
}

// IfField runs then where the target's struct has the field. For other targets, then is
// not compiled.
func (f *Fn) IfField(structName, path string, then func()) *Branches {
	return f.ifTarget(ir.Name{Kind: ir.FieldName, Name: structName, Path: path}, "IfField", then)
}

// IfType runs then where the target has a struct, union, enum or typedef of that name.
func (f *Fn) IfType(name string, then func()) *Branches {
	return f.ifTarget(ir.Name{Kind: ir.TypeName, Name: name}, "IfType", then)
}

// IfKfunc runs then where the target has a kernel function of that name.
func (f *Fn) IfKfunc(name string, then func()) *Branches {
	return f.ifTarget(ir.Name{Kind: ir.KernelName, Name: name}, "IfKfunc", then)
}

// IfEnum runs then where the target's enum has the constant.
func (f *Fn) IfEnum(enum, constant string, then func()) *Branches {
	return f.ifTarget(ir.Name{Kind: ir.EnumName, Name: enum, Path: constant}, "IfEnum", then)
}

func (f *Fn) ifTarget(name ir.Name, what string, then func()) *Branches {
	if !f.statement() {
		return &Branches{}
	}
	has := f.emit(ir.Value{Op: ir.Has, Type: ir.Bool, Aux: f.b.Name(name)})
	b := &Branches{fn: f, end: f.b.Func.NewBlock()}
	b.arm(what, has, then)
	return b
}

// EnumValue is the value of an enum's constant in the target. When enum is "", the
// constant may be in any enum.
func (f *Fn) EnumValue(enum, constant string) U32 {
	if !f.usable() {
		return U32{number{fn: f.unmade()}}
	}
	aux := f.b.Name(ir.Name{Kind: ir.EnumName, Name: enum, Path: constant})
	return f.newU32(f.emit(ir.Value{Op: ir.EnumValue, Type: ir.I32, Aux: aux}))
}

// EnumValue64 is EnumValue for constants that do not fit into 32 bits.
func (f *Fn) EnumValue64(enum, constant string) U64 {
	if !f.usable() {
		return U64{number{fn: f.unmade()}}
	}
	aux := f.b.Name(ir.Name{Kind: ir.EnumName, Name: enum, Path: constant})
	return f.newU64(f.emit(ir.Value{Op: ir.EnumValue, Type: ir.I64, Aux: aux}))
}
