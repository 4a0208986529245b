package verifierlog

import (
	"regexp"
	"strings"
)

// patterns are for lines that a beginning does not tell apart. They are made
// for each log, so that importing the package costs nothing: it is done for
// refused programs only, and takes a tenth of a millisecond.
type patterns struct {
	statsLine  *regexp.Regexp // what ends a log; groups are the numbers
	branchGlue *regexp.Regexp // the state that level 1 prints behind a branch that was taken: "goto pc+2 5: R0=…"
	fromLine   *regexp.Regexp // where a second look at a branch begins; the group is the state
	insnInText *regexp.Regexp // the instruction in messages about a program's shape: "unreachable insn 2"
	stateStart *regexp.Regexp // a state: "R1=ctx() R10=fp0"
	noise      *regexp.Regexp // lines that tell what the verifier does
}

func newPatterns() patterns {
	return patterns{
		statsLine: regexp.MustCompile(`verification time (\d+) usec$` +
			`|processed (\d+) insns \(limit (\d+)\)(?: max_states_per_insn (\d+) total_states (\d+) peak_states (\d+) mark_read (\d+))?.*$`),
		branchGlue: regexp.MustCompile(` \d+:(?: frame\d+:)? (?:R\d|fp-\d)`),
		fromLine:   regexp.MustCompile(`^from \d+ to \d+(?: \(speculative execution\))?:(.*)$`),
		insnInText: regexp.MustCompile(`\binsn (\d{1,9})\b`),
		stateStart: regexp.MustCompile(`^ *(?:frame\d+:)? *(?:R\d+|fp-\d+)(?:_[rwD]*)?=`),
		noise:      regexp.MustCompile(strings.Join(noiseLines[:], "|")),
	}
}

// noiseLines match lines that tell what the verifier does, and never why it refuses.
var noiseLines = [...]string{
	`^frame \d+: propagating`,                         // comparing states, level 2
	`^ +(?:\d+ +)?\d+: [0-9.]{10,} \(`,                // a live register line
	`^\(\d+(?:,\d+)*\) (?:frame \d+ insn|live stack)`, // stack liveness, 6.18
	`^\d+: safe$`,                            // the state was seen before
	`^func '.*' arg\d+ has btf_id \d+ type `, // a pointer was loaded from the context
	`^Func#\d+ \('.*'\) is (?:global and assumed valid|safe for any args)`,    // global functions
	`^reg type unsupported for arg#\d+ function `,                             // before instruction 0
	`^arg#\d+ reference type\('UNKNOWN '\) size cannot be determined: -22$`,   // before instruction 0
	`^Global function .* doesn't return scalar\. Only those are supported\.$`, // before instruction 0
}

// isState reports whether a text begins as a state does.
func (p *patterns) isState(text string) bool { return p.stateStart.MatchString(text) }
