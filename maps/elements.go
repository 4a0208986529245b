package maps

import (
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// elements has the methods that all maps with keys and values share.
type elements[K, V any] struct {
	Map
	key   codec[K]
	value codec[V]
}

// declareElements declares a map of the types K and V.
func (e *elements[K, V]) declareElements(spec *dsl.MapSpec) {
	var keyErr, valueErr error
	e.key, keyErr = newCodec[K]()
	e.value, valueErr = newCodec[V]()
	if keyErr != nil {
		keyErr = fmt.Errorf("key %w", keyErr)
	}
	if valueErr != nil {
		valueErr = fmt.Errorf("value %w", valueErr)
	}
	spec.Key, spec.Value = e.key.layout, e.value.layout
	spec.Err = errors.Join(spec.Err, keyErr, valueErr)
	e.declare(spec)
}

// get looks up a value.
func (e *elements[K, V]) get(key K, flags uint64) (v V, err error) {
	content, err := e.content()
	if err != nil {
		return v, err
	}
	b := make([]byte, e.value.size())
	if err := content.lookup(e.key.encode(key), b, flags); err != nil {
		return v, e.failed(err)
	}
	return e.value.decode(b), nil
}

// set sets the value of a key. The flag says whether the key must or must not exist.
func (e *elements[K, V]) set(key K, value V, flag Flag) error {
	content, err := e.content()
	if err != nil {
		return err
	}
	return e.failed(content.update(e.key.encode(key), e.value.encode(value), uint64(flag)))
}

// remove removes a key.
func (e *elements[K, V]) remove(key K) error {
	content, err := e.content()
	if err != nil {
		return err
	}
	return e.failed(content.remove(e.key.encode(key)))
}

// removeAll removes many keys.
func (e *elements[K, V]) removeAll(keys []K) (int, error) {
	content, err := e.content()
	if err != nil {
		return 0, err
	}
	n, err := content.removeBatch(e.encodeKeys(keys))
	return n, e.failed(err)
}

// encodeKeys returns the bytes of all keys, one after the other.
func (e *elements[K, V]) encodeKeys(keys []K) []byte {
	b := make([]byte, 0, len(keys)*e.key.size())
	for i := range keys {
		b = e.key.append(b, keys[i])
	}
	return b
}
