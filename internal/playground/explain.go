package playground

import (
	"bytes"
	"errors"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/loaderlog"
	"github.com/bpfsmith/bpfsmith/verifierlog"
	"github.com/bpfsmith/bpfsmith/verifierlog/page"
)

// explainRequest asks what a log says.
type explainRequest struct {
	Log string `json:"log"`
}

// An explanation is what a log says.
type explanation struct {
	Kind    string `json:"kind"`    // of the mistake: maybe-nil
	Heading string `json:"heading"` // one line for readers
	Page    string `json:"page"`    // a whole document of HTML, as bpfsmith explain --html writes it
}

func (p *Playground) explain(r explainRequest) (*explanation, error) {
	if strings.TrimSpace(r.Log) == "" {
		return nil, errors.New("there is no log: paste one, or choose an example")
	}
	log, err := loaderlog.Find(strings.NewReader(r.Log))
	if err != nil {
		return nil, err
	}
	report := log.Explain(verifierlog.Program{})
	clean, err := log.Again(strings.NewReader(r.Log))
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := page.WriteFrom(&text, clean, log.Reading, page.Options{}); err != nil {
		return nil, err
	}
	return &explanation{Kind: report.Kind.String(), Heading: heading(report), Page: text.String()}, nil
}

// heading says in a line what is wrong, and where.
func heading(r verifierlog.Report) string {
	text := r.Kind.Title()
	switch {
	case text != "":
		text = strings.ToUpper(text[:1]) + text[1:]
	case r.Reason != "":
		text = r.Reason
	default:
		return "The log has no error."
	}
	if at := r.Source.Place(); at != "" {
		text += ", at " + at
	}
	return text
}
