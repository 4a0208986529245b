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

// An Object is a compiled program: what BPF_PROG_LOAD takes.
type Object struct {
	Program      *dsl.Program
	Instructions []isa.Instruction // all functions, the entry first
	Code         []byte            // the same, encoded
	ByteOrder    isa.ByteOrder
	Functions    []Function

	// Maps are those that the code names, in the order of their first mention.
	// Until they are created it has 0 for their descriptors: see CodeWithMaps.
	Maps    []*dsl.MapSpec
	MapRefs []MapRef

	// Checked says that all paths were followed and nothing was found on them. Where it is false, the program has too many
	// branches to follow all paths in the time that compiling takes, or the target is Unchecked, or jumps go through a table
	// (gotox).
	Checked bool

	// What describes the code to the kernel. The records hold offsets into BTF.
	BTF      []byte // types of the functions, and the strings that LineInfo names
	FuncInfo []byte // records of FuncInfoSize bytes
	LineInfo []byte // records of LineInfoSize bytes

	items [][]record.Item // of each function
	item  []int32         // of each instruction, an index into its function's
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
	Slot    int // of its first instruction
}

// Slots is the size of the code in slots of eight bytes, which is what the
// kernel counts.
func (o *Object) Slots() int { return len(o.Code) / 8 }

// Pos is the line of Go that the instruction at a slot comes from; not valid
// when the slot is not in the code.
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

// AppendListing appends the code as the kernel's log would show it, with the
// line of Go and what it names beside each instruction, and with the functions
// that it calls under their names.
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
