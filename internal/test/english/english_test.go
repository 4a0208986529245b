package english_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/english"
)

// TestSlips: each wrong text has a slip, and texts that only look like them have none.
func TestSlips(t *testing.T) {
	for _, tt := range []struct {
		text  string
		slips int
	}{
		{"expected a S32", 1},
		{"a U32 and a S8 do not mix", 1},
		{"the field is a array of 16 bytes", 1},
		{"a Go int is returned", 0},
		{"not a int", 1},
		{"an U32", 1},
		{"an struct", 1},
		{"a unsigned int", 1},
		{"a union, a uint32, a user ring buffer and a one-byte field", 1},
		{"an S32, an array, an unsigned int and an XDP program", 0},
		{"f is called with 1 arguments", 1},
		{"1 bytes at offset 4", 1},
		{"needs 1 argument, but is called with 2", 0},
		{"argument 1 points to nothing", 0},
		{"the stack, which is -512 to -1 bytes", 0},
		{"R1 contains a number", 0},
		{"11 bytes and 0.1 bytes", 0},
		{"byte 1 is written", 0},
	} {
		if slips := english.Slips(tt.text); len(slips) != tt.slips {
			t.Errorf("%q has the slips %q, want %d", tt.text, slips, tt.slips)
		}
	}
}
