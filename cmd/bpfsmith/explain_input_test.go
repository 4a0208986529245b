package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/loaderlog"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// portsDir has a program and its log, for the page that shows both.
const portsDir = "../../verifierlog/page/testdata"

func portsFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(portsDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestExplainFindsTheSource: an empty line shows that the file was read, because logs do not quote empty lines.
func TestExplainFindsTheSource(t *testing.T) {
	const quoted = "\n26 | seen := ports.Lookup(f, port)\n"
	log := portsFile(t, "ports.log")
	out, errs, code := tool(log, "explain", "--source", "../../verifierlog", "-")
	if !strings.Contains(out, "\n25 |"+quoted) || strings.Contains(out, "\x1b") || errs != "" || code != 0 {
		t.Errorf("exit %d, %s\n%s", code, errs, out)
	}
	if out, _, _ := tool(log, "explain", "--source", t.TempDir(), "-"); strings.Contains(out, "\n25 |") || !strings.Contains(out, quoted) {
		t.Errorf("without the file, the log's quotes are expected:\n%s", out)
	}
}

// TestExplainTakesTheRightFile: of several files with the same name, explain uses the one with the log's lines.
func TestExplainTakesTheRightFile(t *testing.T) {
	dir := t.TempDir()
	source := portsFile(t, "ports.go")
	for name, text := range map[string]string{"a/ports.go": "package other\n", "b/ports.go": source,
		"c/ports.go": strings.Repeat("\n", 100), ".git/ports.go": source + "hidden"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	finder := newSourceFinder(dir, verifierlog.Quotes(portsFile(t, "ports.log")))
	if got, err := finder.read("ports.go"); err != nil || string(got) != source {
		t.Errorf("%v, %q", err, got)
	}
	for _, name := range []string{"", "..", "../ports.go", "/etc/passwd", "b/ports.go", "none.go"} {
		if got, err := finder.read(name); err == nil {
			t.Errorf("%q was read: %q", name, got)
		}
	}
}

// TestExplainTakesLogsOfAnyLoader: each of these texts contains the same log.
func TestExplainTakesLogsOfAnyLoader(t *testing.T) {
	log := recorded.Open(t).Text(t, "r1_after_call.level1.log")
	lines := strings.SplitAfter(strings.TrimSuffix(log, "\n"), "\n")
	each := func(prefix string) string { return prefix + strings.Join(lines, prefix) + "\n" }
	want, _, code := tool(log, "explain", "-")
	if code != 0 || !strings.Contains(want, "R1 !read_ok") {
		t.Fatal(code, want)
	}
	const (
		talk = "libbpf: prog 'x': BPF program load failed: Permission denied\n"
		ok   = "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
	)
	for name, text := range map[string]string{
		"CRLF":     strings.ReplaceAll(log, "\n", "\r\n"),
		"indented": "load program: permission denied:\n" + each("\t"),
		"libbpf": talk + "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n" + log + "-- END PROG LOAD LOG --\n" +
			"libbpf: prog 'x': failed to load: -13\nlibbpf: failed to load object 'x.o'\n",
		"no frame":   talk + each("libbpf: ") + "libbpf: failed to load object 'x.o'\nError: failed to load object file\n",
		"no end":     "-- BEGIN PROG LOAD LOG --\n" + log,
		"dmesg":      each("[   12.345678] "),
		"journal":    each("Nov 28 05:50:01 host agent[123]: libbpf: "),
		"timestamps": each("2026-11-28T05:50:01.123Z INFO: "),
		"Go's log":   each("2026/11/28 05:50:01 "),
		"logrus":     each("ERRO[0045] "),
		"colours":    each("\x1b[31m") + "\x1b[0m",
		"a letter":   each("> "),
		"compose":    each("agent-1  | "),
		"Talos":      each("node-1: kern: warning: [2026-11-28T05:50:01.467100703Z]: "),
		"old libbpf": "libbpf: load bpf program failed: Permission denied\nlibbpf: -- BEGIN DUMP LOG ---\nlibbpf:\n" + log +
			"libbpf: -- END LOG --\nlibbpf: failed to load program 'xdp'\n",
		"aya": "Error: the BPF_PROG_LOAD syscall failed. Verifier output: " + log + "\nCaused by:\n    Permission denied (os error 13)\n",
		"aya, deep": "Caused by:\n    1: the BPF_PROG_LOAD syscall failed. Verifier output: " + log +
			"\n    2: Permission denied (os error 13)\n",
		"iproute2": "Prog section 'x' rejected: Permission denied (13)!\n - Type:         3\n - License:      GPL\n\n" +
			"Verifier analysis:\n\n" + log + "\nError fetching program/map!\nUnable to load program\n",
		"bcc": "bpf: Failed to load program: Permission denied\n" + log + "\nHINT: The 'R1 !read_ok' error is said to be so and so.\n\n" +
			"Traceback (most recent call last):\n  File \"x.py\", line 7, in <module>\n",
		"a Rust main": `Error: "load engine: x.load: the BPF_PROG_LOAD syscall failed. Verifier output: ` +
			strings.ReplaceAll(log, "\n", `\n`) + "\"\n",
		"JSON":       `{"level":"error","msg":"load failed","log":` + strconv.Quote(log) + `,"prog":"x"}` + "\n",
		"JSON lines": jsonLines(lines),
		"logfmt":     `level=error msg=` + strconv.Quote("loading: load program: permission denied:\n"+log) + " prog=x\n",
		"several":    ok + log + "Error: failed to load object file\n",
		"first":      log + ok,
		"two frames": "-- BEGIN PROG LOAD LOG --\n" + ok + "-- END PROG LOAD LOG --\n-- BEGIN PROG LOAD LOG --\n" + log +
			"-- END PROG LOAD LOG --\n",
	} {
		if got, errs, code := tool(text, "explain", "-"); got != want || errs != "" || code != 0 {
			t.Errorf("%s: exit %d, %s\n%s\nwant\n%s", name, code, errs, got, want)
		}
	}
	// Blanks that belong to the log stay.
	logs := recorded.Open(t)
	for _, name := range logs.Files("") {
		if log := logs.Text(t, name); cleanLog(t, log) != log {
			t.Errorf("%s was changed", name)
		}
	}
}

// jsonLines writes each line of a log as an object.
func jsonLines(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		fmt.Fprintf(&b, "19:51:33.%03d ERROR agent load.go:30 refused {\"line\": %d, \"log\": %q}\n", i%1000, i,
			strings.TrimSuffix(line, "\n"))
	}
	return b.String()
}

// TestExplainTakesTheEndOfALog: the error of cilium/ebpf has only the last lines of the log. What they do not show is not guessed.
func TestExplainTakesTheEndOfALog(t *testing.T) {
	for name, tt := range map[string]struct {
		text, kind string
		insn       int
	}{
		"two lines": {"agent: load program: permission denied: 0: (bf) r3 = r2: R2 !read_ok (3 line(s) omitted)\nexit status 1\n",
			"uninitialised", 0},
		"one line": {"load program: invalid argument: unknown func bpf_strtol#105 (16 line(s) omitted)\n", "helper-forbidden", -1},
		"truncated": {"load program: permission denied: 9: (79) r3 = *(u64 *)(r1 +96): R1 invalid mem access 'scalar' (truncated, " +
			"16 line(s) omitted)\n",
			"not-a-pointer", 9},
		"a hint": {"load program: bad address (hit verifier bug, check dmesg): The sequence of 8193 jumps is too complex. " +
			"(120 line(s) omitted)\n", "too-complex", -1},
		"nothing of the log": {"agent: load program: permission denied: (21 line(s) omitted)\n", "no-log", -1},
		"a tab before some lines": {"8: (15) if r1 == 0x0 goto pc-3\n\t9: (79) r1 = *(u64 *)(r10 -8)\n\tBPF program is too large. " +
			"Processed 1000001 insn\n\tprocessed 1000001 insns (limit 1000000) max_states_per_insn 2\n", "too-complex", 9},
		"bcc's guess": {"bpf: Argument list too long. Program  too large (90 insns), at most 4096 insns\n\n", "too-complex", -1},
		"no reason":   {"load program: argument list too long: 12: (07) r1 += 8 (truncated)", "log-truncated", 12},
		"in JSON": {`{"level":"fatal","msg":"start: program x: load program: permission denied: 37: (07) r9 += 4: ` +
			`R9 pointer arithmetic on map_value_or_null prohibited, null-check it first (75 line(s) omitted)","subsys":"daemon"}`,
			"maybe-nil", 37},
		"a sum": {"load program: permission denied: invalid access to map value, value_size=4 off=8 size=4: R0 min value is outside of " +
			"the allowed memory range (9 line(s) omitted)", "map-bounds", -1},
	} {
		out, _, _ := tool(tt.text, "explain", "--json", "-")
		var r struct {
			Kind, Explanation, Fix string
			Insn                   int
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil || r.Kind != tt.kind || r.Insn != tt.insn {
			t.Errorf("%s: %v, %s at %d, want %s at %d", name, err, r.Kind, r.Insn, tt.kind, tt.insn)
		}
		if said := r.Explanation + r.Fix; strings.Contains(said, "never set") {
			t.Errorf("%s: this is not in the log: %s", name, said)
		}
	}
}

// TestExplainReadsTheLoader: what the loader says counts when the verifier gives no reason, and its error is that of the load.
func TestExplainReadsTheLoader(t *testing.T) {
	const walked = "0: R1=ctx() R10=fp0\n0: (b7) r0 = 0                        ; R0=0\n1: (95) exit\n" +
		"processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
	frame := func(log string) string {
		return "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n" + log + "-- END PROG LOAD LOG --\n"
	}
	for name, tt := range map[string]struct {
		text, kind, says string
		insn             int
	}{
		"no target": {"$ ./tool\nlibbpf: prog 'x': failed to find kernel BTF type ID of 'no_such_function': -3\n" +
			"libbpf: prog 'x': failed to prepare load attributes: -3\n", "bad-attach", "no_such_function", -1},
		"no function": {"libbpf: extern (func ksym) 'bpf_of_tomorrow': not found in kernel or module BTFs\n" +
			"libbpf: failed to load object 'x'\n", "unknown-helper", "bpf_of_tomorrow", -1},
		"a reason": {"libbpf: map 'm': failed to create: -22\n" + frame("0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\n"),
			"uninitialised", "R0", 0},
		"refused after the walk": {frame(walked) + "libbpf: prog 'x': failed to load: -524\n", "no-log", "bpf_jit_harden", -1},
		"a failed relocation": {frame("; x = s->gone; @ a.bpf.c:7\n0: <invalid CO-RE relocation>\n" +
			"failed to resolve CO-RE relocation <byte_off> [7] struct s.gone (0:1 @ offset 4)\n"), "unknown-field", "struct s.gone", 0},
		"a missing function": {frame("0: <invalid kfunc call>\nkfunc 'bpf_of_tomorrow' is referenced but wasn't resolved\n"),
			"unknown-helper", "bpf_of_tomorrow", 0},
		"a mark": {frame("0: R1=ctx() R10=fp0\n0: (85) call unknown#195896080\ninvalid func unknown#195896080\n"),
			"unknown-field", "CO-RE", 0},
	} {
		out, _, _ := tool(tt.text, "explain", "--json", "-")
		var r struct {
			Kind, Explanation, Fix string
			Insn                   int
		}
		err := json.Unmarshal([]byte(out), &r)
		if err != nil || r.Kind != tt.kind || r.Insn != tt.insn || !strings.Contains(r.Explanation+r.Fix, tt.says) {
			t.Errorf("%s: %v, %s at %d, want %s at %d: %s %s", name, err, r.Kind, r.Insn, tt.kind, tt.insn, r.Explanation, r.Fix)
		}
	}
}

// cleanLog returns the log of a text.
func cleanLog(t *testing.T, text string) string {
	t.Helper()
	found, err := loaderlog.Find(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	clean, err := found.Again(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	log, err := io.ReadAll(clean)
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

// opcodesIn returns the opcodes of a log, by slot.
func opcodesIn(t *testing.T, log string) map[int]byte {
	t.Helper()
	reading, err := verifierlog.Read(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	return opcodesOf(reading.Instructions)
}

func TestExplainUsage(t *testing.T) {
	for args, want := range map[string]string{
		"":                        "bpfsmith: accepts 1 arg",
		"--json --html - -":       "bpfsmith: --json and --html - both write to standard output",
		"--member init -":         "bpfsmith: --member init: expected STRUCT/MEMBER",
		"--prog 95zz -":           "--prog 95zz: this is neither hex nor a file\n",
		"--prog 950000 -":         "--prog: the code has 3 bytes, which is not a multiple of 8\n",
		"--html /nowhere/x.htm -": "open /nowhere/x.htm: ",
	} {
		if out, errs, code := tool("", append([]string{"explain"}, strings.Fields(args)...)...); out != "" ||
			!strings.HasPrefix(errs, want) || code != exitUsage {
			t.Errorf("%q: exit %d, %q %q", args, code, out, errs)
		}
	}
}

// TestExplainPage: the page is written to standard output without a report, or to a file in addition to the report.
func TestExplainPage(t *testing.T) {
	log := portsFile(t, "ports.log")
	page, errs, _ := tool(log, "explain", "--html", "-", "--source", portsDir, "-")
	if !strings.HasPrefix(page, "<!DOCTYPE html>") || !strings.Contains(page, "return f.U32(ctx.XDPPass)") || errs != "" {
		t.Errorf("%s\n%.200s", errs, page)
	}
	file := filepath.Join(t.TempDir(), "x.html")
	report, _, _ := tool(log, "explain", "--html", file, "--source", portsDir, "-")
	if written, err := os.ReadFile(file); err != nil || string(written) != page || !strings.HasPrefix(report, "error[maybe-nil]") {
		t.Errorf("%v, %d bytes, and printed %.100s", err, len(written), report)
	}
}

// TestExplainProgram: a log about the shape of a program has no instructions, so they are read from the program.
func TestExplainProgram(t *testing.T) {
	const log = "unreachable insn 2\nprocessed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
	const want = "0 | (b7) r0 = 0\n1 | (95) exit\n2 | (95) exit\n"
	const hex = "b7000000000000009500000000000000" + "9500000000000000"
	if out, errs, code := tool(log, "explain", "--prog", hex, "-"); !strings.Contains(out, want) || code != 0 {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
	file := filepath.Join(t.TempDir(), "prog")
	for _, text := range []string{hex, "b7 00 00 00 00 00 00 00 # r0 = 0\n95 00 00 00 00 00 00 00 95 00 00 00 00 00 00 00\n",
		"\xb7\x00\x00\x00\x00\x00\x00\x00\x95\x00\x00\x00\x00\x00\x00\x00\x95\x00\x00\x00\x00\x00\x00\x00"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, errs, _ := tool(log, "explain", "--prog", file, "-"); !strings.Contains(out, want) {
			t.Errorf("%q: %s%s", text, out, errs)
		}
	}
}

// elfObject returns an ELF object with a section of code of two functions: exit, and r0 = 0; exit.
func elfObject(t *testing.T, machine elf.Machine) []byte {
	t.Helper()
	code := "\x95\x00\x00\x00\x00\x00\x00\x00" + "\xb7\x00\x00\x00\x00\x00\x00\x00" + "\x95\x00\x00\x00\x00\x00\x00\x00"
	names := "\x00a\x00b\x00xdp\x00.symtab\x00.strtab\x00"
	const header, section = 64, 64
	var b bytes.Buffer
	put := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	put(elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_REL), Machine: uint16(machine), Version: 1, Ehsize: header, Shentsize: section, Shnum: 4,
		Shstrndx: 3, Shoff: header,
	})
	at := uint64(header + 4*section)
	put(elf.Section64{})
	put(elf.Section64{Name: 5, Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR), Off: at,
		Size: 24, Addralign: 8})
	put(elf.Section64{Name: 9, Type: uint32(elf.SHT_SYMTAB), Off: at + 24, Size: 3 * 24, Link: 3, Info: 1, Entsize: 24, Addralign: 8})
	put(elf.Section64{Name: 17, Type: uint32(elf.SHT_STRTAB), Off: at + 24 + 72, Size: uint64(len(names)), Addralign: 1})
	b.WriteString(code)
	function := elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC)
	put(elf.Sym64{})
	put(elf.Sym64{Name: 1, Info: function, Shndx: 1, Value: 0, Size: 8})
	put(elf.Sym64{Name: 3, Info: function, Shndx: 1, Value: 8, Size: 16})
	b.WriteString(names)
	return b.Bytes()
}

func TestExplainObject(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prog.o")
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	whole := elfObject(t, elf.EM_BPF)
	write(whole)
	const log = "0: (b7) r0 = 0 ; R0=0\n1: (95) exit\nR0 is wrong\n"
	if code, err := readProgram(file, opcodesIn(t, log)); err != nil || len(code) != 16 || code[0] != 0xb7 {
		t.Errorf("%v, % x", err, code)
	}
	for _, c := range []struct {
		log, want string
		machine   elf.Machine
	}{
		{"0: (61) r0 = *(u32 *)(r1 +0)\n", "no function in xdp has the instructions of the log", elf.EM_BPF},
		{"0: (b7) r0 = 0\n9: (95) exit\n", "give it as hex", elf.EM_BPF},
		{"R0 !read_ok\n", "the log has no instructions", elf.EM_BPF},
		{"0: (95) exit\n", "an object for EM_X86_64", elf.EM_X86_64},
	} {
		write(elfObject(t, c.machine))
		if _, err := readProgram(file, opcodesIn(t, c.log)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.log, err, c.want)
		}
	}
	// When the object is cut off, or any byte is wrong, the result is an error or code of the object, and never a panic.
	for n := range whole {
		for _, data := range [][]byte{whole[:n], append(append(bytes.Clone(whole[:n]), 0xff), whole[n+1:]...)} {
			write(data)
			if code, err := readProgram(file, opcodesIn(t, log)); err == nil && !bytes.Contains(data, code) {
				t.Errorf("byte %d: % x", n, code)
			}
		}
	}
}

// TestFactsBelongToTheirLog: what a loader says about one of several logs is not used for another one.
func TestFactsBelongToTheirLog(t *testing.T) {
	const stats = "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
	section := func(name, typ, log string) string {
		return "Prog section '" + name + "' rejected: Permission denied (13)!\n - Type:         " + typ + "\n - Attach Type:  0\n" +
			" - Instructions: 2 (0 over limit)\n - License:      GPL\n\nVerifier analysis:\n\n" + log + stats
	}
	fine := "0: R1=ctx() R10=fp0\n0: (b7) r0 = 0                       ; R0=0\n1: (95) exit\n"
	text := section("first", "3", fine) + section("second", "6", "0: (85) call bpf_skb_load_bytes#26\n"+
		"unknown func bpf_skb_load_bytes#26\n") + section("third", "1", fine)
	if out, _, _ := tool(text, "explain", "-"); !strings.Contains(out, "type xdp") {
		t.Errorf("the type is told before the log, xdp: %s", out)
	}
	aya := "Error: the BPF_PROG_LOAD syscall failed. Verifier output: "
	text = aya + fine + stats + "\n\nCaused by:\n    No space left on device (os error 28)\n" +
		aya + fine + stats + "\n\nCaused by:\n    Permission denied (os error 13)\n"
	if out, _, _ := tool(text, "explain", "--json", "-"); !strings.Contains(out, "log-truncated") {
		t.Errorf("the error is told after the log, ENOSPC: %s", out)
	}
}
