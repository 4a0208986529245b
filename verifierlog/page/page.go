package page

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// The page is made from a template, a style sheet and a script. They become one file, which can be mailed, archived and read without a
// network.
//
//go:embed static/page.html static/page.css static/page.js
var pageFiles embed.FS

// Options are what Write may show in addition to the log. Every field is optional.
type Options struct {
	Title  string                            // title of the window; "" for the title of the mistake
	Source func(file string) ([]byte, error) // as in verifierlog.Style
	Code   []byte                            // the program, little-endian: for instructions that are not in the log

	// Reading is what [verifierlog.Read] kept of the log. Only [WriteFrom] needs it.
	Reading *verifierlog.Reading
	numbers []int // of a log that is only an excerpt: the numbers of its lines in the whole log
}

// WriteFrom is [Write] for a log of any size. It reads the log once more, from its beginning; r is what [verifierlog.Read] kept of it. Of
// a long log it keeps only the lines that the page shows.
func WriteFrom(w io.Writer, log io.Reader, r *verifierlog.Reading, o Options) error {
	o.Reading = r
	if r.Lines <= manyRows && r.Bytes <= manyBytes {
		text, err := io.ReadAll(log)
		if err != nil {
			return err
		}
		return Write(w, string(text), r.Report, o)
	}
	text, numbers, err := r.Excerpt(log, headRows, tailRows)
	if err != nil {
		return err
	}
	o.numbers = numbers
	return Write(w, text, r.Report, o)
}

// Write writes a page that shows the log next to the source, or next to the instructions when there is no source. A reader can follow a
// register or a stack slot back along the path that failed. Lines of other paths are folded. The report must be of this log.
//
// Of a long log the page shows only the beginning, the path that failed, and the end, with a note where lines are left out.
func Write(w io.Writer, log string, r verifierlog.Report, o Options) error {
	css, err := pageFiles.ReadFile("static/page.css")
	if err != nil {
		return err
	}
	script, err := pageFiles.ReadFile("static/page.js")
	if err != nil {
		return err
	}
	t, err := template.ParseFS(pageFiles, "static/page.html")
	if err != nil {
		return err
	}
	v := newView(log, r, o)
	v.CSS, v.Script = template.CSS(css), template.JS(script)
	return t.Execute(w, v)
}

// A view is what the template shows.
type view struct {
	CSS    template.CSS
	Script template.JS

	Title, Kind, Heading string
	Reason               []string // the kernel's message
	Where                string
	Explanation, Fix     []string
	Steps                []viewStep
	Kernel, Stats        string

	Groups  []viewGroup
	Files   []viewFile
	Listing []viewInsn
	Nodes   []viewNode
	Blamed  int // row of the instruction with the mistake, -1 if there is none
	Folded  int // rows that are folded
	LeftOut int // rows that are not on the page
	Rows    int
}

type viewStep struct {
	Row         int // -1 when the log does not show it
	Insn        int
	Text, Where string
	Note        []string // in pieces; a line may be broken between them
	Source      string
	Last        bool
}

// A viewGroup is a list of rows that are shown or folded together.
type viewGroup struct {
	Folded  bool
	Summary string
	Rows    []viewRow
}

type viewRow struct {
	ID     int
	Kind   string
	PC     string
	At     string // "file:line"
	Text   []viewPart
	State  []viewPart
	Blamed bool
	Path   bool
}

// A viewPart is a piece of text. When it has a Name, of a register or slot, it can be clicked.
type viewPart struct {
	Text, Name string
	Lead       string   // of a state: "fp-8=", no line break inside
	Pieces     []string // the rest, in pieces; a line may be broken between them
}

type viewFile struct {
	Name     string
	Complete bool
	Lines    []viewLine
}

type viewLine struct {
	Number int // 0 for lines that are left out
	Text   string
	At     string
	Blamed bool
	Used   bool // the log has instructions of this line
}

type viewInsn struct {
	Slot    int
	Text    []viewPart
	Blamed  bool
	Reached bool
}

// A viewNode is what the script knows about a row with a state.
type viewNode struct {
	Row   int         `json:"row"`
	From  int         `json:"from"`
	PC    int         `json:"pc"` // -1 for a state between instructions
	Whole bool        `json:"whole"`
	Frame int         `json:"frame"`
	Set   [][2]string `json:"set"`
	Gap   bool        `json:"gap"` // rows before it are left out: Set has all known values
}

// newView fills the template's view from a log and its report.
func newView(log string, r verifierlog.Report, o Options) *view {
	rows := readRows(log, r)
	v := &view{
		Kind: r.Kind.String(), Heading: r.Kind.Title(), Where: r.Source.Place(), Kernel: r.Kernel, Rows: len(rows), Blamed: -1,
		Title: o.Title,
	}
	if r.Reason != "" && (v.Heading != "" || len(r.Details) > 0) { // otherwise it is the heading
		v.Reason = append(append(v.Reason, r.Details...), r.Reason)
	}
	switch {
	case v.Heading != "":
	case r.Reason != "":
		v.Heading = r.Reason
	default:
		v.Heading = "The log has no error"
	}
	if v.Title == "" {
		v.Title = v.Heading
	}
	if r.Refused() && r.Insn >= 0 {
		v.Blamed = lastVisit(rows, r.Insn)
	}
	v.Explanation, v.Fix = paragraphs(r.Explanation), paragraphs(r.Fix)
	v.steps(r, rows)
	if s := r.Stats; s.Processed > 0 {
		v.Stats = "1 instruction checked"
		if s.Processed > 1 {
			v.Stats = fmt.Sprintf("%d instructions checked", s.Processed)
		}
		if s.Limit > 0 && s.Processed > s.Limit/100 {
			v.Stats += fmt.Sprintf(" of at most %d", s.Limit)
		}
		if s.TotalStates > 1 {
			v.Stats += fmt.Sprintf(", %d states kept", s.TotalStates)
		}
	}
	shown := chooseRows(rows)
	if o.numbers != nil { // an excerpt has only what is shown
		shown = slices.Repeat([]bool{true}, len(rows))
		v.Rows = o.Reading.Lines
	}
	v.groups(rows, shown, o.numbers)
	v.nodes(rows, shown)
	v.files(log, r, o)
	v.listing(rows, r, o)
	return v
}

func paragraphs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func (v *view) steps(r verifierlog.Report, rows []row) {
	for i, s := range r.Slice {
		step := viewStep{
			Row: -1, Insn: s.Insn, Text: s.Text, Where: s.Source.Place(), Source: s.Source.Text, Note: breakable(s.What()),
			Last: i == len(r.Slice)-1,
		}
		if step.Last && s.Note.Kind == verifierlog.NoNote && s.Value == "" {
			step.Note = []string{"refused here"}
		}
		// The last visit of the path before the mistake.
		for at := v.Blamed; at >= 0; at = rows[at].from {
			if rows[at].kind == rowInsn && rows[at].pc == s.Insn {
				step.Row = at
				break
			}
		}
		v.Steps = append(v.Steps, step)
	}
}
