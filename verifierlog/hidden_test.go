package verifierlog_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// inventions are claims about what is not in a log: only a complete log can show them.
var inventions = regexp.MustCompile(`never set|was never|nothing was compared|was not set|was not written|not written on|global function`)

// TestNothingIsInvented: when lines of a log are missing, the report claims nothing that only the missing lines could show.
func TestNothingIsInvented(t *testing.T) {
	logs := recorded.Open(t)
	checked := 0
	for _, p := range logs.Programs {
		level, ok := p.Levels["1"]
		if !ok || p.Loaded {
			continue
		}
		log := logs.Text(t, level.File)
		program := verifierlog.Program{Type: programType(p.ProgType), Struct: p.Struct(), Member: p.Member, Errno: level.Errno}
		whole := verifierlog.Explain(log, program)
		for name, part := range partsOf(log) {
			checked++
			r := verifierlog.Explain(part, program)
			if r.Kind != whole.Kind && whole.Kind == 0 {
				t.Errorf("%s, %s: %s", p.Name, name, r.Kind)
			}
			claim := inventions.FindString(r.Explanation)
			// What the kernel's own words say is no invention, and neither is what the whole log shows.
			if claim != "" && !strings.Contains(whole.Explanation, claim) {
				t.Errorf("%s, %s: %q in %q; the whole log: %q", p.Name, name, claim, r.Explanation, whole.Explanation)
			}
			for _, s := range r.Slice {
				if claim := inventions.FindString(s.Note.String()); claim != "" {
					t.Errorf("%s, %s: %q in a note", p.Name, name, claim)
				}
			}
		}
	}
	t.Logf("%d parts of logs", checked)
}

// partsOf are what people pass on of a log.
func partsOf(log string) map[string]string {
	lines := strings.SplitAfter(log, "\n")
	last := 0 // the last instruction
	for i, line := range lines {
		if regexp.MustCompile(`^\d+: \([0-9a-f]{2}\) `).MatchString(line) {
			last = i
		}
	}
	states := regexp.MustCompile(`(?m) +; (?:frame\d+: )?(?:R|fp-|refs).*$|^\d+: (?:frame\d+: )?R\d.*\n| \d+: R\d.*$`)
	return map[string]string{
		"without states":            states.ReplaceAllString(log, ""),
		"only the last instruction": strings.Join(lines[last:], ""),
		"the last three lines":      strings.Join(lines[max(0, last-2):], ""),
		"a gap":                     strings.Join(lines[:last/2], "") + "[...]\n" + strings.Join(lines[last:], ""),
	}
}

// TestValuesOfOldLogs: kernels before 5.18 print states only at branches. Constants, copies and addresses on the stack are known all the
// same; nothing is known of other values, and nobody may say that they were never set.
func TestValuesOfOldLogs(t *testing.T) {
	for name, tt := range map[string]struct{ log, says, never string }{
		"a constant": {"0: (bf) r6 = r1\n1: (18) r1 = 0xffff888000000000\n3: (b7) r2 = 0\n4: (85) call bpf_map_delete_elem#3\n" +
			"R2 type=inv expected=fp\n", "is the number 0", "never set"},
		"the type in the message": {"7: (bf) r2 = r8\n8: (85) call bpf_map_lookup_elem#1\nR1 type=ctx expected=map_ptr\n", "is the " +
			"context",
			"never set"},
		"a value that is overwritten": {"5: (15) if r1 == 0x0 goto pc+3\n R0=inv7 R1=map_value(id=0,off=0,ks=4,vs=8,imm=0) R10=fp0\n" +
			"6: (79) r1 = *(u64 *)(r1 +0)\n7: (71) r2 = *(u8 *)(r1 +0)\nR1 invalid mem access 'inv'\n", "number", "map_value"},
		"a load that was not relocated": {"0: (18) r1 = 0x0\n2: (bf) r2 = r10\n3: (07) r2 += -4\n4: (85) call bpf_map_lookup_elem#1\n" +
			"R1 type=inv expected=map_ptr\n", "loader", "never set"},
	} {
		r := verifierlog.Explain(tt.log, verifierlog.Program{})
		said := r.Explanation + " " + r.Fix
		if !strings.Contains(said, tt.says) || strings.Contains(said, tt.never) {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// TestMessagesGluedToAJump: the kernel ends the line of a jump after its state, so a message may come before the end of the line.
func TestMessagesGluedToAJump(t *testing.T) {
	r := verifierlog.Parse("0: R1=ctx() R10=fp0\n0: (b7) r0 = 0                        ; R0=0\n" +
		"1: (05) goto pc-1 infinite loop detected at insn 0\n")
	if r.Reason != "infinite loop detected at insn 0" || r.Insn != 0 {
		t.Errorf("%q at %d", r.Reason, r.Insn)
	}
}
