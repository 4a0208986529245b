package maps

import "golang.org/x/sys/unix"

// Errors of the kernel that mean something particular here.
const (
	e2big  = unix.E2BIG
	einval = unix.EINVAL
	enomem = unix.ENOMEM
	enospc = unix.ENOSPC
)
