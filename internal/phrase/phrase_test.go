package phrase_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
)

// TestPhrases: articles go by the sound, and one thing is not many.
func TestPhrases(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{phrase.A("U32"), "a U32"},
		{phrase.A("S32"), "an S32"},
		{phrase.A("s8"), "an s8"},
		{phrase.A("struct sock"), "a struct sock"},
		{phrase.A("array"), "an array"},
		{phrase.A("int"), "an int"},
		{phrase.A("Array"), "an Array"},
		{phrase.A("unsigned int"), "an unsigned int"},
		{phrase.A("uninitialised slot"), "an uninitialised slot"},
		{phrase.A("union"), "a union"},
		{phrase.A("uint16"), "a uint16"},
		{phrase.A("user ring buffer"), "a user ring buffer"},
		{phrase.A("*main.T"), "a *main.T"},
		{phrase.A("S"), "a S"},
		{phrase.A(""), "a "},
		{phrase.Count(0, "byte"), "0 bytes"},
		{phrase.Count(1, "byte"), "1 byte"},
		{phrase.Count(uint32(2), "byte"), "2 bytes"},
		{phrase.Arguments("f", 1, 2), "f needs 1 argument, but is called with 2"},
		{phrase.Arguments("f", 2, 0), "f needs 2 arguments, but is called with 0"},
		{phrase.Argument(1, "f", "a number", "a pointer"), "argument 1 of f is a number; expected a pointer"},
		{phrase.Argument("sk", "f", "a number", "a pointer"), "argument sk of f is a number; expected a pointer"},
		{phrase.Or(nil), ""},
		{phrase.Or([]string{"a"}), "a"},
		{phrase.Or([]string{"a", "b"}), "a or b"},
		{phrase.Or([]string{"a", "b", "c"}), "a, b or c"},
		{phrase.Writable([]string{"a", "b.c"}), "writable: a, b.c"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
