package maps

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/usermap"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// ErrNotCreated is wrapped by errors of calls that need the map in the kernel, when it is only declared.
var ErrNotCreated = errors.New("the map is not created yet, or it is closed: call Create, load a program that uses it, or Open a pin")

// A Map is a map without Go types: it has the methods that all handles share. Several goroutines may call its methods at the same time.
type Map struct {
	spec *dsl.MapSpec

	// Steps of a map type with a new map, with every map that the handle gets (both before others can use it), and when the handle closes
	// the map. nil means that there is nothing to do.
	created, opened func(*syscall.FD) error
	closing         func() error

	// openedLocal is opened for a map in this process.
	openedLocal func(*usermap.Map) error

	mu    sync.Mutex
	fd    *syscall.FD  // nil when the map is not created in the kernel
	local *usermap.Map // nil when it is not created in this process
}

// A Handle is a handle of any map type.
type Handle interface {
	Spec() *dsl.MapSpec
	FD() (*syscall.FD, error)
}

// New makes a handle for a declaration that was written by hand. The handle becomes the spec's Owner. When the spec already has a handle,
// New returns that one.
func New(spec *dsl.MapSpec) *Map {
	if spec == nil {
		spec = &dsl.MapSpec{Err: errors.New("the declaration is nil"), Pos: dsl.Here(0)}
	}
	if m := HandleOf(spec); m != nil {
		return m
	}
	m := &Map{}
	m.declare(spec)
	return m
}

// HandleOf is the handle that holds a map in user space, or nil.
func HandleOf(spec *dsl.MapSpec) *Map {
	m, _ := spec.Owner.(*Map)
	return m
}

// An OpenSet keeps maps open while a program that uses them is loaded, even when their handles are closed at the same time. After that the
// program holds them. The zero OpenSet holds none.
type OpenSet struct{ fds []*syscall.FD }

// Open creates the map of a declaration, if it does not exist yet, and returns the number of a descriptor of it. The number is valid until
// Close. compile.Object.CodeWithMaps needs it.
func (h *OpenSet) Open(spec *dsl.MapSpec) (int32, error) {
	m := HandleOf(spec)
	if m == nil {
		return 0, errors.New("it has no handle: make one for the declaration with maps.New, or declare it with maps.NewHash and the " +
			"like")
	}
	if err := m.Create(); err != nil {
		return 0, err
	}
	fd, err := m.FD()
	if err != nil {
		return 0, err
	}
	if fd, err = fd.Dup(); err != nil {
		return 0, err
	}
	h.fds = append(h.fds, fd)
	return int32(fd.Int()), nil
}

// Close closes the maps.
func (h *OpenSet) Close() error {
	var errs []error
	for _, fd := range h.fds {
		errs = append(errs, fd.Close())
	}
	h.fds = nil
	return errors.Join(errs...)
}

// declare makes m the handle of a spec.
func (m *Map) declare(spec *dsl.MapSpec) {
	m.spec = spec
	spec.Owner = m
	for _, side := range [...]struct {
		layout *dsl.Layout
		size   *uint32
	}{{spec.Key, &spec.KeySize}, {spec.Value, &spec.ValueSize}} {
		if side.layout != nil {
			*side.size = uint32(side.layout.Size)
		}
	}
	if spec.Err == nil {
		spec.Err = checkSpecial(spec)
	}
}

// checkSpecial returns an error for special fields of the kernel in places where the kernel does not look for them.
func checkSpecial(spec *dsl.MapSpec) error {
	if spec.Key != nil {
		for path, f := range spec.Key.Leaves() {
			if f.Kind == dsl.LayoutKernel {
				return fmt.Errorf("the key contains a %s (%s): only values may contain it", f.Kernel, path)
			}
		}
	}
	if spec.Value == nil {
		return nil
	}
	seen := make(map[string]string)
	for path, f := range spec.Value.Leaves() {
		switch before, twice := seen[f.Kernel]; {
		case f.Kind != dsl.LayoutKernel:
		case path == "":
			return fmt.Errorf("the value is a %s: it must be a struct that has one", f.Kernel)
		case f.Pointer: // any number of them, at any place
		case strings.ContainsAny(path, ".["):
			return fmt.Errorf("%s is a %s: the kernel looks for it among the value's own fields only", path, f.Kernel)
		case twice:
			return fmt.Errorf("%s and %s are both a %s: a value has at most one", before, path, f.Kernel)
		default:
			seen[f.Kernel] = path
		}
	}
	return nil
}

// Spec returns the declaration, which programs name. It may be changed, for example its flags, until the map is created.
func (m *Map) Spec() *dsl.MapSpec { return m.spec }

// failed wraps an error with the map's name; nil stays nil.
func (m *Map) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%v: %w", m.spec, explained(m.spec, err))
}

// FD returns the file descriptor of the map. Only the handle may close it. When the map is not created, the error wraps ErrNotCreated.
func (m *Map) FD() (*syscall.FD, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.local != nil {
		return nil, m.failed(errInProcess)
	}
	if m.fd == nil {
		return nil, m.failed(ErrNotCreated)
	}
	return m.fd, nil
}

// Create creates the map in the kernel, with BTF for key and value. It does nothing when the map is already created. The map lives until
// Close, or as long as a program or a pin holds it.
func (m *Map) Create() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fd != nil {
		return nil
	}
	if m.local != nil {
		return m.failed(errInProcess)
	}
	fd, err := create(m.spec)
	if err == nil {
		err = m.take(fd, m.created, m.opened)
	}
	if err != nil {
		if pos := m.spec.Pos; pos.IsValid() {
			return fmt.Errorf("%v: %w", pos, m.failed(err))
		}
		return m.failed(err)
	}
	return nil
}

// take gives the handle its map, after the steps of the map type. When a step fails, it closes the map. The caller holds m.mu.
func (m *Map) take(fd *syscall.FD, steps ...func(*syscall.FD) error) error {
	for _, step := range steps {
		if step == nil {
			continue
		}
		if err := step(fd); err != nil {
			return errors.Join(err, fd.Close())
		}
	}
	m.fd = fd
	return nil
}

// Close closes the map. Programs and pins may still hold it. After Close the handle is in the same state as before Create. More calls of
// Close do nothing and return nil.
func (m *Map) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fd == nil && m.local == nil {
		return nil
	}
	var err error
	if m.closing != nil {
		err = m.closing()
	}
	if m.fd != nil {
		err = errors.Join(err, m.fd.Close())
	} else {
		m.local.Close()
	}
	m.fd, m.local = nil, nil
	return m.failed(err)
}

// Info returns what the kernel knows about the map.
func (m *Map) Info() (*syscall.MapInfo, error) {
	fd, err := m.FD()
	if err != nil {
		return nil, err
	}
	info, err := syscall.MapInfoByFD(fd)
	return info, m.failed(err)
}

// Pin gives the map a name in a BPF file system. There it lives longer than this process. Remove the file to remove the name.
func (m *Map) Pin(path string) error {
	fd, err := m.FD()
	if err != nil {
		return err
	}
	return m.failed(syscall.ObjPin(fd, path))
}

// Open opens the map that is pinned at a path instead of creating a new one. Its type and sizes must match the declaration.
func (m *Map) Open(path string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.fd != nil || m.local != nil:
		return m.failed(fmt.Errorf("open %q: it is created already: %w", path, fs.ErrExist))
	case m.spec.Err != nil:
		return m.failed(m.spec.Err)
	}
	fd, err := syscall.ObjGet(path, 0)
	if err != nil {
		return m.failed(err)
	}
	info, err := syscall.MapInfoByFD(fd)
	if err == nil {
		err = m.compare(info)
	}
	if err != nil {
		return m.failed(errors.Join(fmt.Errorf("open %q: %w", path, err), fd.Close()))
	}
	return m.failed(m.take(fd, m.opened))
}

// compare lists the differences between a map and its declaration.
func (m *Map) compare(info *syscall.MapInfo) error {
	var differences []string
	differ := func(what string, have, want any) {
		if have != want {
			differences = append(differences, fmt.Sprintf("%s %v, not %v", what, have, want))
		}
	}
	differ("kind", info.Type.String(), m.spec.Type.String())
	differ("key size", info.KeySize, m.spec.KeySize)
	differ("value size", info.ValueSize, m.spec.ValueSize)
	differ("maximum number of elements", info.MaxEntries, m.spec.MaxEntries)
	// The kernel adds its own flags to those of user space.
	flags := syscall.MapFlags(m.spec.Flags)
	differ("flags", info.Flags&flags, flags)
	if differences == nil {
		return nil
	}
	return fmt.Errorf("the pinned map is different from the declaration: it has %s: %w", strings.Join(differences, ", "), fs.ErrInvalid)
}
