//go:build linux && (386 || arm || mipsle)

package syscall

import "unsafe"

// A pointer is a pointer as it stands in an attr: 64 bits wide on every machine. It has a pointer type of Go, so the garbage collector
// sees its target, and it is corrected when a stack moves. On a little-endian machine the low half comes first.
type pointer struct {
	p unsafe.Pointer
	_ uint32
}
