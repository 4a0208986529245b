//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestRun: what this process opens is in the list.
func TestRun(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 11)
	kerneltest.NoLeaks(t)
	if runtime.GOARCH != "amd64" {
		t.Fatal("the registers of other processors have other names")
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	const path = "/a/path/that/does/not/exist"
	go func() {
		for ctx.Err() == nil {
			_, _ = os.Open(path)
			time.Sleep(time.Millisecond)
		}
	}()
	var out strings.Builder
	if err := run(ctx, &out); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), " "+path+"\n") {
		t.Errorf("%s is missing in\n%s", path, out.String())
	}
}
