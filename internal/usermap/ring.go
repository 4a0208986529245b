package usermap

import (
	"context"
	"io/fs"
	"sync"
)

const recordHeader = 8 // bytes before each record (struct bpf_ringbuf_hdr, kernel/bpf/ringbuf.c)

// A state is how far a record is.
type state uint8

const (
	reserved state = iota
	submitted
	discarded
)

// A ring is what a ring buffer has.
type ring struct {
	mu      sync.Mutex
	size    int // bytes of the buffer
	taken   int // bytes of records that were not read
	records []*Record
	more    chan struct{} // closed, and made again, when there may be something to read
	closed  bool
}

// A Record is a record of a ring buffer, from its reservation on.
type Record struct {
	Data  []byte
	ring  *ring
	state state
}

func newRing(size int) *ring { return &ring{size: size, more: make(chan struct{})} }

// Reserve reserves a record; nil if there is no room.
func (m *Map) Reserve(size int) *Record {
	if m.ring == nil {
		return nil
	}
	r := m.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	total := (size + recordHeader + 7) &^ 7
	if size < 0 || r.taken+total > r.size {
		return nil
	}
	r.taken += total
	record := &Record{Data: make([]byte, size), ring: r}
	r.records = append(r.records, record)
	return record
}

// Submit makes the record readable, after those before it.
func (r *Record) Submit() { r.ring.finish(r, submitted) }

// Discard makes readers skip the record.
func (r *Record) Discard() { r.ring.finish(r, discarded) }

func (r *ring) finish(record *Record, state state) {
	r.mu.Lock()
	defer r.mu.Unlock()
	record.state = state
	close(r.more)
	r.more = make(chan struct{})
}

// next takes the next record that was submitted; nil if there is none.
func (r *ring) next() (record []byte, more chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.records) > 0 && r.records[0].state != reserved {
		first := r.records[0]
		r.records = r.records[1:]
		r.taken -= (len(first.Data) + recordHeader + 7) &^ 7
		if first.state == submitted {
			return first.Data, nil, nil
		}
	}
	if r.closed {
		return nil, nil, fs.ErrClosed
	}
	return nil, r.more, nil
}

// TryRead takes the next record of a ring buffer; nil if there is none.
func (m *Map) TryRead() ([]byte, error) {
	record, _, err := m.ring.next()
	return record, err
}

// Read is TryRead, but waits for a record.
func (m *Map) Read(ctx context.Context) ([]byte, error) {
	for {
		record, more, err := m.ring.next()
		if record != nil || err != nil {
			return record, err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Waiting is how many bytes of a ring buffer have not been read, and how many it has.
func (m *Map) Waiting() (bytes, size int) {
	m.ring.mu.Lock()
	defer m.ring.mu.Unlock()
	return m.ring.taken, m.ring.size
}

// Close wakes readers of a ring buffer.
func (m *Map) Close() {
	if m.ring == nil {
		return
	}
	m.ring.mu.Lock()
	defer m.ring.mu.Unlock()
	m.ring.closed = true
	close(m.ring.more)
	m.ring.more = make(chan struct{})
}
