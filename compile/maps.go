package compile

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A MapRef is a 64-bit load of the address of a map, or of its value.
type MapRef struct {
	Slot int // the slot of the load
	Map  int // an index into Object.Maps
}

// specOf is the map that an item names, or nil.
func specOf(item *record.Item) *dsl.MapSpec {
	spec, _ := item.To().(*dsl.MapSpec)
	return spec
}

// collectMap refuses maps that cannot exist.
func (u *unit) collectMap(f *function, item *record.Item) {
	spec := specOf(item)
	switch {
	case spec == nil:
		u.foundItem(f, item, mistake.BadMap, mistake.Finding{Detail: "the map is nil", Help: "name the declaration, a *dsl.MapSpec"})
	case spec.Check() != nil:
		u.foundItem(f, item, mistake.BadMap, invalidMap(spec, spec.Check()))
	case item.Kind == record.MapValueAddress && spec.Type == dsl.MapArena: // its memory can be addressed; the kernel checks how far
	case item.Kind == record.MapValueAddress && (spec.Type != dsl.MapArray || spec.MaxEntries != 1):
		u.foundItem(f, item, mistake.BadMap,
			mistake.Finding{Detail: fmt.Sprintf("%v is not a variable: it is %s with %s", spec, phrase.A(spec.Type.String()),
				phrase.Count(spec.MaxEntries, "element")),
				Help: "only the value of an array with one element has an address at load time; look up elements of other maps"})
	case item.Kind == record.MapValueAddress && uint32(item.Ins.Imm>>32) >= max(spec.ValueSize, 1):
		u.foundItem(f, item, mistake.BadMap, mistake.Finding{Detail: fmt.Sprintf("byte %d is not in the value of %v, which has %s",
			uint32(item.Ins.Imm>>32), spec, phrase.Count(spec.ValueSize, "byte"))})
	}
}

// invalidMap is the finding for a declaration that cannot be created.
func invalidMap(spec *dsl.MapSpec, err error) mistake.Finding {
	finding := mistake.Finding{Detail: fmt.Sprintf("%v is not valid: %s", spec, strings.ReplaceAll(err.Error(), "\n", "; "))}
	if spec.Pos.IsValid() {
		finding.Note = fmt.Sprintf("it is declared at %v", spec.Pos)
	}
	return finding
}

// findInvalidMaps reports declarations that cannot be created, each at the first line of a Go function that uses it. It is called even if
// the function has other mistakes.
func (w *writing) findInvalidMaps() {
	for n, m := range w.body.Maps {
		spec, _ := m.To.(*dsl.MapSpec)
		if spec == nil {
			continue
		}
		err := spec.Check()
		if err == nil {
			continue
		}
		finding := invalidMap(spec, err)
		finding.Insn = -1
		for i := range w.body.IR.Values {
			if v := &w.body.IR.Values[i]; (v.Op == ir.MapAddr || v.Op == ir.MapValue) && int(v.Aux) == n {
				finding.Position = record.Position(w.body.IR.Sites[v.Site])
				break
			}
		}
		w.note(w.p, mistake.BadMap, finding)
	}
}

// A mapTable numbers the maps that an object's code names.
type mapTable struct {
	object *Object
	number map[*dsl.MapSpec]int
}

// refer records that the load at a slot is of a map's address. A nil spec is no map.
func (t *mapTable) refer(spec *dsl.MapSpec, slot int) {
	if spec == nil {
		return
	}
	n, known := t.number[spec]
	if !known {
		if t.number == nil {
			t.number = make(map[*dsl.MapSpec]int)
		}
		n = len(t.object.Maps)
		t.number[spec] = n
		t.object.Maps = append(t.object.Maps, spec)
	}
	t.object.MapRefs = append(t.object.MapRefs, MapRef{Slot: slot, Map: n})
}

// CodeWithMaps is Code with the descriptors of its maps filled in, as the kernel expects it. fds returns the descriptor of a map; it is
// called once for each map.
func (o *Object) CodeWithMaps(fds func(*dsl.MapSpec) (int32, error)) ([]byte, error) {
	code := append([]byte(nil), o.Code...)
	numbers := make([]int32, len(o.Maps))
	for i, spec := range o.Maps {
		fd, err := fds(spec)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", spec, err)
		}
		numbers[i] = fd
	}
	var order binary.ByteOrder = binary.LittleEndian
	if o.ByteOrder == isa.BigEndian {
		order = binary.BigEndian
	}
	for _, ref := range o.MapRefs {
		order.PutUint32(code[8*ref.Slot+4:], uint32(numbers[ref.Map])) // imm of the first slot
	}
	return code, nil
}
