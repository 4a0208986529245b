package maps

import (
	"iter"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// A Hash keeps values under keys, like Go's map. It has room for MaxEntries elements. When an LRU hash is full, it removes elements that
// were not used for a long time.
type Hash[K, V any] struct{ table[K, V] }

// NewHash declares a hash with at most max elements.
func NewHash[K, V any](name string, max uint32) *Hash[K, V] {
	h := &Hash[K, V]{}
	h.declareElements(&dsl.MapSpec{Name: name, Type: dsl.MapHash, MaxEntries: max, Pos: dsl.Here(0)})
	return h
}

// NewLRUHash declares a hash with about max elements. When it is full, it removes old elements to make room for new ones. Linux 4.10.
func NewLRUHash[K, V any](name string, max uint32) *Hash[K, V] {
	h := &Hash[K, V]{}
	h.declareElements(&dsl.MapSpec{Name: name, Type: dsl.MapLRUHash, MaxEntries: max, Pos: dsl.Here(0)})
	return h
}

// Delete removes a key. When the key does not exist, the error wraps fs.ErrNotExist.
func (h *Hash[K, V]) Delete(key K) error { return h.remove(key) }

// Take removes a key and returns its value, in one step. Linux 5.14.
func (h *Hash[K, V]) Take(key K) (V, error) { return h.take(key) }

// DeleteAll removes many keys with few system calls. It returns the number of removed keys, which are the first ones. It stops with an
// error at a key that does not exist.
func (h *Hash[K, V]) DeleteAll(keys []K) (int, error) { return h.removeAll(keys) }

// Drain is like All but removes the elements that it visits. When the loop ends early, some more elements may be removed.
func (h *Hash[K, V]) Drain(err *error) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		h.walk(err, true, h.value.size(), func(key, value []byte) bool {
			return yield(h.key.decode(key), h.value.decode(value))
		})
	}
}
