package dsl

import (
	"runtime"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Position is a line of Go source.
type Position = mistake.Position

// Here returns the line that called the caller of Here; skip leaves out that many more callers. Packages that take programs use it for the
// line of a mistake that is not in an item.
func Here(skip int) Position {
	var pc [1]uintptr
	runtime.Callers(3+skip, pc[:])
	return positionAt(pc[0])
}

// positionAt is the line of Go at a return address.
func positionAt(pc uintptr) Position { return record.Position(ir.Site{PC: pc}) }
