package main

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/btf"
)

// readTypes reads the file of --btf.
func readTypes(name string) (*btf.Types, error) {
	raw, err := readFile(name)
	if err != nil {
		return nil, fmt.Errorf("--btf: %w", err)
	}
	types, err := parseTypes(raw)
	if err != nil {
		return nil, fmt.Errorf("--btf: %s: %w", name, err)
	}
	return types, nil
}

// parseTypes reads raw BTF that may come from anywhere.
func parseTypes(raw []byte) (*btf.Types, error) {
	if isELF(raw) {
		return nil, fmt.Errorf("an ELF file: expected raw BTF, which is the contents of its section .BTF")
	}
	types, err := btf.Parse(raw)
	if err != nil {
		return nil, err
	}
	return types, types.Check()
}
