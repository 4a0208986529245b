package compile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/compiler/regalloc"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// position is the place of an instruction.
type position struct{ block, instr int32 }

// fitFrame reports a frame that is larger than the stack.
func (w *writing) fitFrame() {
	if total := int(w.depth) + 8*w.result.Slots; total > linux.StackSize {
		w.frameTooLong(total)
		w.failed = true
	}
}

// fill puts registers into the instructions of all blocks.
func (w *writing) fill() {
	w.findDefinitions()
	w.tidied.blocks = make([]codeBlock, len(w.order))
	w.tidied.row = make([]int32, len(w.order))
	for b := range w.tidied.blocks {
		w.fillBlock(int32(b))
		w.tidied.row[b] = int32(b)
	}
}

// frameTooLong lists what uses the room.
func (w *writing) frameTooLong(total int) {
	var parts []string
	site := int32(0)
	for i, o := range w.f.Frame {
		if w.frame[i] != 0 {
			parts = append(parts, fmt.Sprintf("%d bytes: %s, made at %v", (o.Size+7)&^7, o.Name, record.Position(w.f.Sites[o.Site])))
			site = o.Site
		}
	}
	byValue := make(map[regalloc.V]int32) // the line of Go that makes it
	for v := range w.f.Values {
		if r := w.reg[v]; r != 0 {
			byValue[r] = w.f.Values[v].Site
		}
	}
	for _, v := range w.result.Spilled {
		if s, ok := byValue[v]; ok {
			parts = append(parts, fmt.Sprintf("8 bytes: a value made at %v, for which no register was left",
				record.Position(w.f.Sites[s])))
			site = s
		}
	}
	const most = 12
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more", len(parts)-most))
	}
	w.unit.note(w.p, mistake.FrameTooLong, mistake.Finding{Insn: -1, Position: record.Position(w.f.Sites[site]),
		Detail: fmt.Sprintf("the function needs %d bytes of stack, but has only %d", total, linux.StackSize),
		Note:   strings.Join(parts, "\n"), Help: "keep large objects in a map's value, and use values soon after they are computed"})
}

// findDefinitions records where values are made, because some are made again elsewhere.
func (w *writing) findDefinitions() {
	w.making = make([]position, w.machine.Values+1)
	for b := range w.machine.Blocks {
		for i := range w.machine.Blocks[b].Instrs {
			if v := w.machine.Blocks[b].Instrs[i].Def; v != 0 {
				w.making[v] = position{int32(b), int32(i)}
			}
		}
	}
}

// fillBlock puts registers into the instructions of a block.
func (w *writing) fillBlock(b int32) {
	c := &w.tidied.blocks[b]
	c.site = w.f.Blocks[w.order[b]].Site
	c.taken, c.otherwise = nowhere, nowhere
	steps := w.result.Blocks[b].Steps
	c.body = make([]record.Item, 0, len(steps)+1)
	for i := range steps {
		s := &steps[i]
		site := w.siteOf(b, steps[i:], c.site)
		switch s.Kind {
		case regalloc.Move:
			c.add(w, record.Plain, isa.Mov64Reg(s.Dst, s.Src), nil, site)
		case regalloc.Spill:
			c.add(w, record.Plain, isa.StoreMem(isa.DW, isa.R10, w.slotOffset(s.Slot), s.Src), nil, site)
		case regalloc.Reload:
			c.add(w, record.Plain, isa.LoadMem(isa.DW, s.Dst, isa.R10, w.slotOffset(s.Slot)), nil, site)
		case regalloc.Remake:
			at := w.making[s.V]
			w.fillOp(c, &w.ops[at.block][at.instr], s)
		case regalloc.Original:
			w.fillOp(c, &w.ops[b][s.Instr], s)
		}
	}
	succs := w.machine.Blocks[b].Succs
	switch {
	case len(succs) == 1:
		c.otherwise = int32(succs[0].To)
	case len(succs) == 2:
		c.taken, c.otherwise = int32(succs[0].To), int32(succs[1].To)
		if o := &w.ops[b][len(w.ops[b])-1]; o.kind == mayGotoOp || o.opposite {
			c.taken, c.otherwise = c.otherwise, c.taken
		}
	}
}

func (c *codeBlock) add(w *writing, kind record.ItemKind, ins isa.Instruction, ref *record.Reference, site int32) {
	c.body = append(c.body, record.NewItem(kind, ins, ref, w.f.Sites[site]))
}

// siteOf is the line of the next instruction that was not added by the allocator.
func (w *writing) siteOf(b int32, steps []regalloc.Step, otherwise int32) int32 {
	for i := range steps {
		if steps[i].Kind == regalloc.Original {
			return w.ops[b][steps[i].Instr].site
		}
	}
	return otherwise
}

// slotOffset is the offset of a spill slot from the frame pointer.
func (w *writing) slotOffset(slot int32) int16 { return int16(-w.depth - 8*(slot+1)) }

// fillOp adds an operation's instructions to a block.
func (w *writing) fillOp(c *codeBlock, o *op, s *regalloc.Step) {
	switch o.kind {
	case branchOp, mayGotoOp:
		c.jump, c.site = w.filled(o.code[0], s), o.site
		return
	case subCallOp:
		c.add(w, record.SubCall, isa.CallRel(0), &w.body.Subs[o.target], o.site)
		return
	case subAddressOp:
		c.add(w, record.SubAddress, isa.LoadFunc(s.Dst, 0), &w.body.Subs[o.target], o.site)
		return
	case mapAddressOp:
		c.add(w, record.MapAddress, isa.LoadMapFD(s.Dst, 0), &w.body.Maps[o.target], o.site)
		return
	case mapValueOp:
		c.add(w, record.MapValueAddress, isa.LoadMapValue(s.Dst, 0, uint32(o.code[0].ins.Imm>>32)), &w.body.Maps[o.target], o.site)
		return
	}
	var called *record.Reference
	if o.kind == kernelCallOp {
		called = &record.Reference{Name: w.f.Names[o.target].Name}
	}
	for i := range o.count {
		c.add(w, record.Plain, w.filled(o.code[i], s), called, o.site)
	}
}

// filled is an instruction with its registers.
func (w *writing) filled(t template, s *regalloc.Step) isa.Instruction {
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
func (w *writing) write() {
	places := w.places()
	w.wanted = make([]bool, len(w.tidied.blocks))
	for i, b := range places {
		c := &w.tidied.blocks[b]
		next := int32(nowhere)
		if i+1 < len(places) {
			next = places[i+1]
		}
		w.turn(c, next)
		if c.taken != nowhere {
			w.wanted[c.taken] = true
		}
		if c.otherwise != nowhere && c.otherwise != next && !w.tidied.blocks[c.otherwise].onlyLeaves() {
			w.wanted[c.otherwise] = true
		}
	}
	count := 0
	for _, b := range places {
		count += len(w.tidied.blocks[b].body) + 3 // a label and two jumps
	}
	w.items = make([]record.Item, 0, count)
	for i, b := range places {
		c := &w.tidied.blocks[b]
		if w.wanted[b] {
			w.add(record.LabelHere, isa.Instruction{}, label(b), c.site)
		}
		w.items = append(w.items, c.body...)
		if c.taken != nowhere {
			w.add(record.JumpTo, c.jump, label(c.taken), c.site)
		}
		switch {
		case c.otherwise == nowhere || i+1 < len(places) && c.otherwise == places[i+1]:
		case w.tidied.blocks[c.otherwise].onlyLeaves():
			w.add(record.Plain, isa.Exit(), nil, c.site)
		default:
			w.add(record.JumpTo, isa.Jump(0), label(c.otherwise), c.site)
		}
	}
}

// places are the blocks that are written, in order. A block that only leaves the function comes after the last block that goes on to
// it.
func (w *writing) places() []int32 {
	places := make([]int32, 0, len(w.tidied.row))
	for _, b := range w.tidied.row {
		if !w.tidied.blocks[b].dropped {
			places = append(places, b)
		}
	}
	last := len(places) - 1
	if last < 0 || !w.tidied.blocks[places[last]].onlyLeaves() {
		return places
	}
	exit := places[last]
	for i := last - 1; i >= 0; i-- {
		if c := &w.tidied.blocks[places[i]]; c.taken == nowhere && c.otherwise == exit {
			copy(places[i+2:], places[i+1:last])
			places[i+1] = exit
			break
		}
	}
	return places
}

// turn exchanges the two ways of a branch, so that no jump is needed to the next block.
func (w *writing) turn(c *codeBlock, next int32) {
	if c.taken == nowhere || c.taken != next || c.otherwise == next {
		return
	}
	if not, ok := c.jump.Op.Negated(); ok && (!isLess(not) || w.target.has(isa.V2)) {
		c.jump.Op = not
		c.taken, c.otherwise = c.otherwise, c.taken
	}
}

func label(place int32) *record.Reference {
	return &record.Reference{Name: "b" + strconv.Itoa(int(place))}
}

func (w *writing) add(kind record.ItemKind, ins isa.Instruction, ref *record.Reference, site int32) {
	w.items = append(w.items, record.NewItem(kind, ins, ref, w.f.Sites[site]))
}
