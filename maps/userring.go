package maps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// ErrFull is wrapped by the error when a ring buffer has no room for a record now.
var ErrFull = errors.New("the ring buffer is full")

// A UserRingBuf sends records from user space to programs. A program reads them when it calls bpf_user_ringbuf_drain. Linux 6.1.
type UserRingBuf struct {
	Map
	writer ringWriter
}

// NewUserRingBuf declares a ring buffer of size bytes. The size must be a power of two and at least a page.
func NewUserRingBuf(name string, size uint32) *UserRingBuf {
	r := &UserRingBuf{}
	r.opened = func(fd *syscall.FD) error { return r.writer.open(fd, int(r.spec.MaxEntries)) }
	r.closing = r.writer.close
	r.declare(&dsl.MapSpec{Name: name, Type: dsl.MapUserRingBuf, MaxEntries: size, Pos: dsl.Here(0), Err: checkRing(size)})
	return r
}

// Write puts a record into the ring buffer. When there is no room because programs have not read enough, the error wraps ErrFull.
func (r *UserRingBuf) Write(record []byte) error { return r.failed(r.writer.write(record)) }

// A ringWriter writes a ring buffer from user space. It has the same pages as a ringReader, but here the page of the consumer is
// read-only.
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
		return fmt.Errorf("a record of %d bytes can never fit into a ring buffer of %d bytes: %w", len(record), w.size, ErrFull)
	case needed > uint64(w.size)-(at-done):
		return fmt.Errorf("no room for a record of %d bytes: %d of %d bytes are in use: %w", len(record), at-done, w.size, ErrFull)
	}
	header := syscall.PageSize() + int(at&uint64(w.size-1))
	b := make([]byte, recordHeader, recordHeader+len(record))
	binary.NativeEndian.PutUint32(b, uint32(len(record)))
	if err := w.producer.Write(append(b, record...), header); err != nil {
		return err
	}
	// Programs see the record only after the position is written.
	return w.producer.Store64(0, at+recordSize(len(record)))
}
