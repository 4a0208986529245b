//go:build !linux

package main

import (
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/syscall"
)

func bench(context.Context, options) (bool, error) {
	return false, fmt.Errorf("programs are loaded and run: %w", syscall.ErrUnsupported)
}
