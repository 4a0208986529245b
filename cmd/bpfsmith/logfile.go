package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A logFile is the input of explain, of any size. It is read once for the report, and once more for the page.
type logFile struct {
	source io.Reader
	file   *os.File // for the second time; nil when there is none
	begin  int64    // of the text in the file
	copied *bufio.Writer
	remove func() // the copy

	reading *verifierlog.Reading // of the log that is explained
	part    int                  // which part of the text it is
}

// openLog prepares for one or two readings. What can be read only once, such as a pipe, is copied to a temporary file while it is read.
func openLog(in *input, twice bool) (*logFile, error) {
	l := &logFile{source: in.Reader, remove: func() {}}
	if !twice {
		return l, nil
	}
	if file, ok := in.Reader.(*os.File); ok {
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			l.file = file
			l.begin, err = file.Seek(0, io.SeekCurrent)
			return l, err
		}
	}
	file, err := os.CreateTemp("", "bpfsmith-*.log")
	if err != nil {
		return nil, err
	}
	if os.Remove(file.Name()) == nil { // on Unix the open file stays, and vanishes with this process
		l.remove = func() { file.Close() }
	} else {
		l.remove = func() { file.Close(); os.Remove(file.Name()) }
	}
	l.file, l.copied = file, bufio.NewWriterSize(file, 1<<20)
	l.source = io.TeeReader(in.Reader, l.copied)
	return l, nil
}

func (l *logFile) close() { l.remove() }

// read reads all logs in the text and keeps one of them: the last with an error, or else the first. What loaders mark as a log counts
// more than text with statistics at its end, and that more than other text.
func (l *logFile) read(p verifierlog.Program) error {
	logs, err := newLogReader(l.source)
	if err != nil {
		return err
	}
	rank := [...]int{partFramed: 4, partEnded: 3, partShort: 2, partRest: 1, partDropped: 0}
	best := 0
	var said surroundings
	afterwards := false // the loader tells the error after the log
	for part := 0; logs.next(); part++ {
		ahead := newReadAhead(logs)
		reading, err := verifierlog.Read(ahead)
		ahead.close()
		if err != nil {
			return err
		}
		kind := logs.rest()
		afterwards = afterwards || logs.logs == 0 && logs.before.errno == "" && logs.facts.errno == ""
		if r := rank[kind]; r > best || r == best && r > 0 && reading.Refused() {
			l.reading, l.part, best = reading, part, r
			said = surroundings{before: logs.before, own: logs.facts, after: new(facts), afterwards: afterwards}
			logs.after = said.after
		}
	}
	if l.reading == nil { // a frame that is empty
		if l.reading, err = verifierlog.Read(strings.NewReader("")); err != nil {
			return err
		}
	}
	l.reading.Explain(said.facts().about(p))
	if l.copied != nil {
		return l.copied.Flush()
	}
	return nil
}

// again returns a reader of the log that was explained.
func (l *logFile) again() (io.Reader, error) {
	if l.file == nil {
		return nil, errors.New("the log can be read only once")
	}
	if _, err := l.file.Seek(l.begin, io.SeekStart); err != nil {
		return nil, err
	}
	logs, err := newLogReader(l.file)
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
