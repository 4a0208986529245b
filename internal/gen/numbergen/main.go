// Numbergen writes dsl/numbers_gen.go: the numbers of package dsl, U8 to S64, as variables and cells too.
//
// They are types of their own and not one generic type, because Go compiles the methods of a generic type again in each package that
// uses it. For eight widths that took five seconds in each package with a program. All methods have one line. Their work is done by the
// methods of dsl.number and by internal/record, for widths that are known at run time.
//
// It is run by `go generate ./dsl`. With -check it writes nothing and fails if the file isn't what it would write.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

func main() {
	check := flag.Bool("check", false, "write nothing, fail if the file is stale")
	flag.Parse()
	if err := genfiles.Update([]genfiles.File{{Path: "dsl/numbers_gen.go", Contents: contents}}, "go generate ./dsl", *check); err != nil {
		fmt.Fprintln(os.Stderr, "numbergen:", err)
		os.Exit(1)
	}
}

// widths are the types of numbers.
var widths = [...]struct {
	name   string // of the type
	goName string
	bits   int
	signed bool
}{
	{"U8", "uint8", 8, false}, {"U16", "uint16", 16, false}, {"U32", "uint32", 32, false}, {"U64", "uint64", 64, false},
	{"S8", "int8", 8, true}, {"S16", "int16", 16, true}, {"S32", "int32", 32, true}, {"S64", "int64", 64, true},
}

// A method is a method of each number: its parameters, its result, and the method of dsl.number that it calls. $ is the number's name.
type method struct {
	name   string
	params string
	result string
	call   string
	doc    string
}

// operators are the methods of all numbers.
var operators = [...]method{
	{"Add", "o Operand", "$", "arithmetic(ir.Add, o)", "is n + o."},
	{"Sub", "o Operand", "$", "arithmetic(ir.Sub, o)", "is n - o."},
	{"Mul", "o Operand", "$", "arithmetic(ir.Mul, o)", "is n * o."},
	{"Div", "o Operand", "$", "arithmetic(ir.Div, o)", "is n / o, or 0 if o is 0. Signed numbers round toward zero."},
	{"Mod", "o Operand", "$", "arithmetic(ir.Mod, o)", "is n % o, or n if o is 0. The result of signed numbers has the sign of n."},
	{"And", "o Operand", "$", "arithmetic(ir.And, o)", "is n & o."},
	{"Or", "o Operand", "$", "arithmetic(ir.Or, o)", "is n | o."},
	{"Xor", "o Operand", "$", "arithmetic(ir.Xor, o)", "is n ^ o."},
	{"Neg", "", "$", "negate()", "is -n."},
	{"Not", "", "$", "complement()", "is ^n: every bit is inverted."},
	{"Shl", "count Operand", "$", "shift(ir.Shl, count)",
		"is n << count. As in Go, a count of the width or more gives 0. The count is a Go constant, or an unsigned number of any width."},
	{"Shr", "count Operand", "$", "shift(ir.Shr, count)",
		"is n >> count. Signed numbers keep their sign. As in Go, a count of the width or more leaves only the sign, or 0."},
	{"Max", "o Operand", "$", "max(o)", "is the larger of n and o."},
	{"Min", "o Operand", "$", "min(o)", "is the smaller of n and o."},
	{"Swap", "", "$", "swap()", "reverses the bytes of n."},
	{"Eq", "o Operand", "Bool", "relation(ir.EQ, o)", "is n == o."},
	{"Ne", "o Operand", "Bool", "relation(ir.NE, o)", "is n != o."},
	{"Lt", "o Operand", "Bool", "relation(ir.LT, o)", "is n < o."},
	{"Le", "o Operand", "Bool", "relation(ir.LE, o)", "is n <= o."},
	{"Gt", "o Operand", "Bool", "relation(ir.GT, o)", "is n > o."},
	{"Ge", "o Operand", "Bool", "relation(ir.GE, o)", "is n >= o."},
	{"Has", "bits Operand", "Bool", "relation(ir.TEST, bits)", "is n & bits != 0: at least one of the bits is set."},
	{"Get", "", "$", "get()", "is the value that the number has now. Variables and cells may change later."},
	{"Var", "", "Var$", "variable()", "makes a variable, which has the number's value at first."},
}

// assignments are the methods of variables and cells.
var assignments = [...]method{
	{"Set", "o Operand", "", "set(o)", "sets its value."},
	{"Inc", "o Operand", "", "inc(o)", "adds to it."},
}

// atomics are the methods of cells of 32 and 64 bits. Linux has no atomic operations on fewer bits.
var atomics = [...]method{
	{"AtomicAdd", "o Operand", "$", "atomic(isa.AtomicOpAdd|isa.AtomicOpFetch, o)",
		"adds atomically, and returns the old value of the cell (Linux 5.12, or any Linux if the old value is not used)."},
	{"AtomicAnd", "o Operand", "$", "atomic(isa.AtomicOpAnd|isa.AtomicOpFetch, o)", "is AtomicAdd for &."},
	{"AtomicOr", "o Operand", "$", "atomic(isa.AtomicOpOr|isa.AtomicOpFetch, o)", "is AtomicAdd for |."},
	{"AtomicXor", "o Operand", "$", "atomic(isa.AtomicOpXor|isa.AtomicOpFetch, o)", "is AtomicAdd for ^."},
	{"Exchange", "o Operand", "$", "atomic(isa.AtomicOpXchg, o)",
		"stores a value and returns the old value of the cell, in one step (Linux 5.12)."},
	{"CompareExchange", "expected, o Operand", "$", "atomic(isa.AtomicOpCmpXchg, o, expected)",
		"stores a value if the cell has the expected value, and returns the old value, in one step (Linux 5.12)."},
}

func contents() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("// Code generated by numbergen; DO NOT EDIT.\n\npackage dsl\n\n" +
		"import (\n\"github.com/bpfsmith/bpfsmith/internal/compiler/ir\"\n\"github.com/bpfsmith/bpfsmith/internal/record\"\n" +
		"\"github.com/bpfsmith/bpfsmith/isa\"\n)\n\n")
	b.WriteString("// Int is any of the numbers, for Go functions that take numbers of several widths. " +
		"It has the methods with the same\n" +
		"// results for all of them: conversions and comparisons.\ntype Int interface {\n")
	for i, w := range widths {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(w.name)
	}
	b.WriteString("\n\n")
	for _, w := range widths {
		fmt.Fprintf(&b, "%s() %[1]s\n", w.name)
	}
	for _, m := range operators {
		if m.result == "Bool" {
			fmt.Fprintf(&b, "%s(%s) Bool\n", m.name, m.params)
		}
	}
	b.WriteString("}\n\n")
	for _, w := range widths {
		sign := "an unsigned"
		if w.signed {
			sign = "a signed"
		}
		text(&b, w.name, fmt.Sprintf("%%s is %s integer of %d bits that a program computes. Its value does not change. "+
			"Operand says what its methods take.", sign, w.bits))
		fmt.Fprintf(&b, "type %s struct{ n number }\n\n", w.name)
		fmt.Fprintf(&b, "func (n %s) num() number { n.n.width = record.%[1]s; return n.n }\n\n"+
			"func (n *%[1]s) become(x number) { n.n = x }\n\n", w.name)
		for _, m := range operators {
			m.write(&b, "n", w.name, w.name)
		}
		for _, to := range widths {
			method{to.name, "", to.name, "convert(record." + to.name + ")", "converts as Go's " + to.goName + "(n) does."}.
				write(&b, "n", w.name, w.name)
		}
		lower := strings.ToLower(w.name)
		fmt.Fprintf(&b, "type %s = %s\n\n", lower, w.name)
		text(&b, "Var"+w.name, "%s is a "+w.name+" that a program can set again. It has all methods of "+w.name+
			", which use the value that it has at that time.")
		fmt.Fprintf(&b, "type Var%s struct{ %s }\n\nfunc (Var%[1]s) settable() {}\n\n", w.name, lower)
		for _, m := range assignments {
			m.write(&b, "v", "Var"+w.name, w.name)
		}
		text(&b, "Cell"+w.name, "%s is a "+w.name+" in memory. It has all methods of "+w.name+": each use loads it. "+
			"Inc loads and stores, which is not atomic.")
		fmt.Fprintf(&b, "type Cell%s struct{ %s }\n\nfunc (Cell%[1]s) inMemory() {}\n\n", w.name, lower)
		for _, m := range assignments {
			m.write(&b, "c", "Cell"+w.name, w.name)
		}
		if w.bits >= 32 {
			for _, m := range atomics {
				m.write(&b, "c", "Cell"+w.name, w.name)
			}
		}
	}
	for _, w := range widths {
		fmt.Fprintf(&b, "// %s is a constant.\nfunc (f *Fn) %[1]s(n %s) %[1]s { return %[1]s{f.number(record.%[1]s, n)} }\n\n",
			w.name, w.goName)
	}
	for _, w := range widths {
		fmt.Fprintf(&b, "// Var%s makes a variable with its first value.\n"+
			"func (f *Fn) Var%[1]s(o Operand) Var%[1]s { return Var%[1]s{%[1]s{f.number(record.%[1]s, o).variable()}} }\n\n", w.name)
	}
	for _, from := range [...]struct{ receiver, kind, doc, result string }{
		{"r Result", "r.number(record.$)", "is the low bits of the result, or all of it.", "$"},
		{"d Field", "d.number(record.$)", "reads the field. Field says what happens if the target's field has another width.", "$"},
		{"m Memory", "m.cell(record.$)", "is the number that is there.", "Cell$"},
	} {
		for _, w := range widths {
			result := strings.ReplaceAll(from.result, "$", w.name)
			value := fmt.Sprintf("%s{%s}", w.name, strings.ReplaceAll(from.kind, "$", w.name))
			if result != w.name {
				value = fmt.Sprintf("%s{%s}", result, value)
			}
			fmt.Fprintf(&b, "// %s %s\nfunc (%s) %s() %s { return %s }\n\n", w.name, from.doc, from.receiver, w.name, result, value)
		}
	}
	return format.Source(b.Bytes())
}

// write writes the method of a type. Its results are of the type called number.
func (m method) write(b *bytes.Buffer, receiver, typ, number string) {
	name := func(s string) string { return strings.ReplaceAll(s, "$", number) }
	fmt.Fprintf(b, "// %s %s\n", m.name, m.doc)
	value := fmt.Sprintf("%s.num().%s", receiver, m.call)
	switch result := name(m.result); {
	case result == "":
		fmt.Fprintf(b, "func (%s %s) %s(%s) { %s }\n\n", receiver, typ, m.name, m.params, value)
	case result == "Bool":
		fmt.Fprintf(b, "func (%s %s) %s(%s) Bool { return %s }\n\n", receiver, typ, m.name, m.params, value)
	case strings.HasPrefix(result, "Var"):
		fmt.Fprintf(b, "func (%s %s) %s(%s) %s { return %s{%s{%s}} }\n\n", receiver, typ, m.name, m.params, result, result, number, value)
	default:
		fmt.Fprintf(b, "func (%s %s) %s(%s) %s { return %s{%s} }\n\n", receiver, typ, m.name, m.params, result, result, value)
	}
}

// text writes a doc comment. The name replaces %s.
func text(b *bytes.Buffer, name, doc string) {
	fmt.Fprintf(b, "// %s\n", strings.ReplaceAll(fmt.Sprintf(doc, name), "%!", "%"))
}
