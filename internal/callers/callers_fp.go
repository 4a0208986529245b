//go:build amd64 || arm64

package callers

// Returns fills pcs with return addresses, beginning with that of the function
// that calls Returns, and gives their number. Frames that Go's compiler has inlined have none.
//
//go:noescape
func Returns(pcs []uintptr) int
