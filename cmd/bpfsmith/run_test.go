package main

import (
	"strings"
	"testing"
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
		{division, nil, "0x0\n", "", 0},
		{division, []string{"--mode", "linux"}, "", "Linux refuses the constant 0", 1},
		{"bf31000000000000", []string{"--mode", "l"}, "", "expected conformant or linux", 2},
		{"3f10010000000000 9500000000000000", []string{"--isa", "v3"}, "", "not in v3", 1},
		{three, []string{"--isa", "v5"}, "", "expected v1, v2, v3 or v4", 2},
		{"05 00 ff ff 00 00 00 00", []string{"--steps", "10"}, "", "10 instructions", 1},
		{"61 10 00 00 00 00 00 00  95 00 00 00 00 00 00 00", []string{"--type", "sched_cls", "0a0b0c"}, "0x3\n", "", 0},
		{three, []string{"--type", "kprobe", "0a"}, "", "do not get packets", 1},
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
