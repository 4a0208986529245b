package syscall

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// objInfo fills one of the info structs. A kernel that knows fewer fields than ours leaves the rest zero. A kernel that knows more leaves
// out the fields that do not fit.
func objInfo[T any](f *FD, what string, info *T) error {
	num, err := f.acquire(what)
	if err != nil {
		return &Error{Command: CmdObjGetInfo, Errno: err}
	}
	defer f.release()
	if err := checkObject(num, what); err != nil {
		return &Error{Command: CmdObjGetInfo, Object: "fd " + strconv.Itoa(num), Errno: err}
	}
	attr := infoAttr{bpfFD: uint32(num), infoLen: uint32(unsafe.Sizeof(*info)), info: pointer{p: unsafe.Pointer(info)}}
	if err := bpfZero(CmdObjGetInfo, &attr); err != nil {
		return fail(request{command: CmdObjGetInfo}, "of "+what+" fd "+strconv.Itoa(num), err)
	}
	return nil
}

// checkObject refuses a descriptor of another kind of object. The kernel does not refuse it: it returns the information of the other kind
// of object, which is then nonsense. For example, a pinned map of type 9 looks like a struct_ops link. Without /proc nothing is refused.
func checkObject(num int, what string) error {
	target, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(num))
	if err != nil {
		return nil
	}
	// anon_inode:bpf-prog, bpf-map, bpf_link, btf; what stands for btf is "BTF".
	kind := strings.TrimLeft(strings.TrimPrefix(target, "anon_inode:"), "[")
	kind = strings.TrimPrefix(strings.TrimPrefix(kind, "bpf-"), "bpf_")
	if strings.HasPrefix(kind, strings.ToLower(what)[:3]) { // pro, map, lin, btf
		return nil
	}
	return fmt.Errorf("it is of %s, not of a %s: %w", target, what, fs.ErrInvalid)
}

// onFD runs a command whose attr is one descriptor.
func onFD(r request, f *FD, what string) error {
	num, err := f.acquire(what)
	if err != nil {
		return &Error{Command: r.command, Errno: err}
	}
	defer f.release()
	attr := fdAttr{fd: uint32(num)}
	if err := bpfZero(r.command, &attr); err != nil {
		return fail(r, "fd "+strconv.Itoa(num), err)
	}
	return nil
}

// ProgNextID returns the lowest program id above id; start with 0. After the last one, the error is [fs.ErrNotExist].
func ProgNextID(id uint32) (uint32, error) { return nextID(CmdProgGetNextID, id) }

// MapNextID returns the lowest map id above id, as ProgNextID does for programs.
func MapNextID(id uint32) (uint32, error) { return nextID(CmdMapGetNextID, id) }

// BTFNextID returns the lowest BTF id above id, as ProgNextID does for programs.
func BTFNextID(id uint32) (uint32, error) { return nextID(CmdBTFGetNextID, id) }

// LinkNextID returns the lowest link id above id, as ProgNextID does for programs.
func LinkNextID(id uint32) (uint32, error) { return nextID(CmdLinkGetNextID, id) }

func nextID(cmd Command, id uint32) (uint32, error) {
	attr := idAttr{id: id}
	if err := bpfZero(cmd, &attr); err != nil {
		return 0, fail(request{command: cmd}, "after "+strconv.FormatUint(uint64(id), 10), err)
	}
	return attr.nextID, nil
}

// ProgFDByID opens a program by its id. If no program has the id, the error is [fs.ErrNotExist].
func ProgFDByID(id uint32) (*FD, error) { return fdByID(CmdProgGetFDByID, id) }

// MapFDByID opens a map by its id, as ProgFDByID does a program.
func MapFDByID(id uint32) (*FD, error) { return fdByID(CmdMapGetFDByID, id) }

// BTFFDByID opens a BTF object by its id, as ProgFDByID does a program.
func BTFFDByID(id uint32) (*FD, error) { return fdByID(CmdBTFGetFDByID, id) }

// LinkFDByID opens a link by its id, as ProgFDByID does a program. The kernel returns EAGAIN for a link that is just being
// created; LinkFDByID then tries again.
func LinkFDByID(id uint32) (*FD, error) { return fdByID(CmdLinkGetFDByID, id) }

func fdByID(cmd Command, id uint32) (*FD, error) {
	attr := idAttr{id: id}
	fd, err := bpfFD(cmd, &attr)
	for tries := 1; tries < maxTries && errors.Is(err, unix.EAGAIN); tries++ {
		fd, err = bpfFD(cmd, &attr)
	}
	if err != nil {
		return nil, fail(request{command: cmd}, strconv.FormatUint(uint64(id), 10), err)
	}
	return fd, nil
}
