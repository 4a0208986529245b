//go:build linux && (amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x || sparc64)

package syscall

import "unsafe"

// A pointer is a pointer as it stands in an attr: 64 bits wide on every machine. It is of a pointer type for Go, so that the garbage
// collector sees what it points to and a moving stack takes it along.
type pointer struct {
	p unsafe.Pointer
}
