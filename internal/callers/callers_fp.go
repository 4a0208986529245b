//go:build amd64 || arm64

package callers

// Returns fills pcs with return addresses, beginning with that of the function that calls Returns, and returns their number. Inlined calls
// have no return address.
//
//go:noescape
func Returns(pcs []uintptr) int
