package objfile

import (
	"debug/elf"
	"fmt"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
)

// readInterfaces finds for which members of which interfaces the programs are: the structs in .struct_ops name them.
func (o *Object) readInterfaces() error {
	programs := map[*function]*Program{}
	for _, p := range o.Programs {
		programs[p.function] = p
	}
	for i, name := range o.tables.names {
		if name := strings.TrimPrefix(name, "?"); name != ".struct_ops" && name != ".struct_ops.link" || o.decoded == nil {
			continue
		}
		s := o.datasec(name)
		if s == nil {
			continue // its relocations
		}
		for _, info := range s.Vars {
			v, ok := info.Type.(*cbtf.Var)
			if !ok {
				return fmt.Errorf("section %s: its type does not list variables", name)
			}
			ops, ok := btf.Underlying(v.Type).(*cbtf.Struct)
			if at := o.symbolOf(i, v.Name); ok && at != nil {
				o.readInterface(i, at.value, ops, programs)
			}
		}
	}
	return nil
}

// readInterface reads a struct at an offset of a section.
func (o *Object) readInterface(section int, begin uint64, ops *cbtf.Struct, programs map[*function]*Program) {
	for _, m := range ops.Members {
		at := begin + uint64(m.Offset.Bytes())
		r, ok := o.relocations[section][at]
		if !ok || r.symbol.section < 0 {
			continue
		}
		offset := r.symbol.value
		if contents, ok := o.tables.contents(uint32(section)); ok && r.symbol.kind == elf.STT_SECTION {
			if word, ok := part(contents, at, 8); ok {
				offset += o.tables.order.Uint64(word)
			}
		}
		if p := programs[o.functionAt(r.symbol.section, offset)]; p != nil && p.Struct == "" {
			p.Struct, p.Member = withoutFlavour(ops.Name), withoutFlavour(m.Name)
		}
	}
}

// withoutFlavour cuts "___" and what follows off a name. Programs have several types for one of the kernel: task_struct___old.
func withoutFlavour(name string) string {
	if n := strings.Index(name, "___"); n > 0 {
		return name[:n]
	}
	return name
}
