package record

import (
	"fmt"
	"reflect"
	"runtime"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// ItemKind says what an Item is, and so which of its fields are used.
type ItemKind uint8

const (
	Plain           ItemKind = iota // Ins, complete; if it calls a kernel function, Name may be its name
	LabelHere                       // Name: a place that jumps can name
	JumpTo                          // Ins, except for the distance to the label Name
	FieldLoad                       // Ins.Dst = field Path of the struct Name at Ins.Src
	FieldStore                      // field Path of the struct Name at Ins.Dst = Ins.Src
	FieldStoreImm                   // field Path of the struct Name at Ins.Dst = Ins.Imm
	FieldAddress                    // Ins.Dst += offset of field Path in the struct Name
	KernelCall                      // call of the kernel function Name
	SubCall                         // call of the program To
	SubAddress                      // Ins.Dst = address of the program To, for callbacks
	MapAddress                      // Ins.Dst = address of the map To
	MapValueAddress                 // Ins.Dst = address of a byte in the value of the map To, which has one element; Ins says which byte
	Declared                        // To is a prototype: the program's parameters and result
	Sleepable                       // the program may sleep
)

// An Item is one line of a program made of instructions: an instruction, a label, or an instruction with an operand that has only a
// name until the program is compiled. A program may have millions of items. So an Item has 32 bytes, and what only few items need is
// stored elsewhere.
type Item struct {
	Ins  isa.Instruction
	ref  *Reference
	pc   int32 // relative to base; 0 if the reference has the place, or if there is none
	Kind ItemKind
}

// A Reference is what an item or a value refers to: something with a name, and the front end's object for it.
type Reference struct {
	Name string // a label, a struct, a kernel function, a program or a map
	To   any    // the program, map or prototype: of package dsl, a *dsl.Program, *dsl.MapSpec or *dsl.Prototype; a Path of the struct Name
}

// A Path is a field within a struct.
type Path string

// placed is the To of items with a place that is not a program counter.
type placed struct {
	file string
	line int32
	to   any
}

// NewItem makes an item at a place.
func NewItem(kind ItemKind, ins isa.Instruction, ref *Reference, at ir.Site) Item {
	i := Item{Kind: kind, Ins: ins, ref: ref}
	i.Place(at)
	return i
}

// Place sets where the item is in the source.
func (i *Item) Place(at ir.Site) {
	if at.PC != 0 {
		i.pc = relative(at.PC)
		return
	}
	if at.Line > 0 {
		i.ref, i.pc = &Reference{Name: i.Name(), To: placed{at.File, at.Line, i.To()}}, 0
	}
}

// Name is the name that the item refers to; "" for most.
func (i *Item) Name() string {
	if i.ref == nil {
		return ""
	}
	return i.ref.Name
}

// Path is a field within the struct Name; "" for items that access no field.
func (i *Item) Path() string {
	path, _ := i.To().(Path)
	return string(path)
}

// To is the program, map or prototype that the item refers to, or nil.
func (i *Item) To() any {
	if i.ref == nil {
		return nil
	}
	if p, ok := i.ref.To.(placed); ok {
		return p.to
	}
	return i.ref.To
}

// Site is the item's place in the source. Items that were made by the same call have the same place.
func (i *Item) Site() ir.Site {
	if i.pc != 0 {
		return ir.Site{PC: base + uintptr(i.pc)}
	}
	if i.ref != nil {
		if p, ok := i.ref.To.(placed); ok {
			return ir.Site{File: p.file, Line: p.line}
		}
	}
	return ir.Site{}
}

// base is a program counter near all others: code that is linked together is less than 2 GB. It is needed for each item, so it is a
// variable.
var base = reflect.ValueOf(near).Pointer()

// near is a function whose address serves as base.
func near() {}

func relative(pc uintptr) int32 {
	if d := int64(pc) - int64(base); d == int64(int32(d)) {
		return int32(d)
	}
	return 0
}

// Position is the line of source of a site.
func Position(s ir.Site) mistake.Position {
	if s.PC == 0 {
		return mistake.Position{File: s.File, Line: int(s.Line)}
	}
	frame, _ := runtime.CallersFrames([]uintptr{s.PC}).Next()
	return mistake.Position{File: frame.File, Line: frame.Line, Func: frame.Function}
}

// String describes the item for messages, in the form in which its constructor was called.
func (i Item) String() string {
	field := func() string { return fmt.Sprintf("%s.%s", i.Name(), i.Path()) }
	switch i.Kind {
	case Plain:
		if i.Name() != "" {
			return "call " + i.Name()
		}
	case LabelHere:
		return i.Name() + ":"
	case JumpTo:
		return fmt.Sprintf("jump to %q", i.Name())
	case FieldLoad:
		return fmt.Sprintf("%v = %s", i.Ins.Dst, field())
	case FieldStore:
		return fmt.Sprintf("%s = %v", field(), i.Ins.Src)
	case FieldStoreImm:
		return fmt.Sprintf("%s = %d", field(), i.Ins.Imm)
	case FieldAddress:
		return fmt.Sprintf("%v += offset of %s", i.Ins.Dst, field())
	case KernelCall:
		return "call " + i.Name()
	case SubCall, SubAddress:
		if i.To() == nil {
			return "call of a nil program"
		}
		return "call " + i.Name()
	case MapAddress:
		return fmt.Sprintf("%v = %v", i.Ins.Dst, i.To())
	case MapValueAddress:
		return fmt.Sprintf("%v = value of %v + %d", i.Ins.Dst, i.To(), uint32(i.Ins.Imm>>32))
	case Declared:
		return fmt.Sprint(i.To())
	case Sleepable:
		return "sleepable"
	}
	return i.Ins.String()
}
