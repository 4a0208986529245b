package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// invoke runs the tool.
func invoke(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

// column reads a column of recorded data as lines. It uses only rows in which another column has the given value ("" for any).
func column(t *testing.T, file, name, where, value string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "isa", "testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	at := map[string]int{}
	for n, c := range strings.Split(lines[0], "\t") {
		at[c] = n
	}
	var b strings.Builder
	for _, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if where == "" || fields[at[where]] == value {
			b.WriteString(fields[at[name]] + "\n")
		}
	}
	return b.String()
}

func TestLinesAreTheRecordedOnes(t *testing.T) {
	text, little, big := column(t, "golden.tsv", "llvm_asm", "", ""), column(t, "golden.tsv", "hex_le", "", ""),
		column(t, "golden.tsv", "hex_be", "", "")
	for _, c := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{text, []string{"asm", "--lines"}, little},
		{text, []string{"asm", "--lines", "--dialect=llvm", "-"}, little},
		{text, []string{"asm", "--lines", "--big-endian"}, big},
	} {
		if out, errs, code := invoke(t, c.stdin, c.args...); out != c.want || errs != "" || code != 0 {
			t.Errorf("%v: exit %d, %q, %d bytes, want %d", c.args, code, errs, len(out), len(c.want))
		}
	}
	for _, dialect := range []string{"kernel", "llvm"} {
		for hex, order := range map[string]string{little: "--big-endian=false", big: "--big-endian"} {
			printed, errs, code := invoke(t, hex, "disasm", "--lines", order, "--dialect", dialect)
			if errs != "" || code != 0 || strings.Count(printed, "\n") != 580 || strings.Contains(printed, "error") {
				t.Fatalf("%s, %s: exit %d, %q, %q", dialect, order, code, errs, printed)
			}
			if back, _, _ := invoke(t, printed, "asm", "--lines", order, "--dialect", dialect); back != hex {
				t.Errorf("%s, %s: the printed text is read as other code", dialect, order)
			}
		}
	}
	for _, hex := range []string{"hex_le", "hex_be"} {
		bad := column(t, "invalid.tsv", hex, "layer", "enc")
		out, _, code := invoke(t, bad, "disasm", "--lines", "--big-endian="+map[string]string{"hex_le": "false", "hex_be": "true"}[hex])
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if code != 0 || len(lines) != 748 {
			t.Errorf("%s: exit %d, %d lines", hex, code, len(lines))
		}
		for _, line := range lines {
			if !strings.HasPrefix(line, "error: ") {
				t.Errorf("%s: %s", hex, line)
			}
		}
	}
}

func TestEachLineHasItsAnswer(t *testing.T) {
	for _, c := range []struct{ args, stdin, want string }{
		{"asm --lines", "exit\n\nr11 = 0\n// nothing\nexit\r\nr1 = 0x5", "95 00 00 00 00 00 00 00\nerror: no instruction in this line\n" +
			"error: column 1: there is no register r11; there are r0 to r10\nerror: no instruction in this line\n" +
			"95 00 00 00 00 00 00 00\n" +
			"18 01 00 00 05 00 00 00 00 00 00 00 00 00 00 00\n"},
		{"asm --lines --dialect llvm", "exit; exit\nr1 = 0x5\ngoto nowhere", "error: 2 instructions in this line, not one\n" +
			"b7 01 00 00 05 00 00 00\nerror: column 6: there is no label nowhere\n"},
		{"asm --lines --xlated", "r11 += 1", "07 0b 00 00 01 00 00 00\n"},
		{"disasm --lines", "95 00 00 00 00 00 00 00\n\n9500000000000000\n0x95,0,0\n95\n07 0b 00 00 05 00 00 00\n" +
			"95 00 00 00 00 00 00 00 95 00 00 00 00 00 00 00", "exit\nerror: no instruction in this line\nexit\n" +
			"error: column 6: an odd number of hex digits: a byte has two\n" +
			"error: the code ends within a slot; allowed: slots of 8 bytes, and 1 are left\n" +
			"error: (Add64Imm): dst 11: no such register; allowed: r0 to r10\nerror: 2 instructions in this line, not one\n"},
		{"disasm --lines --xlated", "07 0b 00 00 05 00 00 00\nc2 00 00 00 00 00 00 00\n18 11 00 00 07 00 00 00 00 00 00 00 00 00 00 00",
			"r11 += 5\nnospec\nr1 = map[id:7]\n"},
		{"asm --lines", "", ""},
	} {
		out, errs, code := invoke(t, c.stdin, strings.Fields(c.args)...)
		if out != c.want || errs != "" || code != 0 {
			t.Errorf("%s: exit %d, %q\ngot\n%swant\n%s", c.args, code, errs, out, c.want)
		}
	}
}

const program = "start: r1 = 0x5\nif r1 == 5 goto out // c\ncall start\nout:\n exit\n"

func TestProgramsGoBothWays(t *testing.T) {
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "prog.s"), filepath.Join(dir, "prog.bin")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	const hex = "18 01 00 00 05 00 00 00 00 00 00 00 00 00 00 00\n15 01 01 00 05 00 00 00\n85 10 00 00 fc ff ff ff\n95 00 00 00 00 00 " +
		"00 00\n"
	if out, errs, code := invoke(t, "", "asm", source); out != hex || code != 0 {
		t.Errorf("exit %d, %s\n%s", code, errs, out)
	}
	if out, errs, code := invoke(t, "", "asm", "-o", binary, source); out != "" || code != 0 {
		t.Errorf("exit %d, %s\n%s", code, errs, out)
	}
	raw, err := os.ReadFile(binary)
	if err != nil || len(raw) != 40 {
		t.Fatal(len(raw), err)
	}
	if out, _, code := invoke(t, program, "asm", "-o", "-"); out != string(raw) || code != 0 {
		t.Errorf("exit %d, % x", code, out)
	}
	const listing = "   0: (18) r1 = 0x5\n   2: (15) if r1 == 0x5 goto pc+1\n   3: (85) call pc-4\n   4: (95) exit\n"
	const llvm = "L0:\nr1 = 5 ll\nif r1 == 5 goto +1\ncall L0\nexit\n"
	for _, c := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"a!#\x00\x00\x00\x00\x00", []string{"disasm"}, "   0: (61) r1 = *(u32 *)(r2 +35)\n"}, // bytes, though text to the comment
		{"95 00 00 00 00 00 00 00 # höchst", []string{"disasm"}, "   0: (95) exit\n"},
		{"", []string{"disasm", binary}, listing},
		{"", []string{"disasm", "--raw", binary}, listing},
		{hex, []string{"disasm"}, listing},
		{"# a comment\n" + strings.ReplaceAll(hex, " ", ", 0x"), []string{"disasm", "-"}, listing},
		{hex, []string{"disasm", "--dialect", "llvm"}, llvm},
		{listing, []string{"asm"}, hex},
		{llvm, []string{"asm", "--dialect", "llvm"}, hex},
	} {
		if out, errs, code := invoke(t, c.stdin, c.args...); out != c.want || errs != "" || code != 0 {
			t.Errorf("%v: exit %d, %s\ngot\n%swant\n%s", c.args, code, errs, out, c.want)
		}
	}
}

func TestMistakesHaveAPlace(t *testing.T) {
	for _, c := range []struct {
		stdin string
		args  string
		out   string
		want  string
		code  int
	}{
		{"exit\n\tr1 += 2147483648\nr11 = 0", "asm", "", "<stdin>:2:8: 2147483648: out of range; allowed: -2147483648 to 2147483647; " +
			"use a 64-bit load: r1 = 2147483648 ll\n", 1},
		{"95 00 00 00 00 00 00 00\n  95 00 01 00 00\n00 00 00", "disasm", "   0: (95) exit\n", "<stdin>:2:3: slot 1 (Exit): off 1: " +
			"reserved field is not 0; allowed: 0\n", 1},
		{"95 00 00 00 00 00 00 00 95", "disasm", "   0: (95) exit\n", "<stdin>:1:25: slot 1: the code ends within a slot; allowed: " +
			"slots of 8 bytes, and 1 are left\n", 1},
		{"18 01 00 00 05 00 00 00\n", "disasm", "", "<stdin>:1:1: slot 0 (LoadImm64): 64-bit load without its second slot\n", 1},
		{"18 01 00 00 05 00 00 00\n00 00 01 00 00 00 00 00", "disasm", "", "<stdin>:2:1: slot 1 (LoadImm64): next_off 1: the second " +
			"slot of a 64-bit load has only an imm; allowed: 0\n", 1},
		{"95 0", "disasm", "", "<stdin>:1:4: an odd number of hex digits: a byte has two\n", 1},
		{"95 hello", "disasm", "", "<stdin>:1:4: not a hex digit: \"h\"\n", 1},
		{"\x95\x00\x00\x00\x00\x00\x00\x00\x95\x00", "disasm", "   0: (95) exit\n", "<stdin>: byte 8: slot 1: the code ends within a " +
			"slot; allowed: slots of 8 bytes, and 2 are left\n", 1},
		{"", "asm /nowhere", "", "open /nowhere: no such file or directory\n", 1},
		{"", "asm --dialect intel", "", "bpfsmith: unknown dialect \"intel\": use kernel or llvm\nSee bpfsmith asm --help.\n", 2},
		{"", "disasm --xlated --dialect llvm", "", "bpfsmith: LLVM has no notation for translated code: use only one of --dialect llvm " +
			"and --xlated\nSee bpfsmith disasm --help.\n", 2},
		{"", "asm --lines -o x", "", "bpfsmith: --lines prints hex: use only one of --lines and -o\nSee bpfsmith asm --help.\n", 2},
		{"", "disasm --lines --raw", "",
			"bpfsmith: --lines reads hex: use only one of --lines and --raw\nSee bpfsmith disasm --help.\n", 2},
		{"", "asm a b", "", "bpfsmith: accepts at most 1 arg(s), received 2\nSee bpfsmith asm --help.\n", 2},
		{"", "fly", "", "bpfsmith: unknown command \"fly\" for \"bpfsmith\"\nSee bpfsmith --help.\n", 2},
	} {
		out, errs, code := invoke(t, c.stdin, strings.Fields(c.args)...)
		if out != c.out || errs != c.want || code != c.code {
			t.Errorf("%s, %q: exit %d, want %d\ngot  %s%swant %s%s", c.args, c.stdin, code, c.code, out, errs, c.out, c.want)
		}
	}
}

func TestHelpShowsExamples(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"asm", "--help"}, {"disasm", "-h"}} {
		out, _, code := invoke(t, "", args...)
		if code != 0 || !strings.Contains(out, "Examples:\n") {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out, errs, code := invoke(t, "", "completion", shell); code != 0 || len(out) < 1000 {
			t.Errorf("completion %s: exit %d, %s", shell, code, errs)
		}
	}
	if out, _, _ := invoke(t, "", "__complete", "asm", "--dialect", ""); !strings.HasPrefix(out, "kernel\nllvm\n") {
		t.Errorf("dialects are completed as %q", out)
	}
	if out, _, code := invoke(t, "", "--version"); code != 0 || !strings.HasPrefix(out, "bpfsmith version ") {
		t.Errorf("exit %d, %q", code, out)
	}
}
