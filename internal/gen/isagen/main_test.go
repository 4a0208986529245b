package main

import (
	"slices"
	"testing"
)

// A change of the table must come with the files that are made from it.
func TestGeneratedFilesAreFresh(t *testing.T) {
	if err := run(slices.Concat(code, documents), true); err != nil {
		t.Error(err)
	}
}
