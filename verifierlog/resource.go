package verifierlog

import (
	"strings"
)

// resource fills the slice for messages about something that is held: the call that acquired it, and the copies of it. It reports whether
// the message is about this.
func (s *slicer) resource() bool {
	for _, line := range append(s.details[:len(s.details):len(s.details)], s.reason) {
		if insn, ok := numberAfter(line, "alloc_insn="); ok {
			id, _ := numberAfter(line, "id=") // 0 when there is no number: no reference has this id
			s.followReference(insn, id)
			return true
		}
		if insn, ok := numberAfter(line, "insn_idx="); ok {
			if i := s.lastOf(func(c *code) bool { return c.insn == insn }); i >= 0 {
				s.include(i, "", Note{Kind: MustEnd})
			}
			return false // the history of the argument says more
		}
	}
	if strings.HasSuffix(s.reason, "while holding a lock") {
		if i := s.lastOf(func(c *code) bool { return isCall(c.text) && strings.Contains(c.text, "_lock#") }); i >= 0 {
			s.include(i, "", Note{Kind: TakesLock})
		}
		return true
	}
	// "BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region"
	words := strings.Fields(s.reason)
	for _, word := range words {
		name, ok := strings.CutSuffix(word, "-ed")
		if !ok {
			continue
		}
		if i := s.lastOf(func(c *code) bool { return strings.Contains(c.text, "call "+name) }); i >= 0 {
			s.include(i, "", Note{Kind: BeginsIt})
		}
		return true
	}
	return false
}

// loop fills the slice when the verifier stopped after too many steps in a loop, and reports whether this is so. At level 1 the log has
// only the loop in which the walk stopped.
func (s *slicer) loop() bool {
	if !strings.HasPrefix(s.reason, "BPF program is too large") {
		return false
	}
	steps := s.path.steps
	last := len(steps) - 1
	turns, turn := 0, -1
	for i := last - 1; i >= 0; i-- {
		if steps[i].code.insn == steps[last].code.insn && steps[i].frame == steps[last].frame {
			turns++
		}
		if turns == 0 && steps[i].frame == steps[last].frame && steps[i+1].code.insn <= steps[i].code.insn {
			turn = i // the jump back
		}
	}
	if turns > 0 && turn >= 0 {
		s.include(turn, "", Note{Kind: TurnsBack, N: steps[turn+1].code.insn, Times: turns})
	}
	return true
}

// lastOf returns the last step before the end that fulfils a condition, -1 if there is none.
func (s *slicer) lastOf(condition func(c *code) bool) int {
	for i := len(s.path.steps) - 2; i >= 0; i-- {
		if condition(s.path.steps[i].code) {
			return i
		}
	}
	return -1
}

// followReference adds the steps that acquire a reference, copy it, and overwrite its last copy.
func (s *slicer) followReference(insn, id int) {
	first := s.lastOf(func(c *code) bool { return c.insn == insn })
	if first < 0 {
		return
	}
	holders := map[int]bool{}
	lost := -1
	acquired := ""
	for i := first; i < len(s.path.steps)-1; i++ {
		before := len(holders)
		for _, c := range s.path.changesOf(i) {
			holds := c.after != "" && id != 0 && ParseValue(c.after).Ref == id
			if !holds {
				delete(holders, c.cell)
				continue
			}
			value := placeOf(c.cell).String() + "=" + c.after
			if i == first {
				acquired = value
			} else if !holders[c.cell] {
				s.include(i, value, Note{Kind: AlsoHolds})
			}
			holders[c.cell] = true
		}
		if before > 0 && len(holders) == 0 {
			lost = i
		}
	}
	s.include(first, acquired, Note{Kind: Acquires, N: id})
	if lost >= 0 && len(holders) == 0 {
		s.include(lost, "", Note{Kind: LastIsLost})
	}
}
