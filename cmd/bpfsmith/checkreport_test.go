package main

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// codeText is code as hex.
func codeText(t *testing.T, code ...isa.Instruction) string {
	t.Helper()
	raw, err := isa.Append(nil, isa.LittleEndian, code...)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(raw)
}

// TestOneDefectIsOneFinding: a register without a value is read on a thousand paths.
func TestOneDefectIsOneFinding(t *testing.T) {
	var code []isa.Instruction
	for n := range int32(1000) {
		code = append(code, isa.CallHelper(7), isa.JGT64Imm(isa.R0, n, 1), isa.Mov64Reg(isa.R0, isa.R9))
	}
	code = append(code, isa.Mov64Imm(isa.R0, 0), isa.Exit())
	out, errs, exit := tool(codeText(t, code...), "check", "--type", "socket_filter", "-")
	want := "insn 2: r9 has no value here: it was never written on the path to here; also at 5, 8, 11, 14, and 995 more\n"
	if lines := strings.Count(out, "\n"); !strings.HasPrefix(out, want) || lines > 2 || exit != exitInput {
		t.Errorf("exit %d, %d lines, %.300s %s", exit, lines, out, errs)
	}
}

// TestTooLongIsSaid: a straight line is not "too many paths". Up to the kernel's limit it is checked to its end.
func TestTooLongIsSaid(t *testing.T) {
	line := func(n int) string {
		code := []isa.Instruction{isa.Mov64Imm(isa.R0, 0)}
		for range n - 2 {
			code = append(code, isa.Add64Imm(isa.R0, 1))
		}
		return codeText(t, append(code, isa.Exit())...)
	}
	out, errs, exit := tool(line(1_000_001), "check", "--type", "socket_filter", "-")
	if want := "the program has 1000001 instructions: the kernel reads at most 1000000\n"; out != want || exit != exitInput {
		t.Errorf("exit %d, %s%s", exit, out, errs)
	}
	if out, errs, exit := tool(line(500_000), "check", "--type", "socket_filter", "-"); out+errs != "" || exit != 0 {
		t.Errorf("exit %d, %s%s", exit, out, errs)
	}
}

// TestPartOfAnObject: programs whose place nobody knows are named, and the exit code says that they are not checked.
func TestPartOfAnObject(t *testing.T) {
	const object, types = "../../objfile/testdata/interface.o", "../../internal/test/fixture/6.18.btf"
	out, errs, exit := tool("", "check", "--btf", types, object)
	const want = "bpfsmith: alone: the program is not checked: no struct in .struct_ops has it: give its place by --type struct_ops " +
		"--member STRUCT/MEMBER\n" +
		"bpfsmith: elsewhere: the program is not checked: the name of its section, nothing/known, does not say the type of the program: " +
		"give it by --type\n"
	if exit != exitPart || errs != want || out != "" {
		t.Errorf("exit %d, %s%s\nwant %s", exit, out, errs, want)
	}
	out, _, exit = tool("", "check", "--json", "--btf", types, object)
	d := json.NewDecoder(strings.NewReader(out))
	var unread []string
	for d.More() {
		var r checkReport
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if r.Unread != "" {
			unread = append(unread, r.Program)
		}
	}
	if got := strings.Join(unread, " "); exit != exitPart || got != "alone elsewhere" {
		t.Errorf("exit %d, not read: %s", exit, got)
	}
}

// TestMissingFunctionIsAFinding: libbpf loads no program that calls what the kernel lacks. The other program is checked.
func TestMissingFunctionIsAFinding(t *testing.T) {
	out, errs, exit := tool("", "check", "--btf", "../../internal/test/fixture/6.18.btf", "../../objfile/testdata/missing.o")
	const want = "needs: insn 0: this kernel has no kernel function no_such_function (missing.c:8)\n"
	if out != want || errs != "" || exit != exitInput {
		t.Errorf("exit %d, %s%s\nwant %s", exit, out, errs, want)
	}
}
