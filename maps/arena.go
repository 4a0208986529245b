package maps

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// An Arena is memory that programs and user space share, for data structures with pointers, of any size. Linux 6.9.
//
// A page is allocated when user space first touches it, or by Alloc in a program. A program that uses a page before that is not stopped:
// it reads 0, and what it writes is lost (ex_handler_bpf, arch/x86/net/bpf_jit_comp.c, 6.18).
type Arena struct {
	Map
	memoryMu sync.Mutex
	memory   *syscall.Memory
}

// NewArena declares an arena of at most pages pages. The kernel allocates a page when this process first uses it, too. With
// BPF_F_SEGV_ON_FAULT (syscall.MapSegvOnFault) it does not, and a read of a page that no program has allocated ends the process. So Create
// and Open refuse that flag. Whoever needs it can use syscall.MapCreate and syscall.MapMemory.
func NewArena(name string, pages uint32) *Arena {
	a := &Arena{}
	a.opened = func(fd *syscall.FD) (err error) {
		if err := survivesReads(fd); err != nil {
			return err
		}
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

// survivesReads returns an error for an arena whose memory cannot be read safely. The Go runtime cannot recover from SIGSEGV there: the
// kernel sends it in arena_vm_fault (kernel/bpf/arena.c, Linux 6.18).
func survivesReads(arena *syscall.FD) error {
	info, err := syscall.MapInfoByFD(arena)
	if err != nil {
		return err
	}
	if info.Flags&syscall.MapSegvOnFault != 0 {
		return fmt.Errorf("it has BPF_F_SEGV_ON_FAULT: reading a page that no program has allocated would end this process; create it "+
			"without this flag: %w", fs.ErrInvalid)
	}
	return nil
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
