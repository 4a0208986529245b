//go:build linux

package syscall_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/syscall"
)

func create(t *testing.T, a syscall.MapCreateAttr) *syscall.FD {
	t.Helper()
	m, err := syscall.MapCreate(&a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func words(n ...uint32) (b []byte) {
	for _, w := range n {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

func TestBatches(t *testing.T) {
	kerneltest.Require(t)
	m := create(t, syscall.MapCreateAttr{Type: syscall.MapTypeHash, KeySize: 4, ValueSize: 4, MaxEntries: 16, Name: "batch"})
	if n, err := syscall.MapUpdateBatch(m, words(1, 2, 3, 4, 5), words(10, 20, 30, 40, 50), syscall.UpdateAny); n != 5 || err != nil {
		t.Fatalf("%d updates, %v", n, err)
	}
	sum, calls := uint32(0), 0
	keys, values := make([]byte, 8*4), make([]byte, 8*4)
	var cursor []byte
	for {
		next := make([]byte, 4)
		n, err := syscall.MapLookupBatch(m, cursor, next, keys, values, 0)
		for i := range n {
			sum += binary.NativeEndian.Uint32(values[4*i:])
		}
		if calls++; errors.Is(err, fs.ErrNotExist) || calls > 20 {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		cursor = next
	}
	if sum != 150 {
		t.Errorf("the values' sum is %d, want 150", sum)
	}
	if n, err := syscall.MapDeleteBatch(m, words(1, 9, 2)); n != 1 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("deleting 1, 9 (missing), 2: %d done, %v", n, err)
	}
	if n, err := syscall.MapUpdateBatch(m, words(7), words(0), syscall.UpdateNoExist); n != 0 || !errors.Is(err, unix.EINVAL) {
		t.Errorf("a flag that batches do not take: %d done, %v", n, err)
	}
	taken, err := syscall.MapLookupAndDeleteBatch(m, nil, make([]byte, 4), keys, values, 0)
	if taken != 4 || !errors.Is(err, fs.ErrNotExist) && err != nil {
		t.Errorf("%d taken, %v, want 4", taken, err)
	}
	if err := syscall.MapGetNextKey(m, nil, make([]byte, 4)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something is left: %v", err)
	}
	for name, err := range map[string]error{
		"half a key":   errorOf(syscall.MapDeleteBatch(m, make([]byte, 6))),
		"few values":   errorOf(syscall.MapUpdateBatch(m, words(1, 2), words(1), 0)),
		"short cursor": errorOf(syscall.MapLookupBatch(m, nil, make([]byte, 3), keys, values, 0)),
	} {
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func errorOf(_ int, err error) error { return err }

func TestTakingFromAQueue(t *testing.T) {
	kerneltest.Require(t)
	m := create(t, syscall.MapCreateAttr{Type: syscall.MapTypeQueue, ValueSize: 4, MaxEntries: 2, Name: "queue"})
	for _, n := range []uint32{5, 6} {
		if err := syscall.MapUpdate(m, nil, words(n), syscall.UpdateAny); err != nil {
			t.Fatal(err)
		}
	}
	v := make([]byte, 4)
	if err := syscall.MapLookup(m, nil, v); err != nil || !bytes.Equal(v, words(5)) {
		t.Errorf("peek gives %v, %v", v, err)
	}
	for _, n := range []uint32{5, 6} {
		if err := syscall.MapLookupAndDelete(m, nil, v, 0); err != nil || !bytes.Equal(v, words(n)) {
			t.Errorf("pop gives %v, %v, want %d", v, err, n)
		}
	}
	if err := syscall.MapLookupAndDelete(m, nil, v, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pop of an empty queue: %v", err)
	}
}

func TestMemoryOfAnArray(t *testing.T) {
	kerneltest.Require(t)
	m := array(t, syscall.MapMmapable)
	mem, err := syscall.MapMemory(m, 0, syscall.PageSize(), true)
	if err != nil {
		t.Fatal(err)
	}
	word, err := mem.Word64(8)
	if err != nil {
		t.Fatal(err)
	}
	half, err := mem.Word32(16)
	if err != nil {
		t.Fatal(err)
	}
	if word.Add(40) != 40 || !word.CompareAndSwap(40, 41) || word.CompareAndSwap(40, 1) || word.Swap(42) != 41 {
		t.Errorf("the word is %d", word.Load())
	}
	half.Store(7)
	if half.Add(1) != 8 || half.Swap(9) != 8 || !half.CompareAndSwap(9, 8) {
		t.Errorf("the word is %d", half.Load())
	}
	value := make([]byte, 8)
	if err := syscall.MapLookup(m, key(1), value); err != nil || binary.NativeEndian.Uint64(value) != 42 {
		t.Errorf("the element is %v, %v", value, err)
	}
	if err := mem.Write([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 0); err != nil {
		t.Error(err)
	}
	if err := mem.Read(value, 0); err != nil || value[7] != 8 {
		t.Errorf("read %v, %v", value, err)
	}
	if n, err := mem.Load64(8); n != 42 || err != nil {
		t.Errorf("load gives %d, %v", n, err)
	}
	for name, err := range map[string]error{
		"past the end":   mem.Store64(mem.Len(), 0),
		"before it":      mem.Store32(-4, 0),
		"far out":        mem.Read(make([]byte, 8), int(^uint(0)>>1)),
		"unaligned":      func() error { _, err := mem.Load64(4); return err }(),
		"unaligned word": func() error { _, err := mem.Word32(2); return err }(),
	} {
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(mem.Close(), mem.Close()); err != nil {
		t.Error(err)
	}
	if _, err := mem.Load32(0); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if word.Add(1) != 43 || word.Load() != 43 { // which is still mapped
		t.Errorf("the word is %d", word.Load())
	}

	view, err := syscall.MapMemory(m, 0, syscall.PageSize(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	if n, err := view.Load32(16); n != 8 || err != nil {
		t.Errorf("load gives %d, %v", n, err)
	}
	for name, err := range map[string]error{
		"store": view.Store32(0, 1),
		"write": view.Write([]byte{1}, 0),
		"word":  func() error { _, err := view.Word64(0); return err }(),
	} {
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s of read-only memory: %v", name, err)
		}
	}
	if _, err := syscall.MapMemory(array(t, 0), 0, syscall.PageSize(), true); err == nil {
		t.Error("an array that is not mappable was mapped")
	}
}

func TestWaiterIsWoken(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	m := create(t, syscall.MapCreateAttr{Type: syscall.MapTypeRingBuf, MaxEntries: uint32(syscall.PageSize()), Name: "ring"})
	w, err := syscall.NewWaiter(m)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	wait := func() { done <- w.Wait() }
	go wait()
	select { // what epoll reports when it begins, if anything
	case <-done:
		go wait()
	case <-time.After(10 * time.Millisecond):
	}
	w.Wake()
	if err := <-done; err != nil {
		t.Error(err)
	}
	go wait()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Wait on a closed waiter: %v", err)
	}
	if err := w.Wait(); !errors.Is(err, fs.ErrClosed) || w.Close() != nil {
		t.Errorf("Wait on a closed waiter: %v", err)
	}
	w.Wake()
}

func TestOpeningTargets(t *testing.T) {
	kerneltest.Require(t)
	if fd, err := syscall.OpenTarget("/proc/self/ns/net"); err != nil {
		t.Error(err)
	} else {
		fd.Close()
	}
	if _, err := syscall.OpenTarget("/nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	p := socketFilter(t)
	if _, err := syscall.RawTracepointOpen(p, "sys_enter"); err == nil {
		t.Error("a socket filter was attached to a tracepoint")
	}
	if err := syscall.SocketAttach(-1, p); !errors.Is(err, unix.EBADF) {
		t.Errorf("got %v", err)
	}
}
