package btf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Where the kernel shows its types (since 5.4; modules since 5.11).
const sysfs = "/sys/kernel/btf"

// Kernel maps the types of the running kernel. Close the result when done; it
// needs no privilege.
func Kernel() (*Types, error) {
	t, err := File(filepath.Join(sysfs, "vmlinux"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("this kernel has no BTF (it was built without CONFIG_DEBUG_INFO_BTF): %w", err)
	}
	return t, err
}

// Module maps the types of a loaded kernel module, which continue those of
// vmlinux in base.
func Module(name string, base *Types) (*Types, error) {
	raw, unmap, err := mapFile(filepath.Join(sysfs, name))
	if err != nil {
		return nil, err
	}
	return opened(raw, unmap, base)
}

// Modules lists the loaded modules that have types.
func Modules() ([]string, error) {
	entries, err := os.ReadDir(sysfs)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Name() != "vmlinux" {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// File maps a raw BTF blob from a file.
func File(path string) (*Types, error) {
	raw, unmap, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	return opened(raw, unmap, nil)
}

func opened(raw []byte, unmap func() error, base *Types) (*Types, error) {
	t, err := parse(raw, base)
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	t.unmap = unmap
	return t, nil
}

// mapFile maps a file for reading, or reads it into new memory when it cannot be mapped: BTF in sysfs can be mapped since 6.16.
func mapFile(path string) ([]byte, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	size := int(info.Size())
	if size == 0 {
		return nil, nil, fmt.Errorf("%s: %w: the file is empty", path, ErrMalformed)
	}
	raw, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_PRIVATE)
	if err == nil {
		return raw, func() error { return unix.Munmap(raw) }, nil
	}
	if !strings.HasPrefix(path, "/sys/") && !errors.Is(err, unix.ENODEV) {
		return nil, nil, fmt.Errorf("map %s: %w", path, err)
	}
	// This memory is outside of the Go heap, too: 5 MB there would start a garbage collection.
	raw, err = unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, nil, fmt.Errorf("memory for %s: %w", path, err)
	}
	for n := 0; n < size; {
		got, err := f.Read(raw[n:])
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("read %s: %w", path, err), unix.Munmap(raw))
		}
		n += got
	}
	return raw, func() error { return unix.Munmap(raw) }, nil
}
