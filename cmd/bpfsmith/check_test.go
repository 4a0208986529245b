package main

import (
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
)

func TestCheck(t *testing.T) {
	const exit, unset = "9500000000000000", "b700000000000000 9500000000000000"
	for name, tt := range map[string]struct {
		args []string
		in   string
		want string
		code int
	}{
		"sound":          {[]string{"--type", "socket_filter", "-"}, unset, "", 0},
		"on the line":    {[]string{"--type", "socket_filter", exit}, "", "insn 0: r0, the result, has no value at the end\n", 1},
		"no type":        {[]string{"-"}, exit, "", exitUsage},
		"no instruction": {[]string{"--type", "xdp", "-"}, "ff00000000000000", "insn 0: ", 1},
		"a map": {[]string{"--type", "socket_filter", "--map", "9=array:4:64:1", "-"},
			"620afcff00000000bfa200000000000007020000fcffffff181100000900000000000000000000008500000001000000" +
				"1500040000000000790600000000000025060200400000000f600000000000007100000000000000b7000000000000009500000000000000",
			"insn 10: ", 1},
		"a file that is not there": {[]string{"--type", "xdp", "prog.o"}, "", "", 1},
		"a byte":                   {[]string{"--type", "xdp", "95"}, "", "", 1},
		"a bad map":                {[]string{"--type", "xdp", "--map", "9=array", "-"}, unset, "", exitUsage},
		"not sound without CAP_PERFMON": {[]string{"--type", "socket_filter", "--no-perfmon", "-"}, "bf100000000000009500000000000000",
			"insn 1: the result is a pointer\n", 1},
	} {
		out, errs, code := tool(tt.in, append([]string{"check"}, tt.args...)...)
		if code != tt.code || !strings.HasPrefix(out, tt.want) || tt.want == "" && out != "" {
			t.Errorf("%s: exit %d, %q %q", name, code, out, errs)
		}
	}
}

// TestCheckReadsObjects checks objects that clang made from the sources next to them: several programs, with maps, functions, offsets that
// are relocated, kernel functions by name, and source lines.
func TestCheckReadsObjects(t *testing.T) {
	const types = "../../internal/test/fixture/6.18.btf"
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--btf", types, "testdata/objects/counts.o"},
			"unchecked: insn 7: r0, a map's value, may be nil: it was not compared with 0 on the path to here (counts.c:33)\n" +
				"of_global: insn 6: r1, memory, may be nil: it was not compared with 0 on the path to here (counts.c:20)\n"},
		{[]string{"--btf", types, "testdata/objects/task.o"},
			"insn 6: the task of bpf_task_acquire (task.c:16) is still held at the end of the program, on a path from the comparison " +
				"at task.c:17 (task.c:17)\n" +
				"\thelp: release it with bpf_task_release if it is not nil\n"},
	} {
		if out, errs, code := tool("", append([]string{"check"}, tt.args...)...); out != tt.want || code != exitInput {
			t.Errorf("%v: exit %d, %s\n%s", tt.args, code, errs, out)
		}
	}
}

// TestCheckReadsBrokenObjects: when a part of an object is missing or wrong, check reports it or finds something, and does not panic.
func TestCheckReadsBrokenObjects(t *testing.T) {
	whole, err := os.ReadFile("testdata/objects/counts.o")
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/broken.o"
	for n := 4; n < len(whole); n += 97 {
		spoilt := append([]byte(nil), whole...)
		spoilt[n] ^= 0x55
		for _, data := range [][]byte{whole[:n], spoilt} {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, errs, code := tool("", "check", "--type", "xdp", file); code != 0 && out == "" && errs == "" ||
				strings.Contains(errs, "panic") {
				t.Errorf("byte %d: exit %d without a message: %s", n, code, errs)
			}
		}
	}
}

// TestCheckFindsWhatIsAcceptedButNotIntended: a member without a result ends with a reserved record in r0. Linux accepts that.
func TestCheckFindsWhatIsAcceptedButNotIntended(t *testing.T) {
	types, err := fixture.Raw("6.18")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "6.18.btf")
	if err := os.WriteFile(file, types, 0o600); err != nil {
		t.Fatal(err)
	}
	const code = "18110000090000000000000000000000" + "b702000008000000" + "b703000000000000" + "8500000083000000" + "9500000000000000"
	const want = "insn 5: the record of bpf_ringbuf_reserve (instruction 4) is still held at the end of the program\n" +
		"\tLinux accepts this, because r0 still points to it, but nothing releases it later: readers of the ring buffer see " +
		"no record after this one\n" +
		"\thelp: release it with bpf_ringbuf_submit or bpf_ringbuf_discard if it is not nil\n"
	out, errs, exit := tool(code, "check", "--type", "struct_ops", "--member", "tcp_congestion_ops/init", "--btf", file,
		"--map", "9=ringbuf:0:0:4096", "-")
	if out != want || exit != 1 {
		t.Errorf("exit %d, %q %q; want %q", exit, out, errs, want)
	}
}

// TestCheckKnowsTheRelease: since Linux 7.0 functions of the kernel trust their arguments, so nil is a mistake. Types of 6.18 stand in for
// those of 7.0.
func TestCheckKnowsTheRelease(t *testing.T) {
	const file = "../../internal/test/fixture/6.18.btf"
	types, err := btf.File(file)
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	id, err := types.Lookup(btf.KindFunc, "bbr_init")
	if err != nil {
		t.Fatal(err)
	}
	code := fmt.Sprintf("b701000000000000"+"85200000%08x"+"9500000000000000", bits.ReverseBytes32(uint32(id)))
	for _, tt := range []struct{ release, want string }{
		{"", ""}, {"6.18", ""}, {"7.0", "insn 1: argument sk of bbr_init is nil\n"},
		{"7.1-rc2", "insn 1: argument sk of bbr_init is nil\n"}, {"seven", "--kernel seven: expected the release of a kernel"},
	} {
		args := []string{"check", "--type", "struct_ops", "--member", "tcp_congestion_ops/init", "--btf", file, "-"}
		if tt.release != "" {
			args = append(args, "--kernel", tt.release)
		}
		out, errs, _ := tool(code, args...)
		if all := out + errs; !strings.Contains(all, tt.want) || (all == "") != (tt.want == "") {
			t.Errorf("--kernel %s: %q, want %q", tt.release, all, tt.want)
		}
	}
}

// TestInputOfAnotherKind: each command says what it was given, and what takes that.
func TestInputOfAnotherKind(t *testing.T) {
	const object = "testdata/objects/counts.o"
	for _, tt := range []struct{ args, want string }{
		{"check --type xdp 95", "95: there is no such file, and as hex it is no whole instruction: expected 8 bytes for each, such as " +
			"9500000000000000\n"},
		{"check --type xdp 0x950", "0x950: there is no such file, and as hex it is no whole instruction"},
		{"check --type xdp prog.o", "open prog.o: no such file or directory\n"},
		{"disasm " + object, object + ": this is an ELF object, not code: bpfsmith check " + object +
			" checks its programs; to list one, copy its section first: llvm-objcopy -O binary --only-section=xdp " + object +
			" prog.bin\n"},
		{"asm " + object, object + ": this is an ELF object, not text\n"},
	} {
		if out, errs, code := tool("", strings.Fields(tt.args)...); out != "" || !strings.HasPrefix(errs, tt.want) || code != exitInput {
			t.Errorf("%s: exit %d, %s%s\nwant %s", tt.args, code, out, errs, tt.want)
		}
	}
}
