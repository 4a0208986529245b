package maps

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
)

// A Ring is a ring buffer for records of the Go type T: programs write them, and user space reads the same type. T has a fixed layout, as
// values of other maps have. Linux 5.8.
type Ring[T any] struct {
	ring
	record codec[T]
}

// NewRing declares a ring buffer of size bytes for records of type T. The size must be a power of two and at least a page. Each record
// takes 8 bytes more than T, rounded up to a multiple of 8.
func NewRing[T any](name string, size uint32) *Ring[T] {
	r := &Ring[T]{}
	var err error
	if r.record, err = newCodec[T](); err != nil {
		err = fmt.Errorf("record %w", err)
	} else if n := recordSize(r.record.size()); n > uint64(size) {
		err = fmt.Errorf("a ring buffer of %s has no room for a record, which takes %d with its header", phrase.Count(size, "byte"), n)
	}
	r.declareRing(name, size, dsl.Here(0), err)
	return r
}

// Read returns the next record, and waits for one if there is none. When the context is done, it returns the context's error. When the map
// is closed, the error wraps fs.ErrClosed. Several goroutines may read; each record goes to one of them. The error for a record of another
// size, which only a program of someone else can write, wraps fs.ErrInvalid.
func (r *Ring[T]) Read(ctx context.Context) (T, error) {
	record, err := r.next(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return r.decode(record)
}

// TryRead returns the next record. ok is false when there is none or another goroutine waits for it.
func (r *Ring[T]) TryRead() (_ T, ok bool, err error) {
	record, err := r.tryNext()
	if record == nil || err != nil {
		var none T
		return none, false, err
	}
	v, err := r.decode(record)
	return v, err == nil, err
}

func (r *Ring[T]) decode(record []byte) (T, error) {
	if len(record) != r.record.size() {
		var none T
		return none, r.failed(fmt.Errorf("a record has %s, but %s has %d: another program wrote it: %w", phrase.Count(len(record), "byte"),
			phrase.A(fmt.Sprintf("%T", none)), r.record.size(), fs.ErrInvalid))
	}
	return r.record.decode(record), nil
}

// In is the ring within a program.
func (r *Ring[T]) In(f *dsl.Fn) RingIn[T] { return RingIn[T]{mapIn{f, r.spec}, r.record.size()} }

// A RingIn is a ring within a program.
type RingIn[T any] struct {
	mapIn
	size int // of a record
}

// Reserve reserves a record. The result may be nil: check it before use. What the program does not set has any value. Submit or Discard
// must follow on every path.
func (m RingIn[T]) Reserve() dsl.Ref[T] {
	return dsl.RefTo[T](m.fn.Helper("bpf_ringbuf_reserve", m.spec, m.size, 0).Ptr(""))
}

// Submit sends a reserved record to the reader.
func (m RingIn[T]) Submit(record dsl.Ref[T]) { m.fn.Helper("bpf_ringbuf_submit", record, 0) }

// Discard frees a reserved record without sending it.
func (m RingIn[T]) Discard(record dsl.Ref[T]) { m.fn.Helper("bpf_ringbuf_discard", record, 0) }

// Output sends a copy of a record to the reader. The result is 0 or a negative error: -EAGAIN when there is no room.
func (m RingIn[T]) Output(record dsl.Ref[T]) dsl.S64 {
	return m.fn.Helper("bpf_ringbuf_output", m.spec, record, m.size, 0).S64()
}
