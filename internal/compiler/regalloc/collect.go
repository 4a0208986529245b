package regalloc

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// collect checks the instructions and gathers definitions and uses.
func (l *lives) collect() error {
	f := l.f
	n := f.Values + 1
	l.defAt = make([]moment, n)
	l.def = make([]defKind, n)
	l.defReg = make([]isa.Register, n)
	l.tied = make([]V, n)
	l.useAt = make([]int32, n+1)
	entries := f.entries()
	for b := range f.Blocks {
		if err := l.collectBlock(b, entries); err != nil {
			return err
		}
	}
	l.gather()
	for v := range f.Remat {
		if f.Remat[v] && l.def[v] == defParam {
			return fmt.Errorf("value %d is a parameter and cannot be made again", v)
		}
	}
	return nil
}

// collectBlock gathers what block b defines, and counts uses in useAt. entries is the number of the function's parameters.
func (l *lives) collectBlock(b, entries int) error {
	blk := &l.f.Blocks[b]
	for _, v := range blk.Params {
		if err := l.define(v, defParam, l.start[b], AnyReg); err != nil {
			return fmt.Errorf("block %d: %w", b, err)
		}
	}
	for i := range blk.Instrs {
		if err := l.collectInstr(b, i, entries); err != nil {
			return fmt.Errorf("block %d instruction %d: %w", b, i, err)
		}
	}
	for _, e := range blk.Succs {
		for _, v := range e.Args {
			if err := l.count(v); err != nil {
				return fmt.Errorf("block %d: edge to block %d: %w", b, e.To, err)
			}
		}
	}
	return nil
}

// collectInstr gathers what instruction i of block b defines, and counts what it uses.
func (l *lives) collectInstr(b, i, entries int) error {
	blk := &l.f.Blocks[b]
	in := &blk.Instrs[i]
	if err := in.valid(i == len(blk.Instrs)-1, len(blk.Succs)); err != nil {
		return err
	}
	if in.Tied != 0 {
		if err := l.count(in.Tied); err != nil {
			return err
		}
	}
	for _, u := range in.Uses {
		if err := l.count(u.V); err != nil {
			return err
		}
	}
	if in.Def == 0 {
		return nil
	}
	if err := l.known(in.Def); err != nil {
		return err
	}
	entry := b == 0 && i < entries
	if needs := in.Tied != 0 || len(in.Uses) > 0 || in.Clobbers != 0 || entry; needs && l.remat(in.Def) {
		return fmt.Errorf("value %d cannot be made again: its instruction needs registers", in.Def)
	}
	switch p := l.instrAt(b, i); {
	case entry:
		for k := range i {
			if blk.Instrs[k].DefReg == in.DefReg {
				return fmt.Errorf("a second parameter in %v", in.DefReg)
			}
		}
		return l.define(in.Def, defFixed, l.entered(entries), in.DefReg)
	case in.DefReg != AnyReg:
		return l.define(in.Def, defFixed, p+over, in.DefReg)
	case in.Tied != 0:
		return l.define(in.Def, defPlain, p, AnyReg)
	default:
		return l.define(in.Def, defPlain, p+written, AnyReg)
	}
}

// known checks that there is a value of this number.
func (l *lives) known(v V) error {
	if v <= 0 || int(v) > l.f.Values {
		return fmt.Errorf("value %d does not exist", v)
	}
	return nil
}

// count counts a use of v.
func (l *lives) count(v V) error {
	if err := l.known(v); err != nil {
		return err
	}
	l.useAt[v]++
	return nil
}

// define records where v is defined.
func (l *lives) define(v V, kind defKind, pos moment, reg isa.Register) error {
	if err := l.known(v); err != nil {
		return err
	}
	if l.def[v] != defNone {
		return fmt.Errorf("value %d is defined twice", v)
	}
	l.def[v], l.defAt[v], l.defReg[v] = kind, pos, reg
	return nil
}

// valid checks what can be checked without the rest of the function.
func (in *Instr) valid(last bool, succs int) error {
	if len(in.Uses) > maxUses {
		return fmt.Errorf("%d uses; the limit is %d", len(in.Uses), maxUses)
	}
	if in.DefReg != AnyReg && in.DefReg >= numRegs && in.Def != 0 {
		return fmt.Errorf("definition in register %v", in.DefReg)
	}
	if in.Tied != 0 && in.Def == 0 {
		return fmt.Errorf("value %d is tied, but the instruction has no definition", in.Tied)
	}
	if in.Branch && (!last || in.Def != 0) {
		return fmt.Errorf("a branch must be last and define nothing")
	}
	if in.Branch && succs == 1 && len(in.Uses) > 0 {
		return fmt.Errorf("a branch to one successor has uses")
	}
	for i, u := range in.Uses {
		if u.Reg == AnyReg {
			continue
		}
		if u.Reg >= numRegs {
			return fmt.Errorf("use in register %v", u.Reg)
		}
		for _, o := range in.Uses[:i] {
			if o.Reg == u.Reg && o.V != u.V {
				return fmt.Errorf("values %d and %d are both in %v", o.V, u.V, u.Reg)
			}
		}
		if in.Tied != 0 && in.DefReg == u.Reg && in.Tied != u.V {
			return fmt.Errorf("values %d and %d are both in %v", in.Tied, u.V, u.Reg)
		}
	}
	return nil
}

// gather fills in uses. useAt has the number of uses of each value.
func (l *lives) gather() {
	f := l.f
	sum := int32(0)
	for v := range l.useAt {
		sum, l.useAt[v] = sum+l.useAt[v], sum
	}
	l.uses = make([]use, sum)
	fill := slices.Clone(l.useAt)
	add := func(v V, u use) {
		l.uses[fill[v]] = u
		fill[v]++
	}
	for b := range f.Blocks {
		blk := &f.Blocks[b]
		for i := range blk.Instrs {
			in := &blk.Instrs[i]
			p := l.instrAt(b, i)
			if in.Tied != 0 {
				add(in.Tied, use{p, -1, useTied, AnyReg})
			}
			for _, u := range in.Uses {
				kind := useMust
				if u.Reg != AnyReg {
					kind = useFixed
				}
				add(u.V, use{p, -1, kind, u.Reg})
			}
		}
		for _, e := range blk.Succs {
			for _, v := range e.Args {
				add(v, use{l.start[b+1], -1, usePhi, AnyReg})
			}
		}
	}
}
