package main

import "testing"

// A change of a table must come with the file that is made from it.
func TestGeneratedFileIsFresh(t *testing.T) {
	if err := run(true); err != nil {
		t.Error(err)
	}
}
