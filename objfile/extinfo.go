package objfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf"
)

// extInfo is what section .BTF.ext says about the instructions of one section, by their offset in bytes.
type extInfo struct {
	functions map[uint32]btf.ID
	lines     map[uint32]Line
	fields    map[uint32]coreRelocation
}

// A Line is the place of an instruction in C.
type Line struct {
	File string // as the compiler was given it
	Line int    // from 1
}

// A coreRelocation is an instruction that depends on the kernel's types (struct bpf_core_relo, include/uapi/linux/bpf.h).
type coreRelocation struct {
	typ    btf.ID // of the object
	access string // indices of the members on the way to a field, or of an enumerator: "0:1:2"
	kind   coreKind
}

// readExtInfo reads the section .BTF.ext, by the sections that it is about. strings are those of .BTF.
func readExtInfo(raw, strings []byte, order binary.ByteOrder) (map[string]*extInfo, error) {
	e := extReader{raw: raw, strings: strings, order: order, all: map[string]*extInfo{}, texts: map[uint32]string{}}
	if err := e.read(); err != nil {
		return nil, fmt.Errorf("section .BTF.ext: %w", err)
	}
	return e.all, nil
}

type extReader struct {
	raw, strings []byte
	order        binary.ByteOrder
	all          map[string]*extInfo
	texts        map[uint32]string
}

var errCutOff = errors.New("it is cut off")

func (e *extReader) read() error {
	const header, withFields = 24, 32 // bytes of the header, without and with the words about CO-RE
	if len(e.raw) < header {
		return errCutOff
	}
	if magic := e.order.Uint16(e.raw); magic != 0xeb9f {
		return fmt.Errorf("it begins with %#04x: expected %#04x", magic, 0xeb9f)
	}
	length := e.order.Uint32(e.raw[4:])
	if length < header || uint64(length) > uint64(len(e.raw)) {
		return errCutOff
	}
	tables := []struct {
		at   int // of the word with the offset
		size int // of a record, at least
		add  func(info *extInfo, record []byte) error
	}{{8, 8, e.function}, {16, 16, e.line}, {24, 16, e.field}}
	for _, t := range tables {
		if t.at >= header && length < withFields {
			break
		}
		begin, size := uint64(e.order.Uint32(e.raw[t.at:])), uint64(e.order.Uint32(e.raw[t.at+4:]))
		part, ok := part(e.raw, uint64(length)+begin, size)
		if !ok {
			return errCutOff
		}
		if err := e.table(part, t.size, t.add); err != nil {
			return err
		}
	}
	return nil
}

// table reads one table: the size of its records, and for each section a header and the records.
func (e *extReader) table(raw []byte, least int, add func(*extInfo, []byte) error) error {
	if len(raw) == 0 {
		return nil
	}
	if len(raw) < 4 {
		return errCutOff
	}
	size := uint64(e.order.Uint32(raw))
	if size < uint64(least) || size > 1<<10 {
		return fmt.Errorf("records of %d bytes: expected %d", size, least)
	}
	for raw = raw[4:]; len(raw) > 0; {
		if len(raw) < 8 {
			return errCutOff
		}
		section, err := e.text(e.order.Uint32(raw))
		if err != nil {
			return err
		}
		count := uint64(e.order.Uint32(raw[4:]))
		records, ok := part(raw, 8, count*size) // fits: both are below 1<<32
		if !ok {
			return errCutOff
		}
		info := e.all[section]
		if info == nil {
			info = &extInfo{functions: map[uint32]btf.ID{}, lines: map[uint32]Line{}, fields: map[uint32]coreRelocation{}}
			e.all[section] = info
		}
		for at := uint64(0); at < uint64(len(records)); at += size {
			if err := add(info, records[at:]); err != nil {
				return err
			}
		}
		raw = raw[8+len(records):]
	}
	return nil
}

// text is a string; one that is named often is copied once.
func (e *extReader) text(at uint32) (string, error) {
	if text, ok := e.texts[at]; ok {
		return text, nil
	}
	if uint64(at) >= uint64(len(e.strings)) {
		return "", fmt.Errorf("a string at byte %d of %d", at, len(e.strings))
	}
	text := e.strings[at:]
	if n := bytes.IndexByte(text[:min(len(text), mostText)], 0); n >= 0 {
		e.texts[at] = string(text[:n])
		return e.texts[at], nil
	}
	return "", fmt.Errorf("the string at byte %d has more than %d bytes", at, mostText)
}

// mostText is the limit of a file's name and of the indices of a field, in bytes.
const mostText = 4096

func (e *extReader) function(info *extInfo, record []byte) error {
	info.functions[e.order.Uint32(record)] = btf.ID(e.order.Uint32(record[4:]))
	return nil
}

func (e *extReader) line(info *extInfo, record []byte) error {
	file, err := e.text(e.order.Uint32(record[4:]))
	if err != nil {
		return err
	}
	// The line is in the upper 22 bits, the column in the lower 10 (BPF_LINE_INFO_LINE_NUM).
	info.lines[e.order.Uint32(record)] = Line{File: file, Line: int(e.order.Uint32(record[12:]) >> 10)}
	return nil
}

func (e *extReader) field(info *extInfo, record []byte) error {
	access, err := e.text(e.order.Uint32(record[8:]))
	info.fields[e.order.Uint32(record)] = coreRelocation{btf.ID(e.order.Uint32(record[4:])), access, coreKind(e.order.Uint32(record[12:]))}
	return err
}
