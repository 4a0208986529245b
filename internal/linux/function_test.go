package linux

import "testing"

// TestFunctionsAreWellFormed: each row of the table says what releases the result of a call, and where that comes from. No function has
// two rows.
func TestFunctionsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range functions {
		switch {
		case seen[r.Name]:
			t.Errorf("%s has two rows", r.Name)
		case r.Has(FuncAcquires|FuncBegins|FuncSavesFlags|FuncEntersRCU|FuncStopsPreemption) && (r.Held == "" || len(r.Back) == 0):
			t.Errorf("%s: the name of what it acquires is missing, or what releases it", r.Name)
		case r.Has(FuncMayBeNil) && r.Has(FuncNilVaries):
			t.Errorf("%s: may it be nil, or does that vary?", r.Name)
		case !r.Since.valid() || r.Source == "":
			t.Errorf("%s: since when, and who says so?", r.Name)
		}
		seen[r.Name] = true
	}
}
