package structops

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"

	cbtf "github.com/cilium/ebpf/btf"
)

func isNotFound(err error) bool { return errors.Is(err, btf.ErrNotFound) }

// isZero reports whether a value is the same as when the member is not set.
func isZero(value any) bool { return reflect.ValueOf(value).IsZero() }

// bindData places the value of a data member in the struct.
func (v *validator) bindData(m Member, value any) {
	t := v.plan.Type
	if t.known.Settable != nil && !slices.Contains(t.known.Settable, m.Name) {
		if isZero(value) {
			return
		}
		help := "leave it out; no data of " + t.Name + " can be set"
		if len(t.known.Settable) > 0 {
			help = "leave it out; these can be set: " + strings.Join(t.known.Settable, ", ")
		}
		v.found(mistake.Finding{Member: m.Name, Kind: mistake.ReservedMember,
			Detail: fmt.Sprintf("%s belongs to the kernel and cannot be set", m.Name), Note: m.Declaration(), Help: help})
		return
	}
	at := t.Offset + m.Offset
	if err := encodeValue(v.plan.value[at:at+m.Size], m, value); err != nil {
		v.found(mistake.Finding{Member: m.Name, Kind: mistake.BadValue, Detail: err.Error(), Note: m.Declaration()})
		return
	}
	if m.Name == t.known.NameMember {
		v.checkName(m, value)
	}
	v.checkLimit(m)
	v.checkFlags(m)
}

// number is what was placed in a data member of up to 8 bytes.
func (v *validator) number(m Member) (n uint64, ok bool) {
	at := v.plan.Type.Offset + m.Offset
	switch raw := v.plan.value[at : at+m.Size]; m.Size {
	case 4:
		return uint64(binary.NativeEndian.Uint32(raw)), true
	case 8:
		return binary.NativeEndian.Uint64(raw), true
	}
	return 0, false
}

// checkLimit checks a number against the kernel's limit for it. The kernel only says E2BIG, for the whole struct.
func (v *validator) checkLimit(m Member) {
	limit, limited := v.plan.Type.known.LimitOf(m.Name)
	n, ok := v.number(m)
	if limited && ok && n > limit.Most {
		v.found(mistake.Finding{Member: m.Name, Kind: mistake.BadValue, Note: m.Declaration(),
			Detail: fmt.Sprintf("%d is too large: %s must be at most %s", n, m.Name, limit.Text)})
	}
}

// checkFlags checks that the target's kernel knows all flags of a member, and that the callbacks that they need are set. For unknown flags
// the kernel only says EINVAL, for the whole struct.
func (v *validator) checkFlags(m Member) {
	flags, known := v.plan.Type.known.FlagsOf(m.Name)
	n, ok := v.number(m)
	if !known || !ok {
		return
	}
	all, ok := v.allFlags(flags)
	if !ok {
		return // this kernel does not say
	}
	if unknown := n &^ all; unknown != 0 {
		v.found(mistake.Finding{Member: m.Name, Kind: mistake.BadValue, Note: m.Declaration(),
			Detail: fmt.Sprintf("%#x has flags that this kernel does not know: %#x", n, unknown), Help: v.flagNames(flags)})
	}
	for _, need := range flags.Needs {
		bit, err := v.target.BTF.EnumValue(flags.Enum, need.Flag)
		if err == nil && n&uint64(bit) != 0 && !isSet(v.ops.Members[need.Member]) {
			v.found(mistake.Finding{Member: m.Name, Kind: mistake.BadValue, Detail: need.Flag + " needs the callback " + need.Member,
				Note: m.Declaration(), Help: "set " + need.Member + ", or leave " + need.Flag + " out"})
		}
	}
}

// allFlags are the bits that the target's kernel knows; ok is false where that is not known.
func (v *validator) allFlags(flags linux.OpsFlags) (all uint64, ok bool) {
	if flags.Enum != "" {
		n, err := v.target.BTF.EnumValue(flags.Enum, flags.All)
		return uint64(n), err == nil
	}
	for _, f := range flags.Bits {
		all |= f.Bit
	}
	until, _ := isa.ParseKernelVersion(string(flags.Until))
	return all, v.target.Kernel != isa.KernelVersion{} && until.AtLeast(v.target.Kernel)
}

// flagNames lists the flags that the target's kernel knows.
func (v *validator) flagNames(flags linux.OpsFlags) string {
	var names []string
	for _, f := range flags.Bits {
		names = append(names, fmt.Sprintf("%s %#x", f.Name, f.Bit))
	}
	for _, name := range flags.Known {
		if bit, err := v.target.BTF.EnumValue(flags.Enum, name); err == nil {
			names = append(names, fmt.Sprintf("%s %#x", name, bit))
		}
	}
	return "it knows " + strings.Join(names, ", ")
}

// checkName checks the name of an implementation against the kernel's rule
// (kernel/bpf/syscall.c, bpf_obj_name_cpy: letters, digits, dot and underscore).
func (v *validator) checkName(m Member, value any) {
	name, ok := value.(string)
	if !ok {
		text, _ := value.([]byte) // encodeValue accepted nothing else
		name, _, _ = strings.Cut(string(text), "\x00")
	}
	v.plan.Name = name
	bad := strings.IndexFunc(name, func(r rune) bool {
		return !(r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	})
	rule := fmt.Sprintf("a name has 1 to %d of the characters A-Z a-z 0-9 _ .", m.Size-1)
	switch {
	case name == "":
		v.found(mistake.Finding{Member: m.Name, Kind: mistake.BadName, Detail: "the name is empty", Help: rule})
	case bad >= 0:
		v.found(mistake.Finding{Member: m.Name, Kind: mistake.BadName,
			Detail: fmt.Sprintf("the name %q has a character that the kernel refuses: %q", name, []rune(name[bad:])[0]), Help: rule})
	}
}

// encodeValue writes a Go value in the kernel's form of the member.
func encodeValue(dst []byte, m Member, value any) error {
	if m.bits != 0 {
		return fmt.Errorf("%s is a bit field, which cannot be set yet", m.Name)
	}
	switch t := btf.Underlying(m.Type).(type) {
	case *cbtf.Array:
		return encodeArray(dst, m, t, value)
	case *cbtf.Int:
		return encodeInt(dst, value, t.Encoding == cbtf.Signed)
	case *cbtf.Enum:
		return encodeInt(dst, value, t.Signed)
	default:
		return fmt.Errorf("%s cannot be set from Go: it is neither an integer nor text", m.Name)
	}
}

func encodeArray(dst []byte, m Member, t *cbtf.Array, value any) error {
	element, ok := btf.Underlying(t.Type).(*cbtf.Int)
	if !ok || element.Size != 1 {
		return fmt.Errorf("%s cannot be set from Go: its elements are not characters", m.Name)
	}
	var text []byte
	switch value := value.(type) {
	case string:
		text = []byte(value)
	case []byte:
		text = value
	default:
		return fmt.Errorf("%s takes a string, not %s", m.Name, phrase.A(fmt.Sprintf("%T", value)))
	}
	if len(text) >= len(dst) { // the last byte is the NUL
		return fmt.Errorf("%q has %d bytes; %s holds %d and a NUL", text, len(text), m.Name, len(dst)-1)
	}
	copy(dst, text)
	return nil
}

func encodeInt(dst []byte, value any, signed bool) error {
	v := reflect.ValueOf(value)
	bits := 8 * len(dst)
	var n uint64
	switch {
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			n = 1
		}
	case v.CanInt():
		n = uint64(v.Int())
		low, high := int64(0), int64(math.MaxInt64)
		if signed {
			low = math.MinInt64 >> (64 - bits)
			high = math.MaxInt64 >> (64 - bits)
		} else if bits < 64 {
			high = 1<<bits - 1
		}
		if v.Int() < low || v.Int() > high {
			return fmt.Errorf("%d does not fit: the member holds %d to %d", value, low, high)
		}
	case v.CanUint():
		n = v.Uint()
		high := uint64(math.MaxUint64) >> (64 - bits)
		if signed {
			high >>= 1
		}
		if n > high {
			return fmt.Errorf("%d does not fit: the member holds up to %d", value, high)
		}
	default:
		return fmt.Errorf("expected an integer, not %s", phrase.A(fmt.Sprintf("%T", value)))
	}
	var word [8]byte
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		binary.LittleEndian.PutUint64(word[:], n)
		copy(dst, word[:])
	} else {
		binary.BigEndian.PutUint64(word[:], n)
		copy(dst, word[8-len(dst):])
	}
	return nil
}
