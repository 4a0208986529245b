package maps

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// The header of a record, in both kinds of ring buffer (include/uapi/linux/bpf.h).
const (
	recordHeader  = 8 // bytes: length and flags, and a field of the kernel
	recordBusy    = 1 << 31
	recordDiscard = 1 << 30
)

// A ring is a ring buffer that programs write.
type ring struct {
	Map
	reader atomic.Pointer[ringReader] // of the created map
}

// declareRing declares a ring buffer of size bytes.
func (r *ring) declareRing(name string, size uint32, pos dsl.Position, err error) {
	r.opened = func(fd *syscall.FD) error {
		reader, err := newRingReader(fd, int(r.spec.MaxEntries))
		if err == nil {
			r.reader.Store(reader)
		}
		return err
	}
	r.closing = func() error {
		if reader := r.reader.Swap(nil); reader != nil {
			return reader.close()
		}
		return nil
	}
	r.declare(&dsl.MapSpec{Name: name, Type: dsl.MapRingBuf, MaxEntries: size, Pos: pos, Err: errors.Join(checkRing(size), err)})
}

// A RingBuf sends records of any length from programs on all CPUs to user space, in the order of their reservation. Linux 5.8. Use [Ring]
// for records of one Go type.
type RingBuf struct{ ring }

// NewRingBuf declares a ring buffer of size bytes. The size must be a power of two and at least a page.
func NewRingBuf(name string, size uint32) *RingBuf {
	r := &RingBuf{}
	r.declareRing(name, size, dsl.Here(0), nil)
	return r
}

// checkRing checks the size of a ring buffer.
func checkRing(size uint32) error {
	if size == 0 || size&(size-1) != 0 {
		return fmt.Errorf("a ring buffer of %d bytes: the size must be a power of two and at least a page", size)
	}
	return nil
}

// Read returns the next record, and waits for one if there is none. When the context is done, it returns the context's error. When the map
// is closed, the error wraps fs.ErrClosed. Several goroutines may read; each record goes to one of them.
func (r *RingBuf) Read(ctx context.Context) ([]byte, error) { return r.next(ctx) }

// TryRead returns the next record, or nil when there is none or another goroutine waits for it.
func (r *RingBuf) TryRead() ([]byte, error) { return r.tryNext() }

func (r *ring) next(ctx context.Context) ([]byte, error) {
	if local := r.inProcess(); local != nil {
		record, err := local.Read(ctx)
		return record, r.failed(err)
	}
	reader := r.reader.Load()
	if reader == nil {
		return nil, r.failed(ErrNotCreated)
	}
	record, err := reader.read(ctx)
	return record, r.failed(err)
}

func (r *ring) tryNext() ([]byte, error) {
	if local := r.inProcess(); local != nil {
		record, err := local.TryRead()
		return record, r.failed(err)
	}
	reader := r.reader.Load()
	if reader == nil {
		return nil, r.failed(ErrNotCreated)
	}
	select {
	case <-reader.turn:
	default:
		return nil, nil
	}
	defer reader.pass()
	record, err := reader.next()
	return record, r.failed(err)
}

// A ringReader reads a ring buffer (kernel/bpf/ringbuf.c): a page with the consumer's position, a page with the producer's position, and
// the data. The data is mapped twice, so that each record is contiguous.
type ringReader struct {
	turn     chan struct{} // holds one token; only its holder may use the fields below
	consumer *syscall.Memory
	producer *syscall.Memory // the position, and from the second page on the data
	waiter   *syscall.Waiter
	size     int // of the data, in bytes
}

func newRingReader(fd *syscall.FD, size int) (*ringReader, error) {
	r := &ringReader{turn: make(chan struct{}, 1), size: size}
	r.pass()
	var err error
	page := syscall.PageSize()
	if r.consumer, err = syscall.MapMemory(fd, 0, page, true); err != nil {
		return nil, err
	}
	if r.producer, err = syscall.MapMemory(fd, int64(page), page+2*size, false); err != nil {
		return nil, errors.Join(err, r.consumer.Close())
	}
	if r.waiter, err = syscall.NewWaiter(fd); err != nil {
		return nil, errors.Join(err, r.consumer.Close(), r.producer.Close())
	}
	return r, nil
}

// pass gives the turn to the next reader.
func (r *ringReader) pass() { r.turn <- struct{}{} }

// close wakes waiting readers and unmaps the memory. Later readers get an error that it is closed.
func (r *ringReader) close() error {
	err := r.waiter.Close()
	<-r.turn
	defer r.pass()
	return errors.Join(err, r.consumer.Close(), r.producer.Close())
}

func (r *ringReader) read(ctx context.Context) ([]byte, error) {
	select {
	case <-r.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer r.pass()
	if record, err := r.next(); record != nil || err != nil {
		return record, err
	}
	stop := context.AfterFunc(ctx, r.waiter.Wake)
	defer stop()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.waiter.Wait(); err != nil {
			return nil, err
		}
		if record, err := r.next(); record != nil || err != nil {
			return record, err
		}
	}
}

// next takes the next submitted record; it returns nil when there is none. The caller has the turn.
func (r *ringReader) next() ([]byte, error) {
	for {
		at, err := r.consumer.Load64(0)
		if err != nil {
			return nil, err
		}
		end, err := r.producer.Load64(0)
		if err != nil || at == end {
			return nil, err
		}
		header := syscall.PageSize() + int(at&uint64(r.size-1))
		word, err := r.producer.Load32(header)
		if err != nil || word&recordBusy != 0 { // reserved, but not submitted yet
			return nil, err
		}
		size := int(word &^ (recordBusy | recordDiscard))
		var record []byte
		if word&recordDiscard == 0 {
			record = make([]byte, min(size, r.size))
			if err := r.producer.Read(record, header+recordHeader); err != nil {
				return nil, err
			}
		}
		if err := r.consumer.Store64(0, at+recordSize(size)); err != nil {
			return nil, err
		}
		if record != nil {
			return record, nil
		}
	}
}

// recordSize returns the size of a record in a ring buffer, with header and padding.
func recordSize(size int) uint64 { return uint64(size+recordHeader+7) &^ 7 }
