//go:build linux

package main

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/prog"
)

// loaded is a firewall in the kernel that blocks some networks.
func loaded(t *testing.T, networks string) (*firewall, *prog.Loaded) {
	t.Helper()
	kerneltest.Require(t)
	w := newFirewall()
	p, err := prog.Load(w.program(), prog.Options{License: "GPL"})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
		p.Close()
	})
	list, err := parseNetworks(networks)
	if err != nil {
		t.Fatal(err)
	}
	for _, network := range list {
		if err := w.block(network); err != nil {
			t.Fatal(err)
		}
	}
	return w, p
}

// bytesOf makes a packet from parts in hexadecimal.
func bytesOf(t *testing.T, parts ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(parts, ""), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Parts of packets.
const (
	addresses = "02 00 00 00 00 01  02 00 00 00 00 02"
	isIPv4    = "08 00"
	isIPv6    = "86 dd"
	isARP     = "08 06"
	tag       = "81 00  00 07"
	outerTag  = "88 a8  00 09"
)

// from4 is an IPv4 header.
func from4(address string, protocol byte) string {
	b := make([]byte, 20)
	b[0], b[3], b[8], b[9] = 0x45, 20, 64, protocol
	copy(b[12:], netip.MustParseAddr(address).AsSlice())
	return hex.EncodeToString(b)
}

// from6 is an IPv6 header.
func from6(address string, protocol byte) string {
	b := make([]byte, 40)
	b[0], b[6], b[7] = 0x60, protocol, 64
	copy(b[8:], netip.MustParseAddr(address).AsSlice())
	return hex.EncodeToString(b)
}

// TestEachPacketHasItsVerdict runs the program on packets of all kinds, and compares the verdict and the counters.
func TestEachPacketHasItsVerdict(t *testing.T) {
	t.Parallel()
	w, p := loaded(t, "10.0.0.0/8,192.0.2.7,2001:db8:bad::/48")
	const pass, drop = ctx.XDPPass, ctx.XDPDrop
	for _, tt := range []struct {
		name    string
		packet  []byte
		verdict uint32
		class   uint32
	}{
		{"IPv4 from elsewhere", bytesOf(t, addresses, isIPv4, from4("11.0.0.1", protocolUDP)), pass, classUDP},
		{"IPv4 that is blocked", bytesOf(t, addresses, isIPv4, from4("10.255.0.1", protocolTCP)), drop, classTCP},
		{"an address that is blocked", bytesOf(t, addresses, isIPv4, from4("192.0.2.7", protocolICMP)), drop, classICMP},
		{"its neighbour", bytesOf(t, addresses, isIPv4, from4("192.0.2.6", protocolICMP)), pass, classICMP},
		{"a tag", bytesOf(t, addresses, tag, isIPv4, from4("10.0.0.1", protocolUDP)), drop, classUDP},
		{"two tags", bytesOf(t, addresses, outerTag, tag, isIPv4, from4("10.0.0.1", 132)), drop, classOtherIP},
		{"two tags, passed", bytesOf(t, addresses, outerTag, tag, isIPv4, from4("9.0.0.1", 132)), pass, classOtherIP},
		{"IPv6 from elsewhere", bytesOf(t, addresses, isIPv6, from6("2001:db8:900d::1", protocolICMPv6)), pass, classICMP},
		{"IPv6 that is blocked", bytesOf(t, addresses, isIPv6, from6("2001:db8:bad:1::1", protocolUDP)), drop, classUDP},
		{"IPv6 within a tag", bytesOf(t, addresses, tag, isIPv6, from6("2001:db8:bad::", protocolTCP)), drop, classTCP},
		{"ARP", bytesOf(t, addresses, isARP, strings.Repeat("00", 28)), pass, classNotIP},
		{"IPv4 that ends in its header", bytesOf(t, addresses, isIPv4, from4("11.0.0.1", protocolUDP)[:38]), drop, classMalformed},
		{"IPv6 that ends in its header", bytesOf(t, addresses, isIPv6, from6("2001:db8::1", protocolUDP)[:78]), drop, classMalformed},
		{"a tag that ends", bytesOf(t, addresses, "81 00 00 07"), drop, classMalformed},
		{"nothing but an Ethernet header", bytesOf(t, addresses, isIPv4), drop, classMalformed},
	} {
		before, err := w.counted()
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Run(prog.Input{Data: tt.packet})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		after, err := w.counted()
		if err != nil {
			t.Fatal(err)
		}
		want := before
		one := tally{1, uint64(len(tt.packet))}
		if tt.verdict == pass {
			want[tt.class].Passed = want[tt.class].Passed.add(one)
		} else {
			want[tt.class].Dropped = want[tt.class].Dropped.add(one)
		}
		if out.Result != tt.verdict || after != want {
			t.Errorf("%s: verdict %d, want %d; counted\n%+v, want\n%+v", tt.name, out.Result, tt.verdict, after, want)
		}
	}
	rules, err := w.rules()
	if err != nil {
		t.Fatal(err)
	}
	want := []rule{
		{netip.MustParsePrefix("10.0.0.0/8"), tally{3, 34 + 38 + 42}},
		{netip.MustParsePrefix("192.0.2.7/32"), tally{1, 34}},
		{netip.MustParsePrefix("2001:db8:bad::/48"), tally{2, 54 + 58}},
	}
	if len(rules) != 3 || rules[0] != want[0] || rules[1] != want[1] || rules[2] != want[2] {
		t.Errorf("rules %+v, want %+v", rules, want)
	}
}

// TestRulesComeAndGo: the program applies a rule while it exists. Of several rules it applies the longest one.
func TestRulesComeAndGo(t *testing.T) {
	t.Parallel()
	w, p := loaded(t, "10.0.0.0/8")
	packet := bytesOf(t, addresses, isIPv4, from4("10.1.2.3", protocolUDP))
	verdict := func() uint32 {
		t.Helper()
		out, err := p.Run(prog.Input{Data: packet})
		if err != nil {
			t.Fatal(err)
		}
		return out.Result
	}
	wide, narrow := netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.1.0.0/16")
	if got := verdict(); got != ctx.XDPDrop {
		t.Errorf("the wide rule: %d", got)
	}
	if err := w.block(narrow); err != nil {
		t.Fatal(err)
	}
	verdict()
	if rules, err := w.rules(); err != nil || len(rules) != 2 || rules[0].Packets != 1 || rules[1].Packets != 1 {
		t.Errorf("%+v, %v: the narrow rule counts the second packet", rules, err)
	}
	if err := w.unblock(wide); err != nil {
		t.Fatal(err)
	}
	if got := verdict(); got != ctx.XDPDrop {
		t.Errorf("the narrow rule alone: %d", got)
	}
	if err := w.unblock(narrow); err != nil {
		t.Fatal(err)
	}
	if got := verdict(); got != ctx.XDPPass {
		t.Errorf("no rule: %d", got)
	}
	if err := w.unblock(narrow); err == nil || !strings.Contains(err.Error(), "blocked4") {
		t.Errorf("a rule that is not there: %v", err)
	}
}

// BenchmarkFirewall measures the time for a packet, with the kernel's own clock.
func BenchmarkFirewall(b *testing.B) {
	kerneltest.Require(b)
	w := newFirewall()
	defer w.close()
	p, err := prog.Load(w.program(), prog.Options{License: "GPL"})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	packet := make([]byte, 64)
	binary.BigEndian.PutUint16(packet[12:], etherIPv4)
	out, err := p.Run(prog.Input{Data: packet, Repeat: uint32(b.N)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(out.Duration.Nanoseconds()), "ns/packet")
}
