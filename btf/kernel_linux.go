package btf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Where the kernel shows its types (since 5.4; modules since 5.11).
const (
	sys   = "/sys"
	sysfs = sys + "/kernel/btf"
)

// maxFile is the largest file that is read into memory, in bytes. A kernel's types have 3 to 20 MB. The kernel accepts 16 MB of a program
// (BTF_MAX_SIZE, include/linux/btf.h).
const maxFile = 1 << 28

// Kernel maps the types of the running kernel. Close the result when done; it
// needs no privilege.
func Kernel() (*Types, error) {
	t, err := File(filepath.Join(sysfs, "vmlinux"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", whyNoTypes(sys), err)
	}
	return t, err
}

// whyNoTypes says why there is no BTF below a folder, which should be where sysfs is mounted.
func whyNoTypes(sys string) string {
	var fs unix.Statfs_t
	if err := unix.Statfs(sys, &fs); err != nil || fs.Type != unix.SYSFS_MAGIC {
		return "sysfs, which shows the kernel's BTF, is not mounted at " + sys +
			": mount -t sysfs sysfs " + sys + "; a container gets it from what starts it"
	}
	return "this kernel has no BTF (it was built without CONFIG_DEBUG_INFO_BTF)"
}

// Module maps the types of a loaded kernel module, which continue those of
// vmlinux in base.
func Module(name string, base *Types) (*Types, error) {
	raw, unmap, err := mapFile(filepath.Join(sysfs, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the module %s is not loaded, or was built without BTF: %w", name, err)
	}
	if err != nil {
		return nil, err
	}
	t, err := opened(raw, unmap, base)
	if err != nil {
		return nil, fmt.Errorf("BTF of module %s: %w", name, err)
	}
	return t, nil
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

// File reads a raw BTF blob from a file. The errors name the file.
func File(path string) (*Types, error) {
	raw, unmap, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	t, err := opened(raw, unmap, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func opened(raw []byte, unmap func() error, base *Types) (*Types, error) {
	t, err := parse(raw, base)
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	t.unmap = unmap
	return t, nil
}

// mapFile maps a file of sysfs, which never changes. Any other file is read into new memory: when a file that is mapped becomes shorter,
// the next look-up ends the process with SIGBUS. A file of sysfs is also read if it cannot be mapped: BTF there can be mapped since 6.16.
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
	if info.IsDir() {
		return nil, nil, fmt.Errorf("%s is a directory; expected a file with raw BTF", path)
	}
	if size == 0 {
		return nil, nil, fmt.Errorf("%s: %w: the file is empty", path, ErrMalformed)
	}
	if isSysfs(f) {
		raw, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_PRIVATE)
		if err == nil {
			return raw, func() error { return unix.Munmap(raw) }, nil
		}
	}
	if size > maxFile {
		return nil, nil, fmt.Errorf("%s: %w: the file has %d bytes; the limit is %d", path, ErrMalformed, size, maxFile)
	}
	// This memory is outside of the Go heap: 5 MB there would start a garbage collection.
	raw, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, nil, fmt.Errorf("memory for %s: %w", path, err)
	}
	if _, err := io.ReadFull(f, raw); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read %s: %w", path, err), unix.Munmap(raw))
	}
	return raw, func() error { return unix.Munmap(raw) }, nil
}

func isSysfs(f *os.File) bool {
	var fs unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &fs) == nil && fs.Type == unix.SYSFS_MAGIC
}
