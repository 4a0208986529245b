package main

import "testing"

// A change of the table must come with the files that are made from it.
func TestGeneratedFilesAreFresh(t *testing.T) {
	if err := run(true); err != nil {
		t.Error(err)
	}
}
