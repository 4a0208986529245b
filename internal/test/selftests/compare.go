package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A form is how check was given a program.
type form string

const (
	asObject form = "objects"
	asHex    form = "hex"
	asRaw    form = rawTests
)

// A row is a program with the kernel's answer and ours, as report.jsonl has it.
type row struct {
	Form       form
	Object     string
	Program    string
	Place      string
	Kernel     string // "taken", "refused", "refused without a message"
	Message    string `json:",omitempty"` // the kernel's
	Kind       string `json:",omitempty"` // of it
	Insn       int    // where the kernel was; -1: not known
	Findings   []finding
	Unfinished bool    `json:",omitempty"`
	Unread     string  `json:",omitempty"`
	Linked     bool    // as an object: the code is what libbpf passed to the kernel
	Ms         float64 // that check took
	KernelMs   float64
}

// rowOf compares a verdict with a report.
func rowOf(f form, v *verdict, r *report) row {
	w := row{Form: f, Object: v.Object, Program: v.Program, Place: v.place(), Kernel: "taken", Insn: -1, Findings: r.Findings,
		Unfinished: r.Unfinished, Unread: r.Unread, Ms: r.Milliseconds, KernelMs: float64(v.Microseconds) / 1000}
	if v.OK {
		return w
	}
	w.Kernel, w.Message, w.Insn = "refused", v.message(), v.slot()
	if w.Message == "" {
		w.Kernel = "refused without a message"
		return w
	}
	w.Kind = verifierlog.Explain(v.Log, verifierlog.Program{Type: v.Type, Struct: v.Struct, Member: v.Member}).Kind.String()
	return w
}

// place says where a program goes, for who reads the report.
func (v *verdict) place() string {
	return strings.Join(slices.DeleteFunc([]string{v.Type.String(), v.Section, v.Attach, v.Struct, v.Member},
		func(s string) bool { return s == "" }), " ")
}

// compare checks all programs that the kernel was asked about, prints the table, and says whether a limit is missed.
func (w *workshop) compare(ctx context.Context) error {
	types, err := btf.Kernel()
	if err != nil {
		return err
	}
	defer types.Close()
	objects, err := w.objects()
	if err != nil {
		return err
	}
	out, err := os.Create(w.in("report.jsonl"))
	if err != nil {
		return err
	}
	defer out.Close()
	lines := json.NewEncoder(out)
	say("checking %d objects", len(objects))
	var unread []string
	var rows []row
	var mutex sync.Mutex
	err = each(ctx, objects, func(ctx context.Context, name string) error {
		judged, why, err := w.compareObject(ctx, name, types)
		mutex.Lock()
		defer mutex.Unlock()
		if why != "" && len(judged) > 0 {
			unread = append(unread, name+": "+why)
		}
		rows = append(rows, judged...)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.Program, b.Program), cmp.Compare(a.Form, b.Form))
	})
	raw, err := w.verdicts(rawTests)
	if err != nil {
		return err
	}
	for n := range raw {
		r, err := checkHex(&raw[n], types)
		if err != nil {
			return err
		}
		rows = append(rows, rowOf(asRaw, &raw[n], &r))
	}
	tables := map[form]*figures{asObject: {}, asHex: {}, asRaw: {}}
	for n := range rows {
		tables[rows[n].Form].add(&rows[n])
		if err := lines.Encode(rows[n]); err != nil {
			return err
		}
	}
	fmt.Printf("\nThe kernel's selftests at %s, as objects and as hex; %d objects cannot be read (report: %s)\n\n", w.level, len(unread),
		out.Name())
	for _, line := range unread {
		fmt.Println("  " + line)
	}
	missed := len(unread) > len(objects)/100
	for _, form := range slices.Sorted(maps.Keys(tables)) {
		missed = tables[form].print(form) || missed
	}
	if missed {
		return errLimit
	}
	return nil
}

// compareObject checks the programs of an object that the kernel was asked about.
func (w *workshop) compareObject(ctx context.Context, name string, types *btf.Types) (rows []row, unread string, err error) {
	verdicts, err := w.verdicts(name)
	if err != nil {
		return nil, "", err
	}
	reports, unread, err := w.checkObject(ctx, name)
	if err != nil {
		return nil, "", err
	}
	linked, err := w.linkedCode(name, types)
	if err != nil {
		return nil, "", err
	}
	for n := range verdicts {
		v := &verdicts[n]
		if !v.Asked {
			continue
		}
		inObject, ok := reports[v.Program]
		if !ok {
			inObject.Unread = "the tool does not name it, or needs more than " + mostCheck.String()
		}
		hex, err := checkHex(v, types)
		if err != nil {
			return nil, "", err
		}
		object := rowOf(asObject, v, &inObject)
		object.Linked = sameCode(linked[v.Program], v.Hex)
		rows = append(rows, object, rowOf(asHex, v, &hex))
	}
	return rows, unread, nil
}

// figures are what the table is made of.
type figures struct {
	taken, refused, silent     int // by the kernel; silent: without a message
	falseAlarms, unfinished    int // of those that it takes
	found, placed, there, kind int // of those that it refuses: placed has an instruction in the log, there is found at it
	unread, linked             int
	slowest                    float64
	slowestName                string
	alarms                     []string
}

func (f *figures) add(r *row) {
	if r.Unread != "" {
		f.unread++
	}
	if r.Linked {
		f.linked++
	}
	if r.Ms > f.slowest {
		f.slowest, f.slowestName = r.Ms, r.Object+"/"+r.Program
	}
	switch r.Kernel {
	case "taken":
		f.taken++
		if len(r.Findings) > 0 {
			f.falseAlarms++
			f.alarms = append(f.alarms, fmt.Sprintf("%s/%s (%s): insn %d: %s", r.Object, r.Program, r.Place, r.Findings[0].Insn,
				r.Findings[0].Detail))
		} else if r.Unfinished {
			f.unfinished++
		}
		return
	case "refused":
		f.refused++
	default:
		f.silent++
		return
	}
	if len(r.Findings) == 0 {
		return
	}
	f.found++
	if slices.ContainsFunc(r.Findings, func(found finding) bool { return found.Kind == r.Kind }) {
		f.kind++
	}
	if r.Insn < 0 {
		return
	}
	f.placed++
	if slices.ContainsFunc(r.Findings, func(found finding) bool { return found.Insn == r.Insn || slices.Contains(found.Again, r.Insn) }) {
		f.there++
	}
}

// A limit is one line of the table.
type limit struct {
	name  string
	part  int
	of    int
	goal  string
	holds bool
}

// atLeast holds if part is at least that many percent of the whole. With 0 there is no limit.
func atLeast(name string, part, of, percent int) limit {
	goal := fmt.Sprintf("at least %d %%", percent)
	if percent == 0 {
		goal = ""
	}
	return limit{name, part, of, goal, 100*part >= percent*of}
}

func atMost(name string, part, of, percent int) limit {
	goal := fmt.Sprintf("at most %d %%", percent)
	if percent == 0 {
		goal = "none"
	}
	return limit{name, part, of, goal, 100*part <= percent*of}
}

// leastFound is how many percent of what the kernel refuses must be found.
var leastFound = map[form]int{asObject: 90, asHex: 0, asRaw: 95} // hex does not say which functions are global

// leastLinked is how many percent of the programs must be linked as libbpf links them. Other forms are libbpf's code.
var leastLinked = map[form]int{asObject: 99}

// slowestMs is the limit for one program, in milliseconds.
const slowestMs = 1000

// print prints the table of a form, and returns whether a limit is missed.
func (f *figures) print(of form) (missed bool) {
	limits := []limit{
		atMost("taken by the kernel, refused by check", f.falseAlarms, f.taken, 0),
		atMost("taken by the kernel, not finished by check", f.unfinished, f.taken, 1),
		atLeast("refused by the kernel with a message, found by check", f.found, f.refused, leastFound[of]),
		atLeast("  of these at the kernel's instruction", f.there, f.placed, 95),
		{"  of these with the kernel's kind", f.kind, f.found, "", true},
		atMost("judged by the kernel, not read by check", f.unread, f.taken+f.refused+f.silent, 1),
		atLeast("judged by the kernel, linked as by libbpf", f.linked, f.taken+f.refused+f.silent, leastLinked[of]),
		{fmt.Sprintf("slowest, in milliseconds (%s)", f.slowestName), int(f.slowest), slowestMs, "at most 1000", f.slowest <= slowestMs},
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(table, "%s\t\t\t\n", of)
	for _, l := range limits {
		mark := ""
		if !l.holds {
			mark, missed = "missed", true
		}
		fmt.Fprintf(table, "  %s\t%d of %d\t%s\t%s\n", l.name, l.part, l.of, l.goal, mark)
	}
	_ = table.Flush() // standard output
	for _, alarm := range f.alarms {
		fmt.Println("    " + alarm)
	}
	fmt.Println()
	return missed
}
