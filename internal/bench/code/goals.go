package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A goal is a ratio that must stay below a limit. When it is measured with noise, it is missed only if it is above the limit by more than
// the noise.
type goal struct {
	what   string
	limit  float64
	value  float64
	noise  float64 // most likely the true value is at most this far away
	detail string  // why it was not measured; otherwise which function it is, or which are missing
	met    bool
}

const notMeasured = "not measured: ours.go has no such program"

// compared makes a goal from a comparison. A function that ours lacks does not count as smaller code.
func compared(what string, limit float64, c comparison) goal {
	g := goal{what: what, limit: limit, value: c.ratio()}
	switch {
	case c.b == 0:
		g.detail = notMeasured
	case len(c.missing) > 0:
		g.detail = lacks(c)
	default:
		g.met = within(g.value, limit)
	}
	return g
}

func lacks(c comparison) string { return "ours lacks " + strings.Join(c.missing, ", ") }

// within compares the numbers as they are printed, with two digits.
func within(value, limit float64) bool { return math.Round(value*100) <= math.Round(limit*100) }

func slotsOf(f *figures) measure    { return f.slots }
func insnsOf(f *figures) measure    { return f.insns }
func verifiedOf(f *figures) measure { return f.verified }

// goals judges a report at one level.
func (r *report) goals(level string) []goal {
	var rows []*figures
	for _, algorithm := range judged {
		rows = append(rows, r.of(level, algorithm)...)
	}
	slots := compare(rows, ours, recorded, slotsOf)
	all := []goal{compared("slots, all, beside the recorded", 0.80, slots)}
	worst := goal{what: "slots, worst function, beside the recorded", limit: 1, detail: notMeasured}
	if slots.worst != nil {
		worst.value = ratio(slots.worst.slots[ours], slots.worst.slots[recorded])
		worst.detail, worst.met = slots.worst.algorithm+"."+slots.worst.member, within(worst.value, 1)
	}
	all = append(all, worst,
		compared("slots, all, beside plain C", 0.90, compare(rows, ours, plain, slotsOf)),
		compared("verified, all, beside CO-RE", 1, compare(rows, ours, core, verifiedOf)),
		compared("verified, all, beside plain C", 1, compare(rows, ours, plain, verifiedOf)))
	for _, t := range r.race {
		if t.level != level || !slices.Contains(judged, t.algorithm) {
			continue
		}
		for _, v := range []variant{core, plain} {
			g := goal{what: fmt.Sprintf("time of an ACK, %s, beside %v", t.algorithm, v), limit: 1, detail: notMeasured}
			if g.value, g.noise = t.ratio(ours, v); g.value > 0 {
				g.detail, g.met = "", within(g.value-g.noise, g.limit)
			}
			if c := compare(r.of(level, t.algorithm), ours, v, slotsOf); g.value > 0 && len(c.missing) > 0 {
				g.detail, g.met = lacks(c), false
			}
			all = append(all, g)
		}
	}
	return all
}
