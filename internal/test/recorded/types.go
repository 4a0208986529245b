package recorded

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

//go:generate go run ../../gen/carve -recorded -from ../../../../shared/btf -to .

// types.btf has the types of the recording kernel that the programs use. ids.tsv has the numbers of these types in that kernel.
var (
	//go:embed types.btf
	carvedTypes []byte
	//go:embed ids.tsv
	carvedIDs string
)

// Types are the kernel's types that the recorded programs use.
type Types struct {
	*btf.Types
	ids map[int64]btf.ID // by the number that the kernel had for it
}

// OpenTypes returns the types of the Linux 6.18 that was given the programs.
func OpenTypes(t testing.TB) Types {
	t.Helper()
	types, err := btf.Parse(carvedTypes)
	if err != nil {
		t.Fatal(err)
	}
	all := Types{types, map[int64]btf.ID{}}
	for line := range strings.Lines(carvedIDs) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		old, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			t.Fatal("ids.tsv: ", err)
		}
		if all.ids[old], err = types.Lookup(btf.KindFunc, name); err != nil {
			if all.ids[old], err = types.Composite(name); err != nil {
				t.Fatal("ids.tsv: ", err)
			}
		}
	}
	return all
}

// Renumber replaces the numbers of kernel functions in a program's instructions by the numbers of the functions in these types. Numbers
// that do not exist in the kernel stay.
func (t Types) Renumber(code []isa.Instruction) {
	for i := range code {
		if id, ok := t.ids[code[i].Imm]; ok && code[i].IsKfuncCall() {
			code[i].Imm = int64(id)
		}
	}
}
