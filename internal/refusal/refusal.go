// Package refusal explains an error number of the kernel at a step, when the number's own text is not enough.
//
// The kernel returns the same EINVAL for a hundred reasons. The step decides which reason it is. So each package has a table of its steps,
// and this package looks errors up in it.
package refusal

import (
	"errors"
	"fmt"
)

// A Meaning is one row: the meaning of an error number at a step.
type Meaning struct {
	step      string // "register", "update"
	errno, is error
	help      string
}

// Row makes a row. The error is, if it is not nil, is found by errors.Is in addition to the number. help says the cause, and what to do;
// "" when the error says enough.
func Row[Step ~string](step Step, errno, is error, help string) Meaning {
	return Meaning{string(step), errno, is, help}
}

// Explain looks an error up in a table. The first row with its step and number explains it. Without such a row, the error is returned
// unchanged.
func Explain[Step ~string](table []Meaning, step Step, err error) (help string, explained error) {
	for _, m := range table {
		if m.step != string(step) || !errors.Is(err, m.errno) {
			continue
		}
		if m.is != nil {
			err = fmt.Errorf("%w: %w", m.is, err)
		}
		return m.help, err
	}
	return "", err
}
