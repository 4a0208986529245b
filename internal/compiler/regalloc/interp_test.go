package regalloc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
)

// String returns the function one instruction a line.
func (f *Func) String() string {
	var b strings.Builder
	for i := range f.Blocks {
		blk := &f.Blocks[i]
		fmt.Fprintf(&b, "b%d%v depth %d:\n", i, blk.Params, blk.Depth)
		for k := range blk.Instrs {
			in := &blk.Instrs[k]
			fmt.Fprintf(&b, "\t#%d ", k)
			if in.Def != 0 {
				fmt.Fprintf(&b, "v%d", in.Def)
				if in.DefReg != AnyReg {
					fmt.Fprintf(&b, ":%v", in.DefReg)
				}
				b.WriteString(" = ")
			}
			if in.Tied != 0 {
				fmt.Fprintf(&b, "tied v%d ", in.Tied)
			}
			for _, u := range in.Uses {
				fmt.Fprintf(&b, "v%d", u.V)
				if u.Reg != AnyReg {
					fmt.Fprintf(&b, ":%v", u.Reg)
				}
				b.WriteByte(' ')
			}
			if in.Def != 0 && int(in.Def) < len(f.Remat) && f.Remat[in.Def] {
				b.WriteString("remat ")
			}
			if in.Early {
				b.WriteString("early ")
			}
			if in.Commutes {
				b.WriteString("commutes ")
			}
			if in.Clobbers != 0 {
				fmt.Fprintf(&b, "clobbers %v ", in.Clobbers)
			}
			if in.Branch {
				b.WriteString("branch")
			}
			b.WriteByte('\n')
		}
		for _, e := range blk.Succs {
			fmt.Fprintf(&b, "\t→ b%d%v\n", e.To, e.Args)
		}
	}
	return b.String()
}

// mix is the arithmetic of the interpreters: a number from an instruction's identity and its operands.
func mix(h uint64, xs ...uint64) uint64 {
	for _, x := range xs {
		h = (h ^ x) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}

// An execution is what can be observed: the operands of each instruction that ran, in a number.
type execution struct {
	trace []uint64
	ran   []string
}

// run executes an instruction on its operands and returns its result.
func (x *execution) run(b, i int, in *Instr, tied uint64, uses []uint64) uint64 {
	h := mix(uint64(b)<<32 | uint64(i))
	if in.Commutes && len(uses) > 0 { // whichever is tied
		lo, hi := min(tied, uses[0]), max(tied, uses[0])
		h = mix(h, lo, hi)
		uses = uses[1:]
	} else {
		h = mix(h, tied)
	}
	h = mix(h, uses...)
	x.trace = append(x.trace, h)
	x.ran = append(x.ran, fmt.Sprintf("b%d #%d", b, i))
	return h
}

// remade is the value of what can be made anywhere.
func remade(v V) uint64 { return mix(uint64(v) + 77) }

// steps is how many blocks an execution goes through at most.
const steps = 60

// virtual executes f on virtual registers. path chooses among successors.
func virtual(f *Func, path uint64) *execution {
	x := &execution{}
	vals := make([]uint64, f.Values+1)
	b := 0
	for n := range steps {
		blk := &f.Blocks[b]
		for i := range blk.Instrs {
			in := &blk.Instrs[i]
			if in.Def != 0 && f.Remat[in.Def] {
				vals[in.Def] = remade(in.Def)
				continue
			}
			if b == 0 && i < f.entries() {
				vals[in.Def] = mix(uint64(in.DefReg))
				continue
			}
			var uses []uint64
			for _, u := range in.Uses {
				uses = append(uses, vals[u.V])
			}
			h := x.run(b, i, in, vals[in.Tied], uses)
			if in.Def != 0 {
				vals[in.Def] = h
			}
		}
		if len(blk.Succs) == 0 {
			break
		}
		e := &blk.Succs[mix(path, uint64(n))>>8%uint64(len(blk.Succs))]
		var args []uint64
		for _, a := range e.Args {
			args = append(args, vals[a])
		}
		for i, p := range f.Blocks[e.To].Params {
			vals[p] = args[i]
		}
		b = e.To
	}
	return x
}

// physical executes the code that was made of f, with registers and slots.
func physical(f *Func, r *Result, path uint64) *execution {
	x := &execution{}
	var regs [numRegs]uint64
	poison := uint64(0xdead)
	lose := func(r isa.Register) {
		poison++
		regs[r] = poison
	}
	for r := range regs {
		lose(isa.Register(r))
	}
	for i := range f.entries() {
		r := f.Blocks[0].Instrs[i].DefReg
		regs[r] = mix(uint64(r))
	}
	slots := make([]uint64, r.Slots)
	b := 0
	for n := range steps {
		blk := &f.Blocks[b]
		for _, s := range r.Blocks[b].Steps {
			switch s.Kind {
			case Move:
				regs[s.Dst] = regs[s.Src]
			case Spill:
				slots[s.Slot] = regs[s.Src]
			case Reload:
				regs[s.Dst] = slots[s.Slot]
			case Remake:
				regs[s.Dst] = remade(s.V)
			case Original:
				in := &blk.Instrs[s.Instr]
				if b == 0 && int(s.Instr) < f.entries() {
					continue
				}
				if in.Def != 0 && f.Remat[in.Def] {
					regs[s.Dst] = remade(in.Def)
					continue
				}
				var tied uint64
				if in.Tied != 0 {
					tied = regs[s.Dst]
				}
				// Without Early the result's register is written before the others are read.
				now := regs
				if in.Def != 0 && !in.Early && in.Tied == 0 {
					now[s.Dst] = 0xbad
				}
				var uses []uint64
				for i, u := range in.Uses {
					if u.Reg == AnyReg {
						uses = append(uses, now[s.Uses[i]])
					} else {
						uses = append(uses, regs[s.Uses[i]])
					}
				}
				h := x.run(b, int(s.Instr), in, tied, uses)
				for r := range in.Clobbers.All() {
					lose(r)
				}
				if in.Def != 0 {
					regs[s.Dst] = h
				}
			}
		}
		if len(blk.Succs) == 0 {
			break
		}
		b = blk.Succs[mix(path, uint64(n))>>8%uint64(len(blk.Succs))].To
	}
	return x
}

// compare runs both along a few paths.
func compare(f *Func, r *Result, seed uint64) error {
	for path := seed; path < seed+4; path++ {
		a, b := virtual(f, path), physical(f, r, path)
		if slices.Equal(a.trace, b.trace) {
			continue
		}
		for i := range a.trace {
			if i >= len(b.trace) || a.trace[i] != b.trace[i] {
				return fmt.Errorf("path %d: execution differs at %s, instruction %d of %d", path, a.ran[i], i, len(a.trace))
			}
		}
		return fmt.Errorf("path %d: execution is longer than it should", path)
	}
	return nil
}
