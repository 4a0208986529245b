package main

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed helpers.tsv
var table string

// A helper is a row of the table.
type helper struct {
	id      int
	name    string // bpf_map_lookup_elem
	since   string // the first Linux that has it
	gpl     bool   // only for programs under a GPL-compatible license
	proto   string // in C
	summary string // what it does, as the rest of a sentence that begins with its name
	result  string // the C type
	params  []param
}

// A param is a parameter of a helper.
type param struct {
	name  string // in C
	ctype string // "struct bpf_map *"
	kind  byte   // see kindOf
}

// The kinds of parameters, as letters of a signature; package dsl reads them.
const (
	kindPointer  = 'p' // a pointer, or 0
	kindMap      = 'm' // a map, or a pointer to one that was found in another
	kindFunction = 'f' // a function that is called back
	kindAddress  = 'a' // an address: a pointer or a 64-bit number
	kindMore     = '*' // any arguments from here on
)

// numbers are the kinds of integer parameters, by their C types.
var numbers = [...]struct {
	ctype string
	kind  byte
	goes  string // the method of dsl.Result that gives one
}{
	{"u16", 'H', "U16"}, {"__be16", 'H', "U16"},
	{"u32", 'I', "U32"}, {"__wsum", 'I', "U32"},
	{"int", 'i', "S32"}, {"s32", 'i', "S32"},
	{"u64", 'Q', "U64"}, {"size_t", 'Q', "U64"}, {"unsigned long", 'Q', "U64"},
	{"s64", 'q', "S64"}, {"long", 'q', "S64"},
}

// readTable reads the rows of the table.
func readTable(text string) ([]helper, error) {
	var helpers []helper
	for n, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 5 {
			return nil, fmt.Errorf("helpers.tsv:%d: %d columns, want name, since, license, prototype and what it does", n+1, len(columns))
		}
		h := helper{id: len(helpers) + 1, name: columns[0], since: columns[1], gpl: columns[2] == "gpl", proto: columns[3], summary: columns[4]}
		if err := h.readProto(); err != nil {
			return nil, fmt.Errorf("helpers.tsv:%d: %w", n+1, err)
		}
		helpers = append(helpers, h)
	}
	return helpers, nil
}

// readProto takes the prototype apart: "void *bpf_x(struct bpf_map *map, u64 flags)".
func (h *helper) readProto() error {
	result, rest, ok := strings.Cut(h.proto, h.name+"(")
	params, tail, closed := strings.Cut(rest, ")")
	if !ok || !closed || tail != "" {
		return fmt.Errorf("%q is no prototype of %s", h.proto, h.name)
	}
	h.result = strings.TrimSpace(result)
	if params == "void" {
		return nil
	}
	for _, text := range strings.Split(params, ",") {
		p, err := readParam(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
		h.params = append(h.params, p)
	}
	return nil
}

func readParam(text string) (param, error) {
	if text == "..." {
		return param{name: "args", ctype: text, kind: kindMore}, nil
	}
	end := strings.LastIndexAny(text, " *") + 1
	p := param{name: text[end:], ctype: strings.TrimSpace(text[:end])}
	if p.name == "" || p.ctype == "" {
		return p, fmt.Errorf("%q is no parameter: a type and a name are wanted", text)
	}
	var err error
	p.kind, err = kindOf(p)
	return p, err
}

// kindOf tells what may be passed. The header declares some pointers as void
// that the kernel knows better: their names say what they are.
func kindOf(p param) (byte, error) {
	if !strings.HasSuffix(p.ctype, "*") {
		for _, n := range numbers {
			if n.ctype == p.ctype {
				return n.kind, nil
			}
		}
		return 0, fmt.Errorf("parameter %s has the unknown type %q: add it to numbers", p.name, p.ctype)
	}
	switch {
	case p.ctype == "struct bpf_map *", p.name == "map", p.name == "ringbuf":
		return kindMap, nil
	case p.name == "callback_fn":
		return kindFunction, nil
	case p.name == "unsafe_ptr", p.name == "user_ptr":
		return kindAddress, nil
	}
	return kindPointer, nil
}

// signature is the helper's parameters as letters.
func (h *helper) signature() string {
	b := make([]byte, len(h.params))
	for i, p := range h.params {
		b[i] = p.kind
	}
	return string(b)
}
