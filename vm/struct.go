package vm

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"

	cbtf "github.com/cilium/ebpf/btf"
)

// A Struct is an object of the kernel: a struct with the layout that some kernel's BTF gives it. Programs get its address, and read its
// fields as in that kernel. They may write what AllowWrites says.
//
// Mistakes wait: a field that does not exist, or a value that does not fit, is remembered, and Err returns the first one. A machine that
// uses the object fails with it.
type Struct struct {
	types *btf.Types
	id    btf.ID
	name  string
	data  []byte
	err   error

	fields   map[string]btf.Field
	pointers map[uint32]*Struct // by offset
	spans    []span             // what programs may write
	all      bool               // they may write everything

	kinds map[string]bool // what IsA has found
	tcp   *tcpFields      // those that functions of the kernel use, if it is a tcp_sock

	machine *Machine // that it belongs to, or nil
	addr    uint64
}

// A span is a part of memory: from is its first byte, to the first after it.
type span struct{ from, to int64 }

// NewStruct makes an object of a struct or union of the kernel, by its name. All of it is zero.
func NewStruct(types *btf.Types, name string) *Struct {
	s := &Struct{types: types, name: name, fields: make(map[string]btf.Field)}
	if types == nil {
		s.err = fmt.Errorf("NewStruct(%s): the types are nil", name)
		return s
	}
	var err error
	if s.id, err = types.Composite(name); err != nil {
		help := ""
		if near := types.Nearest(btf.KindStruct, name); near != "" {
			help = "; did you mean " + near + "?"
		}
		s.err = fmt.Errorf("NewStruct(%s): this kernel has no such struct%s: %w", name, help, err)
		return s
	}
	size, err := types.Size(s.id)
	if err != nil {
		s.err = fmt.Errorf("NewStruct(%s): %w", name, err)
		return s
	}
	const most = 1 << 24 // far more than any struct; broken BTF may say 4 GB
	if size > most {
		s.err = fmt.Errorf("NewStruct(%s): it has %d bytes; the limit is %d", name, size, most)
		return s
	}
	s.data = make([]byte, size)
	return s
}

// Name is the name of the struct.
func (s *Struct) Name() string { return s.name }

// Err is the first mistake that was made with the object, or nil.
func (s *Struct) Err() error { return s.err }

func (s *Struct) failed(err error) {
	if s.err == nil {
		s.err = err
	}
}

// field finds a field by its path. The path may leave out structs that are the first member of others, as a cast in C would: a tcp_sock
// has the fields of sock.
func (s *Struct) field(path string) (btf.Field, bool) {
	if f, ok := s.fields[path]; ok {
		return f, true
	}
	if s.data == nil {
		return btf.Field{}, false
	}
	f, err := s.types.FieldOf(s.id, s.name, path)
	for id, prefix := s.id, ""; errors.Is(err, btf.ErrNotFound); {
		first, inner, ok := firstMember(s.types, id)
		if !ok {
			break
		}
		id, prefix = inner, prefix+first+"."
		if found, innerErr := s.types.FieldOf(s.id, s.name, prefix+path); innerErr == nil {
			f, err = found, nil
		}
	}
	if err != nil {
		s.failed(err)
		return btf.Field{}, false
	}
	s.fields[path] = f
	return f, true
}

// firstMember is the struct that a struct begins with.
func firstMember(types *btf.Types, id btf.ID) (name string, inner btf.ID, ok bool) {
	set, err := types.Decode(id)
	if err != nil {
		return "", 0, false
	}
	outer, isStruct := btf.Underlying(set.Type(id)).(*cbtf.Struct)
	if !isStruct || len(outer.Members) == 0 || outer.Members[0].Offset != 0 || outer.Members[0].Name == "" {
		return "", 0, false
	}
	member, isStruct := btf.Underlying(outer.Members[0].Type).(*cbtf.Struct)
	if !isStruct {
		return "", 0, false
	}
	inner, ok = set.ID(member)
	return outer.Members[0].Name, inner, ok
}

// Set sets a field: an integer, an enum, a bool or a bit field. The path has member names with dots between them, and indexes in brackets:
// "snd_cwnd", "icsk_ack.pending", "icsk_ca_priv[2]". The value must fit; for a field of 64 bits without a sign, a negative one stands for
// the number with the same bits.
func (s *Struct) Set(path string, value int64) {
	f, ok := s.field(path)
	if !ok {
		return
	}
	if !f.Scalar() {
		s.failed(fmt.Errorf("%s.%s is not a number: set its members, or use Bytes", s.name, path))
		return
	}
	if low, high := fieldRange(f); value < low || high != math.MaxUint64 && value > 0 && uint64(value) > high {
		s.failed(fmt.Errorf("%s.%s = %d: the value does not fit: expected %d to %d", s.name, path, value, low, high))
		return
	}
	if f.Kind == btf.KindPointer {
		delete(s.pointers, f.Offset)
	}
	s.put(f, uint64(value))
}

// fieldRange is the smallest and the largest value of a field.
func fieldRange(f btf.Field) (low int64, high uint64) {
	bits := 8 * f.Size
	if f.BitSize != 0 {
		bits = f.BitSize
	}
	switch {
	case f.Bool:
		return 0, 1
	case bits == 64 && !f.Signed:
		return math.MinInt64, math.MaxUint64
	case f.Signed:
		return -1 << (bits - 1), 1<<(bits-1) - 1
	}
	return 0, 1<<bits - 1
}

func (s *Struct) put(f btf.Field, value uint64) {
	b := s.data[f.Offset : f.Offset+f.Size]
	if f.BitSize != 0 {
		mask := uint64(1)<<f.BitSize - 1
		value = load(b, uint8(f.Size))&^(mask<<f.BitOffset) | value&mask<<f.BitOffset
	}
	store(b, uint8(f.Size), value)
}

// Get gives the value of a field, with its sign. A field of 64 bits without a sign that is larger than an int64 is negative.
func (s *Struct) Get(path string) int64 {
	f, ok := s.field(path)
	if !ok {
		return 0
	}
	if !f.Scalar() {
		s.failed(fmt.Errorf("%s.%s is not a number: read its members, or use Bytes", s.name, path))
		return 0
	}
	return s.get(f)
}

// get is the value of a field that is a number.
func (s *Struct) get(f btf.Field) int64 {
	value, bits := load(s.data[f.Offset:f.Offset+f.Size], uint8(f.Size)), 8*f.Size
	if f.BitSize != 0 {
		value, bits = value>>f.BitOffset, f.BitSize
	}
	unused := 64 - bits
	if f.Signed {
		return int64(value<<unused) >> unused
	}
	return int64(value << unused >> unused)
}

// Point makes a pointer of the object point to another one; nil makes it nil. The path must be that of a pointer.
func (s *Struct) Point(path string, to *Struct) {
	f, ok := s.field(path)
	if !ok {
		return
	}
	if f.Kind != btf.KindPointer {
		s.failed(fmt.Errorf("%s.%s is not a pointer", s.name, path))
		return
	}
	if to == nil {
		delete(s.pointers, f.Offset)
		s.put(f, 0)
		return
	}
	if s.pointers == nil {
		s.pointers = make(map[uint32]*Struct)
	}
	s.pointers[f.Offset] = to
	if s.machine != nil {
		s.machine.link(s, f.Offset, to)
	}
}

// Bytes gives the memory of a field, such as an array or a struct; "" is the whole object. Changes to it are changes of the object.
func (s *Struct) Bytes(path string) []byte {
	if path == "" {
		return s.data
	}
	f, ok := s.field(path)
	if !ok {
		return nil
	}
	return s.data[f.Offset : f.Offset+f.Size]
}

// Field says where the object has a field; false if it has none with that path. Code that uses a field very often looks it up once, and
// then uses the memory of Bytes("").
func (s *Struct) Field(path string) (btf.Field, bool) {
	known := s.err
	f, ok := s.field(path)
	s.err = known
	return f, ok
}

// AllowWrites lets programs write the fields with these paths; without a path, all of the object. A path that this kernel does not have is
// left out.
func (s *Struct) AllowWrites(paths ...string) {
	s.spans, s.all = nil, len(paths) == 0
	for _, path := range paths {
		if f, ok := s.Field(path); ok {
			s.spans = append(s.spans, span{int64(f.Offset), int64(f.Offset + f.Size)})
		}
	}
	if s.machine != nil {
		s.machine.region(s.addr).allow(s)
	}
}

// DenyWrites makes the object read-only for programs, as it is when it is made.
func (s *Struct) DenyWrites() {
	s.spans, s.all = nil, false
	if s.machine != nil {
		s.machine.region(s.addr).allow(s)
	}
}

// allows reports whether programs may write bytes from the offset at.
func (s *Struct) allows(at int64, size int) bool {
	return slices.ContainsFunc(s.spans, func(w span) bool { return at >= w.from && at+int64(size) <= w.to })
}

// IsA reports whether the object is a struct of that name, or begins with one: a tcp_sock is a sock.
func (s *Struct) IsA(name string) bool {
	if s.types == nil {
		return false
	}
	is, known := s.kinds[name]
	if !known {
		id, err := s.types.Composite(name)
		is = err == nil && s.types.Embeds(s.id, id)
		if s.kinds == nil {
			s.kinds = make(map[string]bool)
		}
		s.kinds[name] = is
	}
	return is
}

// allow makes a region have the rights of its object.
func (r *region) allow(s *Struct) {
	r.write = nil
	if s.all {
		r.write = s.data
	}
}

// region is that of an address which the machine gave out.
func (m *Machine) region(addr uint64) *region { return &m.regions[addr>>regionShift] }

// Object makes an object accessible to programs, with all that it points to, and returns its address. An object belongs to one machine.
func (m *Machine) Object(s *Struct) (addr uint64, err error) {
	if s == nil {
		return 0, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	if s.machine == m {
		return s.addr, nil
	}
	if s.machine != nil {
		return 0, fmt.Errorf("the %s belongs to another machine", s.name)
	}
	s.addr = m.Add(Memory{Name: "the " + s.name, Data: s.data, ReadOnly: true})
	s.machine = m
	r := m.region(s.addr)
	r.object = s
	r.allow(s)
	for offset, to := range s.pointers {
		m.link(s, offset, to)
	}
	return s.addr, s.err
}

// link writes the address of an object into a pointer of another one.
func (m *Machine) link(s *Struct, offset uint32, to *Struct) {
	addr, err := m.Object(to)
	if err != nil {
		s.failed(err)
		return
	}
	store(s.data[offset:], 8, addr)
}

// ObjectAt gives the object at an address that a kernel function was passed. It must be a struct of that name, or begin with one.
func (m *Machine) ObjectAt(addr uint64, name string) (*Struct, error) {
	if number := addr >> regionShift; number < uint64(len(m.regions)) {
		if s := m.regions[number].object; s != nil && s.addr == addr && s.IsA(name) {
			return s, nil
		}
	}
	kind := NotAnAddress
	if addr == 0 {
		kind = NilPointer
	}
	points := m.pointee(addr)
	if points == "" {
		points = "no address of an object"
	}
	return nil, &accessError{kind, fmt.Sprintf("expected a pointer to a %s; %#x is %s", name, addr, points)}
}

// describe names a byte of the object in messages: "the tcp_sock, snd_cwnd".
func (s *Struct) describe(at int64) string {
	if at < 0 || at >= int64(len(s.data)) {
		return ""
	}
	return s.types.FieldAt(s.id, uint32(at))
}

// writable lists the fields that programs may write, for messages.
func (s *Struct) writable() string {
	var names []string
	for _, w := range s.spans {
		names = append(names, s.describe(w.from))
	}
	if names == nil {
		return "programs may not write it"
	}
	return "programs may write " + strings.Join(names, ", ")
}
