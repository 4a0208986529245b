package maps

import (
	"iter"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// A Hash keeps values under keys, as Go's map does. It is full after MaxEntries;
// an LRU hash then forgets what has not been used for long.
type Hash[K, V any] struct{ table[K, V] }

// NewHash declares a hash of at most max elements.
func NewHash[K, V any](name string, max uint32) *Hash[K, V] {
	h := &Hash[K, V]{}
	h.declareElements(&dsl.MapSpec{Name: name, Type: dsl.MapHash, MaxEntries: max, Pos: dsl.Here(0)})
	return h
}

// NewLRUHash declares a hash of about max elements, which makes room for new ones
// by itself. Linux 4.10.
func NewLRUHash[K, V any](name string, max uint32) *Hash[K, V] {
	h := &Hash[K, V]{}
	h.declareElements(&dsl.MapSpec{Name: name, Type: dsl.MapLRUHash, MaxEntries: max, Pos: dsl.Here(0)})
	return h
}

// Delete removes a key. When it is not there the error wraps fs.ErrNotExist.
func (h *Hash[K, V]) Delete(key K) error { return h.remove(key) }

// Take removes a key and gives its value, in one step. Linux 5.14.
func (h *Hash[K, V]) Take(key K) (V, error) { return h.take(key) }

// DeleteAll removes many keys with few commands. It returns how many were removed,
// which are the first ones; a key that is not there ends it with an error.
func (h *Hash[K, V]) DeleteAll(keys []K) (int, error) { return h.removeAll(keys) }

// Drain is All that removes what it comes to, and some more when it is left early.
func (h *Hash[K, V]) Drain(err *error) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		h.walk(err, true, h.value.size(), func(key, value []byte) bool {
			return yield(h.key.decode(key), h.value.decode(value))
		})
	}
}
