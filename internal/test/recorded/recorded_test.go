package recorded

import "testing"

// TestIndexNamesEachLog: a log without a program would not be read by tests that use the programs.
func TestIndexNamesEachLog(t *testing.T) {
	l := Open(t)
	named := map[string]bool{}
	for _, p := range l.Programs {
		for _, level := range p.Levels {
			named[level.File] = true
		}
	}
	for _, load := range l.Types {
		named[load.File()] = true
	}
	for _, other := range l.Others {
		named[other.File] = true
	}
	for _, file := range l.Files("") {
		if !named[file] {
			t.Errorf("the index does not name %s", file)
		}
	}
	for file := range named {
		if !l.Has(file) {
			t.Errorf("%s was not kept", file)
		}
	}
	if len(l.Programs) != 190 || len(l.Files("")) != 588 {
		t.Errorf("%d programs, %d logs", len(l.Programs), len(l.Files("")))
	}
}
