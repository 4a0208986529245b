package cc

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/maps"
)

// cubeRoots computes cube roots in integers: it takes an estimate from a table, and makes one step of Newton's method. For the leading six
// bits x of a number, the table has about 64·∛x - 10. The roots of numbers below 64 come only from the table, from its first eight
// entries. Other estimates would give other results, so the entries are the kernel's.
type cubeRoots struct{ estimates *maps.ReadOnly[[64]uint8] }

func newCubeRoots() cubeRoots {
	return cubeRoots{maps.NewReadOnly("cube_roots", [64]uint8{
		0, 54, 54, 54, 118, 118, 118, 118,
		123, 129, 134, 138, 143, 147, 151, 156,
		157, 161, 164, 168, 170, 173, 176, 179,
		181, 185, 187, 190, 192, 194, 197, 199,
		200, 202, 204, 206, 209, 211, 213, 215,
		217, 219, 221, 222, 224, 225, 227, 229,
		231, 232, 234, 236, 237, 239, 240, 242,
		244, 245, 246, 248, 250, 251, 252, 254,
	})}
}

// root is ∛a, off by less than 1.2 % or 1.
func (c cubeRoots) root(f *dsl.Fn, a dsl.U64) dsl.U32 {
	// Three bits of a number are one bit of its root. So the root has this many bits more than those in the table.
	more, leading := f.VarU32(0), a.Var()
	f.For(20, func(dsl.U32) {
		f.If(leading.Lt(64), f.Break)
		leading.Set(leading.Shr(3))
		more.Inc(1)
	})
	estimate := f.MapData(c.estimates.Spec(), 0).Offset(leading.And(63)).At(0).U8().U32()
	return dsl.Pick(f, more.Eq(0), func() dsl.U32 { return estimate.Add(35).Shr(6) }, func() dsl.U32 {
		x := estimate.Add(10).Shl(more.And(31)).Shr(6)
		// x - (x³-a)/(3x²) = (2x + a/x²)/3; x·(x-1) makes up for rounding down, and 341/1024 is a third.
		square := x.U64().Mul(x.U64().Sub(1))
		return x.Shl(1).Add(a.Div(square).U32()).Mul(341).Shr(10)
	})
}
