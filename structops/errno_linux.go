package structops

import "golang.org/x/sys/unix"

// Errors of the kernel that mean something particular here.
const (
	e2big       = unix.E2BIG
	ebusy       = unix.EBUSY
	eexist      = unix.EEXIST
	einprogress = unix.EINPROGRESS
	einval      = unix.EINVAL
	enoent      = unix.ENOENT
	enolink     = unix.ENOLINK
	eopnotsupp  = unix.EOPNOTSUPP
	eperm       = unix.EPERM
)
