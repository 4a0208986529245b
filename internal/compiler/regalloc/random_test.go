package regalloc

import (
	"math/rand/v2"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A generator makes random functions in SSA form, structured as source code is: sequences, diamonds, loops.
type generator struct {
	r      *rand.Rand
	f      *Func
	budget int
}

// taste says what a random function is like.
type taste struct {
	instrs, entries, calls, keep int // keep: how many values are within reach
	straight                     bool
}

// randomFunc makes a function.
func randomFunc(r *rand.Rand, t taste) *Func {
	g := &generator{r: r, f: &Func{Remat: []bool{false}}, budget: t.instrs}
	b := g.block(0)
	var env []V
	for i := range t.entries {
		env = append(env, g.add(b, Instr{DefReg: isa.R1 + isa.Register(i)}))
	}
	env = append(env, g.constant(b))
	b, env = g.body(b, env, t, 0)
	g.use(b, Instr{Uses: []Use{{g.pick(env), isa.R0}}, Branch: true, DefReg: AnyReg})
	return g.f
}

// pick picks a value, rather a young one.
func (g *generator) pick(env []V) V {
	n := len(env)
	if g.r.IntN(3) > 0 {
		return env[max(0, n-1-g.r.IntN(min(n, 6)))]
	}
	return env[g.r.IntN(n)]
}

func (g *generator) block(depth int) int {
	g.f.Blocks = append(g.f.Blocks, Block{Depth: depth})
	return len(g.f.Blocks) - 1
}

func (g *generator) value(remat bool) V {
	g.f.Values++
	g.f.Remat = append(g.f.Remat, remat)
	return V(g.f.Values)
}

func (g *generator) use(b int, in Instr) {
	g.f.Blocks[b].Instrs = append(g.f.Blocks[b].Instrs, in)
	g.budget--
}

func (g *generator) add(b int, in Instr) V {
	in.Def = g.value(false)
	g.use(b, in)
	return in.Def
}

func (g *generator) constant(b int) V {
	v := g.value(true)
	g.use(b, Instr{Def: v, DefReg: AnyReg})
	return v
}

func (g *generator) goTo(from, to int, args ...V) {
	g.f.Blocks[from].Succs = append(g.f.Blocks[from].Succs, Edge{to, args})
}

// instr adds a random instruction.
func (g *generator) instr(b int, env []V, t taste) []V {
	r := g.r
	any := func() Use { return Use{g.pick(env), AnyReg} }
	if r.IntN(100) < t.calls {
		in := Instr{DefReg: isa.R0, Clobbers: isa.CallerSaved, Early: true}
		for i := range r.IntN(6) {
			u := any()
			u.Reg = isa.R1 + isa.Register(i)
			in.Uses = append(in.Uses, u)
		}
		if len(in.Uses) < 5 && r.IntN(10) == 0 {
			in.Uses = append(in.Uses, any())
		}
		if r.IntN(4) == 0 {
			g.use(b, in)
			return env
		}
		return append(env, g.add(b, in))
	}
	switch r.IntN(10) {
	case 0, 1:
		return append(env, g.constant(b))
	case 2: // store
		g.use(b, Instr{DefReg: AnyReg, Uses: []Use{any(), any()}})
		return env
	case 3: // load
		return append(env, g.add(b, Instr{DefReg: AnyReg, Uses: []Use{any()}, Early: true}))
	case 4: // compare and exchange
		return append(env, g.add(b, Instr{DefReg: isa.R0, Uses: []Use{any(), {g.pick(env), isa.R0}, any()}, Early: true}))
	case 5: // something late
		return append(env, g.add(b, Instr{DefReg: AnyReg, Uses: []Use{any(), any()}}))
	case 6: // one operand
		return append(env, g.add(b, Instr{DefReg: AnyReg, Tied: g.pick(env)}))
	case 7:
		if r.IntN(4) == 0 { // clobbers something
			return append(env, g.add(b,
				Instr{DefReg: AnyReg, Tied: g.pick(env), Uses: []Use{any()}, Clobbers: isa.Registers(isa.R0, isa.R3)}))
		}
		if r.IntN(4) == 0 { // tied in a fixed register
			return append(env, g.add(b, Instr{DefReg: isa.R2, Tied: g.pick(env), Uses: []Use{any(), {g.pick(env), isa.R4}}}))
		}
		fallthrough
	default:
		return append(env, g.add(b, Instr{DefReg: AnyReg, Tied: g.pick(env), Uses: []Use{any()}, Commutes: r.IntN(2) == 0}))
	}
}

// body adds statements until the budget is used up or chance ends it.
func (g *generator) body(b int, env []V, t taste, depth int) (int, []V) {
	env = append([]V(nil), env...)
	for g.budget > 0 {
		if len(env) > t.keep {
			i := g.r.IntN(len(env) - t.keep/2)
			env = append(env[:i:i], env[i+1:]...)
		}
		k := g.r.IntN(24)
		if t.straight {
			k = 23
		}
		switch {
		case k == 0 && depth < 4:
			b, env = g.diamond(b, env, t, depth)
		case k == 1 && depth < 4:
			b, env = g.loop(b, env, t, depth)
		case k == 2 && depth > 0:
			return b, env
		default:
			env = g.instr(b, env, t)
		}
	}
	return b, env
}

// phis gives parameters to a block and returns them; args are one list for each edge that will come.
func (g *generator) phis(n int, envs ...[]V) (params []V, args [][]V) {
	args = make([][]V, len(envs))
	for range n {
		params = append(params, g.value(false))
		for i := range envs {
			args[i] = append(args[i], g.pick(envs[i]))
		}
	}
	return params, args
}

func (g *generator) branch(b int, env []V) {
	g.use(b, Instr{DefReg: AnyReg, Uses: []Use{{g.pick(env), AnyReg}, {g.pick(env), AnyReg}}, Branch: true})
}

func (g *generator) few() int {
	if g.r.IntN(8) == 0 {
		return g.r.IntN(14)
	}
	return g.r.IntN(4)
}

func (g *generator) diamond(b int, env []V, t taste, depth int) (int, []V) {
	d := g.f.Blocks[b].Depth
	g.branch(b, env)
	then := g.block(d)
	g.goTo(b, then)
	single := g.r.IntN(4) == 0
	if single { // a parameter of a block with one predecessor
		p := g.value(false)
		g.f.Blocks[then].Params = []V{p}
		g.f.Blocks[b].Succs[0].Args = []V{g.pick(env)}
	}
	endThen, envThen := g.body(then, append(env, g.f.Blocks[then].Params...), t, depth+1)
	leave := g.r.IntN(5) == 0
	if leave { // return early
		g.use(endThen, Instr{DefReg: AnyReg, Uses: []Use{{g.pick(envThen), isa.R0}}, Branch: true})
	}
	other := g.block(d)
	g.goTo(b, other)
	endOther, envOther := other, env
	if g.r.IntN(2) == 0 {
		endOther, envOther = g.body(other, env, t, depth+1)
	}
	if leave {
		return endOther, envOther
	}
	join := g.block(d)
	params, args := g.phis(g.few(), envThen, envOther)
	g.f.Blocks[join].Params = params
	g.goTo(endThen, join, args[0]...)
	g.goTo(endOther, join, args[1]...)
	if g.r.IntN(2) == 0 {
		g.use(endThen, Instr{DefReg: AnyReg, Branch: true})
	}
	return join, append(append([]V(nil), env...), params...)
}

func (g *generator) loop(b int, env []V, t taste, depth int) (int, []V) {
	d := g.f.Blocks[b].Depth
	head := g.block(d + 1)
	params, args := g.phis(g.few(), env)
	g.f.Blocks[head].Params = params
	g.goTo(b, head, args[0]...)
	inside := append(append([]V(nil), env...), params...)
	for range g.r.IntN(3) {
		inside = g.instr(head, inside, t)
	}
	g.branch(head, inside)
	body := g.block(d + 1)
	g.goTo(head, body)
	end, envEnd := g.body(body, inside, t, depth+1)
	back := make([]V, len(params))
	for i := range back {
		back[i] = g.pick(envEnd)
		if g.r.IntN(4) == 0 {
			back[i] = params[g.r.IntN(len(params))] // parameters change places
		}
	}
	g.goTo(end, head, back...)
	after := g.block(d)
	g.goTo(head, after)
	return after, inside
}

// tasteOf varies functions by seed.
func tasteOf(r *rand.Rand) taste {
	t := taste{instrs: 5 + r.IntN(60), entries: r.IntN(6), calls: [...]int{0, 5, 20, 50}[r.IntN(4)], keep: 3 + r.IntN(20)}
	if r.IntN(8) == 0 {
		t.instrs *= 5
	}
	return t
}

func TestRandom(t *testing.T) {
	seeds := 4000
	if testing.Short() {
		seeds = 500
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		f := randomFunc(r, tasteOf(r))
		res, err := Allocate(f)
		if err != nil {
			t.Fatalf("seed %d: %v\n%v", seed, err, f)
		}
		if err := Check(f, res); err != nil {
			t.Fatalf("seed %d: %v\n%v\n%v", seed, err, f, res)
		}
		if err := compare(f, res, uint64(seed)); err != nil {
			t.Fatalf("seed %d: %v\n%v\n%v", seed, err, f, res)
		}
	}
}
