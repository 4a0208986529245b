package main

import (
	"fmt"
	"io"
)

// print writes all tables and the goals, and reports whether all were met.
func (r *report) print(w io.Writer) bool {
	met := true
	for _, level := range r.levels {
		fmt.Fprintf(w, "\n%s: slots of 8 bytes\n", level)
		printTable(w, r, level, slotsOf, recorded, core, plain)
		fmt.Fprintf(w, "\n%s: instructions, a 64-bit immediate counted once\n", level)
		printTotals(w, r, level, insnsOf, core, plain)
		fmt.Fprintf(w, "\n%s: instructions that the verifier went through\n", level)
		printTable(w, r, level, verifiedOf, core, plain)
		if len(r.race) > 0 {
			r.printTimes(w, level)
		}
		fmt.Fprintf(w, "\n%s: goals for ours\n", level)
		for _, g := range r.goals(level) {
			value := "–"
			if g.value > 0 {
				value = fmt.Sprintf("%.2f", g.value)
			}
			mark := "met"
			if !g.met {
				mark, met = "MISSED", false
			}
			noise := ""
			if g.noise > 0 {
				noise = fmt.Sprintf("±%.2f", g.noise)
			}
			fmt.Fprintf(w, "%-46s %6s %-5s ≤ %.2f  %-6s  %s\n", g.what, value, noise, g.limit, mark, g.detail)
		}
	}
	return met
}

// printTable writes one kind of figure: ours, the others, and the ratios.
func printTable(w io.Writer, r *report, level string, of func(*figures) measure, against ...variant) {
	printRow(w, "", against, func(v variant) string { return v.String() }, func(v variant) string { return fmt.Sprintf("ours/%v", v) })
	for _, a := range algorithms {
		rows := r.of(level, a.name)
		if a.plain == "" && against[0] != recorded {
			continue // nothing to compare with
		}
		for _, f := range rows {
			printFigures(w, a.name+"."+f.member, against, []*figures{f}, of)
		}
		printFigures(w, "  all of "+a.name, against, rows, of)
	}
}

// printTotals is printTable without the functions.
func printTotals(w io.Writer, r *report, level string, of func(*figures) measure, against ...variant) {
	for _, a := range algorithms {
		if a.plain == "" {
			continue
		}
		printFigures(w, "  all of "+a.name, against, r.of(level, a.name), of)
	}
}

// printFigures writes a row: sums over functions, and ratios over the functions that both variants have.
func printFigures(w io.Writer, what string, against []variant, rows []*figures, of func(*figures) measure) {
	var total measure
	for _, f := range rows {
		for v, n := range of(f) {
			total[v] += n
		}
	}
	printRow(w, what, against, func(v variant) string { return number("%.0f", total[v]) },
		func(v variant) string { return number("%.2f", compare(rows, ours, v, of).ratio()) })
}

func printRow(w io.Writer, what string, against []variant, figure, ratio func(variant) string) {
	fmt.Fprintf(w, "%-34s", what)
	for _, v := range against {
		fmt.Fprintf(w, "%10s", figure(v))
	}
	fmt.Fprintf(w, "%10s", figure(ours))
	for _, v := range against {
		fmt.Fprintf(w, "%15s", ratio(v))
	}
	fmt.Fprintln(w)
}

// number writes a figure, or a dash for none.
func number(format string, n float64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf(format, n)
}

const timeFormat = "%-34s%10s%10s%10s%10s%13s%13s%13s\n"

// printTimes writes the run times: medians of the rounds.
func (r *report) printTimes(w io.Writer, level string) {
	fmt.Fprintf(w, "\n%s: ns a call and calls a round, medians of the rounds; ratios ± two standard errors\n", level)
	fmt.Fprintf(w, timeFormat, "", core, plain, ours, "calls", "ours/CO-RE", "ours/plain", "plain/CO-RE")
	fmt.Fprintf(w, timeFormat, "nothing: the measuring alone", "", "", number("%.0f", r.nothing), "", "", "", "")
	for _, t := range r.race {
		if t.level != level {
			continue
		}
		for _, f := range r.of(level, t.algorithm) {
			calls := max(f.calls[core], f.calls[plain], f.calls[ours])
			if calls < fewCalls {
				continue
			}
			fmt.Fprintf(w, timeFormat, t.algorithm+"."+f.member, number("%.0f", f.time[core]), number("%.0f", f.time[plain]),
				number("%.0f", f.time[ours]),
				number("%.0f", calls), number("%.2f", ratio(f.time[ours], f.time[core])),
				number("%.2f", ratio(f.time[ours], f.time[plain])),
				number("%.2f", ratio(f.time[plain], f.time[core])))
		}
		columns := []any{"  all of " + t.algorithm + " for an ACK", number("%.0f", t.perAck(core)), number("%.0f", t.perAck(plain)),
			number("%.0f", t.perAck(ours)), ""}
		for _, pair := range [][2]variant{{ours, core}, {ours, plain}, {plain, core}} {
			value, noise := t.ratio(pair[0], pair[1])
			columns = append(columns, number(fmt.Sprintf("%%.2f ±%.2f", noise), value))
		}
		fmt.Fprintf(w, timeFormat, columns...)
	}
}

// fewCalls in a round are too few to know the time of one call.
const fewCalls = 20
