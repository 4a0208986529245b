package syscall

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// LinkCreate attaches a program, or registers a struct_ops map that was created with MapLink (6.4+). The attachment lasts as
// long as a descriptor or a pin holds the link.
func LinkCreate(a *LinkCreateAttr) (*FD, error) {
	refuse := func(err error) (*FD, error) { return nil, &Error{Command: CmdLinkCreate, Errno: err} }
	if (a.Prog == nil) == (a.Map == nil) {
		return refuse(fmt.Errorf("one of Prog and Map must be set: %w", fs.ErrInvalid))
	}
	if a.Target != nil && a.TargetIndex != 0 {
		return refuse(fmt.Errorf("both Target and TargetIndex are set, and the kernel takes one: %w", fs.ErrInvalid))
	}
	obj, what := a.Prog, "program"
	if a.Map != nil {
		obj, what = a.Map, "map"
	}
	num, err := obj.acquire(what)
	if err != nil {
		return refuse(err)
	}
	defer obj.release()
	target, done, err := optional(a.Target, "target")
	if err != nil {
		return refuse(err)
	}
	defer done()
	if a.Target == nil {
		target = a.TargetIndex
	}
	attr := linkCreateAttr{
		objFD: uint32(num), target: target, attachType: uint32(a.AttachType), flags: a.Flags, targetBTFID: a.TargetBTFID,
	}
	fd, err := bpfFD(CmdLinkCreate, &attr)
	if err != nil {
		return nil, fail(request{command: CmdLinkCreate}, fmt.Sprintf("of %s fd %d at %s", what, num, a.AttachType), err)
	}
	return fd, nil
}

// LinkUpdate replaces what a link holds, atomically: newFD is a program or a struct_ops map. With oldFD the kernel does it only
// if the link holds that one, and returns EPERM otherwise; with oldFD nil it replaces whatever the link holds.
//
// Never update a link to the struct_ops map that it holds already: the kernel does not check this and would register it twice
// (bpf_struct_ops_map_link_update, kernel/bpf/bpf_struct_ops.c). LinkUpdate asks which map the link holds and refuses.
func LinkUpdate(link, newFD, oldFD *FD, flags uint32) error {
	refuse := func(err error) error { return &Error{Command: CmdLinkUpdate, Errno: err} }
	num, err := link.acquire("link")
	if err != nil {
		return refuse(err)
	}
	defer link.release()
	newNum, err := newFD.acquire("new program or map")
	if err != nil {
		return refuse(err)
	}
	defer newFD.release()
	oldNum, done, err := optional(oldFD, "old program or map")
	if err != nil {
		return refuse(err)
	}
	defer done()
	if oldFD != nil {
		flags |= LinkReplace
	}
	object := "fd " + strconv.Itoa(num)
	if info, err := LinkInfoByFD(link); err == nil && info.Type == LinkTypeStructOps && info.MapID != 0 {
		if m, err := MapInfoByFD(newFD); err == nil && m.ID == info.MapID {
			return &Error{Command: CmdLinkUpdate, Object: object,
				Errno: fmt.Errorf("the link holds map %d already: %w", m.ID, fs.ErrInvalid)}
		}
	}
	attr := linkUpdateAttr{linkFD: uint32(num), newFD: uint32(newNum), flags: flags, oldFD: oldNum}
	if err := bpfZero(CmdLinkUpdate, &attr); err != nil {
		return fail(request{command: CmdLinkUpdate, replace: flags&LinkReplace != 0}, object, err)
	}
	return nil
}

// LinkDetach ends an attachment although the link stays open. A second call does nothing.
func LinkDetach(link *FD) error {
	return onFD(request{command: CmdLinkDetach}, link, "link")
}

// LinkInfoByFD returns what the kernel tells about a link.
func LinkInfoByFD(l *FD) (*LinkInfo, error) {
	var info linkInfo
	if err := objInfo(l, "link", &info); err != nil {
		return nil, err
	}
	result := &LinkInfo{Type: LinkType(info.linkType), ID: info.id, ProgID: info.progID}
	first, second := binary.NativeEndian.Uint32(info.union[:]), binary.NativeEndian.Uint32(info.union[4:])
	switch result.Type { // include/uapi/linux/bpf.h, struct bpf_link_info
	case LinkTypeStructOps:
		result.MapID = first
	case LinkTypeTracing:
		result.AttachType = AttachType(first)
	case LinkTypeCgroup:
		result.CgroupID = binary.NativeEndian.Uint64(info.union[:])
		result.AttachType = AttachType(binary.NativeEndian.Uint32(info.union[8:]))
	case LinkTypeNetNS:
		result.NetnsInode, result.AttachType = first, AttachType(second)
	case LinkTypeXDP:
		result.Interface = first
	case LinkTypeTCX, LinkTypeNetkit:
		result.Interface, result.AttachType = first, AttachType(second)
	}
	return result, nil
}

// ObjPin gives a program, map, link or BTF object a name in a bpf file system. It lives on there when all descriptors are closed,
// until the file is removed.
func ObjPin(obj *FD, path string) error {
	object := "at " + strconv.Quote(path)
	name, err := unix.ByteSliceFromString(path)
	if err != nil {
		return &Error{Command: CmdObjPin, Object: object, Errno: fmt.Errorf("path holds a NUL: %w", fs.ErrInvalid)}
	}
	num, err := obj.acquire("object")
	if err != nil {
		return &Error{Command: CmdObjPin, Object: object, Errno: err}
	}
	defer obj.release()
	attr := objAttr{pathname: bytesPointer(name), bpfFD: uint32(num)}
	if err := bpfZero(CmdObjPin, &attr); err != nil {
		return fail(request{command: CmdObjPin, path: path}, object, err)
	}
	return nil
}

// ObjGet opens what is pinned at a path. flags is 0, or one of MapReadOnly and MapWriteOnly for a map that this process shall not
// write or read.
func ObjGet(path string, flags uint32) (*FD, error) {
	object := "at " + strconv.Quote(path)
	name, err := unix.ByteSliceFromString(path)
	if err != nil {
		return nil, &Error{Command: CmdObjGet, Object: object, Errno: fmt.Errorf("path holds a NUL: %w", fs.ErrInvalid)}
	}
	attr := objAttr{pathname: bytesPointer(name), fileFlags: flags}
	fd, err := bpfFD(CmdObjGet, &attr)
	if err != nil {
		return nil, fail(request{command: CmdObjGet, path: path}, object, err)
	}
	return fd, nil
}
