package compile

import (
	"math/bits"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Arrivals are what paths knew when they came to blocks that several lead to,
// and the places where paths go on later. Of a state only the registers are
// kept that matter there, one value behind the other: whole states would be
// most of the memory that compiling takes.
type arrivals struct {
	blocks  []block
	known   []arrival // counted from 1
	values  []value   // of known
	waiting []place
	later   []value // of waiting, which is a stack
}

// An arrival is one path's knowledge.
type arrival struct {
	hash    uint64
	before  int32 // the arrival at the same block before it, or 0
	values  int32 // where they begin
	holding int32 // what is held; see references.go
	guess   bool
}

// A place is where a path goes on.
type place struct {
	block   int32
	values  int32 // where they begin
	holding int32 // what is held
	guess   bool  // something known was given up: what is found from here on may not be so
}

// prepare makes room: growing as needed would take several times the memory.
func (a *arrivals) prepare(blocks []block) {
	a.blocks = blocks
	meetings := 0
	for i := range blocks {
		if blocks[i].from != 0 {
			meetings++
		}
	}
	a.known = make([]arrival, 0, meetings)
	a.values = make([]value, 0, 2*meetings)
	a.waiting = make([]place, 0, meetings)
	a.later = make([]value, 0, 2*meetings)
}

// kept are the registers that matter at a block: those that are read before
// they are written, but for the frame pointer.
func (b *block) kept() isa.RegisterSet { return b.live &^ (1 << framePointer) }

// keep appends the values of registers.
func keep(values []value, kept isa.RegisterSet, regs *state) []value {
	for s := kept; s != 0; s &= s - 1 {
		values = append(values, regs[bits.TrailingZeros16(uint16(s))])
	}
	return values
}

// arrive notes what a path knows at a block, unless one knew the same before.
func (a *arrivals) arrive(b *block, regs *state, guess bool, holding int32) (new bool) {
	kept := b.kept()
	hash := uint64(0)
	for s := kept; s != 0; s &= s - 1 {
		hash = regs[bits.TrailingZeros16(uint16(s))].mix(hash)
	}
	for n := b.first; n != 0; n = a.known[n-1].before {
		if k := &a.known[n-1]; k.hash == hash && k.guess == guess && k.holding == holding && a.equal(k, kept, regs) {
			return false
		}
	}
	a.known = append(a.known, arrival{hash, b.first, int32(len(a.values)), holding, guess})
	a.values = keep(a.values, kept, regs)
	b.first = int32(len(a.known))
	b.met++
	return true
}

func (a *arrivals) equal(k *arrival, kept isa.RegisterSet, regs *state) bool {
	values := a.values[k.values:]
	for s := kept; s != 0; s &= s - 1 {
		if values[0] != regs[bits.TrailingZeros16(uint16(s))] {
			return false
		}
		values = values[1:]
	}
	return true
}

// goOn leaves a place for later.
func (a *arrivals) goOn(block int32, regs *state, guess bool, holding int32) {
	a.waiting = append(a.waiting, place{block, int32(len(a.later)), holding, guess})
	a.later = keep(a.later, a.blocks[block].kept(), regs)
}

// next takes the place that was left last.
func (a *arrivals) next(regs *state) (p place, ok bool) {
	if len(a.waiting) == 0 {
		return place{}, false
	}
	p = a.waiting[len(a.waiting)-1]
	a.waiting = a.waiting[:len(a.waiting)-1]
	*regs = state{framePointer: regs[framePointer]}
	values := a.later[p.values:]
	for s := a.blocks[p.block].kept(); s != 0; s &= s - 1 {
		regs[bits.TrailingZeros16(uint16(s))] = values[0]
		values = values[1:]
	}
	a.later = a.later[:p.values]
	return p, true
}

// mix stirs a value into a hash.
func (v *value) mix(hash uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 by the golden ratio, as Knuth has it
	small := uint64(v.kind) | uint64(uint8(v.param))<<8 | uint64(v.name)<<24 | uint64(v.typ)<<32
	if v.nullable {
		small |= 1 << 16
	}
	for _, word := range [...]uint64{small, uint64(v.off), v.min, v.max} {
		hash = bits.RotateLeft64((hash^word)*odd, 29)
	}
	return hash
}
