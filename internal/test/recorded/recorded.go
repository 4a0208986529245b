// Package recorded has logs of the verifier for tests: what Linux 6.18 printed for 190 programs at several log levels, for eight loads of
// BTF, and for one load that a signal interrupted. Each program has a note that says what is wrong with it. The log does not say this, so
// tests compare the explanation of the log with the note.
//
// There is also a catalogue of the messages, and the patterns of the messages of three kernels.
//
// All of this is in one archive. This command makes it again from the folder with the recorded logs:
//
//	go test -tags fresh ./internal/test/recorded -run TestArchiveIsTheFolder -update
//
// and make fresh compares the two.
package recorded

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
)

//go:embed logs.tar.gz
var archive []byte

// CutOff is the size of logs of which only the end is kept. All shorter logs are complete.
const CutOff = 32<<10 - 1

// Logs are the logs, with the facts about their programs.
type Logs struct {
	Programs []Program  `json:"entries"`
	Types    []TypeLoad `json:"btf_load"`
	Others   []Other    `json:"extra"`

	Catalogue string            `json:"-"` // the messages that were collected, a line each: number `message` | meaning | what to do
	Formats   map[string]string `json:"-"` // by file ("k61.verifier"): lines of a number, a function and a format of printf
	texts     map[string]string // by file name
}

// The archive has these files in addition to the logs.
const (
	catalogueFile = "CATALOGUE.md"
	formatsStart  = "formats/fmt."
	formatsEnd    = ".tsv"
)

// A Program is a program that was loaded, and in most cases refused.
type Program struct {
	Name    string // the logs' files begin with it
	Mistake string // what is wrong with it; "none: ..." for a correct program
	Note    string // what was surprising about the kernel's answer
	Loaded  bool   // the kernel accepted it

	ProgType, AttachType string // as the kernel calls them, in lower case: "struct_ops"
	Target, Member       string // of struct_ops: "struct:tcp_congestion_ops", "cong_avoid"
	License              string
	Sleepable            bool
	CapBPFOnly           bool // it was loaded without CAP_PERFMON

	HasLineInfo bool
	Insns       string // hex, little-endian
	Source      []SourceLine
	Levels      map[string]Level // by log level
	Maps        map[string]Map   // by the descriptors in the instructions
}

// A Map is a map that a program's instructions name by its descriptor.
type Map struct {
	Name       string            `json:"name"`
	Type       string            `json:"type"`       // as the kernel calls it: "array"
	KeySize    uint32            `json:"key_size"`   // bytes
	ValueSize  uint32            `json:"value_size"` // bytes
	MaxEntries uint32            `json:"max_entries"`
	Flags      uint32            `json:"flags"`
	Fields     map[string]uint32 `json:"value_fields"` // that only the kernel uses: their offsets in the value
}

// A SourceLine is the source line of an instruction.
type SourceLine struct {
	Insn      int    // slot
	Pos, Text string // "cases.go:111", the line
}

// A Level is the result of one load of a program.
type Level struct {
	File       string
	Errno      string
	ErrorLines []string // of the log: the lines that are the kernel's message
}

// A TypeLoad is a load of BTF.
type TypeLoad struct{ Name, Mistake, Errno, LastError string }

// File is the name of its log.
func (l TypeLoad) File() string { return l.Name + ".level1.log" }

// An Other is a load that failed for another reason than the program.
type Other struct{ Name, File, Errno, Mistake string }

// Struct is the struct with the member of a struct_ops program, "" for other programs.
func (p Program) Struct() string {
	name, ok := strings.CutPrefix(p.Target, "struct:")
	if !ok || p.ProgType != "struct_ops" {
		return ""
	}
	return name
}

// Open unpacks the archive.
func Open(t testing.TB) *Logs {
	t.Helper()
	l, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Read is Open for code that is not a test.
func Read() (*Logs, error) {
	files, err := unpack(archive)
	if err != nil {
		return nil, fmt.Errorf("the archive of recorded logs: %w", err)
	}
	l := &Logs{Catalogue: files[catalogueFile], Formats: map[string]string{}, texts: map[string]string{}}
	for name, text := range files {
		if strings.HasSuffix(name, ".log") {
			l.texts[path.Base(name)] = text
		} else if kernel, ok := strings.CutSuffix(strings.TrimPrefix(name, formatsStart), formatsEnd); ok {
			l.Formats[kernel] = text
		}
	}
	if err := json.Unmarshal([]byte(files["index.json"]), l); err != nil {
		return nil, fmt.Errorf("the index of recorded logs: %w", err)
	}
	return l, nil
}

// Text returns a log by the name of its file: "r0_not_set.level1.log".
func (l *Logs) Text(t testing.TB, file string) string {
	t.Helper()
	text, ok := l.texts[file]
	if !ok {
		t.Fatalf("no log %s was recorded", file)
	}
	return text
}

// Has reports whether there is a log of this name. Not all programs were loaded at all levels.
func (l *Logs) Has(file string) bool {
	_, ok := l.texts[file]
	return ok
}

// Files lists the names of all logs whose names end in a suffix, in order: "" for all, ".level2.log" for those of level 2.
func (l *Logs) Files(suffix string) []string {
	var names []string
	for name := range l.texts {
		if strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// unpack reads an archive into memory, by the names of its files.
func unpack(archive []byte) (map[string]string, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for r := tar.NewReader(unzipped); ; {
		header, err := r.Next()
		if err == io.EOF {
			return files, nil
		} else if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", header.Name, err)
		}
		files[header.Name] = string(text)
	}
}
