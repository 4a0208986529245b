package linux

import "testing"

// TestFunctionsAreWellFormed: each row of the table says what gives back what a call acquires, and whence that is known; no
// two are about one function.
func TestFunctionsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range functions {
		switch {
		case seen[r.Name]:
			t.Errorf("%s stands twice", r.Name)
		case r.Has(FuncAcquires|FuncBegins|FuncSavesFlags) && (r.Held == "" || r.Back == ""):
			t.Errorf("%s: what it acquires has no name, or nothing gives it back", r.Name)
		case r.Has(FuncMayBeNil) && r.Has(FuncNilVaries):
			t.Errorf("%s: may it be nil, or does that vary?", r.Name)
		case !r.Since.valid() || r.Source == "":
			t.Errorf("%s: since when, and who says so?", r.Name)
		}
		seen[r.Name] = true
	}
}
