// Package loaderlog finds the verifier's logs in what loaders, journals and CI systems print: with timestamps, colours, quotes or prefixes
// before the lines, in strings of JSON, between the lines of a loader, or shortened to an error of one line. It also keeps what the lines
// around a log say about the load.
package loaderlog

import (
	"io"
	"strings"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A Log is the log of a text that is explained.
type Log struct {
	Reading *verifierlog.Reading // complete after Explain

	part int // which part of the text it is
	said surroundings
}

// Find reads all logs in a text of any size and keeps one of them: the last with an error, or else the first. What loaders mark as a log
// counts more than text with statistics at its end, and that more than other text.
func Find(text io.Reader) (*Log, error) {
	logs, err := newLogReader(text)
	if err != nil {
		return nil, err
	}
	rank := [...]int{partFramed: 4, partEnded: 3, partShort: 2, partRest: 1, partDropped: 0}
	best := 0
	found := new(Log)
	afterwards := false // the loader tells the error after the log
	for part := 0; logs.next(); part++ {
		ahead := newReadAhead(logs)
		reading, err := verifierlog.Read(ahead)
		ahead.close()
		if err != nil {
			return nil, err
		}
		kind := logs.rest()
		afterwards = afterwards || logs.logs == 0 && logs.before.errno == "" && logs.facts.errno == ""
		if r := rank[kind]; r > best || r == best && r > 0 && reading.Refused() {
			found.Reading, found.part, best = reading, part, r
			found.said = surroundings{before: logs.before, own: logs.facts, after: new(facts), afterwards: afterwards}
			logs.after = found.said.after
		}
	}
	if found.Reading == nil { // a frame that is empty
		if found.Reading, err = verifierlog.Read(strings.NewReader("")); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Explain completes the report with what is known about the program, and with what the lines around the log say.
func (l *Log) Explain(p verifierlog.Program) verifierlog.Report {
	return l.Reading.Explain(l.said.facts().about(p))
}

// Again returns a reader of the log, clean. It gets the text that Find has read, from its beginning.
func (l *Log) Again(text io.Reader) (io.Reader, error) {
	logs, err := newLogReader(text)
	if err != nil {
		return nil, err
	}
	for part := 0; logs.next(); part++ {
		if part == l.part {
			break
		}
	}
	return logs, nil
}
