package maps

import (
	"fmt"
	"io/fs"
	"iter"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// A perCPU is a table with a value for each CPU under each key. A program sees the value of its own CPU, user space sees all values.
type perCPU[K, V any] struct{ elements[K, V] }

// stride returns the bytes of one value in the buffer of all CPUs.
func (p *perCPU[K, V]) stride() int { return (p.value.size() + 7) &^ 7 }

// buffer returns a buffer for the values of all CPUs.
func (p *perCPU[K, V]) buffer(content content) ([]byte, error) {
	cpus, err := content.cpus()
	return make([]byte, cpus*p.stride()), p.failed(err)
}

func (p *perCPU[K, V]) split(b []byte) []V {
	values := make([]V, 0, len(b)/p.stride())
	for ; len(b) > 0; b = b[p.stride():] {
		values = append(values, p.value.decode(b[:p.value.size()]))
	}
	return values
}

// Lookup finds the values of a key, one for each possible CPU (syscall.PossibleCPUs; a machine of package vm has 4). When the key does not
// exist, the error wraps fs.ErrNotExist.
func (p *perCPU[K, V]) Lookup(key K) ([]V, error) {
	content, err := p.content()
	if err != nil {
		return nil, err
	}
	b, err := p.buffer(content)
	if err != nil {
		return nil, err
	}
	if err := content.lookup(p.key.encode(key), b, 0); err != nil {
		return nil, p.failed(err)
	}
	return p.split(b), nil
}

// Put sets the values of a key, one for each possible CPU.
func (p *perCPU[K, V]) Put(key K, values []V) error { return p.Update(key, values, Any) }

// Update sets the values of a key, as the flag says.
func (p *perCPU[K, V]) Update(key K, values []V, flag Flag) error {
	content, err := p.content()
	if err != nil {
		return err
	}
	b, err := p.buffer(content)
	if err != nil {
		return err
	}
	if len(values)*p.stride() != len(b) {
		return p.failed(fmt.Errorf("%d values for %d CPUs: %w", len(values), len(b)/p.stride(), fs.ErrInvalid))
	}
	for i := range values {
		p.value.put(b[i*p.stride():i*p.stride()+p.value.size()], &values[i])
	}
	return p.failed(content.update(p.key.encode(key), b, uint64(flag)))
}

// All ranges over the elements, like All of other maps.
func (p *perCPU[K, V]) All(err *error) iter.Seq2[K, []V] {
	return func(yield func(K, []V) bool) {
		content, failed := p.content()
		var b []byte
		if failed == nil {
			b, failed = p.buffer(content)
		}
		if failed != nil {
			store(err, failed)
			return
		}
		p.walk(err, false, len(b), func(key, values []byte) bool {
			return yield(p.key.decode(key), p.split(values))
		})
	}
}

// A PerCPUHash is a Hash with a value for each CPU.
type PerCPUHash[K, V any] struct{ perCPU[K, V] }

// NewPerCPUHash declares a hash of at most max keys.
func NewPerCPUHash[K, V any](name string, max uint32) *PerCPUHash[K, V] {
	h := &PerCPUHash[K, V]{}
	h.declareElements(&dsl.MapSpec{Name: name, Type: dsl.MapPerCPUHash, MaxEntries: max, Pos: dsl.Here(0)})
	return h
}

// NewLRUPerCPUHash declares a hash with about max keys. When it is full, it removes old keys.
func NewLRUPerCPUHash[K, V any](name string, max uint32) *PerCPUHash[K, V] {
	h := &PerCPUHash[K, V]{}
	h.declareElements(&dsl.MapSpec{Name: name, Type: dsl.MapLRUPerCPUHash, MaxEntries: max, Pos: dsl.Here(0)})
	return h
}

// Delete removes a key. When the key does not exist, the error wraps fs.ErrNotExist.
func (h *PerCPUHash[K, V]) Delete(key K) error { return h.remove(key) }

// A PerCPUArray is an Array with a value for each CPU. It is good for counters without atomic operations.
type PerCPUArray[V any] struct{ perCPU[uint32, V] }

// NewPerCPUArray declares an array of n elements.
func NewPerCPUArray[V any](name string, n uint32) *PerCPUArray[V] {
	a := &PerCPUArray[V]{}
	a.declareElements(&dsl.MapSpec{Name: name, Type: dsl.MapPerCPUArray, MaxEntries: n, Pos: dsl.Here(0)})
	return a
}
