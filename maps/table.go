package maps

import (
	"fmt"
	"io/fs"
	"iter"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Flag says how Update sets an element.
type Flag uint64

// The flags of Update. Lock may be added to the others.
const (
	Any     Flag = Flag(syscall.UpdateAny)     // create it, or replace it
	NoExist Flag = Flag(syscall.UpdateNoExist) // create it; fs.ErrExist when it exists
	Exist   Flag = Flag(syscall.UpdateExist)   // replace it; fs.ErrNotExist when it does not exist
	Lock    Flag = Flag(syscall.UpdateLock)    // under the value's SpinLock
)

// A table has the methods that all maps with a value under each key share.
type table[K, V any] struct{ elements[K, V] }

// Lookup finds the value of a key. When the key does not exist, the error wraps fs.ErrNotExist.
func (t *table[K, V]) Lookup(key K) (V, error) { return t.get(key, 0) }

// LookupLocked is Lookup under the value's SpinLock, so that all fields are consistent.
func (t *table[K, V]) LookupLocked(key K) (V, error) { return t.get(key, syscall.UpdateLock) }

// Put sets the value of a key. The key may exist or not.
func (t *table[K, V]) Put(key K, value V) error { return t.Update(key, value, Any) }

// Update sets the value of a key. The flag says whether the key must or must not exist.
func (t *table[K, V]) Update(key K, value V, flag Flag) error { return t.set(key, value, flag) }

// take removes a key and returns its value.
func (t *table[K, V]) take(key K) (v V, err error) {
	content, err := t.content()
	if err != nil {
		return v, err
	}
	b := make([]byte, t.value.size())
	if err := content.take(t.key.encode(key), b); err != nil {
		return v, t.failed(err)
	}
	return t.value.decode(b), nil
}

// All ranges over the elements, in no particular order. Elements that are added or removed during the loop may be visited or not. An error
// ends the loop and is stored in err:
//
//	var err error
//	for key, value := range m.All(&err) {
//	}
//	if err != nil {
func (t *table[K, V]) All(err *error) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		t.walk(err, false, t.value.size(), func(key, value []byte) bool {
			return yield(t.key.decode(key), t.value.decode(value))
		})
	}
}

// PutAll sets many values with few system calls. It returns the number of values that were set, which are the first ones.
func (t *table[K, V]) PutAll(keys []K, values []V) (int, error) {
	if len(keys) != len(values) {
		return 0, t.failed(fmt.Errorf("%s, but %s; expected one value for each key: %w",
			phrase.Count(len(keys), "key"), phrase.Count(len(values), "value"), fs.ErrInvalid))
	}
	content, err := t.content()
	if err != nil {
		return 0, err
	}
	v := make([]byte, 0, len(values)*t.value.size())
	for i := range values {
		v = t.value.append(v, values[i])
	}
	n, err := content.updateBatch(t.encodeKeys(keys), v)
	return n, t.failed(err)
}
