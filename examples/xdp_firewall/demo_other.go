//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
)

// demonstrate needs Linux; elsewhere nobody has the capabilities to come here.
func demonstrate(context.Context, options, io.Writer) error { return errors.ErrUnsupported }
