package btf_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
)

// TestClosedTypes: look-ups after Close say so. Before, some of them panicked.
func TestClosedTypes(t *testing.T) {
	var b btf.Builder
	word := b.Int("unsigned int", 4, false)
	b.Struct("pair", 8, btf.Member{Name: "first", Type: word}, btf.Member{Name: "second", Type: word, Offset: 4})
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "types.btf")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	types, err := btf.File(path)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := types.Composite("pair")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(types.Close(), types.Close()); err != nil {
		t.Fatal(err)
	}
	for name, look := range map[string]func() error{
		"Find":      func() error { return types.Find("pair") },
		"Lookup":    func() error { _, err := types.Lookup(btf.KindStruct, "pair"); return err },
		"Composite": func() error { _, err := types.Composite("pair"); return err },
		"Field":     func() error { _, err := types.Field("pair", "first"); return err },
		"FieldOf":   func() error { _, err := types.FieldOf(pair, "pair", "first"); return err },
		"Size":      func() error { _, err := types.Size(pair); return err },
		"Len":       func() error { _, err := types.Len(); return err },
		"Decode":    func() error { _, err := types.Decode(pair); return err },
		"Carve":     func() error { _, err := types.Carve(pair); return err },
		"Check":     types.Check,
		"EnumValue": func() error { _, err := types.EnumValue("pair", "first"); return err },
	} {
		if err := look(); !errors.Is(err, btf.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	if name := types.Name(pair) + types.FieldAt(pair, 0) + types.Nearest(btf.KindStruct, "pair"); name != "" {
		t.Errorf("a name after Close: %q", name)
	}
	if got := types.LeavesAt(pair, 0); got != nil {
		t.Errorf("leaves after Close: %v", got)
	}
	var none *btf.Types // of an error that was not looked at
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}
