package isa_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	. "github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// cutLogged cuts a line of the verifier's log, "12: (b7) r0 = 0 ; R0=0", into slot and text with opcode. ok is false for other lines.
func cutLogged(line string) (slot int, text string, ok bool) {
	number, text, ok := strings.Cut(line, ": (")
	if !ok {
		return 0, "", false
	}
	slot, err := strconv.Atoi(strings.TrimLeft(number, " "))
	text, _, _ = strings.Cut(text, ";")
	return slot, "(" + strings.TrimRight(text, " \n"), err == nil
}

// TestTextIsTheVerifiers holds what we print of an instruction against what the running kernel prints of it in its log, for programs
// with all forms and many operands; and what we read from there against the instruction.
func TestTextIsTheVerifiers(t *testing.T) {
	kerneltest.Require(t)
	linux := runningLinux(t)
	s := newStand(t, linux)
	forms := map[Form]bool{}
	seen := map[string]bool{}
	for f := range Forms() {
		if !linux.AtLeast(f.Info().Since) || notForUsers(f.Info().Mnemonic) != "" {
			continue
		}
		for _, c := range s.trials(t, f.Info())[:1] {
			if len(c.code) > 8000 {
				continue // jumps over as much; others are as good
			}
			attr, log := c.attr, ""
			attr.LogLevel, attr.Log = syscall.LogInsns, &log
			prog, err := load(t, attr, c.code)
			if err != nil {
				t.Errorf("%v: %+v", f, err)
				continue
			}
			prog.Close()
			bySlot, slot := map[int]Instruction{}, 0
			for _, i := range c.code {
				bySlot[slot] = i
				slot += i.Slots()
			}
			for line := range strings.Lines(log) {
				slot, text, ok := cutLogged(line)
				if !ok || seen[text] {
					continue
				}
				i, ok := bySlot[slot]
				if !ok {
					t.Fatalf("%v: nothing is at slot %d of this line: %s", f, slot, line)
				}
				if i.IsWide() && i.Src != PseudoNumber {
					continue // the log has the address
				}
				seen[text] = true
				form, _ := i.Form()
				forms[form] = true
				if i.IsKfuncCall() { // the log has the name, and not which BTF it is from
					i.Off = 0
				} else if _, theirs, _ := strings.Cut(text, " "); i.String() != theirs {
					t.Errorf("%v: we print %q, the verifier %q", form, i, theirs)
				}
				if back, err := Parse(text, Kernel); err != nil || len(back) != 1 || back[0] != i {
					t.Errorf("%v: %q is read as %v, %v", form, text, back, err)
				}
			}
		}
	}
	t.Logf("%d different texts of %d forms", len(seen), len(forms))
	if len(forms) < 140 {
		t.Errorf("only %d forms were logged", len(forms))
	}
}
