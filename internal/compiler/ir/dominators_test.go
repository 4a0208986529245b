package ir

import (
	"math/rand/v2"
	"testing"
)

// TestDominators compares with the definition: a dominates b when b cannot be reached past a.
func TestDominators(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		f := New("f")
		n := 1 + r.IntN(14)
		for len(f.Blocks) < n {
			f.NewBlock()
		}
		for b := range f.Blocks {
			for range r.IntN(3) {
				f.Edge(B(b), B(r.IntN(n)))
			}
		}
		reach := func(without B) []bool {
			seen := make([]bool, n)
			todo := []B{0}
			for len(todo) > 0 {
				b := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				if b == without || seen[b] {
					continue
				}
				seen[b] = true
				todo = append(todo, f.Blocks[b].Succs...)
			}
			return seen
		}
		all := reach(-1)
		idom := f.Dominators(f.PostorderReversed())
		for a := range f.Blocks {
			past := reach(B(a))
			for b := range f.Blocks {
				if !all[a] || !all[b] {
					continue
				}
				up := B(b)
				for up != B(a) && up != 0 {
					up = idom[up]
				}
				if got, want := up == B(a), !past[b]; got != want {
					t.Fatalf("%d: b%d dominates b%d: %v, want %v", seed, a, b, got, want)
				}
			}
		}
	}
}
