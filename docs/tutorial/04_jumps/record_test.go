package four_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/docs/tutorial/internal/picture"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	recorded.Refused(t, "testdata/endless.txt", endless, prog.Options{Type: syscall.ProgTypeSocketFilter, License: "GPL"})
}

// TestPictures draws where the programs can go, from their instructions.
func TestPictures(t *testing.T) {
	recorded.Compare(t, "larger.svg", picture.Flow("Where the program with one jump can go", larger))
	object, err := compile.Compile(loop, compile.Target{Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	recorded.Compare(t, "loop.svg", picture.Flow("Where the program with a loop can go", object.Instructions))
}
