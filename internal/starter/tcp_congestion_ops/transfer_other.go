//go:build !linux

package main

import (
	"context"
	"errors"
	"time"
)

// transfer needs Linux. On other systems registering fails before it.
func transfer(context.Context, string, time.Duration) (int64, error) { return 0, errors.ErrUnsupported }
