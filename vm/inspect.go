package vm

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/usermap"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"

	cbtf "github.com/cilium/ebpf/btf"
)

// What debuggers ask a machine: while Trace runs, and after the end.

// Value is what is in a register, with where it points to.
func (m *Machine) Value(r isa.Register) Value {
	bits := m.Register(r)
	return Value{bits, m.pointee(bits)}
}

// Depth is how many functions wait for the one that runs.
func (m *Machine) Depth() int { return m.depth }

// Calls are the slots of the calls that led to the function that runs, the outermost first.
func (m *Machine) Calls() []int {
	var calls []int
	for n := range m.depth {
		f := &m.frames[n]
		calls = append(calls, f.prog.slot(max(0, f.ret/m.stride-1)))
	}
	return calls
}

// Stack is the memory of the stack of the function with a depth: 0 is the first one. The program's R10 points to its end. It is nil if no
// function with that depth has run.
func (m *Machine) Stack(depth int) []byte {
	if depth < 0 || depth >= maxFrames || m.deeper[depth] == nil {
		return nil
	}
	return m.deeper[depth][:]
}

// ValueOf says where a value points to.
func (m *Machine) ValueOf(bits uint64) Value { return Value{bits, m.pointee(bits)} }

// Program is the one that runs.
func (m *Machine) Program() *Program { return m.prog }

// Instructions are those of the program. Do not change them.
func (p *Program) Instructions() []isa.Instruction { return p.source }

// Slots are the places of the instructions, in slots of 8 bytes.
func (p *Program) Slots() []int {
	slots := make([]int, len(p.source))
	for n := range slots {
		slots[n] = p.slot(n)
	}
	return slots
}

// Pos is the line that the instruction at a slot comes from, if that is known.
func (p *Program) Pos(slot int) mistake.Position { return p.position(slot) }

// A Field is a named part of memory.
type Field struct {
	Name  string
	Value string
}

// Describe lists the fields of what is at an address: an object of the kernel, the context of a packet, or the value of a map whose type
// is known. Fields of objects that are 0 are left out. The name is "" if the address is none of these.
func (m *Machine) Describe(addr uint64) (name string, fields []Field) {
	number := addr >> regionShift
	if number >= uint64(len(m.regions)) || m.regions[number].gone {
		return "", nil
	}
	r := &m.regions[number]
	at := int64(addr&(1<<regionShift-1)) - middle
	switch {
	case r.object != nil:
		return r.name, r.object.Fields()
	case r.packet != nil:
		return r.name, r.packet.describeFields()
	case r.elements != nil && at >= 0 && r.elements.Stride() > 0:
		at -= at % int64(r.elements.Stride())
		if b, ok := element(r.elements, at, int(r.elements.Spec.ValueSize), false); ok {
			return r.name, layoutFields(nil, "", r.elements.Spec.Value, b)
		}
	}
	return "", nil
}

// describeFields are all fields of the context.
func (p *Packet) describeFields() []Field {
	var fields []Field
	for _, f := range p.access.Context.Fields {
		b := p.fields[f.Offset : f.Offset+f.Size]
		text := fmt.Sprintf("% x", b)
		if f.Size <= 8 {
			text = fmt.Sprintf("%#x", load(b, uint8(f.Size)))
		}
		fields = append(fields, Field{f.Name, text})
	}
	return fields
}

// Fields are the numbers and pointers of the object that are not 0, by their paths.
func (s *Struct) Fields() []Field {
	if s.data == nil {
		return nil
	}
	set, err := s.types.Decode(s.id)
	if err != nil {
		return nil
	}
	return s.fieldsOf(nil, "", 0, set.Type(s.id))
}

// fieldsOf adds the fields of a type at an offset.
func (s *Struct) fieldsOf(list []Field, path string, offset uint32, t cbtf.Type) []Field {
	var members []cbtf.Member
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Struct:
		members = t.Members
	case *cbtf.Union:
		members = t.Members
	case *cbtf.Array:
		return s.bytesOf(list, path, offset, t)
	case *cbtf.Pointer:
		if v := s.number(offset, 8, 0, 0); v != 0 {
			list = append(list, Field{path, Value{Bits: v, Points: s.pointee(offset)}.String()})
		}
		return list
	case *cbtf.Int:
		return s.numberOf(list, path, s.number(offset, int(t.Size), 0, 0), 8*int(t.Size), t.Encoding == cbtf.Signed)
	case *cbtf.Enum:
		return s.numberOf(list, path, s.number(offset, int(t.Size), 0, 0), 8*int(t.Size), t.Signed)
	}
	for _, member := range members {
		inner := strings.TrimPrefix(path+"."+member.Name, ".")
		if member.Name == "" {
			inner = path
		}
		at := offset + uint32(member.Offset/8)
		if member.BitfieldSize == 0 {
			list = s.fieldsOf(list, inner, at, member.Type)
			continue
		}
		signed := false
		if i, ok := btf.Underlying(member.Type).(*cbtf.Int); ok {
			signed = i.Encoding == cbtf.Signed
		}
		v := s.number(at, 8, int(member.Offset%8), int(member.BitfieldSize))
		list = s.numberOf(list, inner, v, int(member.BitfieldSize), signed)
	}
	return list
}

// number reads size bytes, or as many as there are, and cuts bits out of them.
func (s *Struct) number(offset uint32, size, shift, bits int) uint64 {
	var b [8]byte
	if int(offset) < len(s.data) {
		copy(b[:min(size, 8)], s.data[offset:])
	}
	v := binary.LittleEndian.Uint64(b[:]) >> shift
	if bits != 0 {
		v &= 1<<bits - 1
	}
	return v
}

// numberOf adds a number that is not 0.
func (s *Struct) numberOf(list []Field, path string, v uint64, bits int, signed bool) []Field {
	switch {
	case v == 0:
		return list
	case signed && bits < 64:
		return append(list, Field{path, fmt.Sprint(int64(v<<(64-bits)) >> (64 - bits))})
	case signed:
		return append(list, Field{path, fmt.Sprint(int64(v))})
	}
	return append(list, Field{path, fmt.Sprint(v)})
}

// bytesOf adds an array that is not all 0.
func (s *Struct) bytesOf(list []Field, path string, offset uint32, t *cbtf.Array) []Field {
	size, err := cbtf.Sizeof(t)
	if err != nil || int(offset)+size > len(s.data) {
		return list
	}
	b := s.data[offset : int(offset)+size]
	end := len(b)
	for end > 0 && b[end-1] == 0 {
		end--
	}
	if end == 0 {
		return list
	}
	text := fmt.Sprintf("% x", b[:end])
	if end < len(b) {
		text += " 00 …"
	}
	return append(list, Field{path, text})
}

// pointee says which object a pointer at an offset points to.
func (s *Struct) pointee(offset uint32) string {
	if to := s.pointers[offset]; to != nil {
		return "the " + to.name
	}
	return ""
}

// layoutFields adds the fields of a Go type in memory.
func layoutFields(list []Field, path string, l *dsl.Layout, b []byte) []Field {
	switch {
	case l == nil || len(b) < l.Size:
		return append(list, Field{path, fmt.Sprintf("% x", b)})
	case len(l.Fields) > 0:
		for _, f := range l.Fields {
			if !f.Padding() {
				list = layoutFields(list, strings.TrimPrefix(path+"."+f.Name, "."), f.Layout, b[f.Offset:])
			}
		}
		return list
	case l.Len > 0 || l.Size > 8 || l.Size&(l.Size-1) != 0 || l.Size == 0:
		return append(list, Field{path, fmt.Sprintf("% x", b[:l.Size])})
	}
	b = b[:l.Size]
	v := load(b, uint8(l.Size))
	unused := 64 - 8*l.Size
	switch {
	case l.BigEndian:
		v = 0
		for _, one := range b {
			v = v<<8 | uint64(one)
		}
	case l.Signed:
		return append(list, Field{path, fmt.Sprint(int64(v<<unused) >> unused)})
	}
	return append(list, Field{path, fmt.Sprint(v)})
}

// A MapView is what a map of the program has.
type MapView struct {
	Name, Type string
	Elements   []MapElement // at most as many as were asked for
	Len        int          // of all; of a ring buffer, the bytes that were not read
}

// A MapElement is a key with its value. Of a per-CPU map, it is the value of the first processor.
type MapElement struct {
	Key, Value []Field // one without a name if the type is a number, or not known
}

// Maps shows the maps that the program uses, with up to most elements of each.
func (m *Machine) Maps(most int) []MapView {
	var views []MapView
	for _, l := range m.used {
		spec := l.content.Spec
		view := MapView{Name: spec.Name, Type: spec.Type.String()}
		if spec.Type == linux.MapTypeRingBuf {
			view.Len, _ = l.content.Waiting()
		} else {
			view.Len = l.content.Len()
			view.Elements = elementsOf(l.content, most)
		}
		views = append(views, view)
	}
	return views
}

// elementsOf are the first elements of a map.
func elementsOf(content *usermap.Map, most int) []MapElement {
	var list []MapElement
	for key, at := range content.All() {
		if len(list) == most {
			break
		}
		e := MapElement{Key: layoutFields(nil, "", content.Spec.Key, key)}
		if values, size := content.Values(), int(content.Spec.ValueSize); at+size <= len(values) {
			e.Value = layoutFields(nil, "", content.Spec.Value, values[at:at+size])
		}
		list = append(list, e)
	}
	return list
}
