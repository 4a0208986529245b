package ir

import (
	"fmt"
	"strings"
)

// String lists the function, for tests and for work on the compiler:
//
//	b0:
//	  v1 = param 1
//	  v2 = load.u32 [v1+1444]
//	  if v2 < 2 b1 else b2
func (f *Func) String() string {
	var b strings.Builder
	for n := range f.Blocks {
		block := &f.Blocks[n]
		if n > 0 && len(block.Preds) == 0 && len(block.Values) == 0 {
			continue // this block was dropped
		}
		fmt.Fprintf(&b, "b%d:", n)
		if len(block.Preds) > 0 {
			fmt.Fprintf(&b, " from")
			for _, p := range block.Preds {
				fmt.Fprintf(&b, " b%d", p)
			}
		}
		b.WriteByte('\n')
		for _, v := range block.Values {
			fmt.Fprintf(&b, "  %s\n", f.Describe(v))
		}
		fmt.Fprintf(&b, "  %s\n", f.ending(block))
	}
	return b.String()
}

// Describe is a value's line in a listing.
func (f *Func) Describe(n V) string {
	v := &f.Values[n]
	var b strings.Builder
	if v.Type != Void {
		fmt.Fprintf(&b, "v%d = ", n)
	}
	b.WriteString(v.Op.String())
	switch v.Op {
	case Load, Store, StoreConst, Atomic:
		sign := 'u'
		if v.Signed {
			sign = 's'
		}
		fmt.Fprintf(&b, ".%c%d [v%d%+d]", sign, v.Size*8, v.Args[0], v.Off)
		for _, a := range v.Args[1:] {
			fmt.Fprintf(&b, " v%d", a)
		}
		if v.Op == StoreConst || v.Op == Atomic {
			fmt.Fprintf(&b, " %d", v.Imm)
		}
		return b.String()
	case Compare:
		width := 32
		if v.Wide {
			width = 64
		}
		fmt.Fprintf(&b, "%d v%d %v ", width, v.Args[0], v.Cond)
		if len(v.Args) == 2 {
			fmt.Fprintf(&b, "v%d", v.Args[1])
		} else {
			fmt.Fprintf(&b, "%d", v.Imm)
		}
		return b.String()
	}
	if v.Op.TakesImm() || v.Op == Neg || v.Op >= SExt8 && v.Op <= SExt32 {
		if v.Type.Wide() {
			b.WriteString("64")
		} else {
			b.WriteString("32")
		}
	}
	switch v.Op {
	case VarGet, VarSet, MapAddr, FuncAddr, CallSub:
		fmt.Fprintf(&b, " %d", v.Aux)
	case FrameAddr, MapValue:
		fmt.Fprintf(&b, " %d%+d", v.Aux, v.Imm)
	case FieldLoad, FieldStore, FieldAddr, Has, EnumValue, KernelCall, CallKernel, ReadKernel:
		if int(v.Aux) < len(f.Names) {
			n := f.Names[v.Aux]
			fmt.Fprintf(&b, " %s", strings.Trim(n.Name+"."+n.Path, "."))
		}
	case Const, Param, CallHelper:
		fmt.Fprintf(&b, " %d", v.Imm)
	}
	for _, a := range v.Args {
		fmt.Fprintf(&b, " v%d", a)
	}
	if v.Op.TakesImm() && len(v.Args) == 1 {
		fmt.Fprintf(&b, " %d", v.Imm)
	}
	return b.String()
}

func (f *Func) ending(b *Block) string {
	switch b.Kind {
	case Jump:
		return fmt.Sprintf("jump b%d", b.Succs[0])
	case Branch:
		right := fmt.Sprint(b.Imm)
		if b.Y != 0 {
			right = fmt.Sprintf("v%d", b.Y)
		}
		width := 32
		if b.Wide {
			width = 64
		}
		return fmt.Sprintf("if%d v%d %v %s b%d else b%d", width, b.X, b.Cond, right, b.Succs[0], b.Succs[1])
	case MayGoto:
		return fmt.Sprintf("may_goto b%d else b%d", b.Succs[0], b.Succs[1])
	case Return:
		if b.X == 0 {
			return "return"
		}
		return fmt.Sprintf("return v%d", b.X)
	}
	return "?"
}
