package compile

import (
	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

// References are followed in functions that call something of the table of
// references, or whose context brings one: other functions pay nothing for it.
//
// The kernel refuses a program with an exit that is reached while something is
// held. For that to be certain here, two things must be: that the path exists (see
// certain.go), and that each step is known from where a reference was acquired to
// where it should have been given back. Where one is not, the reference, or the
// whole path, is given up quietly.

// Limits of what is followed. Beyond them, it is given up.
const (
	mostHeld   = 6
	mostSpills = 6
)

// A holding is what a path holds. It is comparable, as values are.
type holding struct {
	refs   [mostHeld]held // in the order in which they were acquired
	spills [mostSpills]spill
	known  numbers // what is known of numbers by name; see certain.go

	entered [sections]int32 // of sections that are open: the instruction that opened it, counted from 1
	depth   [sections]uint8

	count, spilled uint8
	lost           bool // nothing is claimed on this path any more
	loose          bool // somebody else may hold or have let go of something: nothing is claimed of what is not held
	murky          bool // a pointer that is not known may lead to the stack
}

// A held is a reference that the path has to give back.
type held struct {
	name uint8
	slot int16 // on the stack, from R10; 0 when it is a pointer in registers
}

// A spill is a pointer to what is held that was stored to the stack.
type spill struct {
	slot     int16
	name     uint8
	nullable bool
	off      int32
}

// A named is what the name of a reference stands for: one instruction that
// acquires has several names only when what it acquired first is still held.
type named struct {
	at    int32 // index of the instruction, or for a parameter -1 and below
	row   int   // in references, counted from 1; 0 for a parameter
	param int8
}

// tracker follows references, for one function.
type tracker struct {
	on       bool // they are followed at all
	now      holding
	holdings []holding // those that were met where paths meet; places and arrivals have an index
	index    map[holding]int32
	names    []named // a name is an index, counted from 1
	origins  origins
	quiet    map[*function]bool // whether calling it leaves alone what is held
}

// noteReference finds out whether references have to be followed in a function.
func (u *unit) noteReference(f *function, in *instr) {
	if f.references || in.is(vague) {
		return
	}
	switch {
	case in.IsHelperCall():
		f.references = rowOfHelper(in.Imm) != 0
	case in.IsKfuncCall():
		f.references = rowOfFunction(u.kernel[btf.ID(in.Imm)].name) != 0
	}
}

// rowOf is what is known of a call, or nil.
func (u *unit) rowOf(in *instr) (*row, int) {
	n := 0
	switch {
	case in.is(vague):
	case in.IsHelperCall():
		n = rowOfHelper(in.Imm)
	case in.IsKfuncCall():
		n = rowOfFunction(u.kernel[btf.ID(in.Imm)].name)
	}
	if n == 0 {
		return nil, 0
	}
	return &references[n-1], n
}

// trackReferences begins with what a function holds on entry.
func (w *walk) trackReferences() {
	t := &w.refs
	t.on = w.f.references
	params := w.refParams()
	if !t.on && len(params) == 0 {
		return
	}
	t.on = true
	t.holdings = make([]holding, 1) // index 0 is for the empty one
	t.index = map[holding]int32{{}: 0}
	t.origins = w.newOrigins()
	for _, n := range params {
		t.names = append(t.names, named{at: int32(-1 - n), param: int8(n)})
		t.now.hold(uint8(len(t.names)), 0)
	}
	t.now.loose = !w.verifiedAlone()
}

// verifiedAlone reports whether the kernel looks at a function by itself, and
// refuses it when something is held at its exit.
func (w *walk) verifiedAlone() bool { return w.f == w.funcs[0] || w.f.program.Global }

// refParams are the parameters that the program is given to keep.
func (w *walk) refParams() []int {
	var params []int
	if c := w.target.Context; c != nil && w.f == w.funcs[0] {
		for n, p := range c.Params {
			if p.Ref && len(params) < mostHeld {
				params = append(params, n)
			}
		}
	}
	return params
}

// holding is the number of what is held now.
func (w *walk) holding() int32 {
	t := &w.refs
	if !t.on {
		return 0
	}
	n, known := t.index[t.now]
	if !known {
		n = int32(len(t.holdings))
		t.holdings = append(t.holdings, t.now)
		t.index[t.now] = n
	}
	return n
}

func (h *holding) hold(name uint8, slot int16) bool {
	if int(h.count) == len(h.refs) {
		return false
	}
	h.refs[h.count] = held{name, slot}
	h.count++
	return true
}

func (h *holding) holds(name uint8) bool {
	for _, r := range h.refs[:h.count] {
		if r.name == name {
			return true
		}
	}
	return false
}

// at finds what is held at a place of the stack.
func (h *holding) at(slot int64) (name uint8) {
	for _, r := range h.refs[:h.count] {
		if r.slot != 0 && int64(r.slot) == slot {
			return r.name
		}
	}
	return 0
}

// let lets go of a reference, and of its spilled pointers.
func (h *holding) let(name uint8) {
	for i := 0; i < int(h.count); i++ {
		if h.refs[i].name == name {
			copy(h.refs[i:], h.refs[i+1:h.count])
			h.count--
			h.refs[h.count] = held{}
			break
		}
	}
	h.unspill(func(s spill) bool { return s.name == name })
}

// unspill forgets spilled pointers.
func (h *holding) unspill(which func(spill) bool) {
	for i := 0; i < int(h.spilled); {
		if !which(h.spills[i]) {
			i++
			continue
		}
		copy(h.spills[i:], h.spills[i+1:h.spilled])
		h.spilled--
		h.spills[h.spilled] = spill{}
	}
}

// loseTrack gives up the path: nothing is claimed of it any more.
func (w *walk) loseTrack(regs *state) {
	w.refs.now = holding{lost: true}
	for r := range framePointer {
		if v := &regs[r]; v.kind == acquired || v.kind == released || v.name != 0 {
			v.anonymous()
		}
	}
}

// giveUp forgets a reference: who holds it is not known any more.
func (w *walk) giveUp(name uint8, regs *state) {
	w.refs.now.let(name)
	w.become(name, unknown, regs)
}

// giveUpPointers forgets all references but those on the stack.
func (w *walk) giveUpPointers(regs *state) {
	h := &w.refs.now
	for i := int(h.count) - 1; i >= 0; i-- {
		if i < int(h.count) && h.refs[i].slot == 0 {
			w.giveUp(h.refs[i].name, regs)
		}
	}
}

// giveUpAll forgets what is held, because somebody else may have done anything.
func (w *walk) giveUpAll(regs *state) {
	h := &w.refs.now
	for h.count > 0 {
		w.giveUp(h.refs[0].name, regs)
	}
	h.loose = true
	h.depth, h.entered = [sections]uint8{}, [sections]int32{}
}

// become changes what the pointers to a reference are.
func (w *walk) become(name uint8, k kind, regs *state) {
	for r := range framePointer {
		v := &regs[r]
		if (v.kind == acquired || v.kind == released) && v.name == name {
			if k == released {
				*v = value{kind: released, name: name}
			} else {
				*v = value{kind: unknown}
			}
		}
	}
}

// anonymous leaves what is known of a value but where it comes from.
func (v *value) anonymous() {
	switch v.kind {
	case acquired, released:
		*v = value{kind: unknown}
	case scalar, unknown:
		v.name, v.off = 0, 0
	}
}

// acquire makes a pointer to something new that has to be given back.
func (w *walk) acquire(i, n int, regs *state) value {
	r := &references[n-1]
	name := w.nameFor(i, n, regs)
	if name == 0 || !w.refs.now.hold(name, 0) {
		w.loseTrack(regs)
		return value{kind: unknown}
	}
	return value{kind: acquired, name: name, nullable: r.nil != never}
}

// nameFor names what an instruction acquires: as it did when a path was here
// before, unless that is still held. 0 stands for too many names.
func (w *walk) nameFor(i, n int, regs *state) uint8 {
	t := &w.refs
	for at, known := range t.names {
		name := uint8(at + 1)
		if int(known.at) == i && !t.now.holds(name) {
			w.become(name, unknown, regs) // of what was given back
			return name
		}
	}
	if len(t.names) == 255 {
		return 0
	}
	t.names = append(t.names, named{at: int32(i), row: n})
	return uint8(len(t.names))
}

// checkedNil says what is known of pointers to a reference once one of them was
// compared with 0.
func (w *walk) checkedNil(name uint8, isNil bool, regs *state) {
	h := &w.refs.now
	if isNil {
		for r := range framePointer {
			if v := &regs[r]; v.kind == acquired && v.name == name {
				*v = constant(0)
			}
		}
		h.let(name) // there is nothing to give back
		if row := w.refs.names[name-1].row; row != 0 && references[row-1].nil == varies {
			w.loseTrack(regs) // perhaps the kernel knows that it is not nil
		}
		return
	}
	for r := range framePointer {
		if v := &regs[r]; v.kind == acquired && v.name == name {
			v.nullable = false
		}
	}
	for i := range h.spills[:h.spilled] {
		if h.spills[i].name == name {
			h.spills[i].nullable = false
		}
	}
}

// loadSpilled gives the pointer that was stored to the stack, if that is what a
// load reads.
func (w *walk) loadSpilled(i int, base value, at, size int64, regs *state) (value, bool) {
	h := &w.refs.now
	switch {
	case base.kind == stack:
		for _, s := range h.spills[:h.spilled] {
			if int64(s.slot) == at && size == 8 && w.f.code[i].Op.Mode() == isa.ModeMEM {
				return value{kind: acquired, name: s.name, nullable: s.nullable, off: int64(s.off)}, true
			}
		}
	case base.kind == unknown && size == 8 && h.murky: // perhaps one of them
		for h.spilled > 0 {
			w.giveUp(h.spills[0].name, regs)
		}
	}
	return value{}, false
}

// spillOrLose follows what a store does to pointers: the stored one, and those
// that it writes over. It reports whether the path can be followed further.
func (w *walk) spillOrLose(i int, base value, regs *state) bool {
	in, h := &w.f.code[i], &w.refs.now
	at, size := base.off+int64(in.Off), int64(in.Op.Size().Bytes())
	plain := in.Op.Class() == isa.ClassSTX && in.Op.Mode() == isa.ModeMEM
	var stored value
	if in.Op.Class() == isa.ClassSTX {
		stored = regs[in.Src]
	}
	if stored.kind == stack {
		h.murky = true // it may come back as a pointer that is not known
	}
	if base.kind == stack {
		if !w.overwrite(i, at, size, regs) {
			return false
		}
		if in.Op.Mode() == isa.ModeATOMIC {
			for _, s := range h.spills { // whoever reads it there
				if s.name != 0 && at < int64(s.slot)+8 && int64(s.slot) < at+size {
					w.giveUp(s.name, regs)
				}
			}
		}
		h.unspill(func(s spill) bool { return at < int64(s.slot)+8 && int64(s.slot) < at+size })
	}
	if stored.kind != acquired {
		return true
	}
	if base.kind == stack && plain && size == 8 && at%8 == 0 && int(h.spilled) < len(h.spills) && stored.off == int64(int32(stored.off)) {
		h.spills[h.spilled] = spill{slot: int16(at), name: stored.name, nullable: stored.nullable, off: int32(stored.off)}
		h.spilled++
		return true
	}
	w.giveUp(stored.name, regs)
	return true
}

// giveUpArguments forgets what arguments lead to: whoever gets them may do anything
// about that.
func (w *walk) giveUpArguments(regs *state) {
	h := &w.refs.now
	for r := isa.R1; r <= isa.R5; r++ {
		switch v := regs[r]; v.kind {
		case acquired:
			w.giveUp(v.name, regs)
		case stack: // whatever stands there, and behind it
			h.loose = true
			for i := int(h.count) - 1; i >= 0; i-- {
				if i < int(h.count) && h.refs[i].slot != 0 {
					w.giveUp(h.refs[i].name, regs)
				}
			}
			for h.spilled > 0 {
				w.giveUp(h.spills[0].name, regs)
			}
		case unknown:
			if h.murky {
				w.giveUpAll(regs)
			}
		}
	}
}

// given is an argument that the program has to give back.
func (w *walk) given(n int, v value) value {
	for at, known := range w.refs.names {
		if name := uint8(at + 1); known.at == int32(-1-n) && w.refs.now.holds(name) {
			v.kind, v.name = acquired, name
			return v
		}
	}
	return value{kind: unknown}
}

// compute is arithmetic where references are followed.
func (w *walk) compute(in *instr, regs *state) {
	dst := &regs[in.Dst]
	before, by := *dst, constant(uint64(in.Imm))
	if in.Op.Source() == isa.SrcX && in.Op.Operation() != isa.OpEnd {
		by = regs[in.Src]
	}
	dst.apply(&in.Instruction, &by)
	if w.refs.now.lost || in.Op.Operation() == isa.OpMov {
		return
	}
	if dst.kind == unknown && (before.kind == stack || by.kind == stack) {
		w.refs.now.murky = true
	}
	w.derive(in, before, by, dst)
}

// loadFollowed is what a load gave, where references are followed.
func (w *walk) loadFollowed(i int, base, v value, regs *state) value {
	in := &w.f.code[i]
	if spilled, ok := w.loadSpilled(i, base, base.off+int64(in.Off), int64(in.Op.Size().Bytes()), regs); ok {
		return spilled
	}
	if v.kind == acquired {
		return v
	}
	return w.named(i, base, v, regs)
}
