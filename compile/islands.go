package compile

import (
	"sort"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Without gotol, a jump that is too far leads to an island: a few gotos in the middle of other code. Each of these leads to a label, or
// to the next island on the way to it.
//
//	if r1 == 0 goto far   ───┐
//	…                        │
//	goto +1   (the code around the island jumps over it)
//	goto far  ◀──────────────┘  ───┐
//	…                              │
//	far:  ◀────────────────────────┘
//
// The distance between islands is about half of what a jump reaches. The other half is room for the islands themselves. The kernel
// refuses code that no path reaches (kernel/bpf/verifier.c, check_cfg), so islands have only gotos that some jump needs. Each round
// only adds gotos, so the rounds come to an end.

// An island is a place for gotos, before an instruction.
type island struct {
	before int32 // the index of the instruction
	slot   int32 // its slot if there were no islands
	hop    int32 // 1 if the code before it goes on here, so that a goto must lead over the island
	size   int32 // slots of the island: hop and gotos
	added  int32 // slots of all islands before this one
}

// A bridge leads over islands to an instruction. It is a jump, or a goto on an island.
type bridge struct {
	to     int32 // the index of the instruction
	passed int32 // how many islands are before that instruction
	at     int32 // for a jump: its index; for a goto: the index of the jump that it was made for
	island int32 // for a jump: how many islands are before it; for a goto: the island that it is on
	place  int32 // for a goto: its place on the island, from 0
	over   int32 // the goto that it leads to, as an index into gotos; or direct

	onIsland bool // it is a goto
}

// direct is the value of over for a bridge that leads to the instruction itself.
const direct = -1

// An archipelago is the islands of a function.
type archipelago struct {
	f       *function
	reach   int
	islands []island
	jumps   []bridge
	gotos   []bridge
	known   map[[2]int32]int32 // the goto on an island that leads to an instruction
}

// overIslands routes far jumps over islands. It returns the new index of each instruction.
func (f *function) overIslands(reach int) (moved []int32) {
	a := &archipelago{f: f, reach: reach, known: make(map[[2]int32]int32)}
	a.findPlaces()
	for _, i := range f.jumps {
		if in := &f.code[i]; f.leadsOn(in) && isShort(in.Op) {
			a.jumps = append(a.jumps, bridge{to: in.to, passed: a.passed(in.to), at: i, island: a.passed(i), over: direct})
		}
	}
	for round, again := 0, true; again; round++ {
		again = false
		limit := reach - headroom(round, reach)
		for i := range a.jumps {
			j := &a.jumps[i]
			again = a.extend(j, f.code[j.at].slot+a.added(j.island), limit) || again
		}
		for i := 0; i < len(a.gotos); i++ { // gotos grows during this loop
			g := a.gotos[i]
			if a.extend(&g, a.slot(&g), limit) {
				a.gotos[i], again = g, true
			}
		}
		added := int32(0)
		for i := range a.islands {
			a.islands[i].added = added
			added += a.islands[i].size
		}
	}
	return a.build()
}

// findPlaces chooses where islands may be: after code that does not go on, if there is such a place nearby.
func (a *archipelago) findPlaces() {
	code := a.f.code
	apart := int32(max(a.reach/2, 2))
	near := apart / 8
	next := apart
	place := int32(-1) // the best place so far
	goesOn := true     // whether the code before that place goes on
	for i := int32(1); int(i) < len(code); i++ {
		slot := code[i].slot
		if slot < next-near {
			continue
		}
		on := !code[i-1].IsTerminator()
		if place < 0 || goesOn && !on || goesOn == on && slot <= next {
			place, goesOn = i, on
		}
		if slot < next+near && (goesOn || slot < next) {
			continue
		}
		found := island{before: place, slot: code[place].slot}
		if goesOn {
			found.hop = 1
		}
		a.islands = append(a.islands, found)
		next, place = found.slot+apart, -1
	}
}

// passed counts the islands before an instruction.
func (a *archipelago) passed(i int32) int32 {
	return int32(sort.Search(len(a.islands), func(n int) bool { return a.islands[n].before > i }))
}

// added is the number of slots that the first islands add.
func (a *archipelago) added(islands int32) int32 {
	if islands == 0 {
		return 0
	}
	last := &a.islands[islands-1]
	return last.added + last.size
}

// slot is the slot of a goto.
func (a *archipelago) slot(g *bridge) int32 {
	i := &a.islands[g.island]
	return i.slot + i.added + i.hop + g.place
}

// extend leads a bridge over an island if it is too long without one. A full island cannot be used.
func (a *archipelago) extend(b *bridge, slot int32, limit int) (extended bool) {
	if b.over != direct || fits(a.f.slotAt(int(b.to))+int(a.added(b.passed))-int(slot)-1, limit) {
		return false
	}
	n := a.nextIsland(b)
	if n < 0 {
		return false
	}
	key := [2]int32{n, b.to}
	over, known := a.known[key]
	if !known {
		i := &a.islands[n]
		if int(i.size) >= a.reach {
			return false
		}
		if i.size == 0 {
			i.size = i.hop
		}
		over = int32(len(a.gotos))
		a.known[key] = over
		a.gotos = append(a.gotos, bridge{to: b.to, passed: b.passed, at: b.at, island: n, place: i.size - i.hop, over: direct,
			onIsland: true})
		i.size++
	}
	b.over = over
	return true
}

// nextIsland is the island that a bridge should lead over: the farthest on the way that can be reached when the islands in between are
// full. It is -1 if there is none on the way.
//
// The answer depends on nothing that changes from one round to the next. So a goto that is needed stays needed.
func (a *archipelago) nextIsland(b *bridge) int32 {
	far := int32(a.reach * 5 / 8)
	first, from := b.island, a.f.code[b.at].slot
	forward := b.passed > b.island
	if b.onIsland {
		from = a.islands[b.island].slot
		if forward {
			first++
		}
	}
	if forward {
		best := int32(-1)
		for n := first; n < b.passed && (best < 0 || a.islands[n].slot-from <= far); n++ {
			best = n
		}
		return best
	}
	best := int32(-1)
	for n := first - 1; n >= b.passed && (best < 0 || from-a.islands[n].slot <= far); n-- {
		best = n
	}
	return best
}

// index is the index of a goto in the code with islands.
func (a *archipelago) index(g *bridge) int32 {
	i := &a.islands[g.island]
	return i.before + i.added + i.hop + g.place
}

// build puts the islands into the code.
func (a *archipelago) build() (moved []int32) {
	if len(a.gotos) == 0 {
		return nil
	}
	old := a.f.code
	moved = make([]int32, len(old)+1)
	islands := int32(0)
	for i := range moved {
		for int(islands) < len(a.islands) && int(a.islands[islands].before) <= i {
			islands++
		}
		moved[i] = int32(i) + a.added(islands)
	}
	code := make([]instr, moved[len(old)])
	for i, in := range old {
		if in.is(labelled) && in.to != nowhere {
			in.to = moved[in.to]
		}
		code[moved[i]] = in
	}
	for i := range a.jumps {
		if j := &a.jumps[i]; j.over != direct {
			code[moved[j.at]].to = a.index(&a.gotos[j.over])
		}
	}
	for i := range a.gotos {
		g := &a.gotos[i]
		in := instr{Instruction: isa.Jump(0), item: old[g.at].item, site: old[g.at].site, to: moved[g.to], flags: labelled | added}
		if g.over != direct {
			in.to = a.index(&a.gotos[g.over])
		}
		at := a.index(g)
		code[at] = in
		on := &a.islands[g.island]
		if g.place == 0 && on.hop > 0 {
			in.to = moved[on.before]
			code[at-1] = in
		}
	}
	a.f.code = code
	a.f.renumber()
	a.f.relist()
	return moved
}
