package dsl

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
)

// ItemKind says what an Item is, and so which of its fields count.
type ItemKind uint8

const (
	Plain           ItemKind = iota // Ins, complete; Name, where there is one, is the kernel function that it calls
	LabelHere                       // Name: a place that jumps may name
	JumpTo                          // Ins, but for the displacement to the label Name
	FieldLoad                       // Ins.Dst = field Path() of the struct Name at Ins.Src
	FieldStore                      // field Path() of the struct Name at Ins.Dst = Ins.Src
	FieldStoreImm                   // field Path() of the struct Name at Ins.Dst = Ins.Imm
	FieldAddress                    // Ins.Dst += offset of field Path() in the struct Name
	KernelCall                      // call of the kernel function Name
	SubCall                         // call of the program Sub()
	SubAddress                      // Ins.Dst = address of the program Sub(), for callbacks
	MapAddress                      // Ins.Dst = address of the map Map()
	MapValueAddress                 // Ins.Dst = address of a byte in the value of Map(), a map with one element; which is in Ins
	Declared                        // a Prototype: what the program takes and gives
	sleepableHere                   // the program may sleep
)

// An Item is one line of a program: an instruction, a label, or an instruction
// with an operand that is known by name until the program is compiled. Items
// are made by the constructors of this package, which note where they were
// called.
//
// Programs have up to millions, so what few of them have is apart.
type Item struct {
	Kind ItemKind
	Ins  isa.Instruction
	Name string // a label, a struct, or a kernel function, by Kind

	more *more
	site site
}

// more is what an item of some kinds has.
type more struct {
	path  string
	sub   *Program
	proto *Prototype
	spec  *MapSpec
}

// Path is a field within the struct Name; "" for items that access none.
func (i *Item) Path() string {
	if i.more == nil {
		return ""
	}
	return i.more.path
}

// Sub is the program that the item calls, or nil.
func (i *Item) Sub() *Program {
	if i.more == nil {
		return nil
	}
	return i.more.sub
}

// Pos is the line of Go that made the item.
func (i Item) Pos() Position { return i.site.position() }

// Site tells items made by the same call of a constructor from others, without
// the cost of Pos.
func (i Item) Site() uintptr { return uintptr(i.site) }

// at makes the item of a complete instruction. Its caller must be a
// constructor that users call: see callSite.
func at(ins isa.Instruction) Item { return Item{Ins: ins, site: callSite()} }

// jumpTo makes the item of a jump to a label, under the same rule as at.
func jumpTo(ins isa.Instruction, label string) Item {
	return Item{Kind: JumpTo, Ins: ins, Name: label, site: callSite()}
}

// symbolic makes an item with an operand known by name, under the same rule.
func symbolic(i Item) Item {
	i.site = callSite()
	return i
}

// Label marks the place of the next instruction. Several labels may stand at
// one place; each name may stand once in a program.
func Label(name string) Item { return symbolic(Item{Kind: LabelHere, Name: name}) }

// LoadField loads a field of a kernel struct: dst = src->path, where src points
// to a struct of the given name. Offset and width come from the target's BTF.
// Narrow fields, signed ones too, are zero-extended, as LoadMem does; compare
// signed 32-bit fields with the 32-bit jumps. A bit field becomes a load, a
// shift and a mask.
//
// Paths are those of btf.Types.Field: "snd_cwnd", "icsk_ack.pending",
// "icsk_ca_priv[2]".
func LoadField(dst, src isa.Register, structName, path string) Item {
	return symbolic(Item{Kind: FieldLoad, Ins: isa.LoadMem(isa.DW, dst, src, 0), Name: structName, more: &more{path: path}})
}

// StoreField stores the low bytes of src into a field: dst->path = src.
func StoreField(dst isa.Register, structName, path string, src isa.Register) Item {
	return symbolic(Item{Kind: FieldStore, Ins: isa.StoreMem(isa.DW, dst, 0, src), Name: structName, more: &more{path: path}})
}

// StoreFieldImm stores a constant into a field: dst->path = imm.
func StoreFieldImm(dst isa.Register, structName, path string, imm int32) Item {
	return symbolic(Item{Kind: FieldStoreImm, Ins: isa.StoreImm(isa.DW, dst, 0, imm), Name: structName, more: &more{path: path}})
}

// AddFieldOffset makes a pointer to a struct one to a field: dst += offset of path.
func AddFieldOffset(dst isa.Register, structName, path string) Item {
	return symbolic(Item{Kind: FieldAddress, Ins: isa.Add64Imm(dst, 0), Name: structName, more: &more{path: path}})
}

// CallKernel calls a kernel function by name: R1 to R5 are its arguments, R0 is
// its result, and R1 to R5 are lost. Which functions a program may call depends
// on where it is attached.
func CallKernel(name string) Item {
	return symbolic(Item{Kind: KernelCall, Ins: isa.CallKfunc(0, 0), Name: name})
}

// Call calls another program as a function, which is compiled into the same
// object: R1 to R5 are its arguments, R0 is its result.
func Call(sub *Program) Item {
	return symbolic(Item{Kind: SubCall, Ins: isa.CallRel(0), more: &more{sub: sub}})
}

// LoadFunc loads the address of another program, for helpers that call back.
func LoadFunc(dst isa.Register, sub *Program) Item {
	return symbolic(Item{Kind: SubAddress, Ins: isa.LoadFunc(dst, 0), more: &more{sub: sub}})
}

// Raw takes an instruction as it is, for forms whose operands are computed
// elsewhere. Jumps and calls in it count slots of the program as it is written,
// two for 64-bit loads and more for loads of bit fields. Where Compile adds
// instructions, for jumps that are far, they still lead to the same place.
func Raw(ins isa.Instruction) Item { return at(ins) }

// Sleepable declares that the program may sleep: call helpers that wait, or
// fault in memory. Few members of few kernel structs allow that.
func Sleepable() Item { return symbolic(Item{Kind: sleepableHere}) }

// String describes the item as its constructor was called, for messages.
func (i Item) String() string {
	field := func() string { return fmt.Sprintf("%s.%s", i.Name, i.Path()) }
	switch i.Kind {
	case Plain:
		if i.Name != "" {
			return "call " + i.Name
		}
	case LabelHere:
		return i.Name + ":"
	case JumpTo:
		return fmt.Sprintf("jump to %q", i.Name)
	case FieldLoad:
		return fmt.Sprintf("%v = %s", i.Ins.Dst, field())
	case FieldStore:
		return fmt.Sprintf("%s = %v", field(), i.Ins.Src)
	case FieldStoreImm:
		return fmt.Sprintf("%s = %d", field(), i.Ins.Imm)
	case FieldAddress:
		return fmt.Sprintf("%v += offset of %s", i.Ins.Dst, field())
	case KernelCall:
		return "call " + i.Name
	case SubCall, SubAddress:
		sub := i.Sub()
		if sub == nil {
			return "call of a nil program"
		}
		return "call " + sub.Name
	case MapAddress:
		return fmt.Sprintf("%v = %v", i.Ins.Dst, i.Map())
	case MapValueAddress:
		return fmt.Sprintf("%v = value of %v + %d", i.Ins.Dst, i.Map(), uint32(i.Ins.Imm>>32))
	case Declared:
		if i.more != nil && i.more.proto != nil {
			return i.more.proto.String()
		}
	case sleepableHere:
		return "sleepable"
	}
	return i.Ins.String()
}

// Placed is the item as if it had been made at a program counter: of code that
// was compiled from a written function.
func Placed(i Item, pc uintptr) Item {
	i.site = site(pc)
	return i
}
