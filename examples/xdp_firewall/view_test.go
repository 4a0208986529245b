package main

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
)

func TestNetworksAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"10.0.0.0/8":                 "10.0.0.0/8",
		" 192.0.2.7 , 2001:db8::/32": "192.0.2.7/32 2001:db8::/32",
		"::ffff:192.0.2.7":           "192.0.2.7/32",
		"::/0,0.0.0.0/0":             "::/0 0.0.0.0/0",
		"10.0.0.1/8":                 "error: 10.0.0.1/8 has bits after its prefix: did you mean 10.0.0.0/8?",
		"10.0.0.0/8,10.0.0.0/8":      "error: 10.0.0.0/8 is named twice",
		"10.0.0.0/33":                `error: "10.0.0.0/33" is not a network`,
		"fe80::1%eth0":               `error: "fe80::1%eth0" is not a network`,
		"10.0.0/8,example.org,2001:db8::/x": `error: "10.0.0/8" is not a network: expected 10.0.0.0/8, 2001:db8::/32 or an address` +
			"\n" + `"example.org" is`,
	} {
		networks, err := parseNetworks(text)
		var names []string
		for _, n := range networks {
			names = append(names, n.String())
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want && !(err != nil && strings.HasPrefix(want, "error: ") && strings.HasPrefix(got, want)) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestNumbersAreShort(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 / 0 B", 999: "999 / 999 B", 1000: "1,000 / 1.0 kB", 999_949: "999,949 / 999.9 kB",
		999_950: "999,950 / 1.0 MB", 1_234_567: "1,234,567 / 1.2 MB", 1 << 63: "9,223,372,036,854,775,808 / 9.2 EB"} {
		if got := thousands(n) + " / " + size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if got := spark([]uint64{0, 1, 4, 8}); got != "·▁▄█" {
		t.Errorf("spark: %s", got)
	}
	if got := rate(30, 10, 2*time.Second) + rate(5, 10, time.Second) + rate(1, 0, 0); got != "1050" {
		t.Errorf("rates: %s", got) // 10, then 5 of a new rule, then nothing to divide by
	}
	if got := cut("a"+red+"bcd"+plain+"e", 3); got != "a"+red+"bc"+plain {
		t.Errorf("cut: %q", got)
	}
	if got := cut("äöü", 3); got != "äöü" {
		t.Errorf("cut: %q", got)
	}
}

// exampleView is a view after one second.
func exampleView() view {
	network := netip.MustParsePrefix("203.0.113.0/24")
	address := netip.MustParseAddr("203.0.113.9")
	first := snapshot{rules: []rule{{network, tally{10, 1000}}}, senders: []sender{{address, "UDP", 15, 5}}}
	first.traffic[classUDP] = traffic{tally{5, 500}, tally{10, 1000}}
	last := snapshot{at: time.Second, rules: []rule{{network, tally{1030, 103000}}}, senders: []sender{{address, "UDP", 1045, 5}},
		events: []event{{0, "blocked 203.0.113.0/24"}}}
	last.traffic[classUDP] = traffic{tally{15, 1500}, tally{1030, 103000}}
	return view{where: "eth0", past: []snapshot{first, last}}
}

func TestTheTable(t *testing.T) {
	want := `xdp_firewall eth0  1.0 s

  packets        passed a second      bytes     dropped a second      bytes
  UDP                15       10     1.5 kB       1,030    1,020   103.0 kB
  all                15       10     1.5 kB       1,030    1,020   103.0 kB

  blocked network                 dropped a second      bytes  lately
  203.0.113.0/24                    1,030    1,020   103.0 kB  █

  sender                             sent answered  what
  203.0.113.9                       1,045        5  UDP

   0.0 s  blocked 203.0.113.0/24`
	v := exampleView()
	if got := strings.Join(v.lines(), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	v.colour = true
	for _, line := range v.lines() {
		if shown := cut(line, 80); utf8.RuneCountInString(line) > 80 && !strings.Contains(line, "\x1b") || strings.TrimSuffix(shown,
			plain) != strings.TrimSuffix(line, plain) {
			t.Errorf("%q is longer than 80", line)
		}
	}
	if got, want := v.summary(), " 1.0 s  passed 15 (10/s)  dropped 1,030 (1,020/s):  203.0.113.0/24 1,030"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := (view{past: []snapshot{{}}}).lines(); !strings.Contains(strings.Join(got, "\n"), "nothing is blocked") {
		t.Errorf("without rules: %q", got)
	}
}

// TestOneSourceForAllLevels: the program compiles for each level of the instruction set.
func TestOneSourceForAllLevels(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []isa.Level{isa.V1, isa.V2, isa.V3, isa.V4} {
		if _, err := compile.Compile(newFirewall().program(), compile.Target{BTF: types, ByteOrder: isa.Native,
			Level: level}); err != nil {
			t.Errorf("%v: %v", level, err)
		}
	}
}

func TestWithoutPrivilegesItCompilesAndLists(t *testing.T) {
	var out bytes.Buffer
	if err := offline([]string{"CAP_BPF to load BPF programs"}, &out); !errors.Is(err, errUnprivileged) {
		t.Fatal(err)
	}
	for _, want := range []string{"the types of Linux 6.18", "; firewall.go:", `map "blocked4"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}
