package isa_test

import (
	"bytes"
	"debug/elf"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	. "github.com/bpfsmith/bpfsmith/isa"
)

// llvm assembles lines with llvm-mc-19 and returns the bytes of each.
func llvm(t *testing.T, triple string, lines []string) [][]byte {
	t.Helper()
	path := kerneltest.RequireTool(t, "llvm-19", "llvm-mc-19")
	cmd := exec.Command(path, "-triple="+triple, "-mcpu=v4", "--show-encoding")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	var all [][]byte
	for _, m := range regexp.MustCompile(`# encoding: \[(.*)\]`).FindAllStringSubmatch(string(out), -1) {
		if strings.Contains(m[1], "A") && strings.Contains(m[1], "'") {
			t.Fatalf("not assembled to the end: %s", m[0])
		}
		all = append(all, unhex(t, strings.NewReplacer("0x", "", ",", "").Replace(m[1])))
	}
	if len(all) != len(lines) {
		t.Fatalf("%d lines, %d encodings", len(lines), len(all))
	}
	return all
}

// text is the instruction in the dialect.
func text(i Instruction, d Dialect) string { return string(AppendText(nil, i, d)) }

// LLVM assembles the recorded text of each form, and our own text of each golden instruction, to our bytes.
func TestLLVMAgrees(t *testing.T) {
	type want struct {
		line string
		ins  Instruction
	}
	var wants []want
	forms := map[string]bool{}
	for _, row := range recorded(t, "table.tsv") {
		// LLVM 19 has no load_acquire and store_release; a call wants a symbol, which leaves imm open.
		if row["llvm_asm"] == "" || strings.Contains(row["llvm_check"], "19:ERR") || row["name"] == "CALL_PCREL" {
			continue
		}
		f := split(unhex(t, row["example_le"]))
		i, ok := construct(row["name"], f.dst, f.src, f.off, f.imm, f.next)
		if !ok {
			t.Fatalf("no constructor for %s", row["name"])
		}
		wants = append(wants, want{row["llvm_asm"], i})
		forms[row["name"]] = true
		if got := strings.ReplaceAll(text(i, LLVM), " ll", ""); got != strings.ReplaceAll(row["llvm_asm"], " ll", "") {
			t.Errorf("%s: our LLVM text is %q, recorded is %q", row["name"], text(i, LLVM), row["llvm_asm"])
		}
	}
	// Besides those above, LLVM 19 has no gotox, and none has a text for MOV_PERCPU and CALL_KFUNC.
	if len(forms) != 183-8-1-3 {
		t.Errorf("%d forms to compare", len(forms))
	}
	for _, row := range recorded(t, "golden.tsv") {
		m := mnemonic(row["form"])
		if !strings.HasPrefix(row["llvm_versions"], "19") || !forms[m] || strings.Contains(row["llvm_versions"], "label") {
			continue
		}
		f := split(unhex(t, row["hex_le"]))
		i, _ := construct(m, f.dst, f.src, f.off, f.imm, f.next)
		wants = append(wants, want{text(i, LLVM), i})
	}
	lines := make([]string, len(wants))
	for n, w := range wants {
		lines[n] = w.line
	}
	for triple, order := range map[string]ByteOrder{"bpfel": LittleEndian, "bpfeb": BigEndian} {
		for n, theirs := range llvm(t, triple, lines) {
			ours, err := Append(nil, order, wants[n].ins)
			if err != nil || !bytes.Equal(ours, theirs) {
				t.Errorf("%s, %v:\nours % x, %v\nLLVM % x", lines[n], order, ours, err, theirs)
			}
		}
	}
	t.Logf("%d lines", len(lines))
}

// LLVM assembles a printed program as a whole to our bytes: calls and far jumps, which it takes only with labels, too.
func TestLLVMAssemblesPrograms(t *testing.T) {
	path := kerneltest.RequireTool(t, "llvm-19", "llvm-mc-19")
	known := func(i Instruction) bool {
		switch f, _ := i.Form(); f.Info().Constructor {
		case "MovPerCPU", "CallKfunc", "GotoX", "LoadAcquire", "StoreRelease":
			return false // LLVM 19 has none of these
		case "CallRel", "JumpLong":
			return false // these lead out of the program
		case "LoadMapValue", "LoadMapIndexValue", "LoadBTFID":
			return i.Imm>>32 == 0
		case "LoadInd":
			return i.Imm == 0
		}
		return true
	}
	var ins []Instruction
	for _, i := range all(t) {
		if known(i) {
			ins = append(ins, i)
		}
	}
	slots := 0
	for _, i := range ins {
		slots += i.Slots()
	}
	middle := slices.Concat([]Instruction{CallRel(2), JumpLong(1), Exit(), CallRel(-4)}, ins)
	program := slices.Concat(middle, slices.Repeat([]Instruction{Mov64Imm(R0, 0)}, 40000),
		[]Instruction{CallRel(-40000 - 1 - int32(slots)), JumpLong(-40000), JumpLong(0), Exit()})
	text := Format(program, LLVM)
	if n := strings.Count(text, ":\n"); n != 4 {
		t.Errorf("%d labels, want 4", n)
	}
	for triple, order := range map[string]ByteOrder{"bpfel": LittleEndian, "bpfeb": BigEndian} {
		object := filepath.Join(t.TempDir(), "program.o")
		cmd := exec.Command(path, "-triple="+triple, "-mcpu=v4", "-filetype=obj", "-o", object)
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%.2000s", err, out)
		}
		file, err := elf.Open(object)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := file.Section(".text").Data()
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		ours, err := Append(nil, order, program...)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(ours) || n < len(theirs); n += 8 {
			if n+8 > len(ours) || n+8 > len(theirs) || !bytes.Equal(ours[n:n+8], theirs[n:n+8]) {
				t.Fatalf("%v: slot %d of %d is not LLVM's", order, n/8, len(ours)/8)
			}
		}
	}
	t.Logf("%d instructions of LLVM's text", len(program))
}
