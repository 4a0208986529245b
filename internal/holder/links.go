package holder

import (
	"iter"

	"github.com/bpfsmith/bpfsmith/syscall"
)

// Links ranges over the links that this process may see. It leaves out those that end meanwhile, and ends where the kernel does not list
// links.
func Links() iter.Seq[*syscall.LinkInfo] {
	return func(yield func(*syscall.LinkInfo) bool) {
		for id, err := range syscall.AllLinkIDs() {
			if err != nil {
				return
			}
			fd, err := syscall.LinkFDByID(id)
			if err != nil {
				continue
			}
			info, err := syscall.LinkInfoByFD(fd)
			fd.Close()
			if err == nil && !yield(info) {
				return
			}
		}
	}
}
