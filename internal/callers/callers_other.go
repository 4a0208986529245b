//go:build !amd64 && !arm64

package callers

import "runtime"

// Returns fills pcs with return addresses, beginning with that of the function that calls Returns, and returns their number.
func Returns(pcs []uintptr) int { return runtime.Callers(3, pcs) }
