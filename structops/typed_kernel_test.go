//go:build linux

package structops_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestTypedIsRegistered: a Go struct is registered, listed, and replaced in place.
func TestTypedIsRegistered(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4) // links
	kerneltest.NoLeaks(t)
	ops := typed()
	ops.Name = uniqueName()
	link, err := structops.Register(ops)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer link.Close()
	if link.Type() != "tcp_congestion_ops" || link.Name() != ops.Name {
		t.Errorf("the link is for %s %q", link.Type(), link.Name())
	}
	if !listed(t, ops.Name) {
		t.Errorf("sockets cannot choose %s", ops.Name)
	}
	ops.UndoCwnd = half
	if err := link.Replace(&ops); err != nil {
		t.Errorf("replace: %+v", err)
	}
	if err := link.Close(); err != nil {
		t.Error(err)
	}
	if listed(t, ops.Name) {
		t.Errorf("%s is still there", ops.Name)
	}
}
