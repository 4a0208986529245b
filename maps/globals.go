package maps

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/usermap"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Global is a variable that programs and user space share: an array with one element, mapped into memory. T is often a struct of
// counters and settings.
type Global[T any] struct {
	Map
	value   codec[T]
	initial T

	memoryMu sync.Mutex
	memory   *syscall.Memory // nil when there is none
}

// NewGlobal declares a variable with its first value. Linux 5.5.
func NewGlobal[T any](name string, initial T) *Global[T] {
	g := &Global[T]{initial: initial}
	g.created = func(fd *syscall.FD) error {
		return syscall.MapUpdate(fd, onlyKey(), g.value.encode(g.initial), syscall.UpdateAny)
	}
	g.opened, g.closing = g.mapMemory, g.unmapMemory
	g.openedLocal = func(local *usermap.Map) error {
		g.memoryMu.Lock()
		defer g.memoryMu.Unlock()
		g.memory = syscall.NewMemory(local.Values())
		return local.Update(onlyKey(), g.value.encode(g.initial), 0, usermap.AllCPUs)
	}
	spec := variableSpec(name, &g.value, dsl.Here(0))
	spec.Flags = uint32(syscall.MapMmapable)
	if spec.Err == nil {
		spec.Err = checkMappable(spec.Value)
	}
	g.declare(spec)
	return g
}

// checkMappable returns an error for types that the kernel does not map into user space
// (kernel/bpf/syscall.c, bpf_map_mmap).
func checkMappable(l *dsl.Layout) error {
	for path, f := range l.Leaves() {
		if f.Kind == dsl.LayoutKernel {
			return fmt.Errorf("%s is a %s: the kernel does not map such values; use an Array with one element", path, f.Kernel)
		}
	}
	return nil
}

// onlyKey is the key of the only element.
func onlyKey() []byte { return make([]byte, 4) }

// variableSpec declares an array with one element.
func variableSpec[T any](name string, value *codec[T], pos dsl.Position) *dsl.MapSpec {
	spec := &dsl.MapSpec{Name: name, Type: dsl.MapArray, MaxEntries: 1, Pos: pos}
	spec.Key, _ = dsl.LayoutFor[uint32]() // this type always has a layout
	if *value, spec.Err = newCodec[T](); spec.Err == nil {
		spec.Value = value.layout
	} else {
		spec.Err = fmt.Errorf("value %w", spec.Err)
	}
	return spec
}

func (g *Global[T]) mapMemory(fd *syscall.FD) error {
	page := syscall.PageSize()
	memory, err := syscall.MapMemory(fd, 0, (g.value.size()+page-1)/page*page, true)
	g.memoryMu.Lock()
	defer g.memoryMu.Unlock()
	g.memory = memory
	return err
}

func (g *Global[T]) unmapMemory() error {
	g.memoryMu.Lock()
	defer g.memoryMu.Unlock()
	err := g.memory.Close()
	g.memory = nil
	return err
}

// mapped returns the variable's memory.
func (g *Global[T]) mapped() (*syscall.Memory, error) {
	g.memoryMu.Lock()
	defer g.memoryMu.Unlock()
	if g.memory == nil {
		return nil, g.failed(ErrNotCreated)
	}
	return g.memory, nil
}

// Load copies the variable. Programs may write it at the same time, so the fields may not be consistent with each other. For fields that
// must be consistent use a value with a SpinLock.
func (g *Global[T]) Load() (v T, err error) {
	memory, err := g.mapped()
	if err != nil {
		return v, err
	}
	b := make([]byte, g.value.size())
	if err := memory.Read(b, 0); err != nil {
		return v, g.failed(err)
	}
	return g.value.decode(b), nil
}

// Store sets the variable, byte by byte.
func (g *Global[T]) Store(v T) error {
	content, err := g.content()
	if err != nil {
		return err
	}
	return g.failed(content.update(onlyKey(), g.value.encode(v), uint64(syscall.UpdateAny)))
}

// Uint64 gives atomic access to a field of 64 bits, by its path in T: "Packets", "PerQueue[3].Bytes", or "" when T itself is the integer.
func (g *Global[T]) Uint64(path string) (syscall.Word64, error) {
	memory, field, err := g.word(path, 8)
	if err != nil {
		return syscall.Word64{}, err
	}
	w, err := memory.Word64(field.Offset)
	return w, g.failed(err)
}

// Uint32 gives atomic access to a field of 32 bits, like Uint64.
func (g *Global[T]) Uint32(path string) (syscall.Word32, error) {
	memory, field, err := g.word(path, 4)
	if err != nil {
		return syscall.Word32{}, err
	}
	w, err := memory.Word32(field.Offset)
	return w, g.failed(err)
}

// word finds an integer of size bytes.
func (g *Global[T]) word(path string, size int) (*syscall.Memory, dsl.LayoutField, error) {
	if g.spec.Err != nil {
		return nil, dsl.LayoutField{}, g.failed(g.spec.Err)
	}
	field, err := g.value.layout.Field(path)
	if err == nil && (field.Kind != dsl.LayoutInt || field.Size != size) {
		err = fmt.Errorf("%q is %s, not an integer of %s: %w", path, phrase.A(field.Type.String()), phrase.Count(size, "byte"),
			fs.ErrInvalid)
	}
	if err != nil {
		return nil, field, g.failed(err)
	}
	memory, err := g.mapped()
	return memory, field, err
}

// A ReadOnly is data that programs read. It cannot be written after it is created. The verifier knows the data, so it removes code that
// would run only with other data.
type ReadOnly[T any] struct {
	Map
	codec codec[T]

	valueMu sync.Mutex
	value   T
	frozen  bool
}

// NewReadOnly declares read-only data. Linux 5.2.
func NewReadOnly[T any](name string, value T) *ReadOnly[T] {
	r := &ReadOnly[T]{value: value}
	r.created = func(fd *syscall.FD) error {
		r.valueMu.Lock()
		defer r.valueMu.Unlock()
		if err := syscall.MapUpdate(fd, onlyKey(), r.codec.encode(r.value), syscall.UpdateAny); err != nil {
			return err
		}
		r.frozen = true
		return syscall.MapFreeze(fd)
	}
	r.openedLocal = func(local *usermap.Map) error {
		r.valueMu.Lock()
		defer r.valueMu.Unlock()
		r.frozen = true
		return local.Update(onlyKey(), r.codec.encode(r.value), 0, usermap.AllCPUs)
	}
	r.opened = func(fd *syscall.FD) error {
		r.valueMu.Lock()
		defer r.valueMu.Unlock()
		b := make([]byte, r.codec.size())
		err := syscall.MapLookup(fd, onlyKey(), b)
		r.value, r.frozen = r.codec.decode(b), true
		return err
	}
	r.closing = func() error {
		r.valueMu.Lock()
		defer r.valueMu.Unlock()
		r.frozen = false
		return nil
	}
	spec := variableSpec(name, &r.codec, dsl.Here(0))
	spec.Flags = uint32(syscall.MapReadOnlyProg)
	r.declare(spec)
	return r
}

// Value returns the data, also before Create.
func (r *ReadOnly[T]) Value() T {
	r.valueMu.Lock()
	defer r.valueMu.Unlock()
	return r.value
}

// Set sets the data. After Create the error wraps ErrFrozen.
func (r *ReadOnly[T]) Set(value T) error {
	r.valueMu.Lock()
	defer r.valueMu.Unlock()
	if r.frozen {
		return r.failed(ErrFrozen)
	}
	r.value = value
	return nil
}

// ErrFrozen is wrapped by errors of calls that would change read-only data.
var ErrFrozen = errors.New("the map is created already, so its data is frozen: call Set before the program is loaded")
