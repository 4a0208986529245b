package objfile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A kernelSetting is a variable whose value the loader takes from the kernel's configuration.
type kernelSetting struct {
	name                string
	offset, size, align uint32
	typ                 cbtf.Type
}

// alignOf is the alignment of a number or string.
func alignOf(t cbtf.Type, size uint32) uint32 {
	if _, ok := btf.Underlying(t).(*cbtf.Array); ok || size > 8 {
		return 1
	}
	return size
}

// addKernelSettings makes the map for the settings of the kernel that the object declares (section .kconfig).
func (o *Object) addKernelSettings() error {
	s := o.datasec(settingsSection)
	if s == nil {
		return nil
	}
	m := &Map{Name: settingsSection, Type: linux.MapTypeArray, Key: 4, Max: 1, Flags: uint32(linux.MapReadOnlyProg), Frozen: true}
	for _, info := range s.Vars {
		v, ok := info.Type.(*cbtf.Var)
		if !ok {
			return fmt.Errorf("section %s: its type does not list variables", settingsSection)
		}
		size, err := cbtf.Sizeof(v.Type)
		if err != nil || size <= 0 || size > 1<<16 {
			return fmt.Errorf("setting %s: it has no size", v.Name)
		}
		m.kernel = append(m.kernel, kernelSetting{name: v.Name, size: uint32(size), align: alignOf(v.Type, uint32(size)), typ: v.Type})
	}
	slices.SortFunc(m.kernel, func(a, b kernelSetting) int { // as libbpf does
		return cmp.Or(cmp.Compare(b.align, a.align), cmp.Compare(b.size, a.size), strings.Compare(a.name, b.name))
	})
	for n := range m.kernel {
		s := &m.kernel[n]
		s.offset = (m.Value + s.align - 1) / s.align * s.align
		m.Value = s.offset + s.size
	}
	o.addMap(m, mapPlace{-1, 0})
	return nil
}

// setting finds a setting of the kernel, and the map that has it.
func (o *Object) setting(name string) (*Map, *kernelSetting) {
	m := o.mapOf[mapPlace{-1, 0}]
	if m == nil {
		return nil, nil
	}
	for n := range m.kernel {
		if m.kernel[n].name == name {
			return m, &m.kernel[n]
		}
	}
	return nil, nil
}

// value is the text of a setting. Some are not in the configuration: they say what kind of kernel it is.
func (k *Kernel) value(name string) (text string, ok bool) {
	switch name {
	case "LINUX_KERNEL_VERSION":
		return strconv.FormatUint(uint64(k.Version), 10), true
	case "LINUX_HAS_BPF_COOKIE", "LINUX_HAS_SYSCALL_WRAPPER": // since 5.15, and since 4.17 on the machines that have BPF in hardware
		return "y", true
	}
	if k.Config == nil {
		return "", false
	}
	return k.Config(name)
}

// ContentsFor are the contents of a map for a kernel. known is false if they depend on a configuration that is not known.
func (o *Object) ContentsFor(m *Map, k *Kernel) (contents []byte, known bool) {
	if m.kernel == nil {
		return m.Contents, true
	}
	if k.Config == nil {
		return nil, false
	}
	contents = make([]byte, m.Value)
	for _, s := range m.kernel {
		if text, ok := k.value(s.name); ok {
			s.write(contents[s.offset:s.offset+s.size], text, o)
		}
	}
	return contents, true
}

// write writes the value of a setting: y, m or n, a number, or a string in quotation marks.
func (s *kernelSetting) write(to []byte, text string, o *Object) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		copy(to[:len(to)-1], strings.TrimSuffix(quoted, `"`))
		return
	}
	number := uint64(0)
	switch _, tristate := btf.Underlying(s.typ).(*cbtf.Enum); {
	case text == "y" || text == "m" || text == "n":
		t, isInt := btf.Underlying(s.typ).(*cbtf.Int)
		switch {
		case isInt && t.Encoding&cbtf.Char != 0, isInt && t.Size == 1 && t.Encoding != cbtf.Bool:
			number = uint64(text[0])
		case text == "y":
			number = 1
		case text == "m" && tristate:
			number = 2
		case text == "m":
			number = 1
		}
	default:
		signed, err := strconv.ParseInt(text, 0, 64)
		if number = uint64(signed); err != nil {
			number, _ = strconv.ParseUint(text, 0, 64) //nolint:errcheck // a value that nobody can read is 0
		}
	}
	var bytes [8]byte
	o.tables.order.PutUint64(bytes[:], number)
	if o.tables.order.Uint16([]byte{0, 1}) == 1 { // the last bytes of a big-endian number
		copy(to, bytes[8-min(8, len(to)):])
		return
	}
	copy(to, bytes[:])
}
