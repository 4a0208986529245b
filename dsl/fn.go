package dsl

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Fn is a function while it is written. The Go function uses it to write branches,
// loops, calls and results. It is valid only during that one call of the Go function.
type Fn struct {
	program *Program
	body    *record.Body
	b       record.Builder
	dead    bool   // no path leads to it: a return is before it
	running bool   // the Go function runs
	entered bool   // and has written something
	ended   bool   // the Go function has returned
	full    bool   // it has written too much, and nothing more is written
	scopes  []bool // blocks of Go, open or not: a value made in one cannot be used after it
	scope   int32
	loops   []loop
	result  CType
	pending *Branches // an If that may still get its Else

	unmadeAt uintptr // of what unmade returns: a line of Go, as a program counter; 0 for a function

	sites map[uintptr]int32 // by program counter, the number in ir.Sites; 0 for those within the language itself

	computed []ir.V // results of operators, which the program must use
	taken    []bool // by value: it was used, rightly or not

	statements []statement
	bodies     []*constantBody // of ReturnConst
}

// mistake notes something wrong at the line of Go that is being run.
func (f *Fn) mistake(kind mistake.Kind, help, format string, args ...any) {
	f.mistakeAt(f.b.Func.Sites[f.site()], kind, help, format, args...)
}

func (f *Fn) mistakeAt(at ir.Site, kind mistake.Kind, help, format string, args ...any) {
	f.body.Note(mistake.Finding{Kind: kind, Position: record.Position(at), Insn: -1, Detail: fmt.Sprintf(format, args...), Help: help})
}

// mostValues is how many values a Go function may write. An instruction of a program is made of few values, and a program may have a
// million instructions.
const mostValues = 4 << 20

// hasRoom reports whether the function may write more, and notes a mistake when it may not: a Go loop with very many turns would fill all
// memory.
func (f *Fn) hasRoom() bool {
	if len(f.b.Func.Values) < mostValues {
		return true
	}
	f.mistake(mistake.TooComplex, "a Go loop writes its body again for each turn; for many turns use f.Range, f.Loop or f.While, which "+
		"write it once", "the Go function writes more than %d operations; a program has at most %d instructions", mostValues,
		linux.MostInstructions)
	f.full = true
	return false
}

// emit adds a value to the block that is written.
func (f *Fn) emit(v ir.Value, args ...ir.V) ir.V {
	f.site()
	return f.b.Emit(v, args...)
}

// usable reports whether code can still be written. For a value that has no function, or one that has ended, it reports false, and what is
// made of the value is unmade: the function that uses it in the end notes the mistake. Where no function runs, it is noted here.
func (f *Fn) usable() bool {
	switch {
	case f == nil || f.full || f.unmadeAt != 0:
		return false
	case !f.ended:
		return f.hasRoom()
	}
	if !runs() {
		f.noteEnded()
	}
	return false
}

// noteEnded notes a use after the end. The function may be compiled at the same time: nothing of it is written any more.
func (f *Fn) noteEnded() {
	f.mistakeAt(ir.Site{PC: userFrame()}, mistake.EndedFunction, "use values and f only while the Go function runs",
		"%s has ended", quoted(f.program.Name))
}

// unmade is the function of a value that cannot be made, because it would be made of a value without a function, or of one whose function
// has ended. It keeps the line where that began.
func (f *Fn) unmade() *Fn {
	switch {
	case f == nil:
		return &Fn{unmadeAt: userFrame()}
	case f.ended:
		return &Fn{unmadeAt: userFrame(), program: f.program}
	}
	return f
}

// terminate ends the current block, and continues in a block that no path leads to.
func (f *Fn) terminate(kind ir.Kind, x ir.V) {
	f.pending = nil
	f.site()
	f.b.End(kind, x)
	f.begin(f.b.Func.NewBlock())
	f.dead = true
}

// begin continues in a block.
func (f *Fn) begin(b ir.B) {
	f.b.At, f.dead = b, false
}

// inside runs a closure in its own scope.
func (f *Fn) inside(what string, body func()) {
	parent := f.scope
	f.scopes = append(f.scopes, true)
	f.scope = int32(len(f.scopes) - 1)
	if body == nil {
		f.mistake(mistake.NilBody, "", "the body of %s is nil", what)
	} else {
		body()
	}
	f.scopes[f.scope] = false
	f.scope = parent
	f.pending = nil
}

// block is inside for a closure that must write something. To write nothing is a
// mistake: a Go return leaves the closure, not the program.
func (f *Fn) block(what string, body func()) {
	entry, values, blocks := f.b.At, len(f.b.Func.Values), len(f.b.Func.Blocks)
	mistakes := f.body.Wrong()
	f.inside(what, body)
	nothing := len(f.b.Func.Values) == values && len(f.b.Func.Blocks) == blocks && f.b.At == entry
	if body != nil && f.body.Wrong() == mistakes && nothing && !f.ended {
		f.mistake(mistake.EmptyBlock,
			"a Go return leaves only its own Go function; f.Exit() and f.Return(v) leave the program. A Go variable is "+
				"set while the program is made; set a variable of the program (f.VarU32) instead",
			"the body of %s does nothing", what)
	}
}

// take checks that a value may be used here, and returns it.
func (f *Fn) take(from *Fn, v ir.V, scope int32, typ ir.Type) ir.V {
	if f.ended {
		f.usable() // notes it
		return 0
	}
	if from == f {
		f.taken = append(f.taken, make([]bool, max(0, int(v)+1-len(f.taken)))...)
		f.taken[v] = true
	}
	switch {
	case from != nil && from != f && from.program != nil:
		f.mistakeAt(f.useOf(from), mistake.ForeignValue, "pass it as an argument",
			"this value belongs to %q, but this function is %q", from.program.Name, f.program.Name)
	case from != f || v == 0:
		f.mistakeAt(f.useOf(from), mistake.ZeroValue, "make values from parameters, fields, calls or constants such as f.U32(1)", zeroUsed)
	case !f.scopes[scope]:
		f.mistake(mistake.OutOfScope, "to carry a value out of a block, set a variable made before it (Var), or use Pick",
			"this value was made at %v, inside a block, but is used outside it", record.Position(f.b.Func.Sites[f.b.Func.Values[v].Site]))
	default:
		return v
	}
	return f.b.Const(typ, 0)
}

// useOf is the line where a value without a function, or of another function, was used.
func (f *Fn) useOf(from *Fn) ir.Site {
	if from != nil && from.unmadeAt != 0 {
		return ir.Site{PC: from.unmadeAt}
	}
	return f.b.Func.Sites[f.site()]
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// choose computes one of two values. yes and no may write their own blocks.
func (f *Fn) choose(typ ir.Type, cond ir.V, yes, no func() ir.V) ir.V {
	fresh := func(value func() ir.V) func() ir.V {
		return func() ir.V {
			f.dead = false
			return value()
		}
	}
	v := f.b.Choose(typ, cond, fresh(yes), fresh(no))
	f.dead = false
	return v
}

func (f *Fn) newU32(v ir.V) U32 { return U32{f.newNumber(record.U32, v)} }

func (f *Fn) newU64(v ir.V) U64 { return U64{f.newNumber(record.U64, v)} }

// variable adds a variable, at the line that is being run.
func (f *Fn) variable(typ ir.Type) int32 {
	f.site()
	return f.b.Variable(typ)
}
