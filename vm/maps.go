package vm

import (
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/usermap"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
)

// A lent map is one that a machine's programs use: the address that stands for the map, and the address of its first value.
type lentMap struct {
	content       *usermap.Map
	handle, value uint64
}

// localMap is the map of a declaration in this process: that of its handle, or one that only the program has.
func (p *Program) localMap(spec *dsl.MapSpec) (*usermap.Map, error) {
	if handle := maps.HandleOf(spec); handle != nil {
		if _, err := handle.FD(); errors.Is(err, maps.ErrNotCreated) {
			p.created = append(p.created, handle)
		}
		return handle.CreateLocal()
	}
	content, err := usermap.New(spec)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", spec, err)
	}
	return content, nil
}

// Close closes the maps that loading this program created, so that their handles can be used anew: by another machine, with new maps, or
// for the kernel. Maps that existed before stay open.
func (p *Program) Close() error {
	var errs []error
	for _, m := range p.created {
		errs = append(errs, m.Close())
	}
	p.created = nil
	return errors.Join(errs...)
}

// refer makes the load of a map's address one of the map in the program's list.
func (p *Program) refer(in *instr, i isa.Instruction, content *usermap.Map) (detail string) {
	n := 0
	for n < len(p.maps) && p.maps[n] != content {
		n++
	}
	if n == len(p.maps) {
		p.maps = append(p.maps, content)
	}
	in.op, in.imm, in.off = opLoadMap, uint64(n), 0
	if i.Src == isa.PseudoMapValue || i.Src == isa.PseudoMapIndexValue {
		if len(content.Values()) == 0 {
			return "the value of this type of map has no address"
		}
		in.op, in.off = opLoadMapValue, int32(uint32(i.Imm>>32))
	}
	return ""
}

// isMapLoad reports whether an instruction loads the address of a map or of its value.
func isMapLoad(i isa.Instruction) bool {
	if !i.IsWide() {
		return false
	}
	switch i.Src {
	case isa.PseudoMapFD, isa.PseudoMapValue, isa.PseudoMapIndex, isa.PseudoMapIndexValue:
		return true
	}
	return false
}

// lend makes a map accessible to programs.
func (m *Machine) lend(content *usermap.Map) lentMap {
	for _, l := range m.lent {
		if l.content == content {
			return l
		}
	}
	spec := content.Spec
	l := lentMap{content: content}
	l.handle = m.addRegion(region{name: spec.String(), table: content})
	values := region{name: "a value of " + spec.String(), size: int(spec.ValueSize), elements: content}
	if spec.Type == linux.MapTypeArray && spec.MaxEntries == 1 { // a variable: its memory never moves
		values.read = content.Values()[:spec.ValueSize]
		values.write = values.read
		values.elements = nil
		if readOnlyForPrograms(spec) {
			values.write = nil
		}
	}
	l.value = m.addRegion(values)
	m.lent = append(m.lent, l)
	return l
}

// readOnlyForPrograms reports whether a map has the flag BPF_F_RDONLY_PROG.
func readOnlyForPrograms(spec *dsl.MapSpec) bool { return spec.Flags&(1<<7) != 0 }

// element gives n bytes of a value. The values of a map are one after the other, and a program may use one through its address alone.
func element(content *usermap.Map, at int64, n int, write bool) ([]byte, bool) {
	values, stride := content.Values(), int64(content.Stride())
	if at < 0 || stride == 0 || at%stride+int64(n) > int64(content.Spec.ValueSize) || at+int64(n) > int64(len(values)) ||
		write && readOnlyForPrograms(content.Spec) {
		return nil, false
	}
	return values[at : at+int64(n) : at+int64(n)], true
}

// mapArg is the map that an argument points to.
func (m *Machine) mapArg(n int) (lentMap, error) {
	addr := m.Arg(n)
	if number := addr >> regionShift; number < uint64(len(m.regions)) && m.regions[number].table != nil {
		for _, l := range m.lent {
			if l.handle == addr {
				return l, nil
			}
		}
	}
	return lentMap{}, &accessError{NotAnAddress, fmt.Sprintf("argument %d is %#x, which is not a map", n, addr)}
}

// SetTailCall puts a program into an array of programs, for bpf_tail_call.
func (m *Machine) SetTailCall(array *maps.ProgArray, index uint32, p *Program) error {
	content, err := array.CreateLocal()
	if err != nil {
		return err
	}
	if max := array.Spec().MaxEntries; index >= max {
		return fmt.Errorf("SetTailCall: index %d of %v, which has %d", index, array.Spec(), max)
	}
	if m.tails == nil {
		m.tails = make(map[tail]*Program)
	}
	m.tails[tail{content, index}] = p
	return nil
}

// A tail is an element of an array of programs.
type tail struct {
	array *usermap.Map
	index uint32
}
