package regalloc

import "github.com/bpfsmith/bpfsmith/isa"

// A V is a virtual register, that is, a value. Values are numbered from 1; 0 is no value.
type V int32

// AnyReg means that any register will do.
const AnyReg isa.Register = 0xff

// maxUses is how many Uses an instruction can have: the arguments of a call.
const maxUses = 5

// A Func is what Allocate reads: the flow graph of a function in SSA form.
type Func struct {
	// Blocks are in the order in which the code will be laid out: reverse postorder, and the blocks of a loop together. Block 0 is the
	// entry; it has no predecessors and no parameters.
	Blocks []Block

	// Values is the number of virtual registers: 1…Values, each defined exactly once.
	Values int

	// Remat says by V which values may be made again anywhere instead of being kept: constants, map addresses, stack addresses. The
	// instruction that defines such a value is repeated, and has no uses. The length of Remat is Values+1, or it is nil.
	Remat []bool
}

// A Block is a list of instructions that run one after the other.
type Block struct {
	Params []V     // values defined on entry, one for each phi
	Instrs []Instr // the last one may be a branch
	Succs  []Edge
	Depth  int // how many loops the block is in
}

// An Edge leads to a block and gives its parameters their values.
//
// No edge leads from a block with several successors to one with several predecessors: the caller has split such edges. So the moves of
// an edge go to the end of its source (before the branch, if there is one) if the source has one successor, otherwise to the start of
// its target.
type Edge struct {
	To   int
	Args []V // one for each of the target's Params
}

// An Instr is one instruction as far as registers are concerned.
//
// The first instructions of block 0 may be pseudo instructions that have only a Def and a DefReg: parameters that arrive in registers.
// All of them are defined at once when the function is entered.
type Instr struct {
	Def    V            // the value it makes, or 0
	DefReg isa.Register // the register where it is made, or AnyReg

	// Tied is a value that must be in Def's register before the instruction, which overwrites it (dst op= src); 0 if there is none. If
	// the value is needed later, it is copied first.
	Tied V

	// Uses are the other values that are read. Unless Early is set, they are read after Def's register was written, so none of them may
	// be in that register, except the value that is Tied.
	Uses []Use

	Early    bool // the uses are read before Def's register is written: Def may share a register with a use that dies here
	Commutes bool // Tied and Uses[0] may be swapped
	Branch   bool // the block's last instruction is a branch: it has uses and no definition
	// Clobbers are the registers that are lost while it runs, besides DefReg. Uses in fixed registers are read before that; other uses
	// are not in these registers.
	Clobbers isa.RegisterSet
}

// A Use is a value that an instruction reads.
type Use struct {
	V   V
	Reg isa.Register // the register in which the instruction wants it (arguments of calls), or AnyReg
}

// isEntry reports whether the instruction stands for a parameter of the function. It must be in block 0, and all instructions before it
// must be such too.
func (in *Instr) isEntry() bool {
	return in.Def != 0 && in.DefReg >= isa.R1 && in.DefReg <= isa.R5 && in.Tied == 0 && len(in.Uses) == 0 &&
		in.Clobbers == 0 && !in.Branch && !in.Early && !in.Commutes
}

// entries counts the leading pseudo instructions of block 0.
func (f *Func) entries() int {
	n := 0
	for n < len(f.Blocks[0].Instrs) && f.Blocks[0].Instrs[n].isEntry() {
		n++
	}
	return n
}
