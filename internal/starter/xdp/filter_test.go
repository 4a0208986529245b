package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
)

// TestFilter needs no root and no Linux: the bytes that the kernel would get run in a machine of package vm, on packets made here.
func TestFilter(t *testing.T) {
	w := newFilter()
	p := progtest.New(t, w.program(), prog.Options{License: "GPL"})
	mdns := dsl.NetworkOrder16(5353)
	if err := w.blocked.Put(mdns, 0); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		packet []progtest.Layer
		want   string
	}{
		{[]progtest.Layer{progtest.IPv4{}, progtest.UDP{DestinationPort: 5353}}, "XDP_DROP"},
		{[]progtest.Layer{progtest.IPv4{}, progtest.UDP{DestinationPort: 5354}}, "XDP_PASS"},
		{[]progtest.Layer{progtest.IPv4{}, progtest.TCP{DestinationPort: 5353}}, "XDP_PASS"},
		{[]progtest.Layer{progtest.IPv6{}, progtest.UDP{DestinationPort: 5353}}, "XDP_PASS"}, // yours to add
	} {
		if got := p.Send(tt.packet...).Verdict; got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.packet, got, tt.want)
		}
	}
	if n, err := w.blocked.Lookup(mdns); n != 1 || err != nil {
		t.Errorf("%d datagrams are counted as dropped, %v; want 1", n, err)
	}
}
