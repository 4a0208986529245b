package regalloc

import (
	"math/rand/v2"
	"testing"
)

// TestQuality measures how much is moved in random functions, weighted by the depth of loops. The limits are what was
// reached once; they may be lowered, not raised without a reason.
func TestQuality(t *testing.T) {
	for _, test := range []struct {
		name   string
		t      taste
		limits [5]int // per 1000 instructions, by kind of step
	}{
		{"few values", taste{instrs: 150, entries: 3, calls: 10, keep: 6}, [5]int{Move: 660, Spill: 85, Reload: 240, Remake: 265}},
		{"some values", taste{instrs: 150, entries: 3, calls: 10, keep: 12}, [5]int{Move: 630, Spill: 120, Reload: 310, Remake: 280}},
		{"many values", taste{instrs: 150, entries: 3, calls: 10, keep: 24}, [5]int{Move: 575, Spill: 135, Reload: 400, Remake: 300}},
		{"many calls", taste{instrs: 150, entries: 3, calls: 40, keep: 12}, [5]int{Move: 1050, Spill: 215, Reload: 560, Remake: 230}},
		{"no calls", taste{instrs: 150, entries: 3, calls: 0, keep: 12}, [5]int{Move: 425, Spill: 30, Reload: 130, Remake: 290}},
	} {
		var n [5]int
		for seed := range uint64(300) {
			f := randomFunc(rand.New(rand.NewPCG(seed, 11)), test.t)
			res, err := Allocate(f)
			if err != nil {
				t.Fatal(err)
			}
			for b := range res.Blocks {
				for _, s := range res.Blocks[b].Steps {
					n[s.Kind] += 1 << (3 * f.Blocks[b].Depth)
				}
			}
		}
		sum := 0
		for k := 1; k < 5; k++ {
			n[k] = n[k] * 1000 / n[0]
			sum += n[k]
			if n[k] > test.limits[k] {
				t.Errorf("%s: %d per mille of kind %d, more than %d", test.name, n[k], k, test.limits[k])
			}
		}
		t.Logf("%s: per mille: %d moves, %d spills, %d reloads, %d remakes, together %d", test.name, n[Move], n[Spill], n[Reload],
			n[Remake], sum)
	}
}
