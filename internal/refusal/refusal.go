// Package refusal says what an error number of the kernel means at a step, where that is more than the number's own text says.
//
// The kernel has one EINVAL for a hundred reasons. Which one it is follows from what was being done: so each package has a table of the
// steps that it takes, and this package looks errors up in it.
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

// Row makes a row. is is what errors.Is is to find besides the number, nil for nothing; help says what stands behind it, and what to do,
// "" when is says it all.
func Row[Step ~string](step Step, errno, is error, help string) Meaning {
	return Meaning{string(step), errno, is, help}
}

// Explain looks an error up in a table: the first row with its step and number says what it means. Without one, the error stays as it is.
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
