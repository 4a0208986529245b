//go:build !linux

package host

import (
	"errors"
	"os"
)

// openSource opens nothing: programs are loaded only on Linux, and only the kernel shows their source code.
func openSource(string) (*os.File, error) { return nil, errors.ErrUnsupported }
