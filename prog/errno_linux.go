package prog

import "golang.org/x/sys/unix"

// Errors of the kernel that mean something particular here.
const (
	ebadf  = unix.EBADF
	ebusy  = unix.EBUSY
	eexist = unix.EEXIST
	einval = unix.EINVAL
	enodev = unix.ENODEV
	enoent = unix.ENOENT
)
