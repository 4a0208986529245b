package link_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/zero"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
)

// TestNothingLoaded: a program that is nil or was never loaded is an error of each attach function.
func TestNothingLoaded(t *testing.T) {
	for name, attach := range map[string]any{
		"AttachXDP": link.AttachXDP, "AttachTCX": link.AttachTCX, "AttachCgroup": link.AttachCgroup, "AttachNetns": link.AttachNetns,
		"AttachTracing": link.AttachTracing, "AttachRawTracepoint": link.AttachRawTracepoint, "AttachLSM": link.AttachLSM,
	} {
		zero.Function(t, name+" of nil", attach)
		zero.Function(t, name+" of a zero Loaded", attach, new(prog.Loaded))
	}
}
