package maps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// ErrFull is wrapped when a record does not fit into a ring buffer now.
var ErrFull = errors.New("the ring buffer is full")

// A UserRingBuf carries records from user space to programs, which read what is
// there when they call bpf_user_ringbuf_drain. Linux 6.1.
type UserRingBuf struct {
	Map
	writer ringWriter
}

// NewUserRingBuf declares a ring buffer of that many bytes: a power of two, and at
// least a page.
func NewUserRingBuf(name string, size uint32) *UserRingBuf {
	r := &UserRingBuf{}
	r.opened = func(fd *syscall.FD) error { return r.writer.open(fd, int(r.spec.MaxEntries)) }
	r.closing = r.writer.close
	r.declare(&dsl.MapSpec{Name: name, Type: dsl.MapUserRingBuf, MaxEntries: size, Pos: dsl.Here(0), Err: checkRing(size)})
	return r
}

// Write puts a record into the ring buffer. When there is no room, because programs
// have not read enough, the error wraps ErrFull.
func (r *UserRingBuf) Write(record []byte) error { return r.failed(r.writer.write(record)) }

// A ringWriter is where user space writes a ring buffer: the pages are those of a
// ringReader, and it is the consumer's that cannot be written.
type ringWriter struct {
	mu       sync.Mutex
	consumer *syscall.Memory // nil when there is none
	producer *syscall.Memory
	size     int
}

func (w *ringWriter) open(fd *syscall.FD, size int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	page := syscall.PageSize()
	consumer, err := syscall.MapMemory(fd, 0, page, false)
	if err != nil {
		return err
	}
	producer, err := syscall.MapMemory(fd, int64(page), page+2*size, true)
	if err != nil {
		return errors.Join(err, consumer.Close())
	}
	w.consumer, w.producer, w.size = consumer, producer, size
	return nil
}

func (w *ringWriter) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.consumer == nil {
		return nil
	}
	err := errors.Join(w.consumer.Close(), w.producer.Close())
	w.consumer, w.producer = nil, nil
	return err
}

func (w *ringWriter) write(record []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.consumer == nil {
		return ErrNotCreated
	}
	done, err := w.consumer.Load64(0)
	if err != nil {
		return err
	}
	at, err := w.producer.Load64(0)
	if err != nil {
		return err
	}
	switch needed := recordSize(len(record)); {
	case needed > uint64(w.size):
		return fmt.Errorf("a record of %d bytes never fits into %d: %w", len(record), w.size, ErrFull)
	case needed > uint64(w.size)-(at-done):
		return fmt.Errorf("a record of %d bytes, and %d of %d are in use: %w", len(record), at-done, w.size, ErrFull)
	}
	header := syscall.PageSize() + int(at&uint64(w.size-1))
	b := make([]byte, recordHeader, recordHeader+len(record))
	binary.NativeEndian.PutUint32(b, uint32(len(record)))
	if err := w.producer.Write(append(b, record...), header); err != nil {
		return err
	}
	// Programs see the record when they see the position: not before.
	return w.producer.Store64(0, at+recordSize(len(record)))
}
