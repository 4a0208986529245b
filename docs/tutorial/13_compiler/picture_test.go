package thirteen_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/docs/tutorial/internal/picture"
	"github.com/bpfsmith/bpfsmith/dsl"
)

// TestPicture draws where the program with a choice can go.
func TestPicture(t *testing.T) {
	object, err := compile.Compile(dsl.Func("choice", choice), compile.Target{})
	if err != nil {
		t.Fatal(err)
	}
	recorded.Compare(t, "choice.svg", picture.Flow("The two ways of the choice", object.Instructions))
}
