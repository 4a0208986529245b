package verify

import "github.com/bpfsmith/bpfsmith/mistake"

// A Defect is a finding, and the other instructions that are refused for the same reason.
type Defect struct {
	mistake.Finding
	Again []int // slots
}

// Defects lists each defect once: a register that has no value is one, however many instructions read it.
func Defects(findings []mistake.Finding) []Defect {
	var list []Defect
	known := map[mistake.Finding]int{}
	for _, f := range findings {
		reason := f
		reason.Insn = 0
		if n, again := known[reason]; again {
			list[n].Again = append(list[n].Again, f.Insn)
			continue
		}
		known[reason] = len(list)
		list = append(list, Defect{Finding: f})
	}
	return list
}
