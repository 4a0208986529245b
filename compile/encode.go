package compile

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// encode makes the object, unless there are findings: what they point at has
// no sensible encoding.
func encode(u *unit) {
	if len(u.findings) > 0 {
		return
	}
	o := &Object{Program: u.program, ByteOrder: u.target.ByteOrder}
	for _, f := range u.funcs {
		o.Functions = append(o.Functions, Function{f.program, f.first})
		for i := range f.code {
			o.Instructions = append(o.Instructions, f.code[i].Instruction)
			o.lines = append(o.lines, line{f.first + f.slots[i], f.code[i].item})
		}
	}
	code, err := isa.Append(make([]byte, 0, 8*len(o.Instructions)+64), u.target.ByteOrder, o.Instructions...)
	if err != nil { // check found every such operand
		u.unreadable(fmt.Errorf("encode %s: %w", u.program.Name, err))
		return
	}
	o.Code = code
	if err := u.describe(o); err != nil {
		u.unreadable(err)
		return
	}
	u.object = o
}

// describe adds the program's BTF with what refers to it: a function record
// for each function and a line record wherever the line of Go changes.
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
		linkage := btf.Global // the entry, as clang has it; functions it calls are verified with it
		if i > 0 {
			linkage, params = btf.Static, subParams(f.program.Proto, word)
		}
		record := func(index int, id btf.ID) {
			o.FuncInfo = order.AppendUint32(o.FuncInfo, uint32(f.first+f.slots[index]))
			o.FuncInfo = order.AppendUint32(o.FuncInfo, uint32(id))
		}
		record(0, b.Func(identifier(f.program.Name), b.FuncProto(result, params...), linkage))
		for _, index := range f.inner() {
			if index > 0 {
				record(index, b.Func(identifier(fmt.Sprintf("%s_%d", f.program.Name, f.slots[index])), b.FuncProto(word), btf.Static))
			}
		}
	}
	var file, text, last uint32
	var lastSite uintptr
	for _, f := range u.funcs {
		inner := f.inner()
		for i := range f.code {
			item := f.code[i].item
			entry := i == 0 || slices.Contains(inner, i) // the kernel wants a record there
			if !entry && item.Site() == lastSite {       // positions cost more than all else here
				continue
			}
			lastSite = item.Site()
			pos := item.Pos()
			source := ""
			if u.target.Source != nil {
				source = u.target.Source(pos.File, pos.Line)
			}
			fileOff, textOff := b.String(pos.File), b.String(source)
			column := uint32(pos.Line) << 10 // the column in the low ten bits is not known
			if !entry && fileOff == file && textOff == text && column == last {
				continue
			}
			file, text, last = fileOff, textOff, column
			for _, w := range []uint32{uint32(f.first + f.slots[i]), fileOff, textOff, column} {
				o.LineInfo = order.AppendUint32(o.LineInfo, w)
			}
		}
	}
	raw, err := b.Bytes()
	o.BTF = raw
	return err
}

// recordOrder is the order for BTF and records, which the kernel reads as its
// own words, like the code.
func recordOrder(o isa.ByteOrder) binary.AppendByteOrder {
	if o == isa.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
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

// identifier makes a name one that BTF takes for a function: a C identifier
// (kernel/bpf/btf.c, btf_name_valid_identifier).
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
	const longest = 127 // KSYM_NAME_LEN-1 of the oldest kernels
	return name[:min(len(name), longest)]
}
