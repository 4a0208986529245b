//go:build linux

package syscall_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// kernelTypes finds types of the running kernel with an implementation that is not ours.
type kernelTypes struct {
	t    *testing.T
	spec *btf.Spec
}

func readKernelTypes(t *testing.T) kernelTypes {
	t.Helper()
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	return kernelTypes{t, spec}
}

func (k kernelTypes) structByName(name string) (*btf.Struct, uint32) {
	k.t.Helper()
	var s *btf.Struct
	if err := k.spec.TypeByName(name, &s); err != nil {
		kerneltest.Missing(k.t, "the kernel has no struct "+name)
	}
	id, err := k.spec.TypeID(s)
	if err != nil {
		k.t.Fatal(err)
	}
	return s, uint32(id)
}

// member returns index and offset of a member, the latter in bytes.
func (k kernelTypes) member(s *btf.Struct, name string) (index int, offset int) {
	k.t.Helper()
	for i, m := range s.Members {
		if m.Name == name {
			return i, int(m.Offset.Bytes())
		}
	}
	k.t.Fatalf("%s has no member %s", s.Name, name)
	return 0, 0
}

// The kernel's bpf_dummy_ops takes a pointer to one int, returns it, and lets the program change it.
func TestRunWithAPointerInTheContext(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	types := readKernelTypes(t)
	ops, id := types.structByName("bpf_dummy_ops")
	index, _ := types.member(ops, "test_1")
	p, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
		Type: syscall.ProgTypeStructOps, Name: "test_1", License: "GPL", AttachBTFID: id, ExpectedAttachType: syscall.AttachType(index),
		Instructions: bytes.Join([][]byte{
			slot(0x79, 2, 1, 0, 0),    // r2 = *(u64 *)(r1 + 0)
			slot(0xb7, 0, 0, 0, -1),   // r0 = -1
			slot(0x15, 2, 0, 3, 0),    // if r2 == 0 goto +3
			slot(0x61, 0, 2, 0, 0),    // r0 = *(u32 *)(r2 + 0)
			slot(0xb7, 3, 0, 0, 0x5a), // r3 = 0x5a
			slot(0x63, 2, 3, 0, 0),    // *(u32 *)(r2 + 0) = r3
			exit,
		}, nil),
	})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer p.Close()

	state := binary.NativeEndian.AppendUint32(nil, 41)
	ctx := make([]byte, 8)
	run := &syscall.TestRunAttr{Prog: p, CtxIn: ctx, CtxPointers: []syscall.CtxPointer{{Offset: 0, Data: state}}}
	r, err := syscall.ProgTestRun(run)
	if err != nil {
		t.Fatal(err)
	}
	if got := binary.NativeEndian.Uint32(state); r.RetVal != 41 || got != 0x5a {
		t.Errorf("returned %d and left %#x, want 41 and 0x5a", r.RetVal, got)
	}
	if !bytes.Equal(ctx, make([]byte, 8)) {
		t.Error("an address stands in the caller's context")
	}
	for _, offset := range []int{-8, 4, 8} {
		run.CtxPointers[0].Offset = offset
		if _, err := syscall.ProgTestRun(run); err == nil || !strings.Contains(err.Error(), "multiples of 8") {
			t.Errorf("pointer at offset %d of 8 bytes: %v", offset, err)
		}
	}
}

// The whole life of a struct_ops map: created, filled, linked, updated, detached.
func TestRegistersACongestionControl(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4) // links
	kerneltest.NoLeaks(t)
	const name = "bpfsmith_sys_t"
	types := readKernelTypes(t)
	ops, opsID := types.structByName("tcp_congestion_ops")
	value, valueID := types.structByName("bpf_struct_ops_tcp_congestion_ops")
	_, data := types.member(value, "data")
	userBTF := tinyBTF(t)

	image := make([]byte, value.Size)
	for _, callback := range []string{"ssthresh", "undo_cwnd", "cong_avoid"} {
		index, offset := types.member(ops, callback)
		p, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
			Type: syscall.ProgTypeStructOps, Name: callback, License: "GPL", AttachBTFID: opsID,
			ExpectedAttachType: syscall.AttachType(index), Instructions: return2,
		})
		if err != nil {
			t.Fatalf("%+v", err)
		}
		defer p.Close()
		binary.NativeEndian.PutUint64(image[data+offset:], uint64(p.Int()))
	}
	_, offset := types.member(ops, "name")
	copy(image[data+offset:], name)

	create := func() *syscall.FD {
		m, err := syscall.MapCreate(&syscall.MapCreateAttr{
			Type: syscall.MapTypeStructOps, KeySize: 4, ValueSize: value.Size, MaxEntries: 1, Flags: syscall.MapLink,
			Name: name, BTF: userBTF, BTFVmlinuxValueTypeID: valueID,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		return m
	}
	first, second := create(), create()

	_, offset = types.member(ops, "owner")
	wrong := bytes.Clone(image)
	wrong[data+offset] = 1
	if err := syscall.MapUpdate(first, key(0), wrong, 0); !errors.Is(err, syscall.ErrUnexpected) && !errors.Is(err, unix.EINVAL) {
		t.Errorf("an owner is no error: %v", err)
	}
	for _, m := range []*syscall.FD{first, second} {
		if err := syscall.MapUpdate(m, key(0), image, 0); err != nil {
			t.Fatal(err)
		}
	}

	link, err := syscall.LinkCreate(&syscall.LinkCreateAttr{Map: first, AttachType: syscall.AttachStructOps})
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	if !registered(t, name) {
		t.Errorf("%s is not registered", name)
	}
	mapID := func() uint32 {
		info, err := syscall.LinkInfoByFD(link)
		if err != nil || info.Type != syscall.LinkTypeStructOps || info.ID == 0 {
			t.Fatalf("link info %+v, %v", info, err)
		}
		return info.MapID
	}
	firstInfo, err1 := syscall.MapInfoByFD(first)
	secondInfo, err2 := syscall.MapInfoByFD(second)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if firstInfo.BTFVmlinuxValueTypeID != valueID || mapID() != firstInfo.ID {
		t.Errorf("map %+v, link of map %d", firstInfo, mapID())
	}

	if err := syscall.LinkUpdate(link, first, nil, 0); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("update to the same map: %v", err)
	}
	err = syscall.LinkUpdate(link, second, second, 0)
	if !errors.Is(err, unix.EPERM) || !strings.Contains(syscall.ExplainPermission(err), "old map") {
		t.Errorf("update with the wrong old map: %v", err)
	}
	if err := syscall.LinkUpdate(link, second, first, 0); err != nil {
		t.Error(err)
	}
	if mapID() != secondInfo.ID {
		t.Errorf("after the update the link holds map %d, want %d", mapID(), secondInfo.ID)
	}
	for range 2 {
		if err := syscall.LinkDetach(link); err != nil {
			t.Error(err)
		}
	}
	if mapID() != 0 || registered(t, name) {
		t.Errorf("after the detach the link holds map %d, registered %v", mapID(), registered(t, name))
	}
}

func registered(t *testing.T, name string) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	for _, available := range strings.Fields(string(text)) {
		if available == name {
			return true
		}
	}
	return false
}

// A program at a target that is a descriptor: socket lookup in a network namespace that ends with this test.
func TestLinksAProgramToANamespace(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	load := func() *syscall.FD {
		p, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
			Type: syscall.ProgTypeSKLookup, ExpectedAttachType: syscall.AttachSKLookup, License: "GPL",
			Instructions: append(slot(0xb7, 0, 0, 0, 1), exit...), // r0 = SK_PASS
		})
		if err != nil {
			t.Fatalf("%+v", err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	first, second := load(), load()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine, and the namespace with the thread
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		num, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		ns := syscall.NewFD(num)
		defer ns.Close()
		link, err := syscall.LinkCreate(&syscall.LinkCreateAttr{Prog: first, Target: ns, AttachType: syscall.AttachSKLookup})
		if err != nil {
			t.Error(err)
			return
		}
		defer link.Close()
		if err := syscall.LinkUpdate(link, second, first, 0); err != nil {
			t.Error(err)
		}
		want, err1 := syscall.ProgInfoByFD(second)
		info, err2 := syscall.LinkInfoByFD(link)
		if err := errors.Join(err1, err2); err != nil {
			t.Error(err)
		} else if info.Type != syscall.LinkTypeNetNS || info.ProgID != want.ID || info.MapID != 0 {
			t.Errorf("link info %+v, want program %d", info, want.ID)
		}
		again, err := syscall.LinkFDByID(info.ID)
		if err != nil {
			t.Error(err)
		}
		again.Close()
	}()
	<-done
}
