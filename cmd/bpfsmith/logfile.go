package main

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/bpfsmith/bpfsmith/internal/loaderlog"
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
	found   *loaderlog.Log
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

// read reads all logs in the text and keeps one of them.
func (l *logFile) read(p verifierlog.Program) (err error) {
	if l.found, err = loaderlog.Find(l.source); err != nil {
		return err
	}
	l.reading = l.found.Reading
	l.found.Explain(p)
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
	return l.found.Again(l.file)
}
