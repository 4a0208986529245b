package main

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// An archive writes a cpio archive in the format "newc", which the kernel
// unpacks into its first file system (Documentation/driver-api/early-userspace/
// buffer-format.rst). Folders are made when files are put into them.
type archive struct {
	w       io.Writer
	written int64
	inode   int
	folders map[string]bool
	err     error // the first one
}

func newArchive(w io.Writer) *archive { return &archive{w: w, folders: map[string]bool{"/": true}} }

// Types of files in the mode field (POSIX, cpio.h).
const (
	typeFolder = 0o040000
	typeFile   = 0o100000
	typeChar   = 0o020000
)

func (a *archive) file(name string, perm fs.FileMode, content []byte) {
	a.folder(path.Dir(name))
	a.entry(name, typeFile|uint32(perm.Perm()), 0, 0, content)
}

// device makes a character device.
func (a *archive) device(name string, major, minor uint32) {
	a.folder(path.Dir(name))
	a.entry(name, typeChar|0o600, major, minor, nil)
}

func (a *archive) folder(name string) {
	if a.folders[name] {
		return
	}
	a.folder(path.Dir(name))
	a.folders[name] = true
	a.entry(name, typeFolder|0o755, 0, 0, nil)
}

// close writes the end of the archive.
func (a *archive) close() error {
	a.inode = -1
	a.entry("/TRAILER!!!", 0, 0, 0, nil)
	return a.err
}

// entry writes a header, the name with a NUL, and the content, each padded to
// a multiple of four bytes. All numbers are 8 hexadecimal digits.
func (a *archive) entry(name string, mode, major, minor uint32, content []byte) {
	name = strings.TrimPrefix(name, "/")
	a.inode++
	fields := [13]uint32{
		uint32(a.inode), mode, 0, 0, 1, 0, // inode, mode, owner, group, links, time
		uint32(len(content)), 0, 0, major, minor, // size, device that it is on, device that it is
		uint32(len(name) + 1), 0, // with the NUL; no checksum
	}
	header := "070701"
	for _, f := range fields {
		header += fmt.Sprintf("%08X", f)
	}
	a.write([]byte(header + name + "\x00"))
	a.pad()
	a.write(content)
	a.pad()
}

func (a *archive) pad() { a.write(make([]byte, -a.written&3)) }

func (a *archive) write(b []byte) {
	if a.err != nil {
		return
	}
	n, err := a.w.Write(b)
	a.written += int64(n)
	a.err = err
}
