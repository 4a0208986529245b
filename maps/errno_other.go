//go:build !linux

package maps

// Errors of Linux, which other systems never give: there, every call of the
// syscall package answers that it is unsupported.
const (
	e2big errno = iota
	einval
	enomem
	enospc
)

type errno int

func (errno) Error() string { return "an error of Linux" }
