package verify

import "testing"

// TestFunctionsAreWellFormed: each row of the table says what gives back what a call acquires, and whence that is known; no
// two are about one function.
func TestFunctionsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range functions {
		switch {
		case seen[r.name]:
			t.Errorf("%s stands twice", r.name)
		case r.has(acquires|begins|savesFlags) && (r.thing == "" || r.back == ""):
			t.Errorf("%s: what it acquires has no name, or nothing gives it back", r.name)
		case r.has(mayBeNil) && r.has(nilVaries):
			t.Errorf("%s: may it be nil, or does that vary?", r.name)
		case r.since == "" || r.source == "":
			t.Errorf("%s: since when, and who says so?", r.name)
		}
		seen[r.name] = true
	}
}
