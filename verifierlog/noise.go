package verifierlog

import (
	"regexp"
	"strings"
)

// noise lists the beginnings of lines that tell what the verifier does, and never why it refuses.
var noise = [...]string{
	"mark_precise: ", "force_precise: ", "falling back to forcing all scalars precise", // precision tracking, level 2
	"parent didn't have regs=", "parent already had regs=", "last_idx ", "regs=", // the same, up to 6.4
	"propagating ", "SCC enter ", "SCC exit ", "SCC backedge ", // comparing states, level 2
	"func#", "Live regs before insn:", // what is known before the walk, level 2
	"caller:", "callee:", "returning from callee:", "to caller at ", // calls between functions; states follow
	"cur state:", "old state:", // what an infinite loop is made of
}

// noisePatterns are for lines that a beginning doesn't tell apart.
var noisePatterns = [...]*regexp.Regexp{
	regexp.MustCompile(`^frame \d+: propagating`),                                                 // comparing states, level 2
	regexp.MustCompile(`^ +(?:\d+ +)?\d+: [0-9.]{10,} \(`),                                        // a live register line
	regexp.MustCompile(`^\(\d+(?:,\d+)*\) (?:frame \d+ insn|live stack)`),                         // stack liveness, 6.18
	regexp.MustCompile(`^\d+: safe$`),                                                             // the state was seen before
	regexp.MustCompile(`^func '.*' arg\d+ has btf_id \d+ type `),                                  // a pointer was loaded from the context
	regexp.MustCompile(`^Func#\d+ \('.*'\) is (?:global and assumed valid|safe for any args)`),    // global functions
	regexp.MustCompile(`^reg type unsupported for arg#\d+ function `),                             // before instruction 0
	regexp.MustCompile(`^arg#\d+ reference type\('UNKNOWN '\) size cannot be determined: -22$`),   // before instruction 0
	regexp.MustCompile(`^Global function .* doesn't return scalar\. Only those are supported\.$`), // before instruction 0
}

// isNoise reports whether a line is known to be no message.
func isNoise(line string) bool {
	for _, prefix := range noise {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	for _, pattern := range noisePatterns {
		if pattern.MatchString(line) {
			return true
		}
	}
	return false
}

// afterTheWalk lists the beginnings of messages of checks that come when the walk has succeeded. The last instruction of the log isn't to blame
// (check_max_stack_depth and others, kernel/bpf/verifier.c).
var afterTheWalk = [...]string{"combined stack size of ", "stack size of subprog ", "the call stack of ", "tail_calls are not allowed "}

func isAfterTheWalk(reason string) bool {
	for _, prefix := range afterTheWalk {
		if strings.HasPrefix(reason, prefix) {
			return true
		}
	}
	return false
}
