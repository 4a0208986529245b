//go:build linux && (amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x || sparc64)

package syscall

import "unsafe"

// A pointer is a pointer as it stands in an attr: 64 bits wide on every machine. It has a pointer type of Go, so the garbage collector
// sees its target, and it is corrected when a stack moves.
type pointer struct {
	p unsafe.Pointer
}
