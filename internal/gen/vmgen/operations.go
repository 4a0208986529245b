package main

import (
	"fmt"
	"slices"
	"strings"
)

// A kind is what the case of an operation looks like.
type kind uint8

const (
	arithmetic kind = iota // expr is what dst becomes
	jump                   // expr is the condition; "" if there is none
	load                   // expr is what dst becomes
	store                  // expr is the value
)

// An operation is what an instruction of one op does. In its expression, D and S are the registers dst and src, K the constant, and B the
// bytes of memory.
type operation struct {
	name string // without "op"
	kind kind
	expr string
	size int // of the memory, in bytes
}

// with is the expression of an operation of an instruction.
func (o operation) with(d, s, instruction string) string {
	return strings.NewReplacer("D", d, "S", s, "K", instruction+".imm").Replace(o.expr)
}

// writes reports whether the operation changes dst.
func (o operation) writes() bool { return o.kind == arithmetic || o.kind == load }

// registers is how many registers the operation names.
func (o operation) registers() int {
	switch {
	case o.kind == load:
		return 2
	case o.kind == jump && o.expr == "":
		return 0
	case strings.Contains(o.expr, "S"):
		return 2
	}
	return 1
}

// operations are all that the loop runs.
var operations = allOperations()

// operationNamed is the operation with a name, which must be there.
func operationNamed(name string) operation {
	n := slices.IndexFunc(operations, func(o operation) bool { return o.name == name })
	if n < 0 {
		panic("vmgen: there is no operation " + name)
	}
	return operations[n]
}

func allOperations() (all []operation) {
	for _, width := range []int{64, 32} {
		for _, a := range []struct{ name, expr string }{
			{"Add", "D + X"}, {"Sub", "D - X"}, {"Mul", "D * X"}, {"Div", "quotient(D, X)"}, {"Mod", "remainder(D, X)"},
			{"SDiv", "signed quotient(D, X)"}, {"SMod", "signed remainder(D, X)"}, {"Or", "D | X"}, {"And", "D & X"}, {"Xor", "D ^ X"},
			{"Lsh", "D << (X & %)"}, {"Rsh", "D >> (X & %)"}, {"Arsh", "signed D >> (X & %)"},
		} {
			for _, operand := range []string{"Imm", "Reg"} {
				if a.name == "Sub" && operand == "Imm" { // it is an addition
					continue
				}
				all = append(all, operation{name: fmt.Sprint(a.name, width, operand), expr: inWidth(a.expr, width, operand)})
			}
		}
	}
	for _, a := range []struct{ name, expr string }{
		{"Neg64", "-D"}, {"Mov64Imm", "K"}, {"Mov64Reg", "S"}, {"Mov64SX8", "uint64(int8(S))"}, {"Mov64SX16", "uint64(int16(S))"},
		{"Mov64SX32", "uint64(int32(S))"}, {"Neg32", "uint64(-uint32(D))"}, {"Mov32Reg", "uint64(uint32(S))"},
		{"Mov32SX8", "uint64(uint32(int8(S)))"}, {"Mov32SX16", "uint64(uint32(int16(S)))"}, {"Zext16", "uint64(uint16(D))"},
		{"Swap16", "uint64(bits.ReverseBytes16(uint16(D)))"}, {"Swap32", "uint64(bits.ReverseBytes32(uint32(D)))"},
		{"Swap64", "bits.ReverseBytes64(D)"},
	} {
		all = append(all, operation{name: a.name, expr: a.expr})
	}
	all = append(all, operation{name: "Jump", kind: jump})
	for _, width := range []int{64, 32} {
		for _, j := range []struct{ name, expr string }{
			{"JEQ", "D == X"}, {"JNE", "D != X"}, {"JGT", "D > X"}, {"JGE", "D >= X"}, {"JLT", "D < X"}, {"JLE", "D <= X"},
			{"JSGT", "signed D > X"}, {"JSGE", "signed D >= X"}, {"JSLT", "signed D < X"}, {"JSLE", "signed D <= X"},
			{"JSET", "D & X != 0"},
		} {
			for _, operand := range []string{"Imm", "Reg"} {
				expr, _ := operands(j.expr, width, operand)
				all = append(all, operation{name: fmt.Sprint(j.name, width, operand), kind: jump, expr: expr})
			}
		}
	}
	for _, size := range []int{1, 2, 4, 8} {
		all = append(all, operation{fmt.Sprint("Load", 8*size), load, fmt.Sprintf("uint64(%s)", little(size)), size})
	}
	for _, size := range []int{1, 2, 4} {
		all = append(all, operation{fmt.Sprint("LoadSX", 8*size), load, fmt.Sprintf("uint64(int%d(%s))", 8*size, little(size)), size})
	}
	for _, from := range []struct{ name, value string }{{"Store", "S"}, {"StoreImm", "K"}} {
		for _, size := range []int{1, 2, 4, 8} {
			all = append(all, operation{fmt.Sprint(from.name, 8*size), store, from.value, size})
		}
	}
	return all
}

// operands replaces X by the operand and % by the largest shift, and converts D and X to the width; signed says that they have a sign.
func operands(expr string, width int, operand string) (out string, signed bool) {
	x := map[string]string{"Imm": "K", "Reg": "S"}[operand]
	d := "D"
	expr, signed = strings.CutPrefix(expr, "signed ")
	shift := strings.Contains(expr, "%")
	if signed || width == 32 {
		sign := "u"
		if signed {
			sign = ""
		}
		d = fmt.Sprintf("%sint%d(D)", sign, width)
		if !shift { // its operand is a count
			x = fmt.Sprintf("%sint%d(%s)", sign, width, x)
		}
	}
	return strings.NewReplacer("D", d, "X", x, "%", fmt.Sprint(width-1)).Replace(expr), signed
}

// inWidth is operands for a result, which is a uint64 whose upper half is 0 in 32 bits.
func inWidth(expr string, width int, operand string) string {
	expr, signed := operands(expr, width, operand)
	switch {
	case signed && width == 32:
		expr = "uint32(" + expr + ")"
		fallthrough
	case width == 32:
		return "uint64(" + expr + ")"
	case signed:
		return "uint64(" + expr + ")"
	}
	return expr
}

// little is the number in the first bytes of B, and putLittle writes V there. They say what encoding/binary does: the Go compiler makes
// one access of it, but it does not put the functions of that package into a function as large as the loop.
func little(size int) string {
	parts := []string{fmt.Sprintf("uint%d(B[0])", 8*size)}
	for n := 1; n < size; n++ {
		parts = append(parts, fmt.Sprintf("uint%d(B[%d])<<%d", 8*size, n, 8*n))
	}
	return strings.Join(parts, " | ")
}

func putLittle(size int) string {
	lines := []string{"B[0] = byte(V)"}
	for n := 1; n < size; n++ {
		lines = append(lines, fmt.Sprintf("B[%d] = byte(V >> %d)", n, 8*n))
	}
	return strings.Join(lines, "\n")
}
