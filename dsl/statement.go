package dsl

import (
	"reflect"
	"runtime"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A statement is where the program does something: it stores, calls, branches or leaves. A statement that no path reaches, or that has no
// function to be part of, would leave no trace in the program. So both are mistakes.
type statement struct {
	block ir.B
	site  int32
}

// statement notes that a statement begins here. It reports whether code can be written, as usable does.
func (f *Fn) statement() bool {
	switch {
	case f == nil || f.unmadeAt != 0:
		neverMade()
		return false
	case f.ended:
		f.noteEnded()
		return false
	case !f.usable():
		return false
	}
	f.statements = append(f.statements, statement{f.b.At, f.site()})
	return true
}

// findUnreached notes the statements that no path reaches: the first of several in a row.
func (f *Fn) findUnreached() {
	reached := f.reachable()
	before := true
	for _, s := range f.statements {
		if !reached[s.block] && before {
			f.mistakeAt(f.b.Func.Sites[s.site], mistake.Unreachable,
				"remove it, or leave only under a condition: f.If(c, f.Exit)",
				"this is never reached: all paths before it leave with Exit, Return, Break, Continue or leave")
		}
		before = reached[s.block]
	}
}

// reachable lists the blocks to which a path leads, by their numbers.
func (f *Fn) reachable() []bool {
	reached := make([]bool, len(f.b.Func.Blocks))
	for _, b := range f.b.Func.PostorderReversed() {
		reached[b] = true
	}
	return reached
}

// zeroUse is what neverMade panics with.
type zeroUse struct{}

const (
	zeroUsed = "this value was never made"
	zeroHelp = "make variables with x.Var() or f.VarU32(0), cells with dsl.Cells or from a Ref, pointers from parameters and fields"
)

// neverMade stops the Go function that is being run, because a statement is called on a zero value: var v dsl.VarU32; v.Set(1). Such a
// value does not know the function, so the mistake cannot be noted in it. The panic ends in Fn.run, which notes it with its line. Outside
// of a Go function nothing is written, and nothing happens.
func neverMade() {
	if runs() {
		panic(zeroUse{})
	}
}

// runs reports whether a Go function is being run.
func runs() bool {
	run := runtime.FuncForPC(reflect.ValueOf((*Fn).run).Pointer()).Name()
	pcs := make([]uintptr, 1024)
	for frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)]); ; {
		frame, more := frames.Next()
		if frame.Function == run || !more {
			return frame.Function == run
		}
	}
}

// zeroReceiver notes a statement on a zero value in the function of its operand, if that knows one.
func zeroReceiver(o Operand) {
	var f *Fn
	switch o := o.(type) {
	case numeric:
		f = o.num().fn
	case StructPtr:
		f = o.Pointer().fn
	case Bool:
		f = o.fn
	}
	if f == nil {
		neverMade()
		return
	}
	if f.statement() {
		f.readOperand(o) // it counts as used
		f.mistake(mistake.ZeroValue, zeroHelp, zeroUsed)
	}
}
