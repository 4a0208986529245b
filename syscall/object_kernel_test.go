//go:build linux

package syscall_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/syscall"
)

func TestIDsLeadBackToTheirObjects(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	p, m, b := socketFilter(t), array(t, 0), tinyBTF(t)
	pi, err1 := syscall.ProgInfoByFD(p)
	mi, err2 := syscall.MapInfoByFD(m)
	bi, err3 := syscall.BTFInfoByFD(b)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		id   uint32
		all  func(func(uint32, error) bool)
		open func(uint32) (*syscall.FD, error)
	}{
		{"program", pi.ID, syscall.AllProgIDs(), syscall.ProgFDByID},
		{"map", mi.ID, syscall.AllMapIDs(), syscall.MapFDByID},
		{"BTF", bi.ID, syscall.AllBTFIDs(), syscall.BTFFDByID},
	} {
		found := false
		for id, err := range tt.all {
			if err != nil {
				t.Fatal(err)
			}
			if found = id == tt.id; found {
				break
			}
		}
		if !found {
			t.Errorf("%s %d is not among all ids", tt.name, tt.id)
		}
		fd, err := tt.open(tt.id)
		if err != nil {
			t.Errorf("%s %d: %v", tt.name, tt.id, err)
		}
		fd.Close()
		if _, err := tt.open(1 << 31); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s that does not exist: %v", tt.name, err)
		}
	}
	for _, err := range syscall.AllLinkIDs() {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := syscall.LinkFDByID(1 << 31); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("link that does not exist: %v", err)
	}
	fd, err := syscall.MapFDByID(mi.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	if again, err := syscall.MapInfoByFD(fd); err != nil || again.ID != mi.ID {
		t.Errorf("map %d by id is %+v, %v", mi.ID, again, err)
	}
}

// oneInt is BTF with a single type: int, 4 bytes, signed.
func oneInt() []byte {
	types := make([]byte, 0, 16)
	for _, word := range []uint32{1, 1 << 24, 4, 1<<24 | 32} { // name, kind INT, size, signed and 32 bits
		types = binary.NativeEndian.AppendUint32(types, word)
	}
	strs := []byte("\x00int\x00")
	b := binary.NativeEndian.AppendUint16(nil, 0xeb9f)
	b = append(b, 1, 0)
	for _, word := range []int{24, 0, len(types), len(types), len(strs)} {
		b = binary.NativeEndian.AppendUint32(b, uint32(word))
	}
	return append(append(b, types...), strs...)
}

func tinyBTF(t *testing.T) *syscall.FD {
	t.Helper()
	b, err := syscall.BTFLoad(oneInt())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestBTFComesBackAsItWas(t *testing.T) {
	kerneltest.Require(t)
	b := tinyBTF(t)
	info, err := syscall.BTFInfoByFD(b)
	if err != nil || info.Kernel || info.Name != "" || int(info.Size) != len(oneInt()) {
		t.Errorf("info %+v, %v", info, err)
	}
	data, err := syscall.BTFData(b)
	if err != nil || !bytes.Equal(data, oneInt()) {
		t.Errorf("data % x, %v", data, err)
	}
	vmlinux, err := syscall.BTFFDByID(1)
	if err != nil {
		t.Fatal(err)
	}
	defer vmlinux.Close()
	if info, err := syscall.BTFInfoByFD(vmlinux); err != nil || !info.Kernel || info.Name != "vmlinux" {
		t.Errorf("BTF 1 is %+v, %v", info, err)
	}
}

func TestRefusedBTFSaysWhy(t *testing.T) {
	kerneltest.Require(t)
	bad := oneInt()
	bad[len(bad)-1] = 'x' // the string section does not end with NUL
	_, err := syscall.BTFLoad(bad)
	var load *syscall.LoadError
	if !errors.As(err, &load) || !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "Invalid string section") {
		t.Errorf("got %v", err)
	}
}

func TestPinAndGet(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	m := array(t, 0)
	want, err := syscall.MapInfoByFD(m)
	if err != nil {
		t.Fatal(err)
	}
	inPrivateBPFFS(t, func(dir string) {
		path := filepath.Join(dir, "array")
		if err := syscall.ObjPin(m, path); err != nil {
			t.Error(err)
			return
		}
		got, err := syscall.ObjGet(path, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer got.Close()
		if info, err := syscall.MapInfoByFD(got); err != nil || info.ID != want.ID {
			t.Errorf("got map %+v, %v, want id %d", info, err, want.ID)
		}
		readOnly, err := syscall.ObjGet(path, uint32(syscall.MapReadOnly))
		if err != nil {
			t.Error(err)
			return
		}
		defer readOnly.Close()
		if err := syscall.MapUpdate(readOnly, key(0), make([]byte, 8), 0); !errors.Is(err, unix.EPERM) {
			t.Errorf("update through a read-only descriptor: %v", err)
		}
		if err := syscall.ObjPin(m, path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("second pin: %v", err)
		}
		if _, err := syscall.ObjGet(filepath.Join(dir, "nothing"), 0); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("nothing pinned: %v", err)
		}
		if err := syscall.ObjPin(m, filepath.Join(dir, "a.b")); !strings.Contains(syscall.ExplainPermission(err), "dot") {
			t.Errorf("a dot in the name: %v", err)
		}
		if err := syscall.ObjPin(m, filepath.Join(t.TempDir(), "x")); !strings.Contains(syscall.ExplainPermission(err),
			"bpf file system") {
			t.Errorf("pin on another file system: %v", err)
		}
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	})
}

// inPrivateBPFFS calls f with a directory that is a new bpf file system, in a mount namespace of its own. Namespace and mount end with
// the thread that f runs on.
func inPrivateBPFFS(t *testing.T, f func(dir string)) {
	t.Helper()
	dir := t.TempDir()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread, changed as it is, ends with this goroutine
		for _, step := range []struct {
			name string
			do   func() error
		}{
			{"new mount namespace", func() error { return unix.Unshare(unix.CLONE_NEWNS) }},
			{"private mounts", func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }},
			{"mount bpffs", func() error { return unix.Mount("bpf", dir, "bpf", 0, "") }},
		} {
			if err := step.do(); err != nil {
				t.Errorf("%s: %v", step.name, err)
				return
			}
		}
		defer func() {
			if err := unix.Unmount(dir, 0); err != nil {
				t.Errorf("unmount: %v", err)
			}
		}()
		f(dir)
	}()
	<-done
}

// TestInfoOfAnotherKind: the kernel would return the information of the object that the descriptor really is.
func TestInfoOfAnotherKind(t *testing.T) {
	kerneltest.Require(t)
	m, err := syscall.MapCreate(&syscall.MapCreateAttr{Type: syscall.MapTypeLRUHash, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for what, err := range map[string]error{
		"link":    second(syscall.LinkInfoByFD(m)),
		"program": second(syscall.ProgInfoByFD(m)),
		"BTF":     second(syscall.BTFInfoByFD(m)),
	} {
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("information of a map as of a %s: %v, want fs.ErrInvalid", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
