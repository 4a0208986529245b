package isa_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/bpfsmith/bpfsmith/isa"
)

// The files of testdata/xlated are what Linux made of programs, as TestXlatedCodeIsReadBack records it: a line of hex for each slot,
// and comments with what the program does and which of the instructions no program may have.

// readBack decodes and encodes a dump, prints and parses it. It gives the instructions that a program cannot have and what is
// special about them, with their numbers.
func readBack(t *testing.T, code []byte, order ByteOrder) string {
	t.Helper()
	ins, err := DecodeXlated(code, order)
	if err != nil {
		t.Fatalf("after %d instructions: %v\n% x", len(ins), err, code)
	}
	again, err := AppendXlated(nil, order, ins...)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, code) {
		t.Errorf("encoded again it is something else:\ngot  % x\nwant % x", again, code)
	}
	for _, text := range []string{Format(ins, Xlated), string(AppendListing(nil, ins, Xlated))} {
		if again, err := Parse(text, Xlated); err != nil || !slices.Equal(again, ins) {
			t.Errorf("printed as\n%sand read as %v, %v", text, again, err)
		}
	}
	special := map[string]int{}
	for _, i := range ins {
		form, err := i.XlatedForm()
		if err != nil {
			t.Errorf("%v: %v", i, err)
			continue
		}
		name := form.String()
		if i.Dst > R10 || i.Src > R10 {
			name += " with r11"
		}
		if _, err := Append(nil, order, i); err != nil {
			special[name]++
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(special)) {
		list = append(list, fmt.Sprintf("%d %s", special[name], name))
	}
	return strings.Join(list, ", ")
}

func TestXlatedDumpsAreRead(t *testing.T) {
	files, err := filepath.Glob("testdata/xlated/*.hex")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 17 {
		t.Errorf("%d files, want 17 at least", len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".hex")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var code, big []byte
			special, found := "", false
			for line := range strings.Lines(string(text)) {
				if rest, comment := strings.CutPrefix(line, "#"); comment {
					if list, ok := strings.CutPrefix(rest, " special: "); ok {
						special, found = strings.TrimSpace(list), true
					}
					continue
				}
				slot := unhex(t, strings.TrimSpace(line))
				code = append(code, slot...)
				// The other order has dst and src, and the bytes of off and imm, the other way round.
				big = append(big, slot[0], slot[1]<<4|slot[1]>>4, slot[3], slot[2], slot[7], slot[6], slot[5], slot[4])
			}
			got := readBack(t, code, LittleEndian)
			if !found || got != special {
				t.Errorf("special is %q, recorded is %q", got, special)
			}
			readBack(t, big, BigEndian)
			// Loading takes none of what is special.
			if _, err := Decode(code, LittleEndian); (err != nil) != (special != "") {
				t.Errorf("with special %q, as a program: %v", special, err)
			}
		})
	}
}
