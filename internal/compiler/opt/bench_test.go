package opt

import (
	"fmt"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// longBlock is one block of about n values with some of everything.
func longBlock(n int) *ir.Func {
	f := ir.New("long")
	f.Frame = []ir.Object{{Name: "x", Size: 64}}
	p := f.Append(0, ir.Value{Op: ir.Param, Type: ir.Ptr, Imm: 1})
	x := f.Append(0, ir.Value{Op: ir.Param, Type: ir.I32, Imm: 2})
	for i := 0; len(f.Values) < n; i++ {
		c := f.Append(0, ir.Value{Op: ir.Const, Type: ir.I32, Imm: int64(i % 1000)})
		y := f.Append(0, ir.Value{Op: ir.Load, Type: ir.I32, Size: 4, Off: int32(i % 100 * 4)}, p)
		s := f.Append(0, ir.Value{Op: ir.Add, Type: ir.I32}, y, c)
		s = f.Append(0, ir.Value{Op: ir.And, Type: ir.I32, Imm: 0xffff}, s)
		z := f.Append(0, ir.Value{Op: ir.ZExt, Type: ir.I64}, s)
		z = f.Append(0, ir.Value{Op: ir.Mul, Type: ir.I64}, z, z)
		z = f.Append(0, ir.Value{Op: ir.Trunc, Type: ir.I32}, z)
		x = f.Append(0, ir.Value{Op: ir.Xor, Type: ir.I32}, x, z)
		a := f.Append(0, ir.Value{Op: ir.FrameAddr, Type: ir.Ptr, Imm: int64(i % 16 * 4)})
		f.Append(0, ir.Value{Op: ir.Store, Size: 4}, a, x)
		if i%8 == 0 {
			f.Append(0, ir.Value{Op: ir.Store, Size: 4, Off: int32(i % 90 * 4)}, p, x)
		}
	}
	f.Blocks[0].Kind, f.Blocks[0].X = ir.Return, x
	return f
}

// manyBlocks has n blocks: ifs one after the other, each third with an early return.
func manyBlocks(n int) *ir.Func {
	f := ir.New("many")
	p := f.Append(0, ir.Value{Op: ir.Param, Type: ir.Ptr, Imm: 1})
	x := f.Append(0, ir.Value{Op: ir.Param, Type: ir.I32, Imm: 2})
	out := f.NewBlock()
	b := ir.B(0)
	for i := 0; len(f.Blocks) < n; i++ {
		y := f.Append(b, ir.Value{Op: ir.Load, Type: ir.I32, Size: 4, Off: int32(i % 100 * 4)}, p)
		c := f.Append(b, ir.Value{Op: ir.Const, Type: ir.I32, Imm: int64(i % 1000)})
		cmp := f.Append(b, ir.Value{Op: ir.Compare, Type: ir.Bool, Cond: ir.LT}, y, c)
		yes, join := f.NewBlock(), f.NewBlock()
		block := &f.Blocks[b]
		block.Kind, block.Cond, block.X = ir.Branch, ir.NE, cmp
		f.Edge(b, yes)
		f.Edge(b, join)
		if i%3 == 0 {
			f.Append(yes, ir.Value{Op: ir.Store, Size: 4}, p, x)
			f.Jump(yes, out)
			b = join
			continue
		}
		z := f.Append(yes, ir.Value{Op: ir.Mul, Type: ir.I32}, x, y)
		f.Jump(yes, join)
		x = f.Append(join, ir.Value{Op: ir.Phi, Type: ir.I32}, x, z)
		b = join
	}
	f.Blocks[b].Kind, f.Blocks[b].X = ir.Return, x
	f.Blocks[out].Kind = ir.Return
	return f
}

// pointerSums is a block in which algebra has much to insert.
func pointerSums(n int) *ir.Func {
	f := ir.New("sums")
	p := f.Append(0, ir.Value{Op: ir.Param, Type: ir.Ptr, Imm: 1})
	x := f.Append(0, ir.Value{Op: ir.Param, Type: ir.I64, Imm: 2})
	for i := 0; len(f.Values) < n; i++ {
		q := f.Append(0, ir.Value{Op: ir.Add, Type: ir.Ptr, Imm: int64(i % 1000)}, p)
		q = f.Append(0, ir.Value{Op: ir.Add, Type: ir.Ptr}, q, x)
		y := f.Append(0, ir.Value{Op: ir.Load, Type: ir.I64, Size: 8}, q)
		m := f.Append(0, ir.Value{Op: ir.MapValue, Type: ir.Ptr, Imm: int64(i % 50 * 8)})
		f.Append(0, ir.Value{Op: ir.Store, Size: 8}, m, y)
	}
	f.Blocks[0].Kind = ir.Return
	return f
}

// manyExits has one block that all others lead to, each with a value of its own.
func manyExits(n int) *ir.Func {
	f := ir.New("exits")
	x := f.Append(0, ir.Value{Op: ir.Param, Type: ir.I32, Imm: 2})
	out := f.NewBlock()
	b := ir.B(0)
	var args []ir.V
	for i := 0; len(f.Blocks) < n; i++ {
		yes, next := f.NewBlock(), f.NewBlock()
		y := f.Append(b, ir.Value{Op: ir.Mul, Type: ir.I32, Imm: int64(i)}, x)
		block := &f.Blocks[b]
		block.Kind, block.Cond, block.X, block.Imm = ir.Branch, ir.EQ, y, int64(i)
		f.Edge(b, yes)
		f.Edge(b, next)
		args = append(args, f.Append(yes, ir.Value{Op: ir.Const, Type: ir.I32, Imm: int64(i % 7)}))
		f.Jump(yes, out)
		b = next
	}
	f.Blocks[b].Kind, f.Blocks[b].X = ir.Return, x
	phi := f.Append(out, ir.Value{Op: ir.Phi, Type: ir.I32}, args...)
	f.Blocks[out].Kind, f.Blocks[out].X = ir.Return, phi
	return f
}

var shapes = [...]struct {
	name string
	make func(n int) *ir.Func
}{{"block", longBlock}, {"blocks", manyBlocks}, {"sums", pointerSums}, {"exits", manyExits}}

func BenchmarkRun(b *testing.B) {
	for _, s := range shapes {
		for _, n := range [...]int{1000, 10000, 100000} {
			b.Run(fmt.Sprint(s.name, n), func(b *testing.B) {
				values := 0
				for b.Loop() {
					b.StopTimer()
					f := s.make(n)
					values += len(f.Values)
					b.StartTimer()
					Run(f, Config{true, true})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(values), "ns/value")
			})
		}
	}
}

func BenchmarkPass(b *testing.B) {
	for _, s := range shapes {
		done := map[string]bool{}
		for _, p := range passes {
			if done[p.name] {
				continue
			}
			done[p.name] = true
			b.Run(s.name+"/"+p.name, func(b *testing.B) {
				values := 0
				for b.Loop() {
					b.StopTimer()
					w := &work{f: s.make(30000), c: Config{true, true}}
					values += len(w.f.Values)
					b.StartTimer()
					p.run(w)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(values), "ns/value")
			})
		}
	}
}

// TestGrowthIsLinear compares functions with ones that are eight times as long.
func TestGrowthIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	for _, s := range shapes {
		perValue := func(n int) float64 {
			best := 1e9
			for range 5 {
				f := s.make(n)
				values := len(f.Values)
				start := time.Now()
				Run(f, Config{true, true})
				best = min(best, float64(time.Since(start).Nanoseconds())/float64(values))
			}
			return best
		}
		// Others use the machine, too, so one good measurement counts. Caches are left
		// behind by the longer function; quadratic growth would be 8 and more.
		var short, long float64
		for range 5 {
			short, long = perValue(4000), perValue(32000)
			t.Logf("%s: %.0f and %.0f ns a value", s.name, short, long)
			if long <= 4*short {
				break
			}
		}
		if long > 4*short {
			t.Errorf("%s: %.0f ns a value in a function of 4000, %.0f in one of 32000", s.name, short, long)
		}
	}
}

func TestRunIsDeterministic(t *testing.T) {
	for seed := range uint64(50) {
		f, g := randomFunc(seed), randomFunc(seed)
		Run(f, configs[seed%3])
		Run(g, configs[seed%3])
		if f.String() != g.String() {
			t.Fatalf("%d\n%s\n%s", seed, f, g)
		}
	}
}
