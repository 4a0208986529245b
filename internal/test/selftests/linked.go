package main

import (
	"encoding/hex"
	"os"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/objfile"
)

// linkedCode links the programs of an object as check does.
func (w *workshop) linkedCode(name string, types *btf.Types) (map[string][]byte, error) {
	data, err := os.ReadFile(w.in("objects", name+suffix))
	if err != nil {
		return nil, err
	}
	o, err := objfile.Read(data)
	if err != nil {
		return nil, nil //nolint:nilerr // the table counts objects that cannot be read
	}
	all := map[string][]byte{}
	for _, p := range o.Programs {
		if code, err := o.Link(p, &objfile.Kernel{Types: types}); err == nil {
			all[p.Name] = code.Raw
		}
	}
	return all, nil
}

// sameCode reports whether code is what libbpf made. What 64-bit loads load may differ: numbers of maps, addresses of the kernel, and the
// places of settings.
func sameCode(ours []byte, libbpf string) bool {
	theirs, err := hex.DecodeString(libbpf)
	if err != nil || len(ours) != len(theirs) {
		return false
	}
	const wide, slot = 0x18, 8
	for at := 0; at < len(ours); at += slot {
		if ours[at] == wide && theirs[at] == wide && at+2*slot <= len(ours) {
			if kind := ours[at+1] >> 4; ours[at+1] != theirs[at+1] || kind == isa.PseudoFunc && ours[at+4] != theirs[at+4] {
				return false
			}
			at += slot
			continue
		}
		if string(ours[at:at+slot]) != string(theirs[at:at+slot]) {
			return false
		}
	}
	return true
}
