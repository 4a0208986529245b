package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
)

// An operation is what an instruction does, as far as this matters for the history of values.
type operation uint8

const (
	otherOperation  operation = iota // anything else
	moveOperation                    // dst = src
	constantOf                       // dst = a constant, an address
	arithmetic                       // dst = dst op src
	loadOperation                    // dst = memory
	storeOperation                   // memory = src
	atomicOperation                  // both
	kernelCall                       // a helper or kernel function
	programCall                      // a function of the program
	jumpOperation                    // compares dst and src
	exitOperation
	notReadable // the text is not an instruction
)

// operands are the operands of an instruction. A register is -1 when the instruction does not have it.
type operands struct {
	operation operation
	dst, src  int    // for memory, the register with the address: src of loads, dst of stores
	offset    int    // of memory
	size      int    // of memory, in bytes
	wide      bool   // a move that copies all 64 bits
	plain     bool   // a number is moved, or added in 64 bits
	adds      bool   // arithmetic that adds or subtracts in 64 bits
	constant  int    // that number
	callee    string // kernelCall: the name
}

// parseOperands reads an instruction as the log prints it, with its opcode. It knows nothing else about the program.
func parseOperands(text string) operands {
	var one [1]isa.Instruction
	list, err := isa.ParseAppend(one[:0], text, isa.Kernel)
	if err != nil || len(list) != 1 {
		return operands{operation: notReadable, dst: -1, src: -1}
	}
	i := list[0]
	o := operands{dst: int(i.Dst), src: -1, offset: int(i.Off), size: i.Op.Size().Bytes()}
	if i.Op.Source() == isa.SrcX {
		o.src = int(i.Src)
	}
	classes[i.Op.Class()](&o, i)
	if o.operation == kernelCall {
		o.callee = calleeName(text)
	}
	return o
}

// classes set the operands that depend on the class of the instruction.
var classes = [8]func(o *operands, i isa.Instruction){
	isa.ClassLD: func(o *operands, i isa.Instruction) {
		o.operation, o.src = constantOf, -1
		if !i.IsWide() { // packet access of classic BPF
			o.operation, o.dst = otherOperation, 0
		}
	},
	isa.ClassLDX: func(o *operands, i isa.Instruction) { o.operation, o.src = loadOperation, int(i.Src) },
	isa.ClassST:  func(o *operands, _ isa.Instruction) { o.operation, o.src = storeOperation, -1 },
	isa.ClassSTX: func(o *operands, i isa.Instruction) {
		o.operation, o.src = storeOperation, int(i.Src)
		if i.Op.Mode() == isa.ModeATOMIC {
			o.operation = atomicOperation
			if i.Imm == isa.AtomicOpLoadAcquire {
				o.operation = loadOperation
			} else if i.Imm == isa.AtomicOpStoreRelease {
				o.operation = storeOperation
			}
		}
	},
	isa.ClassALU:   alu,
	isa.ClassALU64: alu,
	isa.ClassJMP:   jump,
	isa.ClassJMP32: jump,
}

func alu(o *operands, i isa.Instruction) {
	o.operation = arithmetic
	o.adds = i.Op.Class() == isa.ClassALU64 && (i.Op.Operation() == isa.OpAdd || i.Op.Operation() == isa.OpSub)
	switch operation := i.Op.Operation(); {
	case operation == isa.OpMov && o.src >= 0:
		o.operation = moveOperation
		o.wide = i.Op.Class() == isa.ClassALU64 && i.Off == 0
	case operation == isa.OpMov:
		o.operation = constantOf
		o.plain, o.constant = i.Op.Class() == isa.ClassALU64 || i.Imm >= 0, int(i.Imm)
	case operation == isa.OpAdd && o.src < 0:
		o.plain, o.constant = i.Op.Class() == isa.ClassALU64, int(i.Imm)
	case operation == isa.OpNeg || operation == isa.OpEnd: // for OpEnd the source bit is the byte order
		o.src = -1
	}
}

func jump(o *operands, i isa.Instruction) {
	o.operation = jumpOperation
	switch {
	case i.IsSubprogramCall():
		o.operation = programCall
	case i.IsCall():
		o.operation = kernelCall
	case i.IsExit():
		o.operation = exitOperation
	case i.IsConditional() && i.Op.Operation() != isa.OpJCOND:
		return
	}
	o.dst, o.src = -1, -1
}

// calleeName returns "bpf_map_lookup_elem" for "(85) call bpf_map_lookup_elem#1".
func calleeName(text string) string {
	_, name, _ := strings.Cut(text, " call ")
	name, _, _ = strings.Cut(name, "#")
	if n, err := strconv.ParseInt(name, 10, 32); err == nil { // up to 4.9 the log has only numbers
		name, _ = linux.HelperName(int32(n))
	}
	return name
}
