package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/bpfsmith/bpfsmith/progtest"
)

// TestRun: results go to standard output, all else to standard error, as runners of the conformance suite want it.
func TestRun(t *testing.T) {
	const three, second, division = "b7000000030000009500000000000000", "71 10 01 00 00 00 00 00  95 00 00 00 00 00 00 00 ",
		"b7000000010000003700000000000000 9500000000000000"
	for _, tt := range []struct {
		stdin  string
		args   []string
		stdout string
		stderr string // what it must have; "" if nothing
		code   int
	}{
		{three, nil, "0x3\n", "", 0},
		{"\x95\x00\x00\x00\x00\x00\x00\x00", nil, "0x0\n", "", 0},
		{second + "\n", []string{"0a  0b  "}, "0xb\n", "", 0},
		{second, []string{"0a0b", ""}, "0xb\n", "", 0},
		{second, []string{"", ""}, "", "nil pointer", 1},
		{second, []string{"0a"}, "", "insn 0: r0 = *(u8 *)(r1 +1): out of bounds", 1},
		{second, []string{"0a", "0b"}, "", "expected one argument", 2},
		{second, []string{"0ag"}, "", "MEMORY_HEX: column 3: ", 1},
		{three, []string{"--trace"}, "0x3\n", "r0 = 0x3", 0},
		{three, []string{"--trace=json"}, "0x3\n", `{"step":0,"slot":0,"insn":"r0 = 3","depth":0,"changed":{"r0":"0x3"}}`, 0},
		{three, []string{"--trace=xml"}, "", "expected text or json", 2},
		{division, nil, "0x0\n", "", 0},
		{division, []string{"--mode", "linux"}, "", "Linux refuses the constant 0", 1},
		{"bf31000000000000", []string{"--mode", "l"}, "", "expected conformant or linux", 2},
		{"3f10010000000000 9500000000000000", []string{"--isa", "v3"}, "", "not in v3", 1},
		{three, []string{"--isa", "v5"}, "", "expected v1, v2, v3 or v4", 2},
		{"05 00 ff ff 00 00 00 00", []string{"--steps", "10"}, "", "10 instructions", 1},
		{"61 10 00 00 00 00 00 00  95 00 00 00 00 00 00 00", []string{"--type", "sched_cls", "0a0b0c"}, "0x3\n", "", 0},
		{"71 10 a7 00 00 00 00 00  95 00 00 00 00 00 00 00", []string{"--type", "kprobe", "0a"}, "0x0\n", "", 0},
		{"71 10 a8 00 00 00 00 00  95 00 00 00 00 00 00 00", []string{"--type", "kprobe"}, "", "byte 168 of the context, which", 1},
		{"61 10 08 00 00 00 00 00  95 00 00 00 00 00 00 00", []string{"--type", "tc", "--context", "mark=0x17", "0a"}, "0x17\n", "", 0},
		{three, []string{"--type", "tc", "--context", "mark", "0a"}, "", "expected FIELD=NUMBER", 1},
		{three, []string{"--type", "tc", "--context", "marc=1", "0a"}, "", "__sk_buff has no field \"marc\"", 1},
		{three, []string{"--context", "mark=1", "0a"}, "", "are for programs that see packets", 2},
		{three, []string{"--type", "xpd", "0a"}, "", "did you mean xdp?", 1},
		{"95000000", nil, "", "slots of 8 bytes", 1},
		{"hello", nil, "", "<stdin>:1:1", 1},
	} {
		stdout, stderr, code := invoke(t, tt.stdin, append([]string{"run"}, tt.args...)...)
		if stdout != tt.stdout || code != tt.code || (stderr == "") != (tt.stderr == "") || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("%q %q: exit %d, %q\n%s\nwant %d, %q, %q", tt.stdin, tt.args, code, stdout, stderr, tt.code, tt.stdout, tt.stderr)
		}
	}
}

// capture writes packets into files of both formats, and returns their names.
func capture(t *testing.T, packets ...[]progtest.Layer) []string {
	t.Helper()
	var old, next bytes.Buffer
	w := pcapgo.NewWriter(&old)
	ng, err := pcapgo.NewNgWriter(&next, layers.LinkTypeEthernet)
	if err == nil {
		err = w.WriteFileHeader(65535, layers.LinkTypeEthernet)
	}
	for n, list := range packets {
		packet, buildErr := progtest.Build(list...)
		if buildErr != nil {
			t.Fatal(buildErr)
		}
		info := gopacket.CaptureInfo{Timestamp: time.Unix(int64(n), 0), CaptureLength: len(packet), Length: len(packet)}
		if err == nil {
			err = w.WritePacket(info, packet)
		}
		if err == nil {
			err = ng.WritePacket(info, packet)
		}
	}
	if err == nil {
		err = ng.Flush()
	}
	dir := t.TempDir()
	names := []string{filepath.Join(dir, "a.pcap"), filepath.Join(dir, "a.pcapng")}
	for n, b := range []*bytes.Buffer{&old, &next} {
		if err == nil {
			err = os.WriteFile(names[n], b.Bytes(), 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestRunPackets: a line for each packet of a capture, with the verdict by name.
func TestRunPackets(t *testing.T) {
	files := capture(t,
		[]progtest.Layer{progtest.IPv4{}, progtest.UDP{SourcePort: 1053, DestinationPort: 15353}, progtest.Payload("x")},
		[]progtest.Layer{progtest.Ethernet{}, progtest.VLAN{ID: 2}, progtest.IPv6{}, progtest.TCP{DestinationPort: 80}},
		[]progtest.Layer{progtest.IPv4{}, progtest.ICMP{Type: 8}})
	const (
		// r2 = *(u32 *)(r1 +0); r0 = *(u8 *)(r2 +23); *(u8 *)(r2 +0) = r0; r0 &= 1; exit
		odd = "61 12 00 00 00 00 00 00  71 20 17 00 00 00 00 00  73 02 00 00 00 00 00 00  57 00 00 00 01 00 00 00 " +
			"95 00 00 00 00 00 00 00"
		// the same bit, of the mark
		mark = "61 10 08 00 00 00 00 00  95 00 00 00 00 00 00 00"
		// a byte after the packet's end
		beyond = "61 12 50 00 00 00 00 00  71 20 00 00 00 00 00 00  95 00 00 00 00 00 00 00"
	)
	for _, file := range files {
		want := "    1  XDP_DROP          43  IPv4 UDP 192.0.2.1:1053 > 192.0.2.2:15353, changed\n" +
			"    2  XDP_ABORTED       78  VLAN IPv6 TCP [2001:db8::1]:0 > [2001:db8::2]:80, changed\n" +
			"    3  XDP_DROP          42  IPv4 ICMPv4 192.0.2.1 > 192.0.2.2, changed\n2 XDP_DROP, 1 XDP_ABORTED\n"
		stdout, stderr, code := invoke(t, odd, "run", "--type", "xdp", "--packet", file)
		if stdout != want || code != 0 || stderr != "" {
			t.Errorf("exit %d\n%s%s\nwant\n%s", code, stdout, stderr, want)
		}
		stdout, _, code = invoke(t, mark, "run", "--type", "tc", "--packet", file, "--context", "mark=2")
		if !strings.HasSuffix(stdout, "\n3 TC_ACT_SHOT\n") || code != 0 {
			t.Errorf("exit %d\n%s", code, stdout)
		}
		_, stderr, code = invoke(t, beyond, "run", "--type", "tc", "--packet", file)
		if code != 1 || !strings.Contains(stderr, "packet 1: insn 1: r0 = *(u8 *)(r2 +0): out of bounds") {
			t.Errorf("exit %d\n%s", code, stderr)
		}
	}
	for _, tt := range []struct {
		args []string
		say  string
	}{
		{[]string{"--packet", files[0]}, "programs that see packets"},
		{[]string{"--type", "xdp", "--packet", "run_test.go"}, "neither pcap"},
		{[]string{"--type", "xdp", "--packet", "missing.pcap"}, "no such file"},
	} {
		if _, stderr, code := invoke(t, mark, append([]string{"run"}, tt.args...)...); code == 0 || !strings.Contains(stderr, tt.say) {
			t.Errorf("%q: exit %d, %s; want %q", tt.args, code, stderr, tt.say)
		}
	}
}

// exampleObject is an object of clang's in the module of cilium/ebpf, which go.mod names.
func exampleObject(t *testing.T, name string) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cilium/ebpf").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "examples", name, "bpf_bpfel.o")
}

// TestRunObject: programs of objects run with their maps, and their sections say the type.
func TestRunObject(t *testing.T) {
	files := capture(t, []progtest.Layer{progtest.IPv4{}, progtest.UDP{SourcePort: 1053, DestinationPort: 15353}})
	for _, tt := range []struct {
		object string
		args   []string
		stdout string
		stderr string // what it must have; "" if nothing
	}{
		{"xdp", []string{"--packet", files[0]},
			"    1  XDP_PASS          42  IPv4 UDP 192.0.2.1:1053 > 192.0.2.2:15353\n1 XDP_PASS\n", ""},
		{"tcx", nil, "", "choose one with --name: ingress_prog_func, egress_prog_func"},
		{"tcx", []string{"--name", "egress"}, "", "there is no such program; there are ingress_prog_func, egress_prog_func"},
		{"tcx", []string{"--name", "egress_prog_func"}, "0x0\n", ""},
		{"kprobe", nil, "0x0\n", ""},
	} {
		stdout, stderr, _ := invoke(t, "", append([]string{"run", "--program", exampleObject(t, tt.object)}, tt.args...)...)
		if stdout != tt.stdout || (stderr == "") != (tt.stderr == "") || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("%s %q:\n%s%s\nwant\n%s%s", tt.object, tt.args, stdout, stderr, tt.stdout, tt.stderr)
		}
	}
}
