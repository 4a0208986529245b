//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestTheDemonstration runs it for a short time: hosts get answers unless they are blocked, and changes of the rules are shown.
func TestTheDemonstration(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	var out bytes.Buffer
	if err := run(context.Background(), options{duration: 1500 * time.Millisecond}, &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"blocked 203.0.113.0/24", "blocked 198.51.100.0/24", "unblocked 203.0.113.0/24"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	answered := make(map[string]string)
	for line := range strings.Lines(text[strings.Index(text, "  sender"):]) {
		if fields := strings.Fields(line); len(fields) > 3 {
			answered[fields[0]] = fields[2]
		}
	}
	for _, h := range []string{"10.0.0.2", "198.51.100.7", "203.0.113.9"} { // the last two for a part of the time
		if answered[h] == "0" || answered[h] == "" {
			t.Errorf("%s has no answers:\n%s", h, text)
		}
	}
	if n, ok := answered["2001:db8:bad::7"]; ok && n != "0" {
		t.Errorf("2001:db8:bad::7 has %s answers:\n%s", n, text)
	}
}

// TestBlockedFromTheFirstPacketOn: no packet from the networks that the user blocks passes.
func TestBlockedFromTheFirstPacketOn(t *testing.T) {
	kerneltest.Require(t)
	var out bytes.Buffer
	opt := options{duration: 300 * time.Millisecond, blocked: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"),
		netip.MustParsePrefix("::/0")}}
	if err := run(context.Background(), opt, &out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if fields := strings.Fields(line); len(fields) > 3 && strings.Contains(fields[0], ".0.2") && fields[2] != "0" {
			t.Errorf("answered: %s", line)
		}
	}
}

func TestInterruptedItLeavesNothing(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	if err := run(ctx, options{duration: time.Hour}, &out); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if err := run(context.Background(), options{iface: "nowhere0"}, &out); err == nil || !strings.Contains(err.Error(),
		"help: this machine has ") {
		t.Errorf("an interface that is not there: %v", err)
	}
}
