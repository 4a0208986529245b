package compile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/regalloc"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// stackSize is what a function may use below R10 (include/linux/filter.h, MAX_BPF_STACK).
const stackSize = 512

// An emitter writes a function whose registers are known as items in a row.
type emitter struct {
	*selection
	result *regalloc.Result
	blocks []codeBlock // by place in the layout, then those that tidying added
	row    []int32     // the blocks in the order of the code
	making []position  // of each virtual register, where it is made
	items  []dsl.Item
	wanted []bool // blocks that jumps lead to: they get labels
}

// position is where an instruction stands.
type position struct{ block, instr int32 }

// A codeBlock is a block in real registers.
type codeBlock struct {
	body      []dsl.Item      // without the jump at its end; with exit
	jump      isa.Instruction // to taken, when a condition holds; none when taken is nowhere
	taken     int32
	otherwise int32 // where it goes on; nowhere after exit
	site      int32 // of the jump
	dropped   bool
}

// emit gives the items of the function.
func (s *selection) emit(result *regalloc.Result) []dsl.Item {
	e := &emitter{selection: s, result: result}
	if total := int(s.depth) + 8*result.Slots; total > stackSize {
		e.frameTooLong(total)
		return nil
	}
	e.findDefinitions()
	e.blocks = make([]codeBlock, len(s.order))
	for b := range e.blocks {
		e.fillBlock(int32(b))
	}
	e.blocks = oneExit(e.blocks)
	hoistMoves(e.blocks)
	dropRepeated(e.blocks)
	shareEndings(e.blocks)
	e.blocks, e.row = mergeTails(e.blocks)
	threadJumps(e.blocks)
	e.write()
	return e.items
}

// frameTooLong says what takes the room.
func (e *emitter) frameTooLong(total int) {
	var parts []string
	site := int32(0)
	for i, o := range e.f.Frame {
		if e.frame[i] != 0 {
			parts = append(parts, fmt.Sprintf("%d bytes: %s, made at %v", (o.Size+7)&^7, o.Name, dsl.PositionAt(e.f.Sites[o.Site])))
			site = o.Site
		}
	}
	byValue := make(map[regalloc.V]int32) // the line that makes it
	for v := range e.f.Values {
		if r := e.reg[v]; r != 0 {
			byValue[r] = e.f.Values[v].Site
		}
	}
	for _, v := range e.result.Spilled {
		if s, ok := byValue[v]; ok {
			parts = append(parts, fmt.Sprintf("8 bytes: a value made at %v, for which no register was left", dsl.PositionAt(e.f.Sites[s])))
			site = s
		}
	}
	const most = 12
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more", len(parts)-most))
	}
	e.unit.note(e.p, mistake.FrameTooLong, mistake.Finding{Insn: -1, Position: dsl.PositionAt(e.f.Sites[site]), Detail: fmt.Sprintf("the function needs %d bytes of stack, and has %d", total, stackSize),
		Note: strings.Join(parts, "\n"), Help: "keep large objects in a map's value, and use values soon after they are made"})
}

// findDefinitions notes where values are made, to repeat that.
func (e *emitter) findDefinitions() {
	e.making = make([]position, e.machine.Values+1)
	for b := range e.machine.Blocks {
		for i := range e.machine.Blocks[b].Instrs {
			if v := e.machine.Blocks[b].Instrs[i].Def; v != 0 {
				e.making[v] = position{int32(b), int32(i)}
			}
		}
	}
}

// fillBlock puts registers into the instructions of a block.
func (e *emitter) fillBlock(b int32) {
	c := &e.blocks[b]
	c.site = e.f.Blocks[e.order[b]].Site
	c.taken, c.otherwise = nowhere, nowhere
	steps := e.result.Blocks[b].Steps
	c.body = make([]dsl.Item, 0, len(steps)+1)
	for i := range steps {
		s := &steps[i]
		site := e.siteOf(b, steps[i:], c.site)
		switch s.Kind {
		case regalloc.Move:
			c.add(e, dsl.Item{Ins: isa.Mov64Reg(s.Dst, s.Src)}, site)
		case regalloc.Spill:
			c.add(e, dsl.Item{Ins: isa.StoreMem(isa.DW, isa.R10, e.slotOffset(s.Slot), s.Src)}, site)
		case regalloc.Reload:
			c.add(e, dsl.Item{Ins: isa.LoadMem(isa.DW, s.Dst, isa.R10, e.slotOffset(s.Slot))}, site)
		case regalloc.Remake:
			at := e.making[s.V]
			e.fillOp(c, &e.ops[at.block][at.instr], s)
		case regalloc.Original:
			e.fillOp(c, &e.ops[b][s.Instr], s)
		}
	}
	succs := e.machine.Blocks[b].Succs
	switch {
	case len(succs) == 1:
		c.otherwise = int32(succs[0].To)
	case len(succs) == 2:
		c.taken, c.otherwise = int32(succs[0].To), int32(succs[1].To)
		if o := &e.ops[b][len(e.ops[b])-1]; o.kind == mayGotoOp || o.target == 1 { // the jump is for the opposite
			c.taken, c.otherwise = c.otherwise, c.taken
		}
	}
}

func (c *codeBlock) add(e *emitter, i dsl.Item, site int32) {
	c.body = append(c.body, dsl.Placed(i, e.f.Sites[site]))
}

// siteOf is the line of the next instruction that is not the allocator's own.
func (e *emitter) siteOf(b int32, steps []regalloc.Step, otherwise int32) int32 {
	for i := range steps {
		if steps[i].Kind == regalloc.Original {
			return e.ops[b][steps[i].Instr].site
		}
	}
	return otherwise
}

// slotOffset is where a spill slot is, from the frame pointer.
func (e *emitter) slotOffset(slot int32) int16 { return int16(-e.depth - 8*(slot+1)) }

// fillOp adds an operation's instructions to a block.
func (e *emitter) fillOp(c *codeBlock, o *op, s *regalloc.Step) {
	switch o.kind {
	case branchOp, mayGotoOp:
		c.jump, c.site = e.fill(o.code[0], s), o.site
		return
	case subCallOp:
		c.add(e, dsl.Call(e.body.Subs[o.target]), o.site)
		return
	case subAddressOp:
		c.add(e, dsl.LoadFunc(s.Dst, e.body.Subs[o.target]), o.site)
		return
	case mapAddressOp:
		c.add(e, dsl.LoadMap(s.Dst, e.body.Maps[o.target]), o.site)
		return
	case mapValueOp:
		c.add(e, dsl.LoadMapData(s.Dst, e.body.Maps[o.target], uint32(o.code[0].ins.Imm>>32)), o.site)
		return
	}
	for i := range o.count {
		c.add(e, dsl.Item{Ins: e.fill(o.code[i], s), Name: e.calledName(o)}, o.site)
	}
}

// calledName is the name of the kernel function that an operation calls, or "".
func (e *emitter) calledName(o *op) string {
	if o.kind != kernelCallOp {
		return ""
	}
	return e.f.Names[o.target].Name
}

// fill puts the registers into an instruction.
func (e *emitter) fill(t template, s *regalloc.Step) isa.Instruction {
	ins := t.ins
	register := func(o operandOf, otherwise isa.Register) isa.Register {
		switch o {
		case def:
			return s.Dst
		case use0:
			return s.Uses[0]
		case use1:
			return s.Uses[1]
		}
		return otherwise
	}
	ins.Dst, ins.Src = register(t.dst, ins.Dst), register(t.src, ins.Src)
	return ins
}

// write puts the blocks in a row.
func (e *emitter) write() {
	places := e.places()
	e.wanted = make([]bool, len(e.blocks))
	for i, b := range places {
		c := &e.blocks[b]
		next := int32(nowhere)
		if i+1 < len(places) {
			next = places[i+1]
		}
		e.turn(c, next)
		if c.taken != nowhere {
			e.wanted[c.taken] = true
		}
		if c.otherwise != nowhere && c.otherwise != next && !e.blocks[c.otherwise].onlyLeaves() {
			e.wanted[c.otherwise] = true
		}
	}
	count := 0
	for _, b := range places {
		count += len(e.blocks[b].body) + 3 // a label and two jumps
	}
	e.items = make([]dsl.Item, 0, count)
	for i, b := range places {
		c := &e.blocks[b]
		if e.wanted[b] {
			e.add(dsl.Item{Kind: dsl.LabelHere, Name: label(b)}, c.site)
		}
		e.items = append(e.items, c.body...)
		if c.taken != nowhere {
			e.add(dsl.Item{Kind: dsl.JumpTo, Ins: c.jump, Name: label(c.taken)}, c.site)
		}
		switch {
		case c.otherwise == nowhere || i+1 < len(places) && c.otherwise == places[i+1]:
		case e.blocks[c.otherwise].onlyLeaves():
			e.add(dsl.Item{Ins: isa.Exit()}, c.site)
		default:
			e.add(dsl.Item{Kind: dsl.JumpTo, Ins: isa.Jump(0), Name: label(c.otherwise)}, c.site)
		}
	}
}

// places are the blocks that are written, in order. One that only leaves the function stands behind the last
// one that goes on to it.
func (e *emitter) places() []int32 {
	places := make([]int32, 0, len(e.row))
	for _, b := range e.row {
		if !e.blocks[b].dropped {
			places = append(places, b)
		}
	}
	last := len(places) - 1
	if last < 0 || !e.blocks[places[last]].onlyLeaves() {
		return places
	}
	exit := places[last]
	for i := last - 1; i >= 0; i-- {
		if c := &e.blocks[places[i]]; c.taken == nowhere && c.otherwise == exit {
			copy(places[i+2:], places[i+1:last])
			places[i+1] = exit
			break
		}
	}
	return places
}

// turn exchanges the ways of a branch, so that the block that stands next needs
// no jump.
func (e *emitter) turn(c *codeBlock, next int32) {
	if c.taken == nowhere || c.taken != next || c.otherwise == next {
		return
	}
	if not, ok := c.jump.Op.Negated(); ok && (!isLess(not) || e.target.has(isa.V2)) {
		c.jump.Op = not
		c.taken, c.otherwise = c.otherwise, c.taken
	}
}

func label(place int32) string { return "b" + strconv.Itoa(int(place)) }

func (e *emitter) add(i dsl.Item, site int32) {
	e.items = append(e.items, dsl.Placed(i, e.f.Sites[site]))
}
