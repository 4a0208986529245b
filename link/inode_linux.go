package link

import "golang.org/x/sys/unix"

// inodeOf is the inode number of a file or directory, which the kernel tells of the place of a link.
func inodeOf(path string) (uint64, error) {
	var stat unix.Stat_t
	err := unix.Stat(path, &stat)
	return stat.Ino, err
}
