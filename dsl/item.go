package dsl

import (
	"github.com/bpfsmith/bpfsmith/internal/callers"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// An Item is one line of a program: an instruction, a label, or an instruction with an operand that is only a name until the program is
// compiled. The constructors of this package make items, and store the line that called them.
type Item struct{ item }

type item = record.Item

// Pos is the line of Go that made the item.
func (i Item) Pos() Position { return record.Position(i.Site()) }

// at makes the item of a complete instruction. Its caller must be a constructor that users call, and neither of the two may be inlined.
// Then the second return address is in the user's function. Following frame pointers takes a fiftieth of the time of runtime.Callers.
//
//go:noinline
func at(ins isa.Instruction) Item {
	var pcs [2]uintptr
	callers.Returns(pcs[:])
	return Item{record.NewItem(record.Plain, ins, nil, ir.Site{PC: pcs[1]})}
}

// jumpTo makes the item of a jump to a label, under the same rule as at.
//
//go:noinline
func jumpTo(ins isa.Instruction, label string) Item {
	var pcs [2]uintptr
	callers.Returns(pcs[:])
	return Item{record.NewItem(record.JumpTo, ins, &record.Reference{Name: label}, ir.Site{PC: pcs[1]})}
}

// symbolic makes an item with an operand known by name, under the same rule.
//
//go:noinline
func symbolic(kind record.ItemKind, ins isa.Instruction, ref record.Reference) Item {
	var pcs [2]uintptr
	callers.Returns(pcs[:])
	return Item{record.NewItem(kind, ins, &ref, ir.Site{PC: pcs[1]})}
}

// Label marks the place of the next instruction. Several labels may mark one place. A program may have each name once.
//
//go:noinline
func Label(name string) Item {
	return symbolic(record.LabelHere, isa.Instruction{}, record.Reference{Name: name})
}

// LoadField loads a field of a kernel struct: dst = src->path, where src points
// to a struct of the given name. Offset and width come from the target's BTF.
// Narrow fields, signed ones too, are zero-extended, as LoadMem does; compare
// signed 32-bit fields with the 32-bit jumps. A bit field becomes a load, a
// shift and a mask.
//
// Paths are those of btf.Types.Field: "snd_cwnd", "icsk_ack.pending",
// "icsk_ca_priv[2]".
//
//go:noinline
func LoadField(dst, src isa.Register, structName, path string) Item {
	return symbolic(record.FieldLoad, isa.LoadMem(isa.DW, dst, src, 0), record.Reference{Name: structName, To: record.Path(path)})
}

// StoreField stores the low bytes of src into a field: dst->path = src.
//
//go:noinline
func StoreField(dst isa.Register, structName, path string, src isa.Register) Item {
	return symbolic(record.FieldStore, isa.StoreMem(isa.DW, dst, 0, src), record.Reference{Name: structName, To: record.Path(path)})
}

// StoreFieldImm stores a constant into a field: dst->path = imm.
//
//go:noinline
func StoreFieldImm(dst isa.Register, structName, path string, imm int32) Item {
	return symbolic(record.FieldStoreImm, isa.StoreImm(isa.DW, dst, 0, imm), record.Reference{Name: structName, To: record.Path(path)})
}

// AddFieldOffset changes a pointer to a struct into a pointer to one of its fields: dst += offset of path.
//
//go:noinline
func AddFieldOffset(dst isa.Register, structName, path string) Item {
	return symbolic(record.FieldAddress, isa.Add64Imm(dst, 0), record.Reference{Name: structName, To: record.Path(path)})
}

// CallKernel calls a kernel function by name: R1 to R5 are its arguments, R0 is
// its result, and R1 to R5 are lost. Which functions a program may call depends
// on where it is attached.
//
//go:noinline
func CallKernel(name string) Item {
	return symbolic(record.KernelCall, isa.CallKfunc(0, 0), record.Reference{Name: name})
}

// Call calls another program as a function, which is compiled into the same
// object: R1 to R5 are its arguments, R0 is its result.
//
//go:noinline
func Call(sub *Program) Item {
	return symbolic(record.SubCall, isa.CallRel(0), calledProgram(sub))
}

// LoadFunc loads the address of another program, for helpers that call back.
//
//go:noinline
func LoadFunc(dst isa.Register, sub *Program) Item {
	return symbolic(record.SubAddress, isa.LoadFunc(dst, 0), calledProgram(sub))
}

// Raw makes an item of a complete instruction, for example when its operands were computed elsewhere. Jumps and calls in it count slots of
// the program as it is written: two for 64-bit loads, and more for loads of bit fields. When Compile adds instructions, for far jumps,
// they still go to the same place.
//
//go:noinline
func Raw(ins isa.Instruction) Item { return at(ins) }

// Sleepable declares that the program may sleep: it may call helpers that wait, or that load pages of memory. Only a few members of a few
// kernel structs allow that.
//
//go:noinline
func Sleepable() Item { return symbolic(record.Sleepable, isa.Instruction{}, record.Reference{}) }

func calledProgram(sub *Program) record.Reference {
	if sub == nil {
		return record.Reference{}
	}
	return record.Reference{Name: sub.Name, To: sub}
}
