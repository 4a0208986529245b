package maps

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// A series is a map without keys.
type series[V any] struct {
	Map
	value codec[V]
}

func (s *series[V]) declareSeries(spec *dsl.MapSpec) {
	var err error
	if s.value, err = newCodec[V](); err != nil {
		spec.Err = fmt.Errorf("value %w", err)
	}
	spec.Value = s.value.layout
	s.declare(spec)
}

// Push adds a value. When there is no room, the error is E2BIG.
func (s *series[V]) Push(v V) error { return s.push(v, Any) }

// PushOver adds a value. When there is no room, it removes the oldest value.
func (s *series[V]) PushOver(v V) error { return s.push(v, Exist) }

func (s *series[V]) push(v V, flag Flag) error {
	content, err := s.content()
	if err != nil {
		return err
	}
	return s.failed(content.update(nil, s.value.encode(v), uint64(flag)))
}

// Pop removes the next value and returns it. When there is none, the error wraps fs.ErrNotExist.
func (s *series[V]) Pop() (V, error) {
	return s.next(func(content content, b []byte) error { return content.take(nil, b) })
}

// Peek returns the next value and does not remove it.
func (s *series[V]) Peek() (V, error) {
	return s.next(func(content content, b []byte) error { return content.lookup(nil, b, 0) })
}

func (s *series[V]) next(read func(content, []byte) error) (v V, err error) {
	content, err := s.content()
	if err != nil {
		return v, err
	}
	b := make([]byte, s.value.size())
	if err := read(content, b); err != nil {
		return v, s.failed(err)
	}
	return s.value.decode(b), nil
}

// A Queue returns values in the order in which they were added. Linux 4.20.
type Queue[V any] struct{ series[V] }

// NewQueue declares a queue of at most max values.
func NewQueue[V any](name string, max uint32) *Queue[V] {
	q := &Queue[V]{}
	q.declareSeries(&dsl.MapSpec{Name: name, Type: dsl.MapQueue, MaxEntries: max, Pos: dsl.Here(0)})
	return q
}

// A Stack returns the newest value first. Linux 4.20.
type Stack[V any] struct{ series[V] }

// NewStack declares a stack of at most max values.
func NewStack[V any](name string, max uint32) *Stack[V] {
	s := &Stack[V]{}
	s.declareSeries(&dsl.MapSpec{Name: name, Type: dsl.MapStack, MaxEntries: max, Pos: dsl.Here(0)})
	return s
}
