package compile

import (
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/isa"
)

// blurred reports whether the verifier knows nothing about the whole register after an operation of 32 bits, although the machine
// clears the upper half. If it does not compute bounds for the operation, it does not extend them either (kernel/bpf/verifier.c,
// adjust_scalar_min_max_vals; with constants only since Linux 6.12, is_safe_to_compute_dst_reg_range).
func blurred(v *ir.Value) bool {
	if v.Type != ir.I32 {
		return false
	}
	switch v.Op {
	case ir.Div, ir.Mod, ir.SDiv, ir.SMod:
		return true
	case ir.Shl, ir.Shr, ir.Sar:
		return len(v.Args) == 2
	}
	return false
}

// markExtended finds the operations after which the verifier must learn that the upper half is zero, because the bounds of the whole
// register matter: for numbers that are added to an address, for arguments, and for the result.
func (s *selection) markExtended() {
	s.extended = make([]bool, len(s.f.Values))
	// About the result of a member of a struct, the verifier only asks that it is a number.
	bounded := s.p != s.program || !s.target.Place.IsMember()
	var work []ir.V
	look := func(v ir.V) {
		if !s.extended[v] {
			s.extended[v] = true
			work = append(work, v)
		}
	}
	for _, b := range s.order {
		block := &s.f.Blocks[b]
		for _, n := range block.Values {
			switch v := &s.f.Values[n]; {
			case v.Op.IsCall():
				for _, a := range v.Args {
					look(a)
				}
			case v.Op == ir.Add && v.Type == ir.Ptr && len(v.Args) == 2:
				look(v.Args[1])
			}
		}
		if block.Kind == ir.Return && bounded {
			look(block.X)
		}
	}
	for len(work) > 0 {
		v := &s.f.Values[work[len(work)-1]]
		work = work[:len(work)-1]
		// Operations of 32 bits end the search: they use only the lower halves of their arguments.
		if v.Op == ir.Phi || v.Op == ir.Copy || v.Op.Pure() && v.Type == ir.I64 {
			for _, a := range v.Args {
				look(a)
			}
		}
	}
}

// extend32 tells the verifier that the upper half of the value that was just made is zero.
func (s *selection) extend32(n ir.V, o op) op {
	if s.extended[n] && blurred(&s.f.Values[n]) {
		o.code[o.count] = template{isa.Mov32Reg(0, 0), def, def}
		o.count++
	}
	return o
}
