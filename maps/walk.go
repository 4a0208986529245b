package maps

import (
	"bytes"
	"errors"
	"io/fs"
	errno "syscall"

	"github.com/bpfsmith/bpfsmith/syscall"
)

// batch is the number of elements in the first batch.
const batch = 128

// walk visits the elements of the map, and removes them if take is set. valueSize is the size of a value in user space. An error ends the
// walk and is stored in failed, if that is not nil.
func (m *Map) walk(failed *error, take bool, valueSize int, yield func(key, value []byte) bool) {
	content, err := m.content()
	if err == nil {
		err = m.failed(content.walk(m, take, valueSize, yield))
	}
	store(failed, err)
}

// store stores an error if the caller wants it.
func store(to *error, err error) {
	if to != nil {
		*to = err
	}
}

func (m *Map) walkBatches(fd *syscall.FD, take bool, valueSize int, yield func(key, value []byte) bool) error {
	read := syscall.MapLookupBatch
	if take {
		read = syscall.MapLookupAndDeleteBatch
	}
	keySize := int(m.spec.KeySize)
	count := min(batch, max(int(m.spec.MaxEntries), 1))
	keys, values := make([]byte, count*keySize), make([]byte, count*valueSize)
	var cursor []byte
	for {
		next := make([]byte, syscall.BatchCursorSize(keySize))
		n, err := read(fd, cursor, next, keys, values, 0)
		end := errors.Is(err, fs.ErrNotExist)
		switch {
		case errors.Is(err, errno.ENOSPC) && count < 1<<20: // the elements of one bucket do not fit
			count *= 4
			keys, values = make([]byte, count*keySize), make([]byte, count*valueSize)
			continue
		case cursor == nil && !take && (errors.Is(err, syscall.ENOTSUPP) || errors.Is(err, errno.EINVAL)):
			return m.walkKeys(fd, valueSize, yield) // this map type, or this kernel, does not support batches
		case err != nil && !end:
			return err
		}
		for i := range n {
			if !yield(keys[i*keySize:(i+1)*keySize], values[i*valueSize:(i+1)*valueSize]) {
				return nil
			}
		}
		if end {
			return nil
		}
		cursor = next
	}
}

// walkKeys goes from key to key. When the current key is removed, the kernel starts again at the first key. So the walk ends after the
// maximum number of elements.
func (m *Map) walkKeys(fd *syscall.FD, valueSize int, yield func(key, value []byte) bool) error {
	var key []byte
	next, value := make([]byte, m.spec.KeySize), make([]byte, valueSize)
	for range max(m.spec.MaxEntries, 1) {
		if err := syscall.MapGetNextKey(fd, key, next); errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		key = bytes.Clone(next)
		err := syscall.MapLookup(fd, key, value)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !yield(key, value) {
			return nil
		}
	}
	return nil
}
