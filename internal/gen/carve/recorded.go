package main

import (
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/isa"
)

// carveRecorded makes types.btf, the types of the recorded programs, and ids.tsv, a list of the things that their instructions refer to
// by number.
func carveRecorded(from, to string) error {
	types, err := unpack(filepath.Join(from, recordedKernel))
	if err != nil {
		return err
	}
	logs, err := recorded.Read()
	if err != nil {
		return err
	}
	named := map[btf.ID]string{}
	for _, p := range logs.Programs {
		raw, err := hex.DecodeString(p.Insns)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		code, err := isa.Decode(raw, isa.LittleEndian)
		if err != nil {
			continue // a program that is wrong on purpose
		}
		for _, in := range code {
			id := btf.ID(uint32(in.Imm))
			if name := types.Name(id); in.IsKfuncCall() && name != "" {
				named[id] = name
			}
		}
	}
	wanted, err := find(types, recordedTypes)
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, id := range slices.Sorted(maps.Keys(named)) {
		fmt.Fprintf(&list, "%d\t%s\n", id, named[id])
		wanted = append(wanted, id)
	}
	blob, err := types.Carve(wanted...)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, "types.btf"), blob, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "ids.tsv"), []byte(list.String()), 0o644)
}
