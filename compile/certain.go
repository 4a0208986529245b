package compile

import (
	"math"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A path through open branches exists when the kernel takes both ways at each of
// them. It does so when it knows too little of the compared number: when the number
// was just read from memory that changes, say. When it was compared before, on this
// path, the kernel may remember what came out, and it knows more of numbers than
// this package does. So numbers get names, of the instruction that they come from,
// and each is good for one branch.
//
// This is done where references are followed only.

// mostOrigins is how many instructions can give names to numbers.
const mostOrigins = 127

// Numbers are sets of names.
type numbers struct {
	compared [2]uint64 // with something: the kernel may know how that ended
	paired   [2]uint64 // with another number that has a name, as packets are checked against their end
}

func has(set *[2]uint64, name uint8) bool { return set[name>>6]&(1<<(name&63)) != 0 }
func put(set *[2]uint64, name uint8)      { set[name>>6] |= 1 << (name & 63) }
func cut(set *[2]uint64, name uint8)      { set[name>>6] &^= 1 << (name & 63) }

// origins are what the names of numbers stand for.
type origins struct {
	name    []uint8 // by instruction; 0 for those that give none
	most    []uint64
	fixed   bool // memory of maps may be known to the kernel
	present bool // a look-up may be known to find something
}

// newOrigins looks at the maps of the program: what is in read-only ones is known
// to the kernel (bpf_map_is_rdonly), as is that an array has an element of a number
// that is known (Linux 6.14, can_elide_value_nullness).
func (w *walk) newOrigins() origins {
	const readOnlyForPrograms = 1 << 7 // BPF_F_RDONLY_PROG
	o := origins{name: make([]uint8, len(w.f.code)), most: make([]uint64, 1)}
	for i := range w.f.code {
		if in := &w.f.code[i]; in.IsWide() && in.Src != 0 && in.Src != 4 && w.f.item(i).Map() == nil { // by descriptor
			o.fixed, o.present = true, true
		}
	}
	for spec := range w.program.Maps() {
		for ; spec != nil; spec = spec.Inner {
			o.fixed = o.fixed || spec.Flags&readOnlyForPrograms != 0
			o.present = o.present || spec.Type == dsl.MapArray || spec.Type == dsl.MapPerCPUArray
		}
	}
	return o
}

// fresh names a number that an instruction gives, which may be anything from 0
// to most, for all that the kernel knows.
func (w *walk) fresh(i int, v value, most uint64, regs *state) value {
	t := &w.refs
	o := &t.origins
	if t.now.lost || v.kind != unknown && (v.kind != scalar || v.isConstant()) {
		return v
	}
	name := o.name[i]
	if name == 0 {
		if len(o.most) > mostOrigins {
			return v
		}
		name = uint8(len(o.most))
		o.name[i] = name
		o.most = append(o.most, most)
	}
	for r := range framePointer { // what it gave the last time
		if old := &regs[r]; (old.kind == scalar || old.kind == unknown) && old.name == name {
			old.anonymous()
		}
	}
	cut(&t.now.known.compared, name)
	cut(&t.now.known.paired, name)
	v.name, v.off = name, 0
	return v
}

// named names what a load gave.
func (w *walk) named(i int, base, v value, regs *state) value {
	switch {
	case base.kind == stack, base.kind == unknown && (w.refs.origins.fixed || w.refs.now.murky), base.kind == scalar:
		return v
	}
	in := &w.f.code[i]
	bits := 8 * in.Op.Size().Bytes()
	if in.Op.Mode() != isa.ModeMEM {
		bits-- // the sign's
	}
	return w.fresh(i, v, math.MaxUint64>>(64-bits), regs)
}

// derive keeps the name of a number that a constant was added to.
func (w *walk) derive(in *instr, before, by value, after *value) {
	op := in.Op.Operation()
	if before.name == 0 || before.kind != unknown && before.kind != scalar {
		return
	}
	if in.Op.Class() != isa.ClassALU64 || op != isa.OpAdd || !by.isConstant() || by.min == 0 || by.min > math.MaxUint16 || before.off > math.MaxUint16 || after.isConstant() {
		return
	}
	after.name, after.off = before.name, before.off+int64(by.min)
}

// keepNames forgets names that no register has.
func (w *walk) keepNames(regs *state) {
	known := &w.refs.now.known
	if *known == (numbers{}) {
		return
	}
	var used [2]uint64
	for r := range framePointer {
		if v := &regs[r]; v.name != 0 && (v.kind == scalar || v.kind == unknown) {
			put(&used, v.name)
		}
	}
	for i := range used {
		known.compared[i] &= used[i]
		known.paired[i] &= used[i]
	}
}

// A verdict says for the two ways of a branch whether the kernel is certain to take
// them, if a path leads to the branch.
type verdict struct{ taken, next bool }

// certain says so of a branch that this package cannot decide, and notes that its
// numbers are compared from now on.
func (w *walk) certain(in *instr, regs *state) verdict {
	op, wide := in.Op.Operation(), in.Op.Class() == isa.ClassJMP
	a := regs[in.Dst]
	register := in.Op.Source() == isa.SrcX
	var b value
	switch {
	case op == isa.OpJCOND:
		return verdict{true, true}
	case register:
		b = regs[in.Src]
	case wide:
		b = constant(uint64(in.Imm))
	default:
		b = constant(uint64(uint32(in.Imm)))
	}
	equality := op == isa.OpJEQ || op == isa.OpJNE
	alone := a.kind == acquired || !w.copied(in.Dst, regs)
	if wide && equality && !register && b.isConstant() && b.min == 0 && a.nullable && (a.kind == acquired || a.kind == object) {
		return verdict{alone, alone}
	}
	known := &w.refs.now.known
	open := w.open(&a, known) && a.off == 0 && b.isConstant() && !has(&known.paired, a.name) && canBeBoth(op, wide, w.refs.origins.most[a.name], b)
	if open {
		put(&known.compared, a.name)
		if op != isa.OpJEQ && op != isa.OpJNE {
			return verdict{true, true}
		}
		return w.certainNil(in, a, b, wide)
	}
	ordered := op == isa.OpJGT || op == isa.OpJGE || op == isa.OpJLT || op == isa.OpJLE
	if register && wide && ordered && w.open(&a, known) && w.open(&b, known) && a.name != b.name {
		// A packet against its end, or two numbers of which little is known: however
		// often, a few bytes further on each time.
		const much = math.MaxUint32
		if most := w.refs.origins.most; most[a.name] >= much && most[b.name] >= much {
			return verdict{true, true}
		}
	}
	return verdict{}
}

// pair notes that two numbers were compared with each other. On the side where a
// part of a packet goes beyond its end the kernel remembers that.
func (w *walk) pair(in *instr, a, b value, taken bool) {
	known := &w.refs.now.known
	set := &known.compared
	if within := (a.off != 0) != (b.off != 0); within {
		less := in.Op.Operation() == isa.OpJLT || in.Op.Operation() == isa.OpJLE
		if (a.off != 0) == (less == taken) {
			set = &known.paired
		}
	}
	for _, v := range [...]value{a, b} {
		if v.name != 0 && (v.kind == scalar || v.kind == unknown) {
			put(set, v.name)
		}
	}
}

// open reports whether the kernel knows nothing of a number but its width.
func (w *walk) open(v *value, known *numbers) bool {
	return v.name != 0 && (v.kind == scalar || v.kind == unknown) && !has(&known.compared, v.name)
}

// certainNil is about the result of a look-up: the kernel may know that there is
// something, never that there is not.
func (w *walk) certainNil(in *instr, a, b value, wide bool) verdict {
	if w.refs.origins.most[a.name] != lookedUp || !w.refs.origins.present || !wide || b.min != 0 {
		return verdict{true, true}
	}
	isNil := in.Op.Operation() == isa.OpJEQ
	return verdict{taken: !isNil, next: isNil}
}

// lookedUp is most of the result of a look-up, whatever it is.
const lookedUp = math.MaxUint64 - 1

// canBeBoth reports whether a comparison with a constant is true for some numbers
// from 0 to most, and false for others.
func canBeBoth(op isa.Opcode, wide bool, most uint64, with value) bool {
	c := with.min
	some, others := false, false
	for _, n := range [...]uint64{0, 1, most >> 1, most, c - 1, c, c + 1, 1 << 31, 1 << 63} {
		if n > most {
			continue
		}
		always, never := decide(op, wide, constant(n), with)
		some, others = some || always, others || never
	}
	return some && others
}

// copied reports whether another register has what one has: what is learnt of one
// the kernel knows of both.
func (w *walk) copied(r isa.Register, regs *state) bool {
	for other := range framePointer {
		if other != int(r) && regs[other] == regs[r] {
			return true
		}
	}
	return false
}
