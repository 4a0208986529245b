package main

import "strings"

const (
	compute64 = "Add64Imm Add64Reg Sub64Reg Mul64Imm And64Imm Or64Reg Xor64Imm Xor64Reg Lsh64Imm Rsh64Imm"
	compute32 = "Add32Imm Add32Reg Sub32Reg And32Imm Or32Reg Xor32Reg Lsh32Imm Rsh32Imm"
	mix       = "Add64Imm Add64Reg Xor64Imm Xor64Reg"
	loads     = "Load8 Load16 Load32 Load64"

	pair     = "$1 a b; $2 a c" // on the same register
	neighbor = "$1; $2"         // on any registers
)

// fusions give the sequences that are one step: those that are frequent in objects of clang and in our own examples. In the place of $1,
// $2 and $3 a template has each operation of a list. Letters that an operation does not need are dropped.
var fusions = []struct {
	template string
	lists    [maxFused]string
}{
	// Moving and computing: two operands instead of one. Computing twice.
	{pair, [...]string{"Mov64Reg", compute64 + " Arsh64Imm Mul64Reg And64Reg Or64Imm Div64Imm Div64Reg Mod64Imm Mod64Reg", ""}},
	{pair, [...]string{"Mov32Reg", compute32 + " Mul32Imm", ""}},
	{pair, [...]string{compute64, compute64, ""}},
	{pair, [...]string{"Lsh64Imm", "Arsh64Imm", ""}},
	{pair, [...]string{compute32, compute32, ""}},

	// Computing or loading, and a branch on it. A bit; a divisor.
	{pair, [...]string{"Mov64Reg Add64Imm And64Imm Mod64Reg",
		"JEQ64Imm JNE64Imm JGT64Imm JLT64Imm JGT64Reg JGE64Reg JLT64Reg JLE64Reg", ""}},
	{pair, [...]string{"Add32Imm And32Imm Mov32Reg", "JEQ32Imm JNE32Imm JEQ64Imm JNE64Imm", ""}},
	{pair, [...]string{loads, "JEQ64Imm JNE64Imm JEQ32Imm JNE32Imm", ""}},
	{pair, [...]string{loads, "Add64Imm And64Imm Lsh64Imm Add32Imm Lsh32Imm", ""}},
	{"$1 a b; $2 a c; $3 a", [...]string{"Mov64Reg", "And64Imm Mod64Reg", "JEQ64Imm JNE64Imm"}},
	{neighbor, [...]string{"Mov64Imm Mov64Reg Add64Imm Add32Imm", "Jump", ""}},

	// What begins a branch.
	{neighbor, [...]string{"JEQ64Imm JNE64Imm JEQ32Imm JNE32Imm", "Mov64Imm Mov64Reg Load32 Load64 Add64Imm", ""}},

	// Copies.
	{neighbor, [...]string{"Mov64Imm Mov64Reg", "Mov64Imm Mov64Reg", ""}},
	{neighbor, [...]string{"Add64Imm", "Mov64Imm Mov64Reg", ""}},
	{neighbor, [...]string{"Load32 Load64", "Load32 Load64", ""}},
	{neighbor, [...]string{"Store32 Store64", "Store32 Store64", ""}},
	{neighbor, [...]string{"Mov64Imm", "Store8 Store16 Store32 Store64", ""}},
	{neighbor, [...]string{"Load8", "Store8", ""}},
	{neighbor, [...]string{"Load32", "Store32", ""}},
	{neighbor, [...]string{"Load64", "Store64", ""}},

	// Hashes.
	{"$1 a b; $2 a c; $3 a", [...]string{mix, mix, "Mul64Imm"}},
	{"$1 a b; $2 a; $3 b a", [...]string{"Mov64Reg", "Lsh64Imm Rsh64Imm", "Add64Reg Sub64Reg Or64Reg Xor64Reg"}},
}

// fused are the sequences.
func fused() (all []sequence) {
	for _, f := range fusions {
		texts := []string{f.template}
		for n, list := range f.lists {
			if list == "" {
				break
			}
			var longer []string
			for _, text := range texts {
				for name := range strings.FieldsSeq(list) {
					longer = append(longer, strings.ReplaceAll(text, "$"+string(rune('1'+n)), name))
				}
			}
			texts = longer
		}
		for _, text := range texts {
			all = append(all, parse(text))
		}
	}
	return all
}
