package host

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

var errNotSource = errors.New("it is not a regular file of root or the user, or others may write to it")

// openSource opens a file of source code, if it may be read; see Sources. It tests the open file: nobody can replace that between the
// test and reading.
func openSource(name string) (*os.File, error) {
	// Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil || !readable(&stat) {
		unix.Close(fd)
		return nil, errors.Join(err, errNotSource)
	}
	return os.NewFile(uintptr(fd), name), nil
}

func readable(stat *unix.Stat_t) bool {
	const writableByOthers = 0o002
	return stat.Mode&unix.S_IFMT == unix.S_IFREG && stat.Mode&writableByOthers == 0 && stat.Size <= mostSource && isOurs(stat.Uid)
}

// isOurs reports whether an owner is root or the user: of the process, or the one who called sudo.
func isOurs(owner uint32) bool {
	return owner == 0 || int(owner) == os.Getuid() || int(owner) == os.Geteuid() ||
		os.Geteuid() == 0 && os.Getenv("SUDO_UID") == strconv.FormatUint(uint64(owner), 10)
}
