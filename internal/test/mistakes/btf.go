package mistakes

import (
	"github.com/bpfsmith/bpfsmith/btf"
)

const btfText = `A program is loaded with types, which describe its functions and the values of its maps. The kernel checks the
types before the program. Its log has a line for each type; the last line says what is wrong. Packages compile and maps write
types with package btf's Builder; these are written by hand.`

var types = [...]Mistake{
	{
		Name: "pointer_to_no_type",
		Rule: "[%d] %s Invalid type_id",
		Types: func(b *btf.Builder) {
			b.Pointer(99) // wrong: type 99 does not exist
		},
	},
	{
		Name: "name_with_a_blank",
		Rule: "[%d] %s Invalid name",
		Types: func(b *btf.Builder) {
			b.Struct("my struct", 4) // wrong: a name must be a C identifier, without blanks
		},
	},
	{
		Name: "type_of_itself",
		Rule: "[%d] %s Loop detected",
		Types: func(b *btf.Builder) {
			b.Typedef("self", 1) // wrong: type 1 is this type itself
		},
	},
	{
		Name: "member_past_the_struct",
		Rule: "%s Member exceeds struct_size",
		Types: func(b *btf.Builder) {
			number := b.Int("u64", 8, false)
			b.Struct("small", 4, btf.Member{Name: "large", Type: number}) // wrong: a member of 8 bytes in a struct of 4 bytes
		},
	},
	{
		Name: "argument_without_a_name",
		Rule: "[%d] %s Invalid arg#%d",
		Types: func(b *btf.Builder) {
			number := b.Int("u32", 4, false)
			proto := b.FuncProto(number, btf.Param{Type: number}) // wrong: the argument has no name
			b.Func("f", proto, btf.Static)
		},
	},
	{
		Name: "strings_without_an_end",
		Rule: "Invalid string section",
		Types: func(b *btf.Builder) {
			b.Int("u32", 4, false)
		},
		SpoilTypes: func(blob []byte) {
			blob[len(blob)-1] = 'x' // wrong: the last string must end with a zero byte
		},
	},
	{
		Name: "other_magic",
		Rule: "Invalid magic",
		Types: func(b *btf.Builder) {
			b.Int("u32", 4, false)
		},
		SpoilTypes: func(blob []byte) {
			blob[0]++ // wrong: BTF must begin with 0xeb9f
		},
	},
	{
		Name: "kind_of_the_future",
		Rule: "[%u] Invalid kind:%u",
		Types: func(b *btf.Builder) {
			b.Int("u32", 4, false)
		},
		SpoilTypes: func(blob []byte) {
			blob[headerSize+7] = 31 // wrong: the kind of the type is a number that no kernel knows yet
		},
	},
	{
		Name: "section_without_a_size",
		Rule: "%s Invalid offset",
		Types: func(b *btf.Builder) {
			number := b.Int("u64", 8, false)
			b.Datasec(".data", 0, btf.Variable{Var: b.Var("total", number), Size: 8}) // wrong: a section has the size of its variables
		},
	},
	{
		Name: "linkage_of_no_kind",
		Rule: "%s Invalid func linkage",
		Types: func(b *btf.Builder) {
			b.Func("f", b.FuncProto(0), btf.Linkage(7)) // wrong: a function is static, global or extern
		},
	},
	{
		Name: "integer_with_members",
		Rule: "%s vlen != 0",
		Types: func(b *btf.Builder) {
			b.Int("u32", 4, false)
		},
		SpoilTypes: func(blob []byte) {
			blob[headerSize+4] = 1 // wrong: an integer has no members
		},
	},
}

// headerSize is the size of struct btf_header, in bytes. The types follow it.
const headerSize = 24
