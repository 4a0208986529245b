package dsl_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// Each constructor makes a recorded instruction from its operands. Jumps are compared when they have their distance.
func TestConstructorsMakeRecordedInstructions(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "isa", "testdata", "golden.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	made := make(map[isa.Form]bool)
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		columns := strings.Split(line, "\t")
		code, err := hex.DecodeString(strings.ReplaceAll(columns[1], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := isa.Decode(code, isa.LittleEndian)
		if err != nil {
			t.Fatal(err)
		}
		want := decoded[0]
		form, err := want.Form()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := item(form.Info().Mnemonic, want.Dst, want.Src, want.Off, int32(want.Imm), uint32(want.Imm>>32))
		if !ok {
			continue
		}
		made[form] = true
		if distance, _, ok := want.Displacement(); ok {
			if got.Kind != record.JumpTo || got.Name() != "label" {
				t.Errorf("%s: %+v leads to no label", columns[0], got)
			}
			if got.Ins, err = got.Ins.WithDisplacement(int64(distance)); err != nil {
				t.Errorf("%s: %v", columns[0], err)
			}
		}
		if got.Ins != want {
			t.Errorf("%s: got %#v, want %#v", columns[0], got.Ins, want)
		}
	}
	for form := range isa.Forms() {
		switch form.Info().Constructor {
		case "CallRel", "CallKfunc", "LoadFunc": // Call, CallKernel and LoadFunc take names
		default:
			if !made[form] {
				t.Errorf("no constructor for %v", form)
			}
		}
	}
}
