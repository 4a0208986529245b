package refusal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/refusal"
)

func TestExplain(t *testing.T) {
	taken := errors.New("the name is taken")
	table := []refusal.Meaning{
		refusal.Row("register", fs.ErrExist, taken, ""),
		refusal.Row("register", fs.ErrInvalid, nil, "look at dmesg"),
		refusal.Row("register", fs.ErrInvalid, nil, "never reached"),
	}
	exists, invalid := fmt.Errorf("create: %w", fs.ErrExist), fmt.Errorf("create: %w", fs.ErrInvalid)
	for _, tt := range []struct {
		step string
		err  error
		is   []error
		help string
	}{
		{"register", exists, []error{fs.ErrExist, taken}, ""},
		{"register", invalid, []error{fs.ErrInvalid}, "look at dmesg"},
		{"update", exists, []error{exists}, ""},
		{"register", fs.ErrClosed, []error{fs.ErrClosed}, ""},
	} {
		help, err := refusal.Explain(table, tt.step, tt.err)
		for _, is := range tt.is {
			if !errors.Is(err, is) {
				t.Errorf("%s, %v: %v is not %v", tt.step, tt.err, err, is)
			}
		}
		if help != tt.help {
			t.Errorf("%s, %v: help %q, want %q", tt.step, tt.err, help, tt.help)
		}
	}
}
