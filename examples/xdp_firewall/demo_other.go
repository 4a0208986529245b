//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
)

// demonstrate needs Linux. On other systems it is never called, because nobody has the capabilities.
func demonstrate(context.Context, options, io.Writer) error { return errors.ErrUnsupported }
