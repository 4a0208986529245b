package starter

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestFiles: the files are Go, they have the new name, and they import only what users can import.
func TestFiles(t *testing.T) {
	for _, kind := range Types() {
		files, err := Files(kind, "very-fast-indeed-and-long")
		if err != nil {
			t.Fatal(err)
		}
		tests, edit := 0, 0
		for _, f := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), f.Name, f.Text, parser.ImportsOnly)
			if err != nil {
				t.Error(err)
				continue
			}
			for _, i := range parsed.Imports {
				if strings.Contains(i.Path.Value, "internal") {
					t.Errorf("%s: %s imports %s, which a user cannot", kind.Name, f.Name, i.Path.Value)
				}
			}
			if strings.Contains(f.Text, placeholder) {
				t.Errorf("%s: %s has the old name", kind.Name, f.Name)
			}
			if strings.HasSuffix(f.Name, "_test.go") {
				tests++
			}
			if f.Name == kind.Edit {
				edit++
			}
		}
		if tests == 0 || edit == 0 {
			t.Errorf("%s: %d tests, %d files %s", kind.Name, tests, edit, kind.Edit)
		}
	}
	if _, err := Files(Type{Name: "nothing"}, "fast"); err == nil {
		t.Error("a type that does not exist has files")
	}
}

func TestKernelName(t *testing.T) {
	for name, want := range map[string]string{"fast": "fast", "very-fast_2": "very_fast_2", "abcdefghijklmnopq": "abcdefghijklmno"} {
		if got := KernelName(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
