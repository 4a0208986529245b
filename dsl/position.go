package dsl

import (
	"runtime"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Position is a line of Go source.
type Position = mistake.Position

// A site is the place of a call, as a program counter: taking it costs a
// tenth of what finding file and line does, so that waits until they are needed.
type site uintptr

// callSite is the place that called the exported function which calls
// callSite's caller: user → constructor → at → callSite.
func callSite() site {
	var pc [1]uintptr
	runtime.Callers(4, pc[:]) // 0 is Callers, 1 callSite, 2 at and its like, 3 the constructor
	return site(pc[0])
}

func (s site) position() Position {
	if s == 0 {
		return Position{}
	}
	frame, _ := runtime.CallersFrames([]uintptr{uintptr(s)}).Next()
	return Position{File: frame.File, Line: frame.Line, Func: frame.Function}
}

// Here is the position of the line that called the function which calls Here,
// skipping that many callers more. Packages that take programs use it to say
// where a mistake stands that no item carries.
func Here(skip int) Position {
	var pc [1]uintptr
	runtime.Callers(3+skip, pc[:])
	return site(pc[0]).position()
}

// PositionAt is the line of Go at a program counter, as Site and the sites of
// written functions have it.
func PositionAt(pc uintptr) Position { return site(pc).position() }
