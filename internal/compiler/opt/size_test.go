package opt

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// size is about how many slots a function will take: moves that the allocator may need are left
// out.
func size(f *ir.Func, c Config) int {
	slots := 0
	for _, b := range f.PostorderReversed() {
		block := &f.Blocks[b]
		for _, n := range block.Values {
			v := &f.Values[n]
			switch v.Op {
			case ir.Param, ir.Phi, ir.ZExt, ir.Copy:
			case ir.Const:
				slots++
				if v.Type == ir.I64 && v.Imm != int64(int32(v.Imm)) {
					slots++
				}
			case ir.FrameAddr:
				slots += 2
				if onlyAddress(f, block, n) {
					slots -= 2
				}
			case ir.MapAddr, ir.MapValue, ir.FuncAddr:
				slots += 2
			case ir.SExt8, ir.SExt16, ir.SExt32:
				slots += 2
				if c.SignedLoads {
					slots--
				}
			case ir.Load:
				slots++
				if v.Signed && !c.SignedLoads {
					slots += 2
				}
			case ir.Compare:
				slots += 3
			case ir.CallHelper, ir.CallKernel, ir.CallSub:
				slots++
				for _, a := range v.Args {
					if !f.Values[a].Op.Remake() {
						slots++
					}
				}
			default:
				slots++
			}
		}
		switch block.Kind {
		case ir.Jump:
			if len(f.Blocks[block.Succs[0]].Preds) > 1 {
				slots++
			}
		case ir.Branch, ir.MayGoto:
			slots++
		case ir.Return:
			slots += 2
		}
	}
	return slots
}

func onlyAddress(f *ir.Func, block *ir.Block, n ir.V) bool {
	for _, m := range block.Values {
		v := &f.Values[m]
		for i, a := range v.Args {
			memory := v.Op == ir.Load || v.Op == ir.Store || v.Op == ir.StoreConst || v.Op == ir.Atomic
			if a == n && (i > 0 || !memory) {
				return false
			}
		}
	}
	return true
}

// total is the size of many random functions after some passes.
func total(list []pass) int {
	sum := 0
	for seed := uint64(20000); seed < 20400; seed++ {
		f := randomFunc(seed)
		w := &work{f: f, c: configs[2]}
		for _, p := range list {
			p.run(w)
		}
		sum += size(f, w.c)
	}
	return sum
}

// TestEachPassIsWorthIt leaves each pass out and wants more to come out then.
func TestEachPassIsWorthIt(t *testing.T) {
	all := total(passes[:])
	t.Logf("%6d slots with no pass", total(nil))
	t.Logf("%6d with all", all)
	done := map[string]bool{}
	for _, p := range passes {
		if done[p.name] {
			continue
		}
		done[p.name] = true
		var without []pass
		for _, q := range passes {
			if q.name != p.name {
				without = append(without, q)
			}
		}
		n := total(without)
		t.Logf("%6d without %s", n, p.name)
		if n <= all && p.name != "sink" && p.name != "stores" { // which are about registers, and about private state
			t.Errorf("without %s: %d slots, with it %d", p.name, n, all)
		}
	}
	for i := range passes {
		without := append(append([]pass{}, passes[:i]...), passes[i+1:]...)
		t.Logf("%+6d without %s at %d", total(without)-all, passes[i].name, i)
	}
	t.Logf("%+6d for all passes again", total(append(append([]pass{}, passes[:]...), passes[:]...))-all)
}
