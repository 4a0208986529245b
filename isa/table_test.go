package isa

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// byTable finds the forms of a value in the slow and obvious way: by asking each row about each field.
func byTable(i Instruction) []Form {
	imm, next := i.Imm, int64(0)
	if i.IsWide() {
		imm, next = int64(int32(i.Imm)), int64(uint32(i.Imm>>32))
	}
	var found []Form
	for f := range Forms() {
		in := f.Info()
		if in.Op == i.Op && in.Dst.Contains(int64(i.Dst)) && in.Src.Contains(int64(i.Src)) && in.Off.Contains(int64(i.Off)) &&
			in.Imm.Contains(imm) && in.NextImm.Contains(next) {
			found = append(found, f)
		}
	}
	return found
}

func TestPatternsSayWhatTheTableSays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(values ...int64) int64 { return values[r.IntN(len(values))] }
	valid := 0
	for op := range 256 {
		for range 500 {
			i := Instruction{
				Op:  Opcode(op),
				Dst: Register(pick(0, 0, 0, 3, 10, 11, 15, 16, 255)),
				Src: Register(pick(0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 15, 16, 17, 255)),
				Off: int16(pick(0, 0, 0, 1, 2, 8, 16, 24, 32, -1, -8, 1<<15-1, -1<<15)),
				Imm: pick(0, 0, 0, 1, 16, 32, 64, 5, 1<<16, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1, 0x100, 0x110, 0x111,
					-1, 1<<31-1, -1<<31, 1<<31, 1<<32, 1<<32-1, -1<<31-1, 1<<40, -1<<63),
			}
			want := byTable(i)
			if len(want) > 1 {
				t.Fatalf("%#v is %v at once", i, want)
			}
			got, err := i.Form()
			if len(want) == 0 {
				e, ok := err.(*EncodingError)
				if !ok || e.Field == 0 || e.Rule == 0 {
					t.Fatalf("%#v is no form, but Form gives %v, %v", i, got, err)
				}
				continue
			}
			valid++
			if err != nil || got != want[0] {
				t.Fatalf("%#v is %v, but Form gives %v, %v", i, want[0], got, err)
			}
		}
	}
	if valid < 2000 {
		t.Errorf("only %d valid values: the test is weak", valid)
	}
}

func TestRowsAreComplete(t *testing.T) {
	names, mnemonics := map[string]bool{}, map[string]bool{}
	for f := range Forms() {
		r := f.row()
		if r.name == "" || r.mnem == "" || r.text == "" || r.does == "" {
			t.Errorf("row %d lacks a name, mnemonic, text or meaning: %+v", f, r)
		}
		if names[r.name] || mnemonics[r.mnem] {
			t.Errorf("%s or %s stands in the table twice", r.name, r.mnem)
		}
		names[r.name], mnemonics[r.mnem] = true, true
		for _, template := range []string{r.text, r.llvm} {
			for n := 0; n < len(template); n++ {
				if template[n] != '%' {
					continue
				}
				n++
				if n == len(template) || !strings.ContainsRune("dDsSixIXoOnjJhuvk%", rune(template[n])) {
					t.Errorf("%s: %q has an unknown verb", r.name, template)
				}
			}
		}
		if r.next != 0 && r.op != opWide {
			t.Errorf("%s has a second slot's rule and one slot", r.name)
		}
	}
	if Form(255).Info() != (Info{}) || Form(0).Info() != (Info{}) || Form(255).String() != "no form" {
		t.Error("a number that is no form has a row")
	}
}
