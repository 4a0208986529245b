package btf_test

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
)

// Limits of one fuzz input. They are far above what a correct blob of this size takes.
const (
	mostTime  = 20 * time.Second
	mostBytes = 256 << 20
)

// A typeMaker makes BTF from the bytes of a fuzz input. Nearly all inputs become records of known kinds, so the fuzzer changes what the
// types refer to, their sizes, offsets, counts and names, and not only bytes of the header.
type typeMaker struct {
	input   []byte
	records []byte
	strings []byte
	names   []uint32
}

// fuzzNames are the names that types and members may have. Some are looked up by inspect.
var fuzzNames = []string{"a", "b", "s", "x", "int", "bpf_spin_lock", "kptr", strings.Repeat("n", 511), strings.Repeat("n", 3000)}

// fuzzSizes are sizes, offsets and counts at which arithmetic goes wrong.
var fuzzSizes = []uint32{0, 1, 2, 4, 8, 16, 64, 7, 0x100, 0xffff, 0x1fffffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 0x20000020}

func newTypeMaker(input []byte) *typeMaker {
	m := &typeMaker{input: input, strings: []byte{0}, names: []uint32{0}}
	for _, name := range fuzzNames {
		m.names = append(m.names, uint32(len(m.strings)))
		m.strings = append(append(m.strings, name...), 0)
	}
	m.names = append(m.names, uint32(len(m.strings))-2, uint32(len(m.strings)), 0xffffffff)
	return m
}

func (m *typeMaker) byte() byte {
	if len(m.input) == 0 {
		return 0
	}
	b := m.input[0]
	m.input = m.input[1:]
	return b
}

func (m *typeMaker) name() uint32 { return m.names[int(m.byte())%len(m.names)] }
func (m *typeMaker) size() uint32 { return fuzzSizes[int(m.byte())%len(fuzzSizes)] }
func (m *typeMaker) ref() uint32  { return uint32(m.byte()) }

// entries is a count of entries: mostly few, sometimes as many as fit.
func (m *typeMaker) entries() int {
	if n := int(m.byte()); n < 250 {
		return n % 6
	}
	return 1000
}

func (m *typeMaker) put(words ...uint32) {
	for _, w := range words {
		m.records = binary.NativeEndian.AppendUint32(m.records, w)
	}
}

// record makes one type.
func (m *typeMaker) record() {
	kind := btf.Kind(m.byte()) % (btf.KindEnum64 + 1)
	name, flag, n := m.name(), uint32(m.byte()&1)<<31, 0
	switch kind {
	case btf.KindVoid:
		kind = btf.KindTypedef
	case btf.KindStruct, btf.KindUnion, btf.KindEnum, btf.KindEnum64, btf.KindFuncProto, btf.KindDatasec:
		n = m.entries()
	}
	m.put(name, flag|uint32(kind)<<24|uint32(n))
	switch kind {
	case btf.KindInt:
		m.put(m.size(), uint32(m.byte())<<24|uint32(m.byte()))
	case btf.KindArray:
		m.put(0, m.ref(), m.ref(), m.size())
	case btf.KindStruct, btf.KindUnion:
		m.put(m.size())
		m.each(n, func() { m.put(m.name(), m.ref(), m.size()) })
	case btf.KindEnum:
		m.put(m.size())
		m.each(n, func() { m.put(m.name(), m.size()) })
	case btf.KindEnum64:
		m.put(m.size())
		m.each(n, func() { m.put(m.name(), m.size(), m.size()) })
	case btf.KindFuncProto:
		m.put(m.ref())
		m.each(n, func() { m.put(m.name(), m.ref()) })
	case btf.KindDatasec:
		m.put(m.size())
		m.each(n, func() { m.put(m.ref(), m.size(), m.size()) })
	case btf.KindVar, btf.KindDeclTag:
		m.put(m.ref(), m.size())
	case btf.KindForward:
		m.put(0)
	case btf.KindFloat:
		m.put(m.size())
	default:
		m.put(m.ref())
	}
}

// each makes n entries. When there are many, all are like the first few.
func (m *typeMaker) each(n int, entry func()) {
	begin := len(m.records)
	for range min(n, 6) {
		entry()
	}
	some := m.records[begin:]
	for done := min(n, 6); done < n; done += 6 {
		m.records = append(m.records, some[:len(some)/6*min(6, n-done)]...)
	}
}

// blob is the whole input as BTF.
func (m *typeMaker) blob() []byte {
	for len(m.input) > 0 && len(m.records) < 256<<10 {
		m.record()
	}
	raw := binary.NativeEndian.AppendUint16(nil, 0xeb9f)
	raw = append(raw, 1, 0)
	for _, w := range []int{24, 0, len(m.records), len(m.records), len(m.strings)} {
		raw = binary.NativeEndian.AppendUint32(raw, uint32(w))
	}
	return slices.Concat(raw, m.records, m.strings)
}

// limited runs f and reports when it takes too much time or memory. When f does not end, the process ends, and the fuzzer has the input.
func limited(t *testing.T, f func()) {
	t.Helper()
	stuck := time.AfterFunc(mostTime, func() { panic("an input of a few kilobytes takes more than " + mostTime.String()) })
	defer stuck.Stop()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > mostBytes {
		t.Errorf("%d MB were allocated", n>>20)
	}
}

// inspect calls all of the package that reads a blob. Whatever is wrong with it, the answers are errors.
func inspect(t *testing.T, raw []byte) {
	types, err := btf.Parse(raw)
	if err != nil {
		return
	}
	n, err := types.Len()
	if err != nil {
		return
	}
	_ = types.Find("a", "b", "s")
	for _, name := range []string{"a", "s", strings.Repeat("n", 600)} {
		_, _ = types.Composite(name)
		_, _ = types.Field(name, "a.b[2].x")
		_, _ = types.EnumValue(name, "x")
		_ = types.Nearest(btf.KindStruct, name)
	}
	_, _ = types.EnumValue("", "x")
	for kind := range btf.KindEnum64 + 1 {
		for name := range types.Names(kind) {
			_ = name
		}
	}
	all := make([]btf.ID, 0, 64)
	for id := range min(n, 64) {
		all = append(all, btf.ID(id))
		inspectType(t, types, btf.ID(id))
	}
	if set, err := types.Decode(all...); err == nil {
		for _, id := range all {
			inspectDecoded(set.Type(id))
		}
	}
	_, _ = types.Carve(all...)
}

func inspectType(t *testing.T, types *btf.Types, id btf.ID) {
	_, _ = types.Size(id)
	_ = types.Name(id)
	_, _ = types.PointedTo(id)
	_ = types.Embeds(id, 2)
	for _, offset := range []uint32{0, 3, 8, 0x1fffffff, 0xffffffff} {
		_ = types.FieldAt(id, offset)
		_ = types.LeavesAt(id, offset)
	}
	for _, path := range []string{"a", "a.b[1]", "b[4294967295]", "s[0][7].x"} {
		if f, err := types.FieldOf(id, "s", path); err == nil && uint64(f.Offset)+uint64(f.Size) > 1<<32 {
			t.Errorf("field %s of type %d is at %d, and has %d bytes", path, id, f.Offset, f.Size)
		}
	}
	if set, err := types.Decode(id); err == nil {
		inspectDecoded(set.Type(id))
	}
	blob, err := types.Carve(id)
	if err != nil {
		return
	}
	carved, err := btf.Parse(blob)
	if err == nil {
		_, err = carved.Len()
	}
	if err != nil {
		t.Errorf("the carved blob of type %d is refused: %v", id, err)
	}
}

func inspectDecoded(decoded cbtf.Type) {
	if decoded == nil {
		return
	}
	_ = btf.Declaration(decoded, "x")
	_ = btf.Underlying(decoded)
	_ = btf.PointedTo(decoded)
}

// FuzzTypes reads types that refer to each other in any way, with any sizes, offsets, counts and names.
func FuzzTypes(f *testing.F) {
	self := func(kind btf.Kind, rest ...byte) []byte { return append([]byte{byte(kind), 1, 0}, rest...) }
	f.Add(self(btf.KindTypedef, 1))
	f.Add(self(btf.KindConst, 1))
	f.Add(self(btf.KindPointer, 1))
	f.Add(self(btf.KindArray, 1, 1, 3))
	f.Add(self(btf.KindStruct, 2, 3, 0, 1, 0, 1, 1, 1))
	f.Add(self(btf.KindUnion, 250, 3, 0, 1, 0, 1, 1, 1))
	f.Add(self(btf.KindFuncProto, 3, 1, 1, 1, 2, 1, 3, 1))
	f.Add([]byte("\x04\x01\xff\xff\xff\xff\x01\x00\x01\x01\x01")) // 255 members of its own type: their paths were searched for 20 s
	f.Add(slices.Concat(self(btf.KindInt, 3, 0, 32), self(btf.KindStruct, 2, 5, 1, 1, 0, 2, 1, 15)))
	f.Fuzz(func(t *testing.T, input []byte) {
		limited(t, func() { inspect(t, newTypeMaker(input).blob()) })
	})
}
