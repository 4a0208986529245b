package regalloc

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// TestCheckFindsErrors spoils code that is right in one place and sees whether Check objects whenever the execution
// differs.
func TestCheckFindsErrors(t *testing.T) {
	found, harmless := 0, 0
	for seed := range 1500 {
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		f := randomFunc(r, tasteOf(r))
		res, err := Allocate(f)
		if err != nil {
			t.Fatal(err)
		}
		what := spoil(r, f, res)
		if what == "" {
			continue
		}
		if Check(f, res) != nil {
			found++
			continue
		}
		// Some spoiled code is right all the same. Then it does what it should.
		harmless++
		for path := range uint64(8) {
			if err := compare(f, res, path); err != nil {
				t.Errorf("seed %d: %s is not found: %v\n%v\n%v", seed, what, err, f, res)
				break
			}
		}
	}
	t.Logf("%d errors found, %d harmless", found, harmless)
	if found < 3*harmless {
		t.Errorf("only %d of %d errors found", found, found+harmless)
	}
}

// spoil changes one step and says how.
func spoil(r *rand.Rand, f *Func, res *Result) string {
	b := r.IntN(len(res.Blocks))
	steps := slices.Clone(res.Blocks[b].Steps)
	if len(steps) == 0 {
		return ""
	}
	i := r.IntN(len(steps))
	s := &steps[i]
	before := s.String()
	other := func(x isa.Register) isa.Register { return (x + 1 + isa.Register(r.IntN(numRegs-1))) % numRegs }
	what := ""
	switch k := r.IntN(5); {
	case k == 0 && s.Kind != Original:
		steps = slices.Delete(steps, i, i+1)
		what = "without " + before
	case k == 1 && s.Kind == Original && len(f.Blocks[b].Instrs[s.Instr].Uses) > 0:
		n := r.IntN(len(f.Blocks[b].Instrs[s.Instr].Uses))
		s.Uses[n] = other(s.Uses[n])
		what = before + " became " + s.String()
	case k == 2 && s.Kind != Spill && s.Dst != AnyReg:
		s.Dst = other(s.Dst)
		what = before + " became " + s.String()
	case k == 3 && (s.Kind == Move || s.Kind == Spill):
		s.Src = other(s.Src)
		what = before + " became " + s.String()
	case k == 4 && i > 0:
		steps[i], steps[i-1] = steps[i-1], steps[i]
		what = before + " comes one earlier"
	default:
		return ""
	}
	res.Blocks[b].Steps = steps
	return what
}
