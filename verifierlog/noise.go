package verifierlog

import "strings"

// noise lists the beginnings of lines that tell what the verifier does, and never why it refuses.
var noise = [...]string{
	"mark_precise: ", "force_precise: ", "falling back to forcing all scalars precise", // precision tracking, level 2
	"parent didn't have regs=", "parent already had regs=", "last_idx ", "regs=", // the same, up to 6.4
	"propagating ", "SCC enter ", "SCC exit ", "SCC backedge ", // comparing states, level 2
	"func#", "Live regs before insn:", // what is known before the walk, level 2
	"caller:", "callee:", "returning from callee:", "to caller at ", // calls between functions; states follow
	"cur state:", "old state:", // what an infinite loop is made of
}

// isNoise reports whether a line is known to be no message.
func (p *patterns) isNoise(line string) bool {
	for _, prefix := range noise {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return p.noise.MatchString(line)
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
