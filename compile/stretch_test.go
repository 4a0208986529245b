package compile

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// compileReaching is Compile for jumps that reach less. It also gives the slots of instructions that were added.
func compileReaching(p *dsl.Program, t Target, reach int) (*Object, map[int]bool, error) {
	u := &unit{program: p, target: t}
	for _, pass := range passes {
		if pass.name == "stretch" {
			u.stretch(reach)
		} else {
			pass.run(u)
		}
	}
	if len(u.findings) > 0 {
		return nil, nil, u.findings
	}
	slots := make(map[int]bool)
	for _, f := range u.funcs {
		for i := range f.code {
			if in := &f.code[i]; in.is(added) {
				slots[f.first+int(in.slot)] = true
			}
		}
	}
	return u.object, slots, u.err
}

// farthest is the longest distance of the 16-bit jumps.
func farthest(o *Object) int {
	most := 0
	for _, in := range o.Instructions {
		if distance, field, ok := in.Displacement(); ok && field == isa.FieldOff {
			most = max(most, int(distance), -int(distance)-1)
		}
	}
	return most
}

// A step is the item of an executed instruction, and the registers before it.
type step struct {
	item *record.Item
	regs [11]uint64
}

// run interprets arithmetic and jumps. It gives the first steps, but those of instructions that were added.
func run(t *testing.T, o *Object, added map[int]bool, steps int) (trace []step) {
	t.Helper()
	at := make(map[int]int, len(o.Instructions)) // instruction by slot
	slots := make([]int, len(o.Instructions))
	slot := 0
	for i, in := range o.Instructions {
		at[slot], slots[i] = i, slot
		slot += in.Slots()
	}
	var regs [11]uint64
	trace = make([]step, 0, steps)
	var calls []int // where to return to
	may := 0        // may_goto jumps every third time
	idle := 0       // instructions since one that was not added
	for i := 0; len(trace) < steps; {
		in := o.Instructions[i]
		if added[slots[i]] {
			idle++
		} else {
			trace, idle = append(trace, step{o.Item(slots[i]), regs}), 0
		}
		if idle > 1000 {
			t.Fatalf("added instructions lead round in a circle at slot %d", slots[i])
		}
		taken := false
		b := uint64(in.Imm)
		if in.Op.Source() == isa.SrcX {
			b = regs[in.Src]
		}
		switch {
		case in.IsExit() && len(calls) == 0:
			return trace
		case in.IsExit():
			i, calls = calls[len(calls)-1], calls[:len(calls)-1]
			continue
		case in.IsSubprogramCall():
			if len(calls) > 8 {
				return trace
			}
			calls, taken = append(calls, i+1), true
		case in.IsWide():
			regs[in.Dst] = uint64(in.Imm)
		case in.IsConditional() && in.Op.Operation() == isa.OpJCOND:
			may++
			taken = may%3 == 0
		case in.IsConditional():
			taken = compare(in.Op.Operation(), in.Op.Class() == isa.ClassJMP, regs[in.Dst], b)
		case in.IsJump():
			taken = true
		default:
			n, ok := compute(in.Op.Operation(), regs[in.Dst], b)
			if !ok || in.Op.Class() != isa.ClassALU64 {
				t.Fatalf("no meaning of %v is known here", in)
			}
			regs[in.Dst] = n
		}
		i++
		if taken {
			distance, _, _ := in.Displacement()
			to, exact := at[slots[i-1]+1+int(distance)]
			if !exact {
				t.Fatalf("%v at slot %d leads nowhere", in, slots[i-1])
			}
			i = to
		}
	}
	return trace
}

// wander is a program of about n random instructions, all of which some path leads to, with jumps to labels anywhere in it, numeric
// jumps (Raw), 64-bit loads, ends in the middle, and calls of a function. If it is to end, all jumps lead forward.
func wander(random *rand.Rand, level isa.Level, n, jumps int, ends bool) *dsl.Program {
	sub := dsl.Assembly("sub", dsl.Mov64Imm(isa.R0, 99), dsl.Add64Imm(isa.R0, random.Int32N(9)), dsl.JGT64Imm(isa.R0, 100, "out"),
		dsl.Add64Imm(isa.R0, 1), dsl.Label("out"), dsl.Exit())
	var items []dsl.Item
	for r := isa.R0; r <= isa.R9; r++ {
		items = append(items, dsl.Mov64Imm(r, random.Int32N(50)))
	}
	here, back := 0, int16(-2)
	if ends {
		back = 0
	}
	label := func() string {
		if ends {
			return fmt.Sprint("l", here+1+random.IntN(n/5-here))
		}
		return fmt.Sprint("l", random.IntN(n/5))
	}
	r := func() isa.Register { return isa.Register(6 + random.IntN(4)) } // kept across calls
	branch := func(label string) dsl.Item {
		dst, src, imm := r(), r(), random.Int32N(1000)
		v1 := []func() dsl.Item{
			func() dsl.Item { return dsl.JEQ64Imm(dst, imm, label) }, func() dsl.Item { return dsl.JNE64Reg(dst, src, label) },
			func() dsl.Item { return dsl.JGT64Imm(dst, imm, label) }, func() dsl.Item { return dsl.JGE64Reg(dst, src, label) },
			func() dsl.Item { return dsl.JSGT64Imm(dst, imm, label) }, func() dsl.Item { return dsl.JSGE64Reg(dst, src, label) },
			func() dsl.Item { return dsl.JSET64Imm(dst, imm, label) },
		}
		v4 := []func() dsl.Item{
			func() dsl.Item { return dsl.JLT64Imm(dst, imm, label) }, func() dsl.Item { return dsl.JLE32Reg(dst, src, label) },
			func() dsl.Item { return dsl.JSLT32Imm(dst, imm, label) }, func() dsl.Item { return dsl.JSLE64Reg(dst, src, label) },
			func() dsl.Item { return dsl.MayGoto(label) }, func() dsl.Item { return dsl.JSET32Reg(dst, src, label) },
		}
		if level == isa.V4 && random.IntN(2) == 0 {
			return v4[random.IntN(len(v4))]()
		}
		return v1[random.IntN(len(v1))]()
	}
	for here = range n / 5 {
		items = append(items, dsl.Label(fmt.Sprint("l", here)))
		for range 4 {
			switch k := random.IntN(20); {
			case k < jumps:
				items = append(items, branch(label()))
			case k == 19 && random.IntN(4) == 0: // leaves a place where code does not go on
				on := fmt.Sprint("on", len(items))
				end := dsl.Jump(label())
				if random.IntN(3) == 0 {
					end = dsl.Exit()
				}
				items = append(items, branch(on), end, dsl.Label(on))
			case k == 18:
				items = append(items, dsl.LoadImm64(r(), random.Int64N(2000)))
			case k == 17 && random.IntN(8) == 0:
				items = append(items, dsl.Call(sub))
			case k == 15 && !ends && random.IntN(3) == 0: // back to wherever
				var slots []int
				next := 0
				for i := range items {
					if items[i].Kind != record.LabelHere {
						slots = append(slots, next)
						next += items[i].Ins.Slots()
					}
				}
				items = append(items, dsl.Raw(isa.JSGE64Reg(r(), r(), int16(slots[random.IntN(len(slots))]-next-1))))
			case k == 16: // over an instruction that follows, or back over one
				items = append(items, dsl.Raw(isa.JEQ64Imm(r(), random.Int32N(100), 1)), dsl.Add64Imm(r(), 1), dsl.Sub64Imm(r(), 1),
					dsl.Raw(isa.JGT64Imm(r(), 3000, back)))
			default:
				items = append(items, dsl.Add64Imm(r(), random.Int32N(100)), dsl.Xor64Reg(r(), r()))
			}
		}
	}
	return dsl.Assembly("wander", append(items, dsl.Label(fmt.Sprint("l", n/5)), dsl.Mov64Reg(isa.R0, isa.R6), dsl.Exit())...)
}

// TestStretchedProgramsDoTheSame: whatever is added to random programs, they do the same as before, step for step.
func TestStretchedProgramsDoTheSame(t *testing.T) {
	for _, level := range []isa.Level{isa.V1, isa.V3, isa.V4} {
		t.Run(level.String(), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, uint64(level)))
			stretched, crowded, programs := 0, 0, 150
			for n := range programs {
				p := wander(random, level, 50+random.IntN(500), 1+random.IntN(3), false)
				to := Target{Level: level, ByteOrder: isa.Native, Unchecked: true} // some never end
				plain, err := Compile(p, to)
				if err != nil {
					t.Fatalf("program %d: %v", n, err)
				}
				reach := 60 + random.IntN(200)
				o, added, err := compileReaching(p, to, reach)
				if err != nil {
					t.Fatalf("program %d, reach %d: %v", n, reach, err)
				}
				if len(o.Instructions) > len(plain.Instructions) { // a numeric jump alone does not make it look
					stretched++
					if farthest(o) > reach {
						crowded++
					}
				}
				checkLines(t, o)
				want, got := run(t, plain, nil, 3000), run(t, o, added, 3000)
				for i := range want {
					if i < len(got) && want[i] != got[i] {
						t.Fatalf("program %d, reach %d: step %d is another: %v %x, want %v %x", n, reach, i, got[i].item, got[i].regs,
							want[i].item, want[i].regs)
					}
				}
				if len(got) != len(want) {
					t.Fatalf("program %d, reach %d: %d steps, want %d", n, reach, len(got), len(want))
				}
			}
			if stretched < programs/4 || level == isa.V4 && crowded > 0 || crowded > programs/4 {
				t.Errorf("of %d programs, %d were stretched, and %d still have jumps that are too far", programs, stretched, crowded)
			}
			t.Logf("of %d programs, %d were stretched, and %d still have jumps that are too far", programs, stretched, crowded)
		})
	}
}

// checkLines holds line records and items against each other, and added instructions come from jumps.
func checkLines(t *testing.T, o *Object) {
	t.Helper()
	order := recordOrder(o.ByteOrder).(binary.ByteOrder)
	line, next := uint32(0), 0
	for slot := range o.Slots() {
		if next < len(o.LineInfo) && order.Uint32(o.LineInfo[next:]) == uint32(slot) {
			line = order.Uint32(o.LineInfo[next+12:]) >> 10
			next += LineInfoSize
		}
		if want := o.Pos(slot).Line; line != uint32(want) {
			t.Fatalf("slot %d is of line %d, and the record says %d", slot, want, line)
		}
	}
	if next != len(o.LineInfo) {
		t.Fatalf("%d bytes of line records, %d have a slot", len(o.LineInfo), next)
	}
	slot := 0
	for _, in := range o.Instructions {
		if item := o.Item(slot); item.Ins.Op != in.Op && !item.Ins.IsJump() {
			t.Fatalf("%v at slot %d is said to come from %v", in, slot, item)
		}
		slot += in.Slots()
	}
}

// TestNumbersFollow: jumps, calls and addresses that were given as numbers lead to the instructions that they led to, in a body that
// holds several functions, and from one program into another.
func TestNumbersFollow(t *testing.T) {
	raw := func(ins ...isa.Instruction) (items []dsl.Item) {
		for _, in := range ins {
			items = append(items, dsl.Raw(in))
		}
		return items
	}
	sub := dsl.Assembly("sub", dsl.Mov64Imm(isa.R0, 7), dsl.JEQ64Imm(isa.R0, 1, "far"), dsl.Mov64Imm(isa.R0, 8), dsl.Exit(),
		dsl.Label("far"), dsl.Exit())
	items := slices.Concat(
		[]dsl.Item{dsl.Mov64Imm(isa.R0, 0), dsl.JSET64Imm(isa.R0, 1, "far")},
		fill(12),
		raw(isa.JEQ64Imm(isa.R0, 9, -14), // back over the far jump
			isa.CallRel(5),           // of the second function
			isa.LoadFunc(isa.R2, 3)), // its address
		[]dsl.Item{dsl.Label("far"), dsl.Call(sub)},
		raw(isa.CallRel(9)), // of the program sub
		[]dsl.Item{dsl.Exit()},
		raw(isa.Mov64Imm(isa.R0, 77), isa.JEQ64Imm(isa.R0, 1, 4), isa.Mov64Imm(isa.R0, 1), isa.Mov64Imm(isa.R0, 2),
			isa.Mov64Imm(isa.R0, 3), isa.Exit(), isa.Exit()))
	p := dsl.Assembly("p", items...)
	plain, err := Compile(p, Target{Unchecked: true}) // functions begin within others, which the kernel does not take
	if err != nil {
		t.Fatal(err)
	}
	for level := isa.V1; level <= isa.V4; level++ {
		o, _, err := compileReaching(p, Target{Level: level, Unchecked: true}, 8)
		if err != nil {
			t.Fatal(err)
		}
		led, leads := targets(plain), targets(o)
		if len(o.Instructions) == len(plain.Instructions) {
			t.Fatal("nothing was added")
		}
		for from, to := range led {
			if from.Kind != record.JumpTo && !from.Ins.IsJump() && leads[from] != to { // jumps may go by others
				t.Errorf("level %v: %v led to %v, and leads to %v", level, from, to, leads[from])
			}
		}
		if len(o.FuncInfo) != len(plain.FuncInfo) {
			t.Errorf("level %v: %d bytes of function records, want %d", level, len(o.FuncInfo), len(plain.FuncInfo))
		}
		checkLines(t, o)
	}
}

// targets are the items that items with a distance lead to, by way of others that were added.
func targets(o *Object) map[*record.Item]*record.Item {
	to := make(map[*record.Item]*record.Item)
	slot := 0
	for _, in := range o.Instructions {
		if distance, _, ok := in.Displacement(); ok {
			from := o.Item(slot)
			to[from] = o.Item(slot + 1 + int(distance))
		}
		slot += in.Slots()
	}
	return to
}

// TestGotoxKeepsItsPlaces: gotos become gotols beside a gotox, which moves nothing; that is all.
func TestGotoxKeepsItsPlaces(t *testing.T) {
	items := slices.Concat([]dsl.Item{dsl.Mov64Imm(isa.R0, 0), dsl.JEQ64Imm(isa.R0, 0, "on"), dsl.Jump("far"), dsl.Label("on"),
		dsl.Mov64Imm(isa.R2, 0), dsl.JEQ64Imm(isa.R2, 1, "end"), dsl.GotoX(isa.R2)}, fill(12),
		[]dsl.Item{dsl.Label("far"), dsl.Label("end"), dsl.Exit()})
	o, _, err := compileReaching(dsl.Assembly("p", items...), Target{}, 8)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.Instructions; len(got) != 19 || got[2] != isa.JumpLong(15) || got[4] != isa.JEQ64Imm(isa.R2, 1, 13) {
		t.Errorf("got\n%s", o.AppendListing(nil))
	}
}

// TestChainReactionsEnd: each jump that is lengthened pushes just one more out of reach, a thousand times. Code that is a little longer
// than it need be is better than a round for each.
func TestChainReactionsEnd(t *testing.T) {
	// Jump k leads over the place of jump k+1 and, with one more instruction, is too far.
	const jumps, reach = 2000, 1000
	items := []dsl.Item{dsl.Mov64Imm(isa.R0, 0)}
	for k := range jumps {
		items = append(items, dsl.Label(fmt.Sprint("l", k)), dsl.JEQ64Imm(isa.R0, 1, fmt.Sprint("l", k+reach/2+1)))
		items = append(items, dsl.Add64Imm(isa.R0, 1))
	}
	for k := range reach {
		items = append(items, dsl.Label(fmt.Sprint("l", jumps+k)), dsl.Add64Imm(isa.R0, 1), dsl.Add64Imm(isa.R0, 1))
	}
	items = append(items, dsl.Exit())
	for level := isa.V3; level <= isa.V4; level++ {
		for less := range 4 {
			o, _, err := compileReaching(dsl.Assembly("p", items...), Target{Level: level}, reach-less)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("level %v: %d instructions of %d", level, len(o.Instructions), len(items))
			if level == isa.V4 && farthest(o) > reach-less {
				t.Errorf("a jump leads over %d", farthest(o))
			}
		}
	}
}

// TestStretchTakesAnything: labels that are missing, stand twice or at the end, numbers that lead nowhere, instructions that are none.
// There are findings, and the same with and without stretching but for the instructions that they are about.
func TestStretchTakesAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for range 500 {
		var items []dsl.Item
		label := func() string { return fmt.Sprint("l", random.IntN(30)) }
		sub := dsl.Assembly("sub", dsl.Raw(isa.CallRel(random.Int32N(40)-20)), dsl.Exit())
		for range 20 + random.IntN(100) {
			item := []dsl.Item{
				dsl.Label(label()), dsl.Jump(label()), dsl.JEQ64Imm(isa.R0, 1, label()), dsl.MayGoto(label()), dsl.JumpLong(label()),
				dsl.Raw(isa.Jump(int16(random.IntN(60) - 30))), dsl.Raw(isa.JSET64Imm(isa.R0, 1, int16(random.IntN(60)-30))),
				dsl.Raw(isa.CallRel(random.Int32N(60) - 30)), dsl.Raw(isa.LoadFunc(isa.R1, random.Int32N(60)-30)),
				dsl.LoadImm64(isa.R0, 1),
				dsl.Call(sub), dsl.Call(nil), dsl.Exit(), dsl.Mov64Imm(isa.Register(random.IntN(13)), 1), dsl.JLT64Reg(12, 200, label()),
				dsl.Raw(isa.Instruction{Op: isa.Opcode(random.IntN(256)), Off: 3}),
			}[random.IntN(16)]
			if random.IntN(400) == 0 {
				item = dsl.GotoX(isa.R1)
			}
			items = append(items, item, dsl.Add64Imm(isa.R0, 1))
		}
		p := dsl.Assembly("p", items...)
		for range len(items) / 10 { // what no constructor makes
			odd := []record.Item{record.NewItem(record.JumpTo, isa.Exit(), &record.Reference{Name: label()}, ir.Site{}),
				{Kind: record.SubCall}, {Kind: record.FieldLoad}, {Kind: record.Declared}, {Kind: record.ItemKind(random.IntN(256))}}
			p.Items = slices.Insert(p.Items, random.IntN(len(p.Items)), odd[random.IntN(len(odd))])
		}
		to := Target{Level: isa.Level(random.IntN(5))}
		_, err := Compile(p, to)
		_, _, stretched := compileReaching(p, to, 4+random.IntN(30))
		if (err == nil) != (stretched == nil) {
			t.Fatalf("without stretching: %v; with it: %v", err, stretched)
		}
	}
}

// code is what a program compiles to when jumps reach less, as text.
func code(t *testing.T, level isa.Level, reach int, items ...dsl.Item) string {
	t.Helper()
	o, _, err := compileReaching(dsl.Assembly("p", items...), Target{Level: level, Unchecked: true}, reach)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, in := range o.Instructions {
		lines = append(lines, in.String())
	}
	return strings.Join(lines, "\n")
}

func fill(n int) []dsl.Item { return slices.Repeat([]dsl.Item{dsl.Add64Imm(isa.R0, 1)}, n) }

func apart(before []dsl.Item, n int, after ...dsl.Item) []dsl.Item {
	return slices.Concat([]dsl.Item{dsl.Mov64Imm(isa.R0, 0)}, before, fill(n), after)
}

// TestShapes holds what takes the place of a jump that is too far.
func TestShapes(t *testing.T) {
	far := []dsl.Item{dsl.Label("far"), dsl.Exit()}
	for _, tt := range []struct {
		name  string
		level isa.Level
		items []dsl.Item
		want  string
	}{
		{"goto", isa.V4, apart([]dsl.Item{dsl.JEQ64Imm(isa.R0, 1, "on"), dsl.Jump("far"), dsl.Label("on")}, 12, far...),
			"r0 = 0|if r0 == 0x1 goto pc+1|gotol pc+12|12 of r0 += 1|exit"},
		{"condition", isa.V4, apart([]dsl.Item{dsl.JLE64Imm(isa.R0, 1, "far")}, 12, far...),
			"r0 = 0|if r0 > 0x1 goto pc+1|gotol pc+12|12 of r0 += 1|exit"},
		{"signed condition, all levels", 0, apart([]dsl.Item{dsl.JSGE32Reg(isa.R0, isa.R0, "far")}, 12, far...),
			"r0 = 0|if w0 s< w0 goto pc+1|gotol pc+12|12 of r0 += 1|exit"},
		{"no opposite", isa.V4, apart([]dsl.Item{dsl.JSET64Imm(isa.R0, 1, "far")}, 12, far...),
			"r0 = 0|if r0 & 0x1 goto pc+1|goto pc+1|gotol pc+12|12 of r0 += 1|exit"},
		{"may_goto", isa.V4, apart([]dsl.Item{dsl.MayGoto("far")}, 12, far...),
			"r0 = 0|may_goto pc+1|goto pc+1|gotol pc+12|12 of r0 += 1|exit"},
		{"backward", isa.V4, append([]dsl.Item{dsl.Label("far")}, apart(nil, 12, dsl.JNE64Imm(isa.R0, 1, "far"), dsl.Exit())...),
			"r0 = 0|12 of r0 += 1|if r0 == 0x1 goto pc+1|gotol pc-15|exit"},
		{"near enough", isa.V4, apart([]dsl.Item{dsl.JLE64Imm(isa.R0, 1, "far")}, 8, far...),
			"r0 = 0|if r0 <= 0x1 goto pc+8|8 of r0 += 1|exit"},
		{"pushed away", isa.V4, apart([]dsl.Item{dsl.JLE64Imm(isa.R0, 1, "near"), dsl.JEQ64Imm(isa.R0, 3, "far")}, 7,
			append(append([]dsl.Item{dsl.Label("near")}, fill(4)...), far...)...),
			"r0 = 0|if r0 > 0x1 goto pc+1|gotol pc+9|if r0 != 0x3 goto pc+1|gotol pc+11|11 of r0 += 1|exit"},
		{"island", isa.V3, apart([]dsl.Item{dsl.JEQ64Imm(isa.R0, 1, "far"), dsl.JEQ64Imm(isa.R0, 2, "far")}, 9, far...),
			"r0 = 0|if r0 == 0x1 goto pc+3|if r0 == 0x2 goto pc+2|1 of r0 += 1|goto pc+1|goto pc+8|8 of r0 += 1|exit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := strings.Split(tt.want, "|")
			for i := len(want) - 1; i >= 0; i-- {
				var n int
				if count, _ := fmt.Sscanf(want[i], "%d of", &n); count == 1 {
					want = slices.Replace(want, i, i+1, slices.Repeat([]string{"r0 += 1"}, n)...)
				}
			}
			if got := code(t, tt.level, 8, tt.items...); got != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
		})
	}
}
