package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A cause is why an instruction is refused. A pointer that was never compared with nil is one mistake, however often it is used.
type cause struct {
	kind mistake.Kind
	id   uint32 // of a pointer
	gone int32  // the instruction that made a number of a pointer
}

// refuseFor is refuseWith for something that often has one cause in many places. The first place is a finding, which lists the others.
func (c *checker) refuseFor(why cause, s *state, i int, help, format string, args ...any) bool {
	if s.guess {
		return false
	}
	slot := c.slotAt(i)
	if n, known := c.causes[why]; known {
		if c.findings[n].Insn != slot && !slices.Contains(c.again[n], slot) {
			c.again[n] = append(c.again[n], slot)
		}
		return false
	}
	before := len(c.findings)
	c.refuseWith(s, i, why.kind, help, format, args...)
	if len(c.findings) == before {
		return false // it was found on another path
	}
	if c.causes == nil {
		c.causes = map[cause]int{}
	}
	c.causes[why] = before
	c.again = append(c.again, make([][]int, before+1-len(c.again))...)
	return false
}

// nameAgain adds to each finding where else its cause shows.
func (c *checker) nameAgain() {
	const most = 4
	for n, slots := range c.again {
		if len(slots) == 0 {
			continue
		}
		own := c.placeOfSlot(c.findings[n].Insn)
		var places []string
		for _, slot := range slots {
			if at := c.placeOfSlot(slot); at != own && !slices.Contains(places, at) {
				places = append(places, at)
			}
		}
		text := fmt.Sprintf("the same mistake is at %s more", phrase.Count(len(slots), "place"))
		if len(places) > most {
			places = append(places[:most], "…")
		}
		if len(places) > 0 {
			text += ": " + strings.Join(places, ", ")
		}
		if c.findings[n].Note != "" {
			text = "\n" + text
		}
		c.findings[n].Note += text
	}
}
