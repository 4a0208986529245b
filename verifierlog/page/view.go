package page

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// Limits of a page. A browser shows ten thousand rows without becoming slow.
const (
	manyRows    = 20_000  // of a longer log only these parts are shown:
	manyBytes   = 8 << 20 // a log with longer lines counts as long, too
	manyFiles   = 100
	headRows    = 2_000 // its beginning,
	pathRows    = 4_000 // the last part of the path that failed,
	tailRows    = 2_000 // and its end
	fewRows     = 2     // too few rows to fold
	aroundLines = 10    // shown before and after each line that the log quotes; other lines are not on the page
)

// chooseRows says which rows are shown.
func chooseRows(rows []row) []bool {
	shown := make([]bool, len(rows))
	all := len(rows) <= manyRows
	onPath := 0
	for i := len(rows) - 1; i >= 0; i-- {
		shown[i] = all || i < headRows || i >= len(rows)-tailRows
		if rows[i].path && onPath < pathRows {
			shown[i] = true
			onPath++
		}
	}
	return shown
}

// groups puts folded rows together: those of other paths, and the internal work of the verifier. numbers has the line of each row in the
// whole log when the rows are an excerpt of it.
func (v *view) groups(rows []row, shown []bool, numbers []int) {
	missing, first := 0, 0
	jump := func(i int) int { // how many lines are missing before a row of an excerpt
		if i == 0 || i >= len(numbers) {
			return 0
		}
		return max(0, numbers[i]-numbers[i-1]-1)
	}
	flush := func() {
		if missing > 0 {
			text := fmt.Sprintf("%d lines are left out here (%d to %d)", missing, first+1, first+missing)
			v.Groups = append(v.Groups, viewGroup{Rows: []viewRow{{ID: -1, Kind: "gap", Text: []viewPart{{Text: text}}, Path: true}}})
			v.LeftOut += missing
		}
		missing = 0
	}
	for start := 0; start < len(rows); {
		if !shown[start] {
			if missing == 0 {
				first = start
			}
			missing++
			start++
			continue
		}
		if n := jump(start); n > 0 {
			missing, first = n, numbers[start-1]
		}
		flush()
		end := start + 1
		for end < len(rows) && shown[end] && folds(rows[end]) == folds(rows[start]) && jump(end) == 0 {
			end++
		}
		group := viewGroup{Folded: folds(rows[start]) && end-start > fewRows}
		insns := 0
		for i := start; i < end; i++ {
			group.Rows = append(group.Rows, v.row(i, rows[i]))
			if rows[i].kind == rowInsn {
				insns++
			}
		}
		if group.Folded {
			v.Folded += end - start
			group.Summary = fmt.Sprintf("%d lines: internal work of the verifier", end-start)
			if insns > 0 {
				group.Summary = fmt.Sprintf("%d lines: other paths, %d instructions", end-start, insns)
			}
		}
		v.Groups = append(v.Groups, group)
		start = end
	}
	flush()
}

// folds reports whether a row does not belong to the path that failed.
func folds(r row) bool { return r.kind != rowBlank && !r.path }

func (v *view) row(id int, r row) viewRow {
	out := viewRow{ID: id, Kind: r.kind.String(), Blamed: id == v.Blamed, Path: r.path}
	if r.source.Line > 0 {
		out.At = r.source.Place()
	}
	switch r.kind {
	case rowInsn:
		out.PC, out.Text = strconv.Itoa(r.pc), registerParts(r.insn)
	case rowSource:
		out.Text = []viewPart{{Text: r.source.Text}}
		out.PC = "" // a source line has no slot
		return out
	case rowBranch, rowState:
		out.Text = []viewPart{{Text: strings.TrimSpace(strings.TrimSuffix(r.text, r.state))}}
	default:
		out.Text = []viewPart{{Text: r.text}}
	}
	for _, w := range r.words() {
		lead, rest := "", w.text
		if w.name != "" {
			lead, rest = strings.TrimSuffix(w.text, w.value), w.value
		}
		out.State = append(out.State, viewPart{Name: w.name, Lead: lead, Pieces: breakable(rest)})
	}
	return out
}

// breakable splits a text after commas, where a long value may be broken.
func breakable(text string) []string { return strings.SplitAfter(text, ",") }

// registerParts splits an instruction at its registers.
func registerParts(text string) []viewPart {
	var parts []viewPart
	start := 0
	for i := 0; i+1 < len(text); i++ {
		c := text[i]
		if c != 'r' && c != 'w' || i > 0 && isNameByte(text[i-1]) {
			continue
		}
		end := i + 1
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if n, err := strconv.Atoi(text[i+1 : end]); err != nil || n > 10 || end < len(text) && isNameByte(text[end]) {
			continue
		}
		if start < i {
			parts = append(parts, viewPart{Text: text[start:i]})
		}
		parts = append(parts, viewPart{Text: text[i:end], Name: "R" + text[i+1:end]})
		start, i = end, end-1
	}
	if start < len(text) {
		parts = append(parts, viewPart{Text: text[start:]})
	}
	return parts
}

// nodes collects what the script needs to follow a register.
func (v *view) nodes(rows []row, shown []bool) {
	frames := make([]int, len(rows)) // the current frame after each row
	for i, r := range rows {
		if r.kind != rowInsn && r.kind != rowState && r.kind != rowBranch {
			continue
		}
		node := viewNode{Row: i, From: r.from, PC: -1, Whole: r.whole, Set: [][2]string{}}
		before := 0
		if r.from >= 0 {
			before = frames[r.from]
		}
		frames[i] = before
		if r.state != "" {
			frames[i] = r.frame
		}
		node.Frame = frames[i]
		node.Whole = node.Whole || node.Frame != before
		if r.kind == rowInsn {
			node.PC = r.pc
		}
		if !shown[i] {
			continue
		}
		for _, c := range nodeChanges(r) {
			node.Set = append(node.Set, [2]string{c.name, c.value})
		}
		if r.from >= 0 && !shown[r.from] { // the changes in rows that are left out
			node.From, node.Gap, node.Whole = -1, true, true
			node.Set = [][2]string{}
			for _, c := range stateAfter(rows, i) {
				node.Set = append(node.Set, [2]string{c.name, c.value})
			}
		}
		v.Nodes = append(v.Nodes, node)
	}
}

// nodeChanges returns the changes of a row. Every printed state contains the held references; when they are missing, none is held. A call
// of a helper or kernel function clears R1 to R5.
func nodeChanges(r row) []rowChange {
	var changes []rowChange
	for _, w := range r.words() {
		if w.name != "" {
			changes = append(changes, rowChange{w.name, w.value})
		}
	}
	if len(changes) > 0 && !slices.ContainsFunc(changes, func(c rowChange) bool { return c.name == "refs" }) {
		changes = append(changes, rowChange{"refs", ""})
	}
	if r.kind == rowInsn && callsKernel(r.insn) {
		for n := 1; n <= 5; n++ {
			name := "R" + strconv.Itoa(n)
			if !slices.ContainsFunc(changes, func(c rowChange) bool { return c.name == name }) {
				changes = append(changes, rowChange{name, ""})
			}
		}
	}
	return changes
}

// stateAfter returns all known values after a row: it goes back to a complete state.
func stateAfter(rows []row, at int) []rowChange {
	seen := map[string]bool{}
	var found []rowChange
	for i := at; i >= 0; i = rows[i].from {
		for _, c := range nodeChanges(rows[i]) {
			if !seen[c.name] {
				seen[c.name] = true
				if c.value != "" {
					found = append(found, c)
				}
			}
		}
		if rows[i].whole {
			break
		}
	}
	slices.SortFunc(found, func(a, b rowChange) int { return cmp.Compare(a.name, b.name) })
	return found
}

// files adds the source, or the lines that the log quotes.
func (v *view) files(log string, r verifierlog.Report, o Options) {
	var quotes []verifierlog.Source
	if o.Reading != nil {
		quotes = slices.Clone(o.Reading.Quotes)
	} else {
		quotes = verifierlog.Quotes(log)
	}
	if r.Source.Line > 0 && !slices.Contains(quotes, r.Source) {
		quotes = append(quotes, r.Source)
	}
	names := []string{}
	if slices.ContainsFunc(quotes, func(q verifierlog.Source) bool { return q.File == r.Source.File }) {
		names = append(names, r.Source.File) // the file with the mistake comes first
	}
	byFile := map[string][]verifierlog.Source{}
	for _, q := range quotes {
		if byFile[q.File] == nil && q.File != r.Source.File {
			names = append(names, q.File)
		}
		byFile[q.File] = append(byFile[q.File], q)
	}
	for _, name := range names[:min(len(names), manyFiles)] {
		v.Files = append(v.Files, makeFile(name, byFile[name], r.Source, o))
	}
}

// makeFile lists the lines of a file around those that the log quotes. It does not list the rest of the file: a false log could name any
// file and guess one of its lines. When the file is not available, or is not the same file, it lists only the quotes. Empty quotes prove
// nothing, and are left out.
func makeFile(name string, quotes []verifierlog.Source, blamed verifierlog.Source, o Options) viewFile {
	file := viewFile{Name: name}
	used := map[int]string{}
	for _, q := range quotes {
		if q.File == name && strings.TrimSpace(q.Text) != "" {
			used[q.Line] = q.Text
		}
	}
	var lines []string
	if o.Source != nil {
		if text, err := o.Source(name); err == nil {
			lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			file.Complete = len(used) > 0
			for n, quote := range used { // another file, or the file was changed
				if n > len(lines) || strings.TrimSpace(lines[n-1]) != strings.TrimSpace(quote) {
					file.Complete = false
				}
			}
		}
	}
	var numbers []int
	if file.Complete {
		for n := range lines {
			if isNear(n+1, used) {
				numbers = append(numbers, n+1)
			}
		}
	} else {
		for n := range used {
			numbers = append(numbers, n)
		}
		slices.Sort(numbers)
	}
	for i, n := range numbers {
		if i > 0 && numbers[i-1] != n-1 {
			file.Lines = append(file.Lines, viewLine{})
		}
		line := viewLine{Number: n, At: verifierlog.Source{File: name, Line: n}.Place(), Blamed: name == blamed.File && n == blamed.Line}
		line.Text, line.Used = used[n]
		if file.Complete {
			line.Text = strings.TrimRight(lines[n-1], "\r")
		}
		file.Lines = append(file.Lines, line)
	}
	return file
}

func isNear(n int, used map[int]string) bool {
	for d := -aroundLines; d <= aroundLines; d++ {
		if _, ok := used[n+d]; ok {
			return true
		}
	}
	return false
}

// listing adds the program's instructions in their order: those in the log, and those in the code.
func (v *view) listing(rows []row, r verifierlog.Report, o Options) {
	texts := map[int]string{}
	for _, step := range verifierlog.Listing(o.Code) {
		texts[step.Insn] = step.Text
	}
	reached := map[int]bool{}
	if o.Reading != nil {
		for _, step := range o.Reading.Instructions {
			texts[step.Insn], reached[step.Insn] = step.Text, true
		}
	}
	for _, row := range rows {
		if row.kind == rowInsn {
			texts[row.pc], reached[row.pc] = row.insn, true
		}
	}
	slots := make([]int, 0, len(texts))
	for slot := range texts {
		slots = append(slots, slot)
	}
	slices.Sort(slots)
	for _, slot := range slots[:min(len(slots), manyRows)] {
		v.Listing = append(v.Listing, viewInsn{Slot: slot, Text: registerParts(texts[slot]), Blamed: r.Refused() && slot == r.Insn,
			Reached: reached[slot]})
	}
}
