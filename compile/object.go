package compile

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// An Object is a compiled program, as BPF_PROG_LOAD takes it.
type Object struct {
	Program      *dsl.Program
	Instructions []isa.Instruction // of all functions, the entry first
	Code         []byte            // the same, encoded
	ByteOrder    isa.ByteOrder
	Functions    []Function

	// Maps are the maps that the code names, in the order in which they are first named. The code has 0 in the place of their
	// descriptors; CodeWithMaps fills them in.
	Maps    []*dsl.MapSpec
	MapRefs []MapRef

	// Checked says that all paths were followed and nothing was found on them. It is false if the program has too many branches to
	// follow all paths in the time that compiling takes, if the target is Unchecked, or if jumps go through a table (gotox).
	Checked bool

	// The records that describe the code to the kernel. They have offsets into BTF.
	BTF      []byte // types of the functions, and the strings that LineInfo names
	FuncInfo []byte // records of FuncInfoSize bytes
	LineInfo []byte // records of LineInfoSize bytes

	items [][]record.Item // by function
	item  []int32         // by instruction: an index into the items of its function
	wide  []int           // the slots of 64-bit loads
}

// Sizes of the records that describe code (include/uapi/linux/bpf.h, struct
// bpf_func_info and struct bpf_line_info).
const (
	FuncInfoSize = 8
	LineInfoSize = 16
)

// A Function is one of an object's functions.
type Function struct {
	Program *dsl.Program
	Slot    int // the slot of its first instruction
}

// Slots is the size of the code in slots of eight bytes, the unit in which the kernel counts.
func (o *Object) Slots() int { return len(o.Code) / 8 }

// Pos is the line of Go that the instruction at a slot comes from. It is not valid if the slot is not in the code.
func (o *Object) Pos(slot int) dsl.Position {
	if item := o.itemAt(slot); item != nil {
		return record.Position(item.Site())
	}
	return dsl.Position{}
}

// itemAt is the item that the instruction at a slot comes from, or nil.
func (o *Object) itemAt(slot int) *record.Item {
	if slot < 0 || slot >= o.Slots() {
		return nil
	}
	i := slot - sort.SearchInts(o.wide, slot)
	f := sort.Search(len(o.Functions), func(f int) bool { return o.Functions[f].Slot > slot }) - 1
	if i >= len(o.item) || f < 0 || f >= len(o.items) {
		return nil
	}
	return &o.items[f][o.item[i]]
}

// AppendListing appends the code as the kernel's log would show it. Beside each instruction it has the line of Go and the name that the
// instruction refers to. Functions that are called follow under their names.
func (o *Object) AppendListing(buf []byte) []byte {
	const column = 44 // where the lines of Go begin
	slot, next := 0, 0
	for _, ins := range o.Instructions {
		if next < len(o.Functions) && o.Functions[next].Slot == slot {
			if len(o.Functions) > 1 {
				buf = fmt.Appendf(buf, "%s:\n", o.Functions[next].Program.Name)
			}
			next++
		}
		begin := len(buf)
		buf = fmt.Appendf(buf, "%4d: (%02x) %v", slot, uint8(ins.Op), ins)
		item := o.itemAt(slot)
		buf = append(buf, strings.Repeat(" ", max(1, column-(len(buf)-begin)))...)
		pos := record.Position(item.Site())
		buf = fmt.Appendf(buf, "; %s:%d", filepath.Base(pos.File), pos.Line)
		if item.Kind != record.JumpTo && (item.Kind != record.Plain || item.Name() != "") {
			buf = fmt.Appendf(buf, "  %v", item)
		}
		buf = append(buf, '\n')
		slot += ins.Slots()
	}
	return buf
}
