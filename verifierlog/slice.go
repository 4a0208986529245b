package verifierlog

import (
	"slices"
	"strings"
)

// sliceLimit is the largest number of instructions in a slice: people read it.
const sliceLimit = 32

// slice returns the instructions that computed the value which broke the rule, in the order of the walk. The last one is the refused
// instruction. Instructions of a loop appear once.
//
// It goes back along the path with a set of wanted places. An instruction that wrote a wanted place becomes part of the slice. Then its
// operands are wanted instead of that place.
func (p *Path) slice(reason string, details []string) []Step {
	if len(p.steps) == 0 {
		return nil
	}
	s := slicer{path: p, reason: reason, details: details, wanted: map[int]bool{}, seen: map[int]bool{}, operands: map[*code]operands{}}
	last := len(p.steps) - 1
	s.include(last, "", Note{})
	if s.resource() || s.loop() {
		return s.inOrder()
	}
	for i, before := range p.Backward() {
		if i < last && s.path.steps[i+1].gap { // the history is not in the log
			break
		}
		if i == last {
			for _, cell := range s.blame(s.operandsOf(i), p.steps[i].frame, before) {
				s.want(cell)
			}
			s.checkType(i, before)
			continue
		}
		if len(s.wanted) == 0 || len(s.steps) >= sliceLimit {
			break
		}
		s.step(i, before)
	}
	return s.inOrder()
}

// A slicer holds a slice while it is made.
type slicer struct {
	path     *Path
	reason   string
	details  []string
	wanted   map[int]bool // cells whose history is still open
	seen     map[int]bool // instructions that are in the slice
	operands map[*code]operands
	steps    []Step
	order    []int // of steps: index in the path
}

func (s *slicer) want(cell int) { s.wanted[cell] = true }

func (s *slicer) operandsOf(i int) operands {
	c := s.path.steps[i].code
	o, ok := s.operands[c]
	if !ok {
		o = parseOperands(c.text)
		s.operands[c] = o
	}
	return o
}

// include adds an instruction to the slice, if it is not in it already.
func (s *slicer) include(i int, value string, note Note) {
	c := s.path.steps[i].code
	if s.seen[c.insn] || len(s.steps) >= sliceLimit {
		return
	}
	s.seen[c.insn] = true
	s.steps = append(s.steps, Step{Insn: c.insn, Text: c.text, Source: c.source, Value: value, Note: note})
	s.order = append(s.order, i)
}

// inOrder returns the steps in the order of the walk.
func (s *slicer) inOrder() []Step {
	index := make([]int, len(s.steps))
	for i := range index {
		index[i] = i
	}
	slices.SortFunc(index, func(a, b int) int { return s.order[a] - s.order[b] })
	steps := make([]Step, len(index))
	for i, at := range index {
		steps[i] = s.steps[at]
	}
	return steps
}

// An effect is the effect of an instruction on a place.
type effect struct {
	hit  bool   // the instruction had an effect
	stay bool   // the value before matters too
	from []int  // cells from which the value was computed
	note Note   // for the slice
	made string // for the slice, when it is not the wanted place: "R4=pkt(off=14,r=14)"
}

// step finds the effect of an instruction on each wanted place.
func (s *slicer) step(i int, before *Snapshot) {
	o, frame := s.operandsOf(i), s.path.steps[i].frame
	for _, cell := range s.wantedNow() {
		after, changed := s.after(i, cell, before)
		e := effects[o.operation](s, access{o, i, frame, cell, before, after, changed})
		if !e.hit {
			continue
		}
		if !e.stay {
			delete(s.wanted, cell)
		}
		value := e.made
		if value == "" && shown(after) != "" {
			value = placeOf(cell).String() + "=" + after
		}
		s.include(i, value, e.note)
		for _, c := range e.from {
			s.want(c)
			if o.operation == moveOperation && o.wide {
				s.checkStale(i, c, before.known[c], after)
			}
		}
	}
}

// wantedNow lists the wanted places in a fixed order, so that slices do not depend on the order of a Go map.
func (s *slicer) wantedNow() []int {
	list := make([]int, 0, len(s.wanted))
	for cell := range s.wanted {
		list = append(list, cell)
	}
	slices.Sort(list)
	return list
}

// after returns a value after a step, and whether it changed. A mark of the verifier is not a change.
func (s *slicer) after(i, cell int, before *Snapshot) (text string, changed bool) {
	text = before.known[cell]
	for _, c := range s.path.changesOf(i) {
		if c.cell == cell {
			text = c.after
		}
	}
	return text, strings.TrimPrefix(text, "P") != strings.TrimPrefix(before.known[cell], "P")
}

// An access is an instruction and one place that it may have an effect on.
type access struct {
	operands
	step    int // index in the path
	frame   int
	cell    int
	before  *Snapshot
	after   string // the value of the place
	changed bool
}

// is reports whether the place is this register of the running function.
func (a access) is(n int) bool { return n >= 0 && a.cell == cellOf(register(a.frame, n)) }

// registerCells returns the cells of registers of the running function, without R10, which is never written.
func (a access) registerCells(registers ...int) []int {
	var cells []int
	for _, n := range registers {
		if cell := cellOf(register(a.frame, n)); n >= 0 && n != 10 && cell >= 0 {
			cells = append(cells, cell)
		}
	}
	return cells
}

// effects has a function for each operation that returns its effect on a place.
var effects = [...]func(s *slicer, a access) effect{
	otherOperation:  func(_ *slicer, a access) effect { return effect{hit: a.changed} },
	moveOperation:   func(_ *slicer, a access) effect { return effect{hit: a.is(a.dst), from: a.registerCells(a.src)} },
	constantOf:      func(_ *slicer, a access) effect { return effect{hit: a.is(a.dst)} },
	arithmetic:      arithmeticEffect,
	loadOperation:   loadEffect,
	storeOperation:  storeEffect,
	atomicOperation: atomicEffect,
	kernelCall:      kernelCallEffect,
	programCall:     programCallEffect,
	jumpOperation:   jumpEffect,
	exitOperation:   exitEffect,
	notReadable:     func(_ *slicer, a access) effect { return effect{hit: a.changed} },
}

// arithmeticEffect: only adding and subtracting leaves a pointer a pointer.
func arithmeticEffect(_ *slicer, a access) effect {
	e := effect{hit: a.is(a.dst), from: a.registerCells(a.dst, a.src)}
	if was := ParseValue(a.before.known[a.cell]); e.hit && was.Kind.IsPointer() && !ParseValue(a.after).Kind.IsPointer() && !a.adds {
		e.note = Note{Kind: BreaksPointer, Was: was.Text}
	}
	return e
}

// loadEffect: a load from the stack returns the value that was stored there. A pointer from a struct depends on the pointer to the struct.
// Of other memory nothing is known.
func loadEffect(_ *slicer, a access) effect {
	if !a.is(a.dst) {
		return effect{}
	}
	if from := stackCells(a.before, a.frame, a.src, a.offset, a.size); len(from) > 0 {
		return effect{hit: true, from: from, note: Note{Kind: ReadFromStack}}
	}
	base, made := a.before.Value(register(a.frame, a.src)), ParseValue(a.after)
	e := effect{hit: true}
	switch {
	case base.Kind == PointerBTF && made.Kind == PointerBTF:
		e.from, e.note = a.registerCells(a.src), Note{Kind: PointerFromStruct}
	case made.Flags&MayBeNil != 0:
		e.note.Kind = LoadedMayBeNil
	case base.Kind == PointerContext:
		e.note.Kind = FromContext
	case made.Kind == Scalar:
		e.note.Kind = NumberFromMemory
	}
	return e
}

func storeEffect(_ *slicer, a access) effect {
	if !slices.Contains(stackCells(a.before, a.frame, a.dst, a.offset, a.size), a.cell) {
		return effect{}
	}
	e := effect{hit: true, stay: a.size < 8, from: a.registerCells(a.src), note: Note{Kind: KeptOnStack}}
	if old := ParseValue(a.before.known[a.cell]); e.stay && old.Kind.IsPointer() {
		e.note = Note{Kind: PartOverwritten, Was: old.Text}
	} else if e.stay {
		e.note = Note{Kind: PartWritten, N: a.size}
	}
	return e
}

func atomicEffect(_ *slicer, a access) effect {
	if a.changed && (a.is(a.src) || a.is(0)) {
		return effect{hit: true, note: Note{Kind: NumberFromMemory}}
	}
	e := storeEffect(nil, a)
	e.stay = true
	return e
}

func kernelCallEffect(s *slicer, a access) effect {
	switch place := placeOf(a.cell); {
	case a.is(0):
		e := effect{hit: true}
		if ParseValue(a.after).Flags&MayBeNil != 0 {
			e.note = Note{Kind: MayGiveNil, Callee: a.callee}
		} else if a.after == "" {
			e.note = Note{Kind: GivesNothing, Callee: a.callee}
		}
		return e
	case place.Frame == a.frame && place.Register >= 1 && place.Register <= 5:
		return effect{hit: true, note: Note{Kind: CallLosesIt}}
	case a.changed && place.Frame == a.frame+1:
		return effect{hit: true, note: Note{Kind: CallsWithIt, Callee: a.callee}}
	case place.Register < 0 && a.after == notShown && s.mayWrite(a):
		return effect{hit: true, note: Note{Kind: WritesIt, Callee: a.callee}}
	case a.changed && place.Register < 0 && a.after != "":
		return effect{hit: true, stay: true, note: Note{Kind: WritesIt, Callee: a.callee}}
	case a.changed && place.Frame <= a.frame && a.after != "":
		return effect{hit: true, stay: true, note: Note{Kind: ChangesIt, Callee: a.callee}}
	}
	return effect{}
}

// mayWrite reports whether a helper writes a place on the stack that the log does not show: its address is an argument for a result.
func (s *slicer) mayWrite(a access) bool {
	for n := 1; n <= 5; n++ {
		kind := argKind(a.callee, n)
		if kind.Writes() && slices.Contains(stackCells(a.before, a.frame, n, 0, 8), a.cell) {
			return true
		}
	}
	return false
}

// programCallEffect: a function begins with its arguments and an empty stack, and its caller loses R0 to R5. The caller's R0 is wanted
// here only when the walk did not go through the function, because it is global.
func programCallEffect(_ *slicer, a access) effect {
	switch place := placeOf(a.cell); {
	case place.Frame == a.frame+1 && place.Register >= 1 && place.Register <= 5:
		return effect{hit: true, from: a.registerCells(place.Register), note: Note{Kind: ArgumentOf}}
	case place.Frame == a.frame+1:
		return effect{hit: true, note: Note{Kind: BeginsEmpty}}
	case place.Frame == a.frame && place.Register >= 1 && place.Register <= 5:
		return effect{hit: true, note: Note{Kind: CallLosesIt}}
	case a.is(0):
		return effect{hit: true, note: Note{Kind: ResultOf}}
	}
	return effect{}
}

func exitEffect(_ *slicer, a access) effect {
	if a.frame == 0 || a.cell != cellOf(register(a.frame-1, 0)) {
		return effect{}
	}
	return effect{hit: true, from: a.registerCells(0), note: Note{Kind: ResultOf}}
}

// jumpEffect: a comparison writes nothing, but each of its branches may show something about the compared values. For numbers and values
// that may be nil it is worth a note when it shows nothing, because the author expected that it does.
func jumpEffect(s *slicer, a access) effect {
	was := ParseValue(a.before.known[a.cell])
	switch {
	case a.changed && was.Kind.IsPointer() && ParseValue(a.after).Kind == Scalar: // the change happened earlier: see stale.go
		s.checkStale(a.step, a.cell, was.Text, a.after)
		return effect{}
	case a.changed && a.after != "" && was.Kind > NotShown: // otherwise the log began after the instruction that computed the value
		return effect{hit: true, stay: true, note: Note{Kind: ComparisonTells}}
	case (a.is(a.dst) || a.is(a.src)) && (was.Kind == Scalar || was.Flags&MayBeNil != 0):
		return effect{hit: true, stay: true, note: Note{Kind: ComparisonMute}}
	case was.Kind == PointerPacket:
		return s.packetEffect(a, was)
	case was.Kind <= NotShown && (a.is(a.dst) || a.is(a.src)): // the log begins here, with what the comparison shows
		if v := ParseValue(a.after); v.Kind == PointerPacket && v.Range > 0 {
			return effect{hit: true, stay: true, note: Note{Kind: ProvesPacket, N: v.Range}}
		}
	}
	return effect{}
}

// packetEffect: a comparison of a packet pointer with the packet's end counts for all pointers with the same id, not only for its operand.
func (s *slicer) packetEffect(a access, was Value) effect {
	for _, pair := range [...][2]int{{a.dst, a.src}, {a.src, a.dst}} {
		compared, end := register(a.frame, pair[0]), register(a.frame, pair[1])
		cell := cellOf(compared)
		if pair[0] < 0 || pair[1] < 0 || cell < 0 || a.before.Value(end).Kind != PointerPacketEnd {
			continue
		}
		if v := a.before.Value(compared); v.Kind != PointerPacket || v.ID != was.ID {
			continue
		}
		text, _ := s.after(a.step, cell, a.before)
		note := Note{Kind: ProvesNoPacket}
		if proven := ParseValue(text).Range; proven > 0 {
			note = Note{Kind: ProvesPacket, N: proven}
		}
		return effect{hit: true, stay: true, made: compared.String() + "=" + text, note: note}
	}
	return effect{}
}
