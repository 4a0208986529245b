//go:build !linux

package btf

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// Kernel needs Linux; on other systems use a carved blob with Parse or File.
func Kernel() (*Types, error) { return nil, unsupported("kernel types") }

// Module needs Linux.
func Module(name string, base *Types) (*Types, error) {
	return nil, unsupported("types of module " + name)
}

// Modules needs Linux.
func Modules() ([]string, error) { return nil, unsupported("kernel modules") }

// File reads a raw BTF blob from a file. The errors name the file.
func File(path string) (*Types, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t, err := Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func unsupported(what string) error {
	return fmt.Errorf("%s: %w on %s", what, errors.ErrUnsupported, runtime.GOOS)
}
