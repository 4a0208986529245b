package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A param is a parameter of a constructor and the field that it fills.
type param struct {
	name, typ string
	field     string
	expr      string // the expression for the field; the name if empty
	item      string // the argument that the function in dsl passes; the name if empty
}

// A constructor is a function to write, for one form, or for one form in several sizes.
type constructor struct {
	name   string
	forms  []isa.Info
	params []param
}

// constructors returns the constructors in the table's order.
func constructors() []constructor {
	var cs []constructor
	at := map[string]int{}
	for f := range allForms() {
		i := f.Info()
		if n, ok := at[i.Constructor]; ok {
			cs[n].forms = append(cs[n].forms, i)
			continue
		}
		at[i.Constructor] = len(cs)
		cs = append(cs, constructor{i.Constructor, []isa.Info{i}, params(i)})
	}
	return cs
}

// params returns the parameters of a form: size, then what is on the left in assembly, with the offset after the register that it is
// added to, then the rest.
func params(i isa.Info) []param {
	var ps []param
	if i.Sized {
		ps = append(ps, param{name: "size", typ: "Size"})
	}
	dst := param{name: "dst", typ: "Register", field: "Dst"}
	src := param{name: "src", typ: "Register", field: "Src"}
	off, hasOff := map[isa.OperandKind]param{
		isa.OperandOffset:  {name: "off", typ: "int16", field: "Off"},
		isa.OperandJump16:  {name: "off", typ: "int16", field: "Off", item: "0"},
		isa.OperandFDIndex: {name: "fdIndex", typ: "int16", field: "Off"},
	}[i.Off.Kind]
	if i.Dst.Kind.IsRegister() {
		ps = append(ps, dst)
	}
	if i.Dst.Kind == isa.OperandAddress {
		ps = append(ps, off)
		hasOff = false
	}
	if i.Src.Kind.IsRegister() {
		ps = append(ps, src)
	}
	imm := param{typ: "int32", field: "Imm", expr: "int64(%s)"}
	switch i.Imm.Kind {
	case isa.OperandReserved, isa.OperandFixed:
	case isa.OperandJump32:
		imm.name, imm.item = "off", "0"
	case isa.OperandHelper, isa.OperandKfunc, isa.OperandVariable:
		imm.name = "id"
	case isa.OperandMapFD:
		imm.name = "fd"
	case isa.OperandMapIndex:
		imm.name = "index"
	case isa.OperandFunc:
		imm.name = "rel"
	case isa.OperandConst64:
		imm.name, imm.typ, imm.expr = "value", "int64", "%s"
	default:
		imm.name = "imm"
	}
	if i.Slots == 2 && i.Imm.Kind != isa.OperandConst64 {
		imm.expr = "int64(uint32(%s))"
	}
	if imm.name != "" {
		ps = append(ps, imm)
	}
	switch i.NextImm.Kind {
	case isa.OperandNextOffset:
		ps[len(ps)-1].expr += " | int64(off)<<32"
		ps = append(ps, param{name: "off", typ: "uint32"})
	case isa.OperandNextFD:
		ps[len(ps)-1].expr += " | int64(fd)<<32"
		ps = append(ps, param{name: "fd", typ: "int32"})
	}
	if hasOff {
		ps = append(ps, off)
	}
	return ps
}

// list writes parameters as Go does: a type is written once for neighbours that share it. prefix is written before isa's types.
func list(ps []param, prefix string) string {
	var b strings.Builder
	for n, p := range ps {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.name)
		if n+1 < len(ps) && ps[n+1].typ == p.typ {
			continue
		}
		b.WriteByte(' ')
		if p.typ == "Register" || p.typ == "Size" {
			b.WriteString(prefix)
		}
		b.WriteString(p.typ)
	}
	return b.String()
}

// doc writes the comment of a constructor: what it does, how it is encoded, and where it can be used.
func doc(b *bytes.Buffer, c constructor) {
	i := c.forms[0]
	var lines []string
	if !i.Sized {
		lines = append(lines, fmt.Sprintf("%s is the instruction %s.", c.name, i.Semantics))
	} else {
		lines = append(lines, fmt.Sprintf("%s is one of the instructions", c.name))
		lines = append(lines, "")
		for _, f := range c.forms {
			lines = append(lines, fmt.Sprintf("\t%-2s  %s", f.Size, f.Semantics))
		}
		if len(c.forms) < 4 {
			lines = append(lines, "", "The encoder refuses other sizes.")
		}
	}
	lines = append(lines, "", encoding(c))
	uses := fmt.Sprintf("ISA %s, Linux %s.", i.Level, i.Since)
	if i.Level == 0 {
		uses = fmt.Sprintf("In no ISA level, Linux %s.", i.Since)
	}
	if i.Since == (isa.KernelVersion{}) {
		uses = fmt.Sprintf("ISA %s, no Linux yet.", i.Level)
	}
	if i.Internal {
		uses = fmt.Sprintf("Only inside Linux, since %s: programs must not have it.", i.Since)
	}
	lines = append(lines, uses)
	for _, l := range lines {
		if l == "" {
			b.WriteString("//\n")
		} else if l[0] == '\t' {
			fmt.Fprintf(b, "//%s\n", l)
		} else {
			fmt.Fprintf(b, "// %s\n", l)
		}
	}
}

// encoding describes the fields that are fixed, and the ranges of fields that are narrower than their Go type.
func encoding(c constructor) string {
	i := c.forms[0]
	var parts []string
	ops := ""
	for n, f := range c.forms {
		if n > 0 {
			ops += "/"
		}
		ops += fmt.Sprintf("%02x", uint8(f.Op))
	}
	parts = append(parts, "Opcode "+ops)
	fixed := func(name string, o isa.Operand, format string) {
		if o.Kind == isa.OperandFixed {
			parts = append(parts, fmt.Sprintf("%s "+format, name, o.Value))
		}
	}
	fixed("src", i.Src, "%d")
	fixed("off", i.Off, "%d")
	if i.Off.Kind == isa.OperandFDIndex {
		parts = append(parts, "off fdIndex from 0")
	}
	immFormat := "%d"
	if i.Op.Class() == isa.ClassSTX {
		immFormat = "%#x"
	}
	fixed("imm", i.Imm, immFormat)
	switch i.Imm.Kind {
	case isa.OperandDivisor:
		parts = append(parts, "imm not 0 on Linux")
	case isa.OperandShift32:
		parts = append(parts, "imm 0 to 31 on Linux")
	case isa.OperandShift64:
		parts = append(parts, "imm 0 to 63 on Linux")
	case isa.OperandHelper:
		parts = append(parts, "imm not 0")
	}
	if i.Slots == 2 {
		parts = append(parts, "two slots")
	}
	return strings.Join(parts, ", ") + "."
}

func writeConstructors(b *bytes.Buffer) error {
	b.WriteString("package isa\n")
	for _, c := range constructors() {
		i := c.forms[0]
		b.WriteByte('\n')
		doc(b, c)
		op := fmt.Sprintf("%#02x", uint8(i.Op))
		if i.Sized {
			op = fmt.Sprintf("sized(%#02x, size)", uint8(i.Op)&^uint8(isa.DW))
		}
		fields := []string{"Op: " + op}
		for _, f := range []string{"Dst", "Src", "Off", "Imm"} {
			for _, p := range c.params {
				if p.field == f {
					e := p.name
					if p.expr != "" {
						e = fmt.Sprintf(p.expr, p.name)
					}
					fields = append(fields, f+": "+e)
				}
			}
			o := map[string]isa.Operand{"Src": i.Src, "Off": i.Off, "Imm": i.Imm}[f]
			if o.Kind == isa.OperandFixed && o.Value != 0 {
				format := "%s: %d"
				if i.Op.Class() == isa.ClassSTX {
					format = "%s: %#x" // an atomic operation
				}
				fields = append(fields, fmt.Sprintf(format, f, o.Value))
			}
		}
		fmt.Fprintf(b, "func %s(%s) Instruction {\n\treturn Instruction{%s}\n}\n", c.name, list(c.params, ""), strings.Join(fields, ", "))
	}
	return nil
}

// symbolic are the constructors with an operand that is a name in dsl. Their functions in dsl are written by hand.
var symbolic = map[string]bool{"CallRel": true, "CallKfunc": true, "LoadFunc": true}

func writeItems(b *bytes.Buffer) error {
	b.WriteString("package dsl\n\nimport \"github.com/bpfsmith/bpfsmith/isa\"\n")
	for _, c := range constructors() {
		if symbolic[c.name] || c.forms[0].Internal {
			continue
		}
		b.WriteByte('\n')
		i := &c.forms[0]
		i.Semantics = strings.NewReplacer("pc += off", "goto label", "pc += imm", "goto label").Replace(i.Semantics)
		doc(b, c)
		var params []param
		var args []string
		label := false
		for _, p := range c.params {
			if p.item != "" {
				args = append(args, p.item)
				label = true
				continue
			}
			params = append(params, p)
			args = append(args, p.name)
		}
		call := fmt.Sprintf("isa.%s(%s)", c.name, strings.Join(args, ", "))
		if label {
			params = append(params, param{name: "label", typ: "string"})
			fmt.Fprintf(b, "//\n//go:noinline\nfunc %s(%s) Item {\n\treturn jumpTo(%s, label)\n}\n", c.name, list(params, "isa."), call)
		} else {
			fmt.Fprintf(b, "//\n//go:noinline\nfunc %s(%s) Item {\n\treturn at(%s)\n}\n", c.name, list(params, "isa."), call)
		}
	}
	return nil
}

// writeTestConstructors writes a function that calls the constructor of a form with the fields of an instruction. The imm of the second
// slot is a field of its own. The tests take the fields from recorded bytes.
func writeTestConstructors(b *bytes.Buffer) error {
	b.WriteString(`package isa_test

import . "github.com/bpfsmith/bpfsmith/isa"

// construct calls the constructor with the given mnemonic's form. ok is false if there is none.
func construct(mnemonic string, dst, src Register, off int16, imm int32, next uint32) (i Instruction, ok bool) {
	switch mnemonic {
`)
	for f := range allForms() {
		i := f.Info()
		fmt.Fprintf(b, "\tcase %q:\n\t\treturn %s(%s), true\n", i.Mnemonic, i.Constructor,
			strings.Join(testArguments(i, params(i), ""), ", "))
	}
	b.WriteString("\t}\n\treturn Instruction{}, false\n}\n")
	return nil
}

// writeTestItems writes the same for the items of dsl. Their jumps lead to a label, so they have no distance yet.
func writeTestItems(b *bytes.Buffer) error {
	b.WriteString(`package dsl_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// item calls the constructor with the given mnemonic's form. ok is false if there is none.
func item(mnemonic string, dst, src isa.Register, off int16, imm int32, next uint32) (i dsl.Item, ok bool) {
	switch mnemonic {
`)
	for f := range isa.Forms() {
		i := f.Info()
		if symbolic[i.Constructor] {
			continue
		}
		var ps []param
		label := false
		for _, p := range params(i) {
			if p.item != "" {
				label = true
				continue
			}
			ps = append(ps, p)
		}
		args := testArguments(i, ps, "isa.")
		if label {
			args = append(args, `"label"`)
		}
		fmt.Fprintf(b, "\tcase %q:\n\t\treturn dsl.%s(%s), true\n", i.Mnemonic, i.Constructor, strings.Join(args, ", "))
	}
	b.WriteString("\t}\n\treturn dsl.Item{}, false\n}\n")
	return nil
}

// testArguments returns the arguments for a constructor: expressions made of the fields of an instruction. prefix is written before
// isa's names.
func testArguments(i isa.Info, ps []param, prefix string) []string {
	var args []string
	for _, p := range ps {
		a := strings.ToLower(p.field)
		switch {
		case p.name == "size":
			a = prefix + i.Size.String()
		case p.field == "" && p.typ == "uint32":
			a = "next"
		case p.field == "":
			a = "int32(next)"
		case p.typ == "int64":
			a = "int64(next)<<32 | int64(uint32(imm))"
		}
		args = append(args, a)
	}
	return args
}
