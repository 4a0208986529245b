package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// An algorithm is compared in up to three variants.
type algorithm struct {
	name  string
	core  string // the kernel's source, without .c; "" when it has none
	ops   string // the struct_ops variable to take from it
	plain string // our source in folder c, without .c; "" when there is none
}

var algorithms = []algorithm{
	{name: "cubic", core: "bpf_cubic", ops: "cubic", plain: "cubic"},
	{name: "dctcp", core: "bpf_dctcp", ops: "dctcp", plain: "dctcp"},
	{name: "cc_cubic", core: "bpf_cc_cubic", ops: "cc_cubic"},
	{name: "reno", plain: "reno"},
	{name: "bbr"}, // only ours
}

// Goals are set for these.
var judged = []string{"cubic", "dctcp"}

// A variant is one way to make an algorithm's programs.
type variant int

const (
	recorded variant = iota // only figures
	core
	plain
	ours
	variants
)

func (v variant) String() string { return [...]string{"recorded", "CO-RE", "plain", "ours"}[v] }

//go:embed clang_sizes.tsv
var recordedSizes string

// readRecorded returns the recorded slots by level, object and function.
func readRecorded(text string) (map[[3]string]int, error) {
	sizes := make(map[[3]string]int)
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i == 0 {
			continue // headings
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 4 {
			return nil, fmt.Errorf("clang_sizes.tsv:%d: %d columns, want cpu, object, function, instructions", i+1, len(columns))
		}
		n, err := strconv.Atoi(columns[3])
		if err != nil {
			return nil, fmt.Errorf("clang_sizes.tsv:%d: %w", i+1, err)
		}
		sizes[[3]string(columns)] = n
	}
	return sizes, nil
}
