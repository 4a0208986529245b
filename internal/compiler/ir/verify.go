package ir

import "fmt"

// Verify checks that a function of the low level is well formed. Edges must agree in both directions. A phi must have an argument for
// each way into its block. Each value must be in one block, and on every path it must be made before it is used. Tests check the
// passes with it.
func (f *Func) Verify() error {
	order := f.PostorderReversed()
	reached := make([]bool, len(f.Blocks))
	for _, b := range order {
		reached[b] = true
	}
	at := make([]int, len(f.Values)) // position within its block, from 1
	for _, b := range order {
		block := &f.Blocks[b]
		if err := f.verifyEdges(b, reached); err != nil {
			return err
		}
		body := false
		for i, v := range block.Values {
			value := &f.Values[v]
			switch {
			case at[v] != 0:
				return fmt.Errorf("v%d is in the lists twice", v)
			case value.Block != b:
				return fmt.Errorf("v%d is in b%d, but its Block is b%d", v, b, value.Block)
			case value.Op == Phi && body:
				return fmt.Errorf("b%d: the phi v%d comes after other values", b, v)
			case value.Op == Phi && len(value.Args) != len(block.Preds):
				return fmt.Errorf("b%d: the phi v%d has %d arguments, but the block has %d predecessors", b, v, len(value.Args),
					len(block.Preds))
			case value.Op < Const || value.Op >= numOps:
				return fmt.Errorf("b%d: v%d is an operation of the high level: %v", b, v, value.Op)
			}
			if want := int(ops[value.Op].args); want >= 0 && len(value.Args) != want && !(ops[value.Op].imm && len(value.Args) == want-1) {
				return fmt.Errorf("b%d: %s: %d arguments", b, f.Describe(v), len(value.Args))
			}
			body = body || value.Op != Phi
			at[v] = i + 1
		}
	}
	idom := f.Dominators(order)
	dominates := func(a, b B) bool {
		for b != a {
			if b == 0 {
				return false
			}
			b = idom[b]
		}
		return true
	}
	available := func(v V, b B, before int) bool {
		if v <= 0 || int(v) >= len(f.Values) || at[v] == 0 {
			return false
		}
		if made := f.Values[v].Block; made != b {
			return dominates(made, b)
		}
		return at[v] < before
	}
	for _, b := range order {
		block := &f.Blocks[b]
		for i, v := range block.Values {
			value := &f.Values[v]
			for n, a := range value.Args {
				in, before := b, i+1
				if value.Op == Phi {
					in, before = block.Preds[n], len(f.Blocks[block.Preds[n]].Values)+1
				}
				if !available(a, in, before) {
					return fmt.Errorf("b%d: %s: v%d is not made on every path to here", b, f.Describe(v), a)
				}
			}
		}
		for _, x := range [...]V{block.X, block.Y} {
			if x != 0 && !available(x, b, len(block.Values)+1) {
				return fmt.Errorf("b%d: %s: v%d is not made on every path to here", b, f.ending(block), x)
			}
		}
	}
	return nil
}

func (f *Func) verifyEdges(b B, reached []bool) error {
	block := &f.Blocks[b]
	want := map[Kind]int{Jump: 1, Branch: 2, MayGoto: 2, Return: 0}
	n, ok := want[block.Kind]
	if !ok || n != len(block.Succs) {
		return fmt.Errorf("b%d ends with kind %d and has %d successors", b, block.Kind, len(block.Succs))
	}
	count := func(list []B, b B) (n int) {
		for _, x := range list {
			if x == b {
				n++
			}
		}
		return n
	}
	for _, s := range block.Succs {
		if count(f.Blocks[s].Preds, b) != count(block.Succs, s) {
			return fmt.Errorf("b%d leads to b%d, but is not among its predecessors", b, s)
		}
	}
	for _, p := range block.Preds {
		if !reached[p] {
			return fmt.Errorf("b%d has the predecessor b%d, which cannot be reached", b, p)
		}
	}
	return nil
}
