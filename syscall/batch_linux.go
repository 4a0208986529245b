package syscall

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// Batches: many elements in one call, their keys one after the other in one slice and their values in another
// (kernel/bpf/syscall.c, bpf_map_do_batch). Linux 5.6; per-CPU hashes and LPM tries too; per-CPU arrays since 5.13.

// MapLookupBatch copies the next elements of a map into keys and values, which
// have room for the same number of elements, and returns how many there were.
//
// cursor is where to go on: nil at the beginning, and later what the call before put into next. Both have [BatchCursorSize]
// bytes. At the end it returns the remaining elements with an error that is [fs.ErrNotExist]. ENOSPC says that elements of one
// hash bucket do not fit the slices together.
func MapLookupBatch(m *FD, cursor, next, keys, values []byte, flags uint64) (int, error) {
	return readBatch(CmdMapLookupMany, m, cursor, next, keys, values, flags)
}

// MapLookupAndDeleteBatch is MapLookupBatch that removes what it returns.
func MapLookupAndDeleteBatch(m *FD, cursor, next, keys, values []byte, flags uint64) (int, error) {
	return readBatch(CmdMapTakeMany, m, cursor, next, keys, values, flags)
}

// MapUpdateBatch sets many elements and returns how many it has set: all of them, or, with an error, those before the one with
// the error. flags is UpdateLock or 0: what is there is replaced.
func MapUpdateBatch(m *FD, keys, values []byte, flags uint64) (int, error) {
	return mapBatch(CmdMapUpdateMany, m, nil, nil, keys, values, flags)
}

// MapDeleteBatch removes many keys, and returns how many it has removed, as
// MapUpdateBatch does. A key that is not there is an error.
func MapDeleteBatch(m *FD, keys []byte) (int, error) {
	return mapBatch(CmdMapDeleteMany, m, nil, nil, keys, nil, 0)
}

func readBatch(cmd Command, m *FD, cursor, next, keys, values []byte, flags uint64) (int, error) {
	sizes, err := sizesOf(m)
	if err != nil {
		return 0, err
	}
	want := BatchCursorSize(sizes.key)
	if len(next) != want || len(cursor) != want && cursor != nil {
		return 0, &Error{Command: cmd, Object: m.String(),
			Errno: fmt.Errorf("cursors of %d and %d bytes, want %d: %w", len(cursor), len(next), want, fs.ErrInvalid)}
	}
	return mapBatch(cmd, m, cursor, next, keys, values, flags)
}

// sizesOf is mapSizes of a descriptor that is not acquired.
func sizesOf(m *FD) (mapSizes, error) {
	if _, err := m.acquire("map"); err != nil {
		return mapSizes{}, &Error{Command: CmdMapLookupMany, Errno: err}
	}
	defer m.release()
	return m.mapSizes()
}

func mapBatch(cmd Command, m *FD, cursor, next, keys, values []byte, flags uint64) (int, error) {
	num, err := m.acquire("map")
	if err != nil {
		return 0, &Error{Command: cmd, Errno: err}
	}
	defer m.release()
	object := "fd " + strconv.Itoa(num)
	sizes, err := m.mapSizes()
	if err != nil {
		return 0, err
	}
	refuse := func(format string, args ...any) (int, error) {
		return 0, &Error{Command: cmd, Object: object, Errno: fmt.Errorf(format+": %w", append(args, fs.ErrInvalid)...)}
	}
	if sizes.key == 0 || len(keys)%sizes.key != 0 {
		return refuse("keys of %d bytes are not whole keys of %d bytes", len(keys), sizes.key)
	}
	count := len(keys) / sizes.key
	if cmd != CmdMapDeleteMany && len(values) != count*sizes.value {
		return refuse("values of %d bytes for %d keys, want %d each", len(values), count, sizes.value)
	}
	if count == 0 {
		return 0, nil
	}
	attr := mapBatchAttr{
		inBatch: bytesPointer(cursor), outBatch: bytesPointer(next), keys: bytesPointer(keys), values: bytesPointer(values),
		count: uint32(count), mapFD: uint32(num), elemFlags: flags,
	}
	err = bpfZero(cmd, &attr)
	runtime.KeepAlive(cursor)
	if err == nil || errors.Is(err, unix.ENOENT) && (cmd == CmdMapLookupMany || cmd == CmdMapTakeMany) {
		if err != nil {
			err = fail(request{command: cmd}, object, err)
		}
		return min(int(attr.count), count), err
	}
	done := 0
	// The count is only written once the command has begun.
	if !errors.Is(err, unix.EFAULT) && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EPERM) && int(attr.count) < count {
		done = int(attr.count)
	}
	return done, fail(request{command: cmd}, object, err)
}
