package syscall

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// MapMemory maps a part of a map into memory: offset and size in bytes, the offset a multiple of the page size. Arrays that were created
// with MapMmapable can be mapped. They begin at offset 0, and their values are at multiples of 8. In a ring buffer, the first page may be
// written, and the pages after it may be read. In a user ring buffer it is the other way round.
func MapMemory(m *FD, offset int64, size int, write bool) (*Memory, error) {
	num, err := m.acquire("map")
	if err != nil {
		return nil, fmt.Errorf("map memory: %w", err)
	}
	defer m.release()
	prot := unix.PROT_READ
	if write {
		prot |= unix.PROT_WRITE
	}
	data, err := unix.Mmap(num, offset, size, prot, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map memory of fd %d: %d bytes at offset %d: %w", num, size, offset, mapError(err))
	}
	return newMemory(data, write), nil
}

// mapError gives an errno of mmap its type.
func mapError(err error) error {
	if errno, ok := err.(unix.Errno); ok {
		return kernelError(errno)
	}
	return err
}

func unmap(data []byte) error { return unix.Munmap(data) }
