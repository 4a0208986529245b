package compile_test

import (
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A refusal says who refuses the rows of ../isa/testdata/invalid.tsv that have one reason: instructions that can be encoded, and that
// no program may use so.
type refusal struct {
	reason string // as the rows have it
	rule   mistake.Kind
}

// refusals has every reason of the layers sem and kern.
func refusals() []refusal {
	return []refusal{
		{reason: "write to read-only r10", rule: mistake.FramePointer},
		{reason: "division by zero imm (RFC defines result, kernel rejects)", rule: mistake.BadInstruction},
		{reason: "shift imm >= 64 (RFC masks, kernel rejects)", rule: mistake.BadInstruction},
		{reason: "shift imm >= 32 (RFC masks, kernel rejects)", rule: mistake.BadInstruction},
		{reason: "jump past end", rule: mistake.JumpOutside},
		{reason: "jump before start", rule: mistake.JumpOutside},
		{reason: "conditional jump past end", rule: mistake.JumpOutside},
		{reason: "gotol past end", rule: mistake.JumpOutside},
		{reason: "jump into second slot of LDDW", rule: mistake.JumpOutside},
		{reason: "infinite self loop", rule: mistake.EndlessLoop},
		{reason: "read uninitialised stack below 512", rule: mistake.StackBounds},
		{reason: "store above frame pointer", rule: mistake.StackBounds},

		{reason: "negative helper id", rule: mistake.BadInstruction},
		{reason: "pcrel call past end", rule: mistake.JumpOutside},
		{reason: "pcrel call to negative target", rule: mistake.JumpOutside},
		{reason: "misaligned 8-byte atomic", rule: mistake.Misaligned},

		{reason: "unknown helper id", rule: mistake.UnknownHelper},
	}
}

// A recordedRefusal is a row of invalid.tsv: what Linux 6.18 says about it is recorded there.
type recordedRefusal struct {
	code    []isa.Instruction
	reason  string
	verdict string
}

// recordedRefusals are the rows of the layers sem and kern.
func recordedRefusals(t *testing.T) []recordedRefusal {
	t.Helper()
	data, err := os.ReadFile("../isa/testdata/invalid.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var rows []recordedRefusal
	for _, line := range strings.Split(string(data), "\n") {
		// The first columns are the code in both orders, layer, form, reason, and the verdict of Linux.
		columns := strings.Split(line, "\t")
		if len(columns) < 6 || columns[2] != "sem" && columns[2] != "kern" {
			continue
		}
		code, err := hex.DecodeString(strings.ReplaceAll(columns[0], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		ins, err := isa.Decode(code, isa.LittleEndian)
		if err != nil {
			t.Errorf("%s, %s: this is an instruction: %v", columns[3], columns[4], err)
			continue
		}
		rows = append(rows, recordedRefusal{ins, columns[4], columns[5]})
	}
	if len(rows) != 90 {
		t.Errorf("%d rows, want 75 and 15", len(rows))
	}
	return rows
}

// around is a program with instructions in it that have nothing to complain of but themselves: all registers and some stack are set.
func around(ins []isa.Instruction) []isa.Instruction {
	var code []isa.Instruction
	for r := isa.R0; r <= isa.R9; r++ {
		code = append(code, isa.Mov64Imm(r, 1))
	}
	code = append(code, isa.StoreImm(isa.DW, isa.R10, -8, 0), isa.StoreImm(isa.DW, isa.R10, -16, 0))
	code = append(code, ins...)
	return append(code, isa.Mov64Imm(isa.R0, 0), isa.Exit())
}

// onlyOf reports whether there is one finding, of the rule. A load of a function's address leads nowhere besides, in the rows.
func onlyOf(findings mistake.Findings, rule mistake.Kind, nowhere bool) bool {
	if nowhere && len(findings) == 2 && findings[1].Kind == mistake.JumpOutside {
		findings = findings[:1]
	}
	return len(findings) == 1 && findings[0].Kind == rule
}

// TestWhoFindsWhatIsRefused holds which of the recorded encodings Compile finds, with which rule.
func TestWhoFindsWhatIsRefused(t *testing.T) {
	byReason := map[string]refusal{}
	for _, r := range refusals() {
		byReason[r.reason] = r
	}
	seen := map[string]bool{}
	found := 0
	for _, row := range recordedRefusals(t) {
		want, known := byReason[row.reason]
		if !known {
			t.Errorf("%v: nobody is named for %q; Linux says %s", row.code, row.reason, row.verdict)
			continue
		}
		seen[row.reason] = true
		var items []dsl.Item
		for _, i := range around(row.code) {
			items = append(items, dsl.Raw(i))
		}
		_, err := compile.Compile(dsl.Assembly("p", items...), compile.Target{ByteOrder: isa.Native})
		var findings mistake.Findings
		errors.As(err, &findings)
		switch {
		case err != nil && findings == nil:
			t.Errorf("%v: %v", row.code, err)
		case !onlyOf(findings, want.rule, row.code[0].Op == isa.LoadFunc(0, 0).Op && row.code[0].Src == isa.PseudoFunc):
			t.Errorf("%v, %s: want one finding of the rule %s, got %v", row.code, row.reason, want.rule, findings)
		default:
			found++
		}
	}
	for reason := range byReason {
		if !seen[reason] {
			t.Errorf("no row for %q", reason)
		}
	}
	t.Logf("%d are found", found)
}
