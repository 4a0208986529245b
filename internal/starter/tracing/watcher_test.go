package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/progtest"
)

// TestWatcher needs no root and no Linux: the bytes that the kernel would get run in a machine of package vm, as if a program had started.
func TestWatcher(t *testing.T) {
	w := newWatcher()
	program, options := w.program()
	progtest.New(t, program, options).Call(nil, 100, nil)
	e, ok, err := w.events.TryRead()
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if e.process() == 0 || e.command() == "" {
		t.Errorf("the event is %+v", e)
	}
}
