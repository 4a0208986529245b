package verifierlog_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestEachFormatHasARule: each format of the kernels' verifiers that refuses a program has a rule, or stands in withoutRule.
func TestEachFormatHasARule(t *testing.T) {
	used := map[string]bool{}
	formats, explained := 0, 0
	for file, text := range recorded.Open(t).Formats {
		for line := range strings.Lines(text) {
			columns := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 3)
			if len(columns) < 3 || columns[1] == "__btf_verifier_log" || !isMessage(columns[2]) {
				continue
			}
			formats++
			format := strings.NewReplacer(`\n`, "", `\t`, "\t").Replace(columns[2])
			log := printedBy(columns[1], sample(format))
			if _, ok := withoutRule[format]; ok {
				used[format] = true
				continue
			}
			r := verifierlog.Explain(log, verifierlog.Program{})
			if r.Kind == mistake.Unknown || r.Pattern == "" || r.Explanation == "" {
				t.Errorf("%s:%s: no rule and no reason: %q", file, columns[0], format)
				continue
			}
			explained++
		}
	}
	t.Logf("%d of %d formats have a rule, %d stand in the list of those without", explained, formats, len(withoutRule))
	if formats < 2000 {
		t.Errorf("%d formats were read", formats)
	}
	for format, why := range withoutRule {
		if !used[format] {
			t.Errorf("%q is in the list of formats without a rule (%s), but no kernel has it", format, why)
		}
	}
}

// isMessage reports whether a format can be a message: it has words, not only marks, names and values.
func isMessage(format string) bool {
	words := regexp.MustCompile(`\w+=|%[-#0-9l]*[zh]*[a-zA-Z]|\\[nt]|[^a-zA-Z ]`).ReplaceAllString(format, " ")
	return len(strings.Fields(words)) > 1
}

// printedBy returns a log with the message as a function of the kernel prints it.
func printedBy(function, message string) string {
	switch {
	case function == "verifier_bug":
		return "verifier bug: " + message + "(1)\n"
	case function == "btf_verifier_log_member":
		return "magic: 0xeb9f\n[2] STRUCT s size=8 vlen=1\n\tm type_id=1 bits_offset=0 " + message + "\n"
	case function == "btf_verifier_log":
		return "magic: 0xeb9f\n" + message + "\n"
	case strings.HasPrefix(function, "btf_verifier_log_"):
		return "magic: 0xeb9f\n[2] STRUCT s size=8 vlen=1 " + message + "\n"
	}
	return message + "\n"
}

// sample prints a format with values for its verbs.
func sample(format string) string {
	format = regexp.MustCompile(`%[-#0-9l]*[zh]*[dui]`).ReplaceAllString(format, "7")
	format = regexp.MustCompile(`%[-#0-9l]*[xX]`).ReplaceAllString(format, "1f")
	return regexp.MustCompile(`%[-0-9]*[scp]`).ReplaceAllString(format, "word")
}

// Reasons of several formats.
const (
	partOfLine = "it is printed between or after other text of the same line"
	notWrong   = "it says what the verifier does, and nothing is refused"
	noMemory   = "the kernel had no memory: the program is not the reason"
	before     = "the line before it has the reason"
	ownNames   = "no program is known that causes it: it depends on the kernel's own tables and names"
)

// withoutRule has the formats that need no rule, with the reason.
var withoutRule = map[string]string{
	"arg#%d is %s ":                                                  partOfLine,
	"mark_precise: frame%d: regs=%s ":                                partOfLine,
	"mark_precise: frame%d: parent state regs=%s ":                   partOfLine,
	"mark_precise: frame%d: last_idx %d first_idx %d subseq_idx %d ": partOfLine,
	"%s the register %s has":                                         partOfLine,
	"At %s the register %s ":                                         partOfLine,
	"At callback return":                                             partOfLine,
	"has value %s":                                                   partOfLine,
	"has unknown scalar value":                                       partOfLine,
	" unknown scalar value":                                          partOfLine,
	" should have been in %s":                                        partOfLine,
	" should have been in [%d, %d]":                                  partOfLine,
	" async_cb":                                                      partOfLine,
	"vmlinux_cand_cache:":                                            notWrong,
	"module_cand_cache:":                                             notWrong,
	"program exit":                                                   partOfLine,
	"callback return":                                                partOfLine,
	"async callback":                                                 partOfLine,
	"%s frame %d insn %d ":                                           partOfLine,
	"stack depth ":                                                   partOfLine,
	"to caller at %d:":                                               notWrong,
	"returning from callee:":                                         notWrong,
	"from %d to %d%s:":                                               notWrong,
	"from %d to %d%s: safe":                                          notWrong,
	"frame %d: propagating r%d":                                      notWrong,
	"frame %d: propagating fp%d":                                     notWrong,
	"Validating %s() func#%d...":                                     notWrong,
	"Func#%d ('%s') is safe for any args that match its prototype":       notWrong,
	"Func#%d ('%s') is global and assumed valid.":                        notWrong,
	"Func#%d is safe for any args that match its prototype":              notWrong,
	"Func#%d is global and valid. Skipping.":                             notWrong,
	"CO-RE relocating %s %s: found target candidate [%d]":                notWrong,
	"marking pointer arg%d as scalar as it may encode error":             notWrong,
	"mark_precise: frame%d: falling back to forcing all scalars precise": notWrong,
	"force_precise: frame%d: forcing r%d to be precise":                  notWrong,
	"force_precise: frame%d: forcing fp%d to be precise":                 notWrong,
	"cur state:":             notWrong,
	"old state:":             notWrong,
	"Live regs before insn:": notWrong,
	"SCC exit %s":            notWrong,
	"SCC enter %s":           notWrong,
	"SCC backedge %s":        notWrong,
	"%s live stack update done in %d iterations": notWrong,
	"last_idx %d first_idx %d":                   notWrong,
	"parent %s regs=%x stack=%llx marks:":        notWrong,
	"processed %d insns (limit %d) max_states_per_insn %d total_states %d peak_states %d mark_read %d": notWrong,
	"verification time %lld usec":                                                   notWrong,
	"func '%s' arg%d has btf_id %d type %s '%s'":                                    notWrong,
	"reg type unsupported for arg#%d %sfunction %s#%d":                              notWrong,
	"Cannot find btf of tracepoint template, fall back to %s%s.":                    notWrong,
	"frame%d bpf_loop iteration limit reached":                                      notWrong,
	"%s: too many iterations":                                                       notWrong,
	"kern ctx type id %u is not a struct":                                           notWrong,
	"tracking tail call prog failed":                                                noMemory,
	"adding tail call poke descriptor failed":                                       noMemory,
	"failed to push state for failed lock acquisition":                              noMemory,
	"Failed to acquire lock state":                                                  noMemory,
	"failed to mark s32 range for retval in forked state for lock":                  noMemory,
	"arg#%d arg#%d memory, len pair leads to invalid memory access":                 before,
	"Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!": before,
	"function name %s%s is too long":                                                ownNames,
	"failed to retrieve map value address":                                          ownNames,
	"allocated_stack too small":                                                     ownNames,
	"Failed to properly initialize insn array":                                      ownNames,
}
