package linux

import (
	"slices"
	"testing"
)

// TestWhatIsHeldIsGivenBack: what a row names as the release of a thing is a row that gives such a thing back, and each row that releases
// is named by one that acquires.
func TestWhatIsHeldIsGivenBack(t *testing.T) {
	var named []string
	for name, h := range Holdings() {
		if h.Thing == "" {
			t.Errorf("%s: the name of what it gives is missing", name)
		}
		for _, back := range h.Back {
			named = append(named, back)
			if !GivesBack(back) {
				t.Errorf("%s is given back by %s, and no row says that this gives something back", name, back)
			}
			// "object" is any memory that the program allocated, also the nodes of lists and trees.
			if f := FunctionNamed(back); f.Name != "" && f.Held != h.Thing && f.Held != "object" {
				t.Errorf("%s gives a %s, and %s takes a %s", name, h.Thing, back, f.Held)
			}
		}
	}
	for f := range Functions() {
		// Functions that take what the kernel passes to a program (a packet) belong to no call.
		if f.Held != "packet" && GivesBack(f.Name) && !f.Has(FuncTransfers) && !slices.Contains(named, f.Name) {
			t.Errorf("%s gives something back, and no row names it", f.Name)
		}
	}
	for _, h := range Helpers() {
		if GivesBack(h.Name) && !slices.Contains(named, h.Name) {
			t.Errorf("%s gives something back, and no row names it", h.Name)
		}
	}
}
