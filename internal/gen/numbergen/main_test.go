package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

// TestFileIsFresh: dsl/numbers_gen.go is what the tables give.
func TestFileIsFresh(t *testing.T) {
	if err := genfiles.Update([]genfiles.File{{Path: "dsl/numbers_gen.go", Contents: contents}}, "go generate ./dsl", true); err != nil {
		t.Error(err)
	}
}
