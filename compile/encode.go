package compile

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// encode creates the object, unless there are findings: code with mistakes cannot be encoded.
func encode(u *unit) {
	if len(u.findings) > 0 {
		return
	}
	o := &Object{Program: u.program, ByteOrder: u.target.ByteOrder, Checked: u.checked}
	o.Instructions = u.code // this memory can be used again: the walk used its own numbers for maps in it
	if o.Instructions == nil {
		o.Instructions = make([]isa.Instruction, u.count())
	}
	o.item = make([]int32, len(o.Instructions))
	rest, items := o.Instructions, o.item
	maps := mapTable{object: o}
	changes := 0 // changes of the line, which is the largest number of records
	for _, f := range u.funcs {
		site := uint16(0)
		changes += 1 + len(f.inner)
		o.Functions = append(o.Functions, Function{f.program, f.first})
		o.items = append(o.items, f.items)
		for i := range f.code {
			in := &f.code[i]
			rest[i], items[i] = in.Instruction, in.item
			if in.IsWide() {
				o.wide = append(o.wide, f.first+int(in.slot))
				maps.refer(specOf(f.item(i)), f.first+int(in.slot))
			}
			if in.site != site || site == 0 {
				site = in.site
				changes++
			}
		}
		rest, items = rest[len(f.code):], items[len(f.code):]
	}
	code, err := isa.Append(make([]byte, 0, 8*len(o.Instructions)+64), u.target.ByteOrder, o.Instructions...)
	if err != nil { // check has found every operand that cannot be encoded
		u.unreadable(fmt.Errorf("encode %s: %w", u.program.Name, err))
		return
	}
	o.Code = code
	o.LineInfo = make([]byte, 0, changes*LineInfoSize)
	if err := u.describe(o); err != nil {
		u.unreadable(err)
		return
	}
	u.object = o
}

// describe adds the program's BTF and the records that refer to it: one for each function, and those for the lines.
func (u *unit) describe(o *Object) error {
	order := recordOrder(u.target.ByteOrder)
	b := btf.Builder{Order: order}
	word := b.Int("unsigned long long", 8, false)
	context := b.Pointer(word)
	for i, f := range u.funcs {
		result := word
		if u.void(f) {
			result = 0
		}
		params := []btf.Param{{Name: "ctx", Type: context}}
		linkage := btf.Global // the entry is global, as clang makes it; the functions that it calls are verified together with it
		switch {
		case i > 0 && f.program.Global:
			result, params = u.globalProto(f.program.Proto, &b)
		case i > 0:
			linkage, params = btf.Static, subParams(f.program.Proto, word)
		}
		record := func(index int, id btf.ID) {
			o.FuncInfo = order.AppendUint32(o.FuncInfo, uint32(f.first+f.slotAt(index)))
			o.FuncInfo = order.AppendUint32(o.FuncInfo, uint32(id))
		}
		record(0, b.Func(identifier(f.program.Name), b.FuncProto(result, params...), linkage))
		for _, index := range f.inner {
			if index > 0 {
				record(index, b.Func(identifier(fmt.Sprintf("%s_%d", f.program.Name, f.slotAt(index))), b.FuncProto(word), btf.Static))
			}
		}
	}
	u.describeLines(o, &b, order)
	raw, err := b.Bytes()
	o.BTF = raw
	return err
}

// A source is what a line record says in addition to the place in the code.
type source struct {
	file, text, column uint32
	known              bool
}

// describeLines adds a record wherever the line of Go changes.
func (u *unit) describeLines(o *Object, b *btf.Builder, order binary.AppendByteOrder) {
	// Finding a position takes as long as compiling ten instructions.
	sources := make([]source, len(u.sites.number)+1)
	var last source
	for _, f := range u.funcs {
		inner := f.inner
		site := uint16(0)
		for i := range f.code {
			in := &f.code[i]
			entry := i == 0 // the kernel expects a record at the beginning of each function
			if len(inner) > 0 && inner[0] == i {
				entry, inner = true, inner[1:]
			}
			if !entry && in.site == site && site != 0 {
				continue
			}
			site = in.site
			s := sources[site]
			if !s.known || site == 0 {
				pos := record.Position(f.item(i).Site())
				text := ""
				if u.target.Source != nil {
					text = u.target.Source(pos.File, pos.Line)
				}
				s = source{b.String(pos.File), b.String(text), uint32(pos.Line) << 10, true} // without the column, the low ten bits
				sources[site] = s
			}
			if !entry && s == last {
				continue
			}
			last = s
			o.LineInfo = order.AppendUint32(o.LineInfo, uint32(f.first)+uint32(in.slot))
			o.LineInfo = order.AppendUint32(o.LineInfo, s.file)
			o.LineInfo = order.AppendUint32(o.LineInfo, s.text)
			o.LineInfo = order.AppendUint32(o.LineInfo, s.column)
		}
	}
}

// recordOrder is the byte order for BTF and records. The kernel reads them as its own words, like the code.
func recordOrder(o isa.ByteOrder) binary.AppendByteOrder {
	if o == isa.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// globalProto describes a function that is verified only by its prototype: numbers with their widths, and pointers with the size of
// what they point to. The verifier assumes that size (kernel/bpf/btf.c, btf_prepare_func_args).
func (u *unit) globalProto(p *dsl.Prototype, b *btf.Builder) (result btf.ID, params []btf.Param) {
	integer := func(t dsl.CType) btf.ID { return b.Int(t.Name, uint32(t.Size), t.Signed) }
	if p.Result.Integer {
		result = integer(p.Result)
	}
	for i, param := range p.Params {
		t := param.Type
		var id btf.ID
		switch {
		case t.Integer:
			id = integer(t)
		default:
			size := uint32(max(t.Size, 1))
			octet := b.Int("unsigned char", 1, false)
			index := b.Int("unsigned int", 4, false)
			id = b.Pointer(b.Struct(strings.TrimPrefix(t.Name, "struct "), size,
				btf.Member{Name: "bytes", Type: b.Array(octet, index, size)}))
		}
		params = append(params, btf.Param{Name: fmt.Sprintf("arg%d", i), Type: id})
	}
	return result, params
}

func subParams(p *dsl.Prototype, word btf.ID) []btf.Param {
	if p == nil {
		return nil
	}
	params := make([]btf.Param, len(p.Params))
	for i, param := range p.Params {
		params[i] = btf.Param{Name: identifier(param.Name), Type: word}
		if param.Name == "" {
			params[i].Name = fmt.Sprintf("arg%d", i)
		}
	}
	return params
}

// identifier turns a name into one that BTF accepts for a function: a C identifier (kernel/bpf/btf.c, btf_name_valid_identifier).
func identifier(name string) string {
	valid := func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}
	name = strings.Map(valid, name)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	const longest = 127 // KSYM_NAME_LEN-1 in the oldest kernels
	return name[:min(len(name), longest)]
}

// void reports whether a function has no result.
func (u *unit) void(f *function) bool {
	if f == u.funcs[0] && u.target.Place.IsMember() && u.target.Place.Signature != nil {
		return u.target.Place.Signature.Void()
	}
	return f.program.Proto != nil && f.program.Proto.Result.Void()
}
