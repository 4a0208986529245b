//go:build fresh

package vm_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// TestConformance runs the public conformance suite, which is in the folder beside the repository.
func TestConformance(t *testing.T) {
	rows := sharedRows(t, "vectors.tsv")
	if len(rows) != 267 {
		t.Errorf("%d vectors, want 267", len(rows))
	}
	for _, row := range rows {
		t.Run(row["file"], func(t *testing.T) {
			want, err := strconv.ParseUint(row["result"], 0, 64)
			if err != nil {
				t.Fatal(err)
			}
			var memory []byte
			if row["mem_hex"] != "" {
				memory = unhex(t, row["mem_hex"])
			}
			p, err := vm.Load(unhex(t, row["prog_hex_le"]), vm.Options{Level: levelNamed(row["cpu"])})
			if err != nil {
				t.Fatal(err)
			}
			got, err := vm.New(p).Run(t.Context(), memory)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("result %#x, want %#x", got, want)
			}
		})
	}
}

// TestConformanceNegative loads programs that are not valid.
func TestConformanceNegative(t *testing.T) {
	for _, row := range sharedRows(t, "negative.tsv") {
		for _, mode := range []vm.Mode{vm.Conformant, vm.Linux} {
			if _, err := vm.Load(unhex(t, row["prog_hex_le"]), vm.Options{Mode: mode}); err == nil {
				t.Errorf("%s: loaded in the mode %v", row["file"], mode)
			}
		}
	}
}

// sharedRows reads a table of the suite: a map by column for each row.
func sharedRows(t *testing.T, name string) []map[string]string {
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "conformance", name))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for n, cell := range strings.Split(line, "\t") {
			row[columns[n]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func unhex(t *testing.T, text string) []byte {
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// levelNamed is the level v1 to v4 with a name; 0 if there is none.
func levelNamed(name string) isa.Level {
	for l := isa.V1; l <= isa.V4; l++ {
		if l.String() == name {
			return l
		}
	}
	return 0
}
