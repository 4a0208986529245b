//go:build fresh

package isa_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestRecordedDataIsTheSharedData shows that nothing was changed since the data was recorded into the folder beside the repository.
func TestRecordedDataIsTheSharedData(t *testing.T) {
	for _, name := range []string{"table.tsv", "golden.tsv", "invalid.tsv"} {
		shared, err := os.ReadFile(filepath.Join("..", "..", "shared", "isa", name))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(shared, ours) {
			t.Errorf("testdata/%s is not the recorded file", name)
		}
	}
}
