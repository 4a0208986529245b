//go:build linux && (386 || arm || mipsle)

package syscall

import "unsafe"

// A pointer is a pointer as it stands in an attr: 64 bits wide on every machine. It is of a pointer type for Go, so that the garbage
// collector sees what it points to and a moving stack takes it along. On a little-endian machine the low half comes first.
type pointer struct {
	p unsafe.Pointer
	_ uint32
}
