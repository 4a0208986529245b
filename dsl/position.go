package dsl

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// A Position is a line of Go source.
type Position struct {
	File string // as the Go compiler recorded it: absolute, or module-relative under -trimpath
	Line int    // from 1; 0 when the position is not known
	Func string // the function around it, with its package path
}

// IsValid reports whether the position is known.
func (p Position) IsValid() bool { return p.Line > 0 }

// String is "file:line", the file relative to the working directory where it
// lies below it, so that editors and terminals can open it.
func (p Position) String() string {
	if !p.IsValid() {
		return "-"
	}
	return fmt.Sprintf("%s:%d", relative(p.File), p.Line)
}

func relative(file string) string {
	dir, err := os.Getwd()
	if err != nil {
		return file
	}
	short, err := filepath.Rel(dir, file)
	if err != nil || strings.HasPrefix(short, "..") {
		return file
	}
	return short
}

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
