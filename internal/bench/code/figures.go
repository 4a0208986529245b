package main

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// A measure has a figure for each variant; 0 stands for none.
type measure [variants]float64

// Figures has the results for one function of an algorithm at one level.
type figures struct {
	level, algorithm, member string

	slots    measure
	insns    measure
	verified measure // instructions that the verifier went through
	time     measure // ns a call, the median of the rounds
	calls    measure // a round, the median
}

// memberOrder is the order in which a connection calls the members.
var memberOrder = []string{"init", "cong_avoid", "cong_control", "in_ack_event", "pkts_acked", "cwnd_event", "set_state",
	"ssthresh", "undo_cwnd"}

// A report is everything that was measured.
type report struct {
	levels []string
	rows   []*figures
	race   []timing

	nothing float64 // ns that the kernel counts for a call of a program that does nothing
}

// row finds or makes the row of a function.
func (r *report) row(level, algorithm, member string) *figures {
	for _, f := range r.rows {
		if f.level == level && f.algorithm == algorithm && f.member == member {
			return f
		}
	}
	f := &figures{level: level, algorithm: algorithm, member: member}
	r.rows = append(r.rows, f)
	return f
}

// of returns an algorithm's functions at a level.
func (r *report) of(level, algorithm string) []*figures {
	var all []*figures
	for _, f := range r.rows {
		if f.level == level && f.algorithm == algorithm {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b *figures) int {
		return cmp.Or(cmp.Compare(slices.Index(memberOrder, a.member), slices.Index(memberOrder, b.member)),
			strings.Compare(a.member, b.member))
	})
	return all
}

// A comparison has the totals of two variants over the functions that both have.
type comparison struct {
	a, b    float64
	missing []string // functions that only b has
	worst   *figures // where a is largest compared with b
}

func (c comparison) ratio() float64 { return ratio(c.a, c.b) }

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func compare(rows []*figures, a, b variant, of func(*figures) measure) comparison {
	var c comparison
	for _, f := range rows {
		m := of(f)
		switch {
		case m[b] == 0:
		case m[a] == 0:
			c.missing = append(c.missing, f.algorithm+"."+f.member)
		default:
			c.a, c.b = c.a+m[a], c.b+m[b]
			if c.worst == nil || ratio(m[a], m[b]) > ratio(of(c.worst)[a], of(c.worst)[b]) {
				c.worst = f
			}
		}
	}
	return c
}

// A spent has what the kernel counted for one program.
type spent struct {
	calls uint64
	time  time.Duration
}

func (s spent) perCall() float64 { return ratio(float64(s.time.Nanoseconds()), float64(s.calls)) }

// perAck is the time of all programs of an algorithm for one acknowledgement. The member that is called most often is called for each
// acknowledgement.
func perAck(round map[string]spent) float64 {
	var all spent
	for _, s := range round {
		all.time += s.time
		all.calls = max(all.calls, s.calls)
	}
	return all.perCall()
}

// A timing is the race of one algorithm at one level. The variants took turns, and each has the same number of rounds.
type timing struct {
	level, algorithm string
	rounds           [variants][]map[string]spent
}

// perAck is the median of a variant's rounds, 0 when it did not run.
func (t timing) perAck(v variant) float64 {
	return median(t.each(v, perAck))
}

// ratio is the median of the ratios between the rounds of two variants, taken in pairs, because a slow moment of the machine affects both
// rounds of a pair. The true ratio differs from it by at most noise, 19 times in 20.
func (t timing) ratio(a, b variant) (value, noise float64) {
	as, bs := t.each(a, perAck), t.each(b, perAck)
	var all []float64
	for i := range min(len(as), len(bs)) {
		all = append(all, ratio(as[i], bs[i]))
	}
	return median(all), doubt(all)
}

// each computes a value for each round of a variant.
func (t timing) each(v variant, f func(map[string]spent) float64) []float64 {
	var all []float64
	for _, round := range t.rounds[v] {
		all = append(all, f(round))
	}
	return all
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// doubt is twice the standard error of the median of values. Their deviation is estimated from the middle half, so a few disturbed rounds
// do not count.
func doubt(values []float64) float64 {
	n := len(values)
	if n < 4 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	deviation := (sorted[n*3/4] - sorted[n/4]) / 1.35
	return 2 * 1.25 * deviation / math.Sqrt(float64(n))
}
