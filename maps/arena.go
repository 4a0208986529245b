package maps

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// An Arena is memory that programs and user space share. A page is allocated when one of them first uses it. Arenas are for data
// structures with pointers, of any size. Linux 6.9.
type Arena struct {
	Map
	memoryMu sync.Mutex
	memory   *syscall.Memory
}

// NewArena declares an arena of at most pages pages.
func NewArena(name string, pages uint32) *Arena {
	a := &Arena{}
	a.opened = func(fd *syscall.FD) (err error) {
		a.memoryMu.Lock()
		defer a.memoryMu.Unlock()
		// Programs are loaded for the address of the arena in this process, so it must be mapped first.
		a.memory, err = syscall.MapMemory(fd, 0, int(a.spec.MaxEntries)*syscall.PageSize(), true)
		return err
	}
	a.closing = func() error {
		a.memoryMu.Lock()
		defer a.memoryMu.Unlock()
		err := a.memory.Close()
		a.memory = nil
		return err
	}
	spec := &dsl.MapSpec{Name: name, Type: dsl.MapArena, MaxEntries: pages, Flags: uint32(syscall.MapMmapable), Pos: dsl.Here(0)}
	if pages == 0 {
		spec.Err = errors.New("an arena must have at least one page")
	}
	a.declare(spec)
	return a
}

// Offset returns the offset in Memory of an address that a program stored.
func (a *Arena) Offset(address uint64) (int, error) {
	memory, err := a.Memory()
	if err != nil {
		return 0, err
	}
	begin := memory.Address()
	if address < begin || address-begin >= uint64(memory.Len()) {
		end := begin + uint64(memory.Len())
		return 0, a.failed(fmt.Errorf("address %#x is outside of %#x to %#x: %w", address, begin, end, fs.ErrInvalid))
	}
	return int(address - begin), nil
}

// Memory returns the arena's memory in this process. It is closed with the map.
func (a *Arena) Memory() (*syscall.Memory, error) {
	a.memoryMu.Lock()
	defer a.memoryMu.Unlock()
	if a.memory == nil {
		return nil, a.failed(ErrNotCreated)
	}
	return a.memory, nil
}
