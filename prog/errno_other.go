//go:build !linux

package prog

// Errors of Linux, which other systems never give: there, every call of the
// syscall package answers that it is unsupported.
const (
	ebadf errno = iota
	ebusy
	eexist
	einval
	enodev
	enoent
)

type errno int

func (errno) Error() string { return "an error of Linux" }
