package regalloc

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Small functions are written with these; each value is the number that its comment says.

func param(v V, r isa.Register) Instr { return Instr{Def: v, DefReg: r} }

// make is an instruction that reads nothing.
func fresh(v V) Instr { return Instr{Def: v, DefReg: AnyReg} }

// op is dst op= src.
func op(v, tied V, uses ...V) Instr {
	return Instr{Def: v, DefReg: AnyReg, Tied: tied, Uses: anywhere(uses)}
}

func load(v, from V) Instr {
	return Instr{Def: v, DefReg: AnyReg, Uses: anywhere([]V{from}), Early: true}
}

func store(uses ...V) Instr { return Instr{DefReg: AnyReg, Uses: anywhere(uses)} }

func branchOn(uses ...V) Instr { return Instr{DefReg: AnyReg, Uses: anywhere(uses), Branch: true} }

func jump() Instr { return Instr{DefReg: AnyReg, Branch: true} }

// call gives its result to v, which may be 0.
func call(v V, args ...V) Instr {
	in := Instr{Def: v, DefReg: isa.R0, Clobbers: isa.CallerSaved, Early: true}
	for i, a := range args {
		in.Uses = append(in.Uses, Use{a, isa.R1 + isa.Register(i)})
	}
	return in
}

func ret(v V) Instr {
	return Instr{DefReg: AnyReg, Uses: []Use{{v, isa.R0}}, Branch: true}
}

func anywhere(vs []V) []Use {
	var us []Use
	for _, v := range vs {
		us = append(us, Use{v, AnyReg})
	}
	return us
}

// fn makes a function of blocks; the values that may be remade are given by number.
func fn(remat []V, blocks ...Block) *Func {
	f := &Func{Blocks: blocks}
	for _, b := range blocks {
		for _, v := range b.Params {
			f.Values = max(f.Values, int(v))
		}
		for _, in := range b.Instrs {
			f.Values = max(f.Values, int(in.Def))
		}
	}
	f.Remat = make([]bool, f.Values+1)
	for _, v := range remat {
		f.Remat[v] = true
	}
	return f
}

func line(instrs ...Instr) Block { return Block{Instrs: instrs} }

// to adds an edge.
func (b Block) to(t int, args ...V) Block {
	b.Succs = append(b.Succs[:len(b.Succs):len(b.Succs)], Edge{t, args})
	return b
}

func (b Block) with(params ...V) Block {
	b.Params = params
	return b
}

func (b Block) deep(d int) Block {
	b.Depth = d
	return b
}

// TestCode holds the code that comes out for what the package promises, one behaviour each.
func TestCode(t *testing.T) {
	for _, test := range []struct {
		name string
		f    *Func
		want string // steps, in order; blocks are divided by |
	}{
		{"a result takes over the register of what dies",
			fn(nil, line(param(1, isa.R1), param(2, isa.R2), op(3, 1, 2), ret(3))),
			"#0 r1 =; #1 r2 =; #2 r1 = r2; r0 = r1 (v3); #3 r0"},
		{"a value is made where it is wanted",
			fn(nil, line(param(1, isa.R1), load(2, 1), load(3, 1), call(4, 3, 2), ret(4))),
			"#0 r1 =; #1 r2 = r1; #2 r1 = r1; #3 r0 = r1 r2; #4 r0"},
		{"a chain is made where its end is wanted",
			fn(nil, line(param(1, isa.R1), load(2, 1), op(3, 2, 1), op(4, 3, 1), ret(4))),
			"#0 r1 =; #1 r0 = r1; #2 r0 = r1; #3 r0 = r1; #4 r0"},
		{"what lives on is copied before it is overwritten",
			fn(nil, line(param(1, isa.R1), op(2, 1, 1), store(1, 2), ret(2))),
			"#0 r1 =; r0 = r1 (v1); #1 r0 = r0; #2 r1 r0; #3 r0"},
		{"operands are swapped to save the copy",
			fn(nil, line(param(1, isa.R1), param(2, isa.R2), commutes(op(3, 1, 2)), store(1, 3), ret(3))),
			"#0 r1 =; #1 r2 =; #2 r2 = r1 swapped; #3 r1 r2; r0 = r2 (v3); #4 r0"},
		{"a value that crosses a call lives in r6",
			fn(nil, line(param(1, isa.R1), call(0, 1), load(2, 1), ret(2))),
			"#0 r1 =; r6 = r1 (v1); #1 r1; #2 r0 = r6; #3 r0"},
		{"a result that is kept goes to r6 at once",
			fn(nil, line(call(1), call(2, 1), op(3, 1, 2), ret(3))),
			"#0 r0 =; r6 = r0 (v1); r1 = r6 (v1); #1 r0 = r1; #2 r6 = r0; r0 = r6 (v3); #3 r0"},
		{"one value in several arguments",
			fn(nil, line(param(1, isa.R2), call(2, 1, 1), ret(2))),
			"#0 r2 =; r1 = r2 (v1); #1 r0 = r1 r2; #2 r0"},
		{"arguments change places through a free register",
			fn(nil, line(param(1, isa.R1), param(2, isa.R2), call(3, 2, 1), ret(3))),
			"#0 r1 =; #1 r2 =; r0 = r1 (v1); r1 = r2 (v2); r2 = r0 (v1); #2 r0 = r1 r2; #3 r0"},
		{"a constant is made in the argument's register, and again after the call",
			fn([]V{2}, line(param(1, isa.R1), fresh(2), call(0, 1, 2), call(0, 1, 2), call(3, 2), ret(3))),
			"#0 r1 =; r6 = r1 (v1); r2 = remake v2; #2 r1 r2; r1 = r6 (v1); r2 = remake v2; #3 r1 r2; r1 = remake v2; #4 r0 = r1; #5 r0"},
		{"a constant is kept while that costs nothing",
			fn([]V{2}, line(param(1, isa.R1), fresh(2), store(1, 2), store(1, 2), ret(1))),
			"#0 r1 =; r2 = remake v2; #2 r1 r2; #3 r1 r2; r0 = r1 (v1); #4 r0"},
		{"a constant is made before the loop",
			fn([]V{2},
				line(param(1, isa.R1), fresh(2)).to(1),
				line(store(1, 2), branchOn(1)).deep(1).to(2).to(3),
				line(jump()).deep(1).to(1),
				line(ret(1))),
			"#0 r1 =; r2 = remake v2 | #0 r1 r2; #1 r1 | #0 | r0 = r1 (v1); #0 r0"},
		{"unused values need registers, unused parameters none",
			fn(nil, line(param(1, isa.R1), fresh(2), fresh(3), ret(1))),
			"#0 r1 =; #1 r2 =; #2 r2 =; r0 = r1 (v1); #3 r0"},
		{"a phi costs nothing where it need not",
			fn(nil,
				line(param(1, isa.R1), branchOn(1)).to(1).to(2),
				line(load(2, 1)).to(3, 2),
				line(load(3, 1)).to(3, 3),
				line(ret(4)).with(4)),
			"#0 r1 =; #1 r1 | #0 r0 = r1 | #0 r0 = r1 | #0 r0"},
		{"a phi of constants leaves alone what is compared",
			fn([]V{3, 4},
				line(param(1, isa.R1), load(2, 1), branchOn(2)).to(1).to(2),
				line(fresh(3)).to(3, 3),
				line(fresh(4)).to(3, 4),
				line(store(1, 5)).with(5)),
			"#0 r1 =; #1 r0 = r1; #2 r0 | r2 = remake v3 | r2 = remake v4 | #0 r1 r2"},
		{"and so does what is copied right after the branch",
			fn(nil,
				line(param(1, isa.R1), load(2, 1), load(3, 1), branchOn(2, 3)).to(1).to(2),
				line(op(4, 3, 1)).to(3, 4),
				line().to(3, 3),
				line(store(3, 5)).with(5)),
			"#0 r1 =; #1 r0 = r1; #2 r2 = r1; #3 r0 r2 | r3 = r2 (v3); #0 r3 = r1 | r3 = r2 (v3) | #0 r2 r3"},
		{"an argument is not made where it cannot stay",
			fn(nil,
				line(param(1, isa.R2), branchOn(1)).to(1).to(2),
				line(load(2, 1)).to(3, 2),
				line().to(3, 1),
				line(call(0), call(0, 3, 3)).with(3)),
			"#0 r2 =; #1 r2 | #0 r6 = r2 | r6 = r2 (v1) | #0; r1 = r6 (v3); r2 = r6 (v3); #1 r1 r2"},
		{"a slot is written from one register on all ways",
			fn([]V{3},
				line(fresh(10), fresh(11), fresh(12), fresh(13), fresh(1), branchOn(1)).to(1).to(2),
				line(load(4, 1), op(2, 4, 1)).to(3, 2),
				line(fresh(3)).to(3, 3),
				line(call(0), store(10, 11), store(12, 13), call(0), store(10, 11), store(12, 13), store(5)).with(5)),
			"#0 r6 =; #1 r7 =; #2 r8 =; #3 r9 =; #4 r0 =; #5 r0 | #0 r1 = r0; #1 r1 = r0; slot0 = r1 (v2) | r1 = remake v3; slot0 = " +
				"r1 (v3) | #0; #1 r6 r7; #2 r8 r9; #3; #4 r6 r7; #5 r8 r9; r6 = slot0 (v5); #6 r6"},
		{"a counter stays in its register",
			fn([]V{3},
				line(param(1, isa.R1), param(2, isa.R2)).to(1, 1),
				line(branchOn(4, 2)).deep(1).with(4).to(2).to(3),
				line(op(5, 4, 2), jump()).deep(1).to(1, 5),
				line(fresh(3), ret(3))),
			"#0 r1 =; #1 r2 = | #0 r1 r2 | #0 r1 = r2; #1 | r0 = remake v3; #1 r0"},
		{"early operands may share the result's register, late ones not",
			fn(nil, line(param(1, isa.R1), late(2, 1), store(2), load(3, 2), store(3))),
			"#0 r1 =; #1 r0 = r1; #2 r0; #3 r0 = r0; #4 r0"},
		{"parameters that arrive later than others leave",
			fn(nil, line(param(1, isa.R2), param(2, isa.R1), call(0, 1), call(0, 2))),
			"#0 r2 =; #1 r1 =; r6 = r1 (v2); r1 = r2 (v1); #2 r1; r1 = r6 (v2); #3 r1"},
		{"a loop's parameters change places",
			fn(nil,
				line(param(1, isa.R1), param(2, isa.R2)).to(1, 1, 2),
				line(branchOn(3, 4)).deep(1).with(3, 4).to(2).to(3),
				line(jump()).deep(1).to(1, 4, 3),
				line(ret(3))),
			"#0 r1 =; #1 r2 = | #0 r1 r2 | r0 = r1 (v3); r1 = r2 (v4); r2 = r0 (v3); #0 | r0 = r1 (v3); #0 r0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := code(t, test.f)
			if got != test.want {
				t.Errorf("code is\n\t%s\nand should be\n\t%s", got, test.want)
			}
		})
	}
}

func commutes(in Instr) Instr {
	in.Commutes = true
	return in
}

func late(v V, uses ...V) Instr { return Instr{Def: v, DefReg: AnyReg, Uses: anywhere(uses)} }

// allocated allocates and checks.
func allocated(t *testing.T, f *Func) *Result {
	t.Helper()
	res, err := Allocate(f)
	if err != nil {
		t.Fatalf("%v\n%v", err, f)
	}
	if err := Check(f, res); err != nil {
		t.Fatalf("%v\n%v\n%v", err, f, res)
	}
	if err := compare(f, res, 1); err != nil {
		t.Fatalf("%v\n%v\n%v", err, f, res)
	}
	return res
}

// code returns the steps in a line.
func code(t *testing.T, f *Func) string {
	t.Helper()
	var blocks []string
	for _, b := range allocated(t, f).Blocks {
		var steps []string
		for _, s := range b.Steps {
			steps = append(steps, s.String())
		}
		blocks = append(blocks, strings.Join(steps, "; "))
	}
	return strings.Join(blocks, " | ")
}

// counts returns how many steps of each kind there are.
func counts(r *Result) (n [5]int) {
	for _, b := range r.Blocks {
		for _, s := range b.Steps {
			n[s.Kind]++
		}
	}
	return n
}

// Five values cross a call and four registers survive it: one is stored once and loaded once, with nothing else moved.
func TestFifthValueAcrossCall(t *testing.T) {
	var ins []Instr
	for v := V(1); v <= 5; v++ {
		ins = append(ins, fresh(v))
	}
	ins = append(ins, call(0), store(1, 2), store(3, 4), store(5))
	r := allocated(t, fn(nil, line(ins...)))
	if n := counts(r); n[Move] != 0 || n[Spill] != 1 || n[Reload] != 1 || r.Slots != 1 {
		t.Errorf("steps are\n%v", r)
	}
}

// What is not used in a loop goes to the stack for it, and not what is.
func TestLoopKeepsItsValues(t *testing.T) {
	var before, inside, after []Instr
	for v := V(1); v <= 8; v++ {
		before = append(before, fresh(v))
	}
	inside = append(inside, call(0), store(5, 6), store(7, 8), branchOn(5))
	after = append(after, store(1, 2), store(3, 4))
	r := allocated(t, fn(nil,
		line(before...).to(1),
		line(inside...).deep(1).to(2).to(3),
		line(jump()).deep(1).to(1),
		line(after...)))
	for _, s := range append(r.Blocks[1].Steps, r.Blocks[2].Steps...) {
		if s.Kind != Original {
			t.Errorf("in the loop: %v", s)
		}
	}
	if n := counts(r); n[Spill] != 4 || n[Reload] != 4 || n[Move] != 0 {
		t.Errorf("steps are\n%v", r)
	}
}

// A value that is only an argument is loaded right into the argument's register.
func TestArgumentFromStack(t *testing.T) {
	var ins []Instr
	for v := V(1); v <= 5; v++ {
		ins = append(ins, fresh(v))
	}
	ins = append(ins, call(0), store(1, 2), store(3, 4), call(0, 5), store(1, 2), store(3, 4))
	r := allocated(t, fn(nil, line(ins...)))
	if n := counts(r); n[Move] != 0 || n[Spill] != 1 || n[Reload] != 1 {
		t.Errorf("steps are\n%v", r)
	}
}

// More parameters than registers, which all change places, and the function returns to where it was.
func TestManyParameters(t *testing.T) {
	const n = 14
	var before []Instr
	var args, params, turned []V
	for v := V(1); v <= n; v++ {
		before = append(before, fresh(v))
		args = append(args, v)
		params = append(params, v+n)
		turned = append(turned, v%n+1+n)
	}
	var after []Instr
	for _, p := range params {
		after = append(after, store(p))
	}
	allocated(t, fn(nil,
		line(before...).to(1, args...),
		line(branchOn(n+1)).deep(1).with(params...).to(2).to(3),
		line(jump()).deep(1).to(1, turned...),
		line(after...)))
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		f    *Func
		want string
	}{
		{&Func{}, "function without blocks"},
		{fn(nil, line(store(1))), "block 0 instruction 0: value 1 does not exist"},
		{fn(nil, line(fresh(2), store(1))), "value 1 is used in block 0, but never defined"},
		{fn(nil, line(store(1), fresh(1))), "block 0: value 1 is used before it is defined"},
		{fn(nil, line(fresh(1), fresh(1))), "block 0 instruction 1: value 1 is defined twice"},
		{fn(nil, line().to(1), line().with(1)), "block 0: edge to block 1 with 0 arguments for 1 parameters"},
		{fn(nil, line().to(1).to(2), line().to(2), line()), "block 0: critical edge to block 2"},
		{fn(nil, line().to(1).to(2), line(fresh(1)).to(3), line().to(3), line(store(1))),
			"block 0: value 1 is used, but its definition in block 1 does not dominate it"},
		{fn(nil, line(param(1, isa.R1), param(2, isa.R1))), "block 0 instruction 1: a second parameter in r1"},
		{fn(nil, line(jump(), fresh(1))), "block 0 instruction 0: a branch must be last and define nothing"},
		{fn(nil, line(fresh(1), fresh(2), Instr{DefReg: AnyReg, Uses: []Use{{1, isa.R1}, {2, isa.R1}}})),
			"block 0 instruction 2: values 1 and 2 are both in r1"},
		{fn(nil, line(fresh(1), Instr{DefReg: AnyReg, Uses: []Use{{1, isa.R10}}})), "block 0 instruction 1: use in register r10"},
	} {
		_, err := Allocate(test.f)
		if err == nil || err.Error() != test.want {
			t.Errorf("error is %v and should be %s", err, test.want)
		}
	}
}
