//go:build linux

package verify_test

import (
	"math/rand/v2"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A guess is what a generator thinks that a register holds. If it is wrong, the kernel refuses the program, which is a good test too.
type guess int

const (
	guessNumber guess = iota
	guessContext
	guessStack
	guessValue  // of the map at index
	guessObject // a struct of the kernel
	guessNothing
)

// A generator writes programs as people write them. It compares a number with its bounds before it adds it to a pointer, it
// compares results with nil before it uses them, and it releases what it acquired. Now and then it forgets.
type generator struct {
	r     *rand.Rand
	place *place
	code  []isa.Instruction
	outs  []int         // jumps to the end
	kinds [10]guess     // of registers
	index [10]int       // of the map that a register leads into
	calls []pendingCall // of functions that are not written yet
	depth int
	loops int // loops that are open: nested loops take long

	noRead, noWrite, noAtomic bool // for the memory that is accessed

	rare int // one in this many things is wrong; 0: none
}

// A pendingCall is a call, or the address of a function, that has no target yet.
type pendingCall struct {
	at   int
	body func(*generator)
	glob bool
}

func (g *generator) one(n int) bool { return g.r.IntN(n) == 0 }

// careless returns true now and then.
func (g *generator) careless() bool { return g.rare > 0 && g.one(g.rare) }

func (g *generator) emit(ins ...isa.Instruction) { g.code = append(g.code, ins...) }

func slotsOf(code []isa.Instruction) int {
	n := 0
	for _, in := range code {
		n += in.Slots()
	}
	return n
}

// within writes an instruction that jumps over the code that body writes.
func (g *generator) within(jump isa.Instruction, body func()) {
	at := len(g.code)
	g.emit(jump)
	before := g.kinds
	body()
	g.code[at].Off = int16(slotsOf(g.code[at+1:]))
	for r := range g.kinds {
		if g.kinds[r] != before[r] {
			g.kinds[r] = guessNothing
		}
	}
}

// out writes a jump to the end.
func (g *generator) out(jump isa.Instruction) {
	g.outs = append(g.outs, len(g.code))
	g.emit(jump)
}

// end writes the end of the function, and makes it the target of the jumps.
func (g *generator) end() {
	for _, at := range g.outs {
		g.code[at].Off = int16(slotsOf(g.code[at+1:]))
	}
	if last := len(g.code) - 1; last < 0 || !g.code[last].IsExit() || len(g.outs) > 0 {
		g.emit(isa.Mov64Imm(isa.R0, 0), isa.Exit())
	}
	g.outs = nil
}

func (g *generator) pick(n ...int64) int64 { return n[g.r.IntN(len(n))] }

var (
	comparisons = []isa.Opcode{isa.OpJEQ, isa.OpJNE, isa.OpJGT, isa.OpJGE, isa.OpJLT, isa.OpJLE, isa.OpJSGT, isa.OpJSGE, isa.OpJSLT,
		isa.OpJSLE, isa.OpJSET}
	operations = []isa.Opcode{isa.OpAdd, isa.OpSub, isa.OpMul, isa.OpAnd, isa.OpOr, isa.OpXor, isa.OpLsh, isa.OpRsh, isa.OpArsh,
		isa.OpDiv, isa.OpMod}
	sizes = []isa.Size{isa.B, isa.H, isa.W, isa.DW}
)

func (g *generator) size() isa.Size { return sizes[g.r.IntN(len(sizes))] }

// compare is a comparison with a register or a number, over nothing.
func (g *generator) compare(op isa.Opcode, dst isa.Register, imm int32, src isa.Register) isa.Instruction {
	class := isa.ClassJMP
	if g.one(4) {
		class = isa.ClassJMP32
	}
	if src != 0 {
		return isa.Instruction{Op: class | op | isa.SrcX, Dst: dst, Src: src}
	}
	return isa.Instruction{Op: class | op | isa.SrcK, Dst: dst, Imm: int64(imm)}
}

// keeper is a register that calls do not change: r7 to r9.
func (g *generator) keeper() isa.Register { return isa.R7 + isa.Register(g.r.IntN(3)) }

// number writes a number into a register.
func (g *generator) number(dst isa.Register) {
	defer func() { g.kinds[dst] = guessNumber }()
	switch g.r.IntN(7) {
	case 0:
		g.emit(isa.Mov64Imm(dst, int32(g.pick(0, 1, 2, 7, 8, 16, 63, 64, 255, -1, -8, 1<<31-1, -1<<31))))
	case 1:
		g.emit(isa.LoadImm64(dst, g.pick(0, 1<<32, 1<<32-1, -1, 1<<63-1, -1<<63, 0x1234_5678_9abc, 42)))
	case 2, 3:
		for _, r := range []isa.Register{isa.R7, isa.R8, isa.R9} {
			if g.kinds[r] == guessNumber && g.one(2) {
				switch g.r.IntN(4) {
				case 0:
					g.emit(isa.Mov32Reg(dst, r))
				case 1:
					g.emit([]isa.Instruction{isa.Mov64SX8(dst, r), isa.Mov64SX16(dst, r), isa.Mov64SX32(dst, r), isa.Mov32SX8(dst, r),
						isa.Mov32SX16(dst, r)}[g.r.IntN(5)])
				default:
					g.emit(isa.Mov64Reg(dst, r))
				}
				return
			}
		}
		fallthrough
	case 4:
		size := g.size()
		off := -8 * int16(1+g.r.IntN(8))
		g.emit(isa.LoadMem(size, dst, isa.R10, off))
	case 5:
		if g.kinds[6] == guessContext && g.place.number != nil {
			g.place.number(g, dst)
			return
		}
		fallthrough
	default:
		g.random(dst)
	}
}

// random writes a number about which nothing is known. All other registers of r0 to r5 are lost.
func (g *generator) random(dst isa.Register) {
	if g.place.steady != 0 {
		g.emit(isa.LoadMapValue(isa.R0, g.place.steady, 0), isa.LoadMem(isa.DW, isa.R0, isa.R0, 0))
	} else {
		g.call(isa.CallHelper(7))
	}
	if dst != isa.R0 {
		g.emit(isa.Mov64Reg(dst, isa.R0))
	}
	g.kinds[dst] = guessNumber
}

func (g *generator) call(in isa.Instruction) {
	g.emit(in)
	for r := range 6 {
		g.kinds[r] = guessNothing
	}
	g.kinds[0] = guessNumber
}

// bound makes a number less than limit, as good code does. It may end the function.
func (g *generator) bound(r isa.Register, limit int64) {
	limit = max(limit, 1)
	from := len(g.code)
	defer func() {
		for _, in := range g.code[from:] {
			if in.Op.Class() == isa.ClassJMP32 && !g.careless() {
				g.emit(isa.Mov32Reg(r, r))
				return
			}
		}
	}()
	if g.careless() {
		limit += g.pick(1, 1, 8, -1)
	}
	m := int32(limit)
	switch g.r.IntN(8) {
	case 0:
		mask := int32(1)
		for int64(mask)*2 <= limit {
			mask *= 2
		}
		g.emit(isa.And64Imm(r, mask-1))
	case 1:
		g.out(g.compare(isa.OpJGE, r, m, 0))
		if g.one(3) {
			g.emit(isa.Mov32Reg(r, r))
		}
	case 2:
		g.out(g.compare(isa.OpJGT, r, m-1, 0))
	case 3:
		g.out(g.compare(isa.OpJSGE, r, m, 0))
		g.out(g.compare(isa.OpJSLT, r, 0, 0))
	case 4:
		g.emit(isa.Rsh64Imm(r, int32(64-log2(limit))))
	case 5:
		g.within(g.compare(isa.OpJLT, r, m, 0), func() { g.emit(isa.Mov64Imm(r, int32(g.r.IntN(int(max(limit, 1)))))) })
	case 6:
		g.emit(isa.Mov32Imm(isa.R5, m))
		g.kinds[5] = guessNumber
		g.out(g.compare(isa.OpJGE, r, 0, isa.R5))
	case 7:
		g.emit(isa.Mod64Imm(r, m))
		g.out(g.compare(isa.OpJGE, r, m, 0))
	}
}

func log2(n int64) int {
	k := 0
	for n > 1 {
		n /= 2
		k++
	}
	return k
}

// nilOut leaves the function if a register is nil.
func (g *generator) nilOut(r isa.Register, body func()) {
	switch {
	case g.careless():
		body()
	case g.one(2):
		g.out(isa.JEQ64Imm(r, 0, 0))
		body()
	default:
		g.within(isa.JEQ64Imm(r, 0, 0), body)
	}
}

// touch reads or writes memory at a register plus an offset below size.
func (g *generator) touch(r isa.Register, size int64) {
	for range 1 + g.r.IntN(3) {
		w := g.size()
		for int64(w.Bytes()) > size && g.rare != 12 && w != isa.B {
			w = g.size()
		}
		off := int16(0)
		if room := size - int64(w.Bytes()); room > 0 {
			off = int16(g.r.Int64N(room + 1))
		}
		if g.careless() {
			off += int16(g.pick(1, 8, -1, -8))
		}
		way := g.r.IntN(5)
		if !g.careless() {
			for g.noRead && (way == 0 || way >= 3) || g.noWrite && way != 0 && way != 3 || g.noAtomic && way == 4 {
				way = g.r.IntN(5)
			}
		}
		switch way {
		case 0:
			g.emit(isa.LoadMem(w, isa.R3, r, off))
			g.kinds[3] = guessNumber
		case 1:
			g.emit(isa.StoreImm(w, r, off, int32(g.r.IntN(3))))
		case 2:
			if k := g.keeper(); g.kinds[k] == guessNumber || g.careless() {
				g.emit(isa.StoreMem(w, r, off, k))
			}
		case 3:
			if k := g.keeper(); k != r {
				g.emit(isa.LoadMem(w, k, r, off))
				g.kinds[k] = guessNumber
			}
		case 4:
			if k := g.keeper(); g.kinds[k] == guessNumber && k != r {
				off &^= 7
				g.emit([]isa.Instruction{isa.AtomicAdd64(r, off, k), isa.AtomicFetchAdd32(r, off, k), isa.AtomicXchg64(r, off, k),
					isa.AtomicFetchOr64(r, off, k)}[g.r.IntN(4)])
			}
		}
	}
}

// A snippet writes a few instructions.
type snippet func(*generator)

func snippets() []snippet {
	return []snippet{
		(*generator).arithmetic, (*generator).arithmetic, (*generator).branch, (*generator).stackAccess, (*generator).stackAccess,
		(*generator).mapAccess, (*generator).mapAccess,
		(*generator).mapAccess, (*generator).mapHelpers, (*generator).variableStack, (*generator).loop, (*generator).mayGoto,
		(*generator).ring, (*generator).function,
		(*generator).spill, (*generator).pointers, (*generator).special, (*generator).special, (*generator).special,
		(*generator).kernelFunction, (*generator).kernelFunction,
		(*generator).callback, (*generator).globalFunction, (*generator).mapValueLoop, (*generator).linked,
	}
}

func (g *generator) some(n int) {
	if g.depth++; g.depth < 5 && len(g.code) < 160 {
		for range n {
			list := snippets()
			list[g.r.IntN(len(list))](g)
		}
	}
	g.depth--
}

func (g *generator) arithmetic() {
	for range 1 + g.r.IntN(4) {
		dst := g.keeper()
		if g.kinds[dst] != guessNumber && !g.careless() {
			g.number(dst)
			continue
		}
		class := isa.ClassALU64
		if g.one(3) {
			class = isa.ClassALU
		}
		op := operations[g.r.IntN(len(operations))]
		src := g.keeper()
		switch {
		case g.one(8):
			g.emit([]isa.Instruction{isa.Neg64(dst), isa.Neg32(dst), isa.Bswap32(dst), isa.ToBE16(dst), isa.ToLE32(dst),
				isa.Mov32Reg(dst, dst)}[g.r.IntN(6)])
		case g.kinds[src] == guessNumber && g.one(2):
			g.emit(isa.Instruction{Op: class | op | isa.SrcX, Dst: dst, Src: src})
		case op == isa.OpLsh || op == isa.OpRsh || op == isa.OpArsh:
			g.emit(isa.Instruction{Op: class | op, Dst: dst, Imm: g.pick(0, 1, 3, 8, 16, 31, 24, 31)})
		default:
			g.emit(isa.Instruction{Op: class | op, Dst: dst, Imm: g.pick(1, 2, 3, 7, 8, 15, 64, 255, 0xfff, -1, -8, -256, 1<<31-1)})
		}
	}
}

func (g *generator) branch() {
	r := g.keeper()
	if g.kinds[r] != guessNumber {
		return
	}
	src := isa.Register(0)
	if k := g.keeper(); g.kinds[k] == guessNumber && g.one(3) {
		src = k
	}
	jump := g.compare(comparisons[g.r.IntN(len(comparisons))], r, int32(g.pick(0, 1, 2, 7, 8, 64, -1, -5, 255, 1<<31-1, -1<<31)), src)
	switch g.r.IntN(3) {
	case 0:
		g.out(jump)
	default:
		g.within(jump, func() { g.some(1) })
	}
}

func (g *generator) stackAccess() {
	w := g.size()
	off := -int16(w.Bytes()) * int16(1+g.r.IntN(64/w.Bytes()))
	if g.careless() {
		off += int16(g.pick(1, -512, 64))
	}
	k := g.keeper()
	switch g.r.IntN(5) {
	case 0:
		g.emit(isa.StoreImm(w, isa.R10, off, int32(g.pick(0, 1, -1, 100))))
	case 1, 2:
		g.emit(isa.StoreMem(w, isa.R10, off, k))
	case 3:
		g.emit(isa.LoadMem(w, k, isa.R10, off))
		g.kinds[k] = guessNumber
	case 4:
		if w != isa.DW {
			g.emit(isa.LoadMemSX(w, k, isa.R10, off))
			g.kinds[k] = guessNumber
		}
	}
}

// look writes a look-up in a map. r0 is then the value or nil.
func (g *generator) look(n int) {
	m := g.place.maps[n]
	if m.Key == 0 {
		g.random(isa.R0)
		return
	}
	switch g.r.IntN(3) {
	case 0:
		g.emit(isa.StoreImm(isa.W, isa.R10, -64, int32(g.pick(0, 0, 1, 2, 3, 4, 100))))
	case 1:
		g.random(isa.R0)
		g.emit(isa.StoreMem(isa.W, isa.R10, -64, isa.R0))
	case 2:
		if k := g.keeper(); g.kinds[k] == guessNumber {
			g.emit(isa.StoreMem(isa.W, isa.R10, -64, k))
		}
	}
	if m.Key > 4 && !g.careless() {
		g.emit(isa.StoreImm(isa.DW, isa.R10, -56, 0))
		g.emit(isa.StoreImm(isa.W, isa.R10, -60, 0))
	}
	g.emit(isa.LoadMapFD(isa.R1, m.fd), isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -64))
	g.call(isa.CallHelper(1))
}

func (g *generator) valueMap() int {
	for range 20 {
		if n := g.r.IntN(len(g.place.maps)); g.place.maps[n].values && (g.place.maps[n].Fields == nil || g.one(4)) || g.careless() {
			g.allow(n)
			return n
		}
	}
	g.allow(0)
	return 0
}

// allow records which accesses a map's values allow.
func (g *generator) allow(n int) {
	g.noRead, g.noWrite, g.noAtomic = g.place.maps[n].Flags&(1<<8) != 0, g.place.maps[n].Flags&(1<<7) != 0, false
}

func (g *generator) mapAccess() {
	n := g.valueMap()
	m := g.place.maps[n]
	g.look(n)
	size := int64(m.Value)
	g.nilOut(isa.R0, func() {
		switch g.r.IntN(4) {
		case 0:
			g.touch(isa.R0, size)
		case 1: // kept for later
			k := g.keeper()
			g.emit(isa.Mov64Reg(k, isa.R0))
			g.kinds[k], g.index[k] = guessValue, n
			g.touch(k, size)
		default: // with an index
			k := g.keeper()
			g.emit(isa.Mov64Reg(k, isa.R0))
			g.kinds[k] = guessValue
			if size < 9 {
				return
			}
			width := g.pick(1, 1, 2, 4, 8)
			x := isa.R4
			g.number(x)
			g.bound(x, max(size/width-g.pick(0, 0, 1), 1))
			if width > 1 {
				g.emit(isa.Lsh64Imm(x, int32(log2(width))))
			}
			if g.one(6) {
				g.emit(isa.Sub64Reg(k, x))
			} else {
				g.emit(isa.Add64Reg(k, x))
			}
			g.touch(k, width)
			g.kinds[k] = guessNothing
		}
	})
}

// mapValueLoop goes through a value byte by byte.
func (g *generator) mapValueLoop() {
	n := g.valueMap()
	size := int64(g.place.maps[n].Value)
	g.look(n)
	g.nilOut(isa.R0, func() {
		if size > 64 || size < 1 {
			size = 16
		}
		step := g.pick(1, 1, 2, 4)
		if size%step != 0 {
			step = 1
		}
		g.emit(isa.Mov64Reg(isa.R8, isa.R0), isa.Mov64Imm(isa.R9, 0))
		top := len(g.code)
		g.emit(isa.Mov64Reg(isa.R1, isa.R8), isa.Add64Reg(isa.R1, isa.R9), isa.LoadMem(isa.B, isa.R2, isa.R1, 0),
			isa.Add64Imm(isa.R9, int32(step)))
		limit := size
		if g.careless() {
			limit += g.pick(1, 4, -1)
		}
		g.emit(g.compare([]isa.Opcode{isa.OpJLT, isa.OpJSLT, isa.OpJNE}[g.r.IntN(3)], isa.R9, int32(limit), 0))
		g.code[len(g.code)-1].Off = -int16(slotsOf(g.code[top:]))
		g.kinds[8], g.kinds[9], g.index[8] = guessValue, guessNumber, n
		g.kinds[2] = guessNumber
	})
}

// linked compares one copy of a number and uses another.
func (g *generator) linked() {
	n := g.valueMap()
	size := int64(g.place.maps[n].Value)
	g.look(n)
	g.nilOut(isa.R0, func() {
		g.emit(isa.Mov64Reg(isa.R9, isa.R0))
		g.random(isa.R8)
		if g.one(2) {
			g.emit(isa.Mov32Reg(isa.R8, isa.R8))
		}
		switch g.r.IntN(3) {
		case 0:
			g.emit(isa.Mov64Reg(isa.R7, isa.R8))
		case 1:
			g.emit(isa.Mov64Reg(isa.R7, isa.R8), isa.Add64Imm(isa.R7, int32(g.pick(1, 4, -1))))
		case 2:
			g.emit(isa.StoreMem(isa.DW, isa.R10, -16, isa.R8), isa.LoadMem(isa.DW, isa.R7, isa.R10, -16))
		}
		g.bound(isa.R8, size)
		g.emit(isa.Add64Reg(isa.R9, isa.R7), isa.LoadMem(isa.B, isa.R1, isa.R9, 0))
	})
	g.kinds[7], g.kinds[8], g.kinds[9] = guessNothing, guessNothing, guessNothing
}

func (g *generator) mapHelpers() {
	n := g.r.IntN(len(g.place.maps))
	m := g.place.maps[n]
	size := int16(m.Key)
	if size == 0 {
		size = 8
	}
	value := int16((m.Value + 7) &^ 7)
	if value == 0 || value > 64 {
		value = 64
	}
	for at := int16(8); at <= value && !g.careless(); at += 8 {
		g.emit(isa.StoreImm(isa.DW, isa.R10, -64-at, 0))
	}
	if !g.careless() {
		g.emit(isa.StoreImm(isa.DW, isa.R10, -64, 0), isa.StoreImm(isa.DW, isa.R10, -56, 0))
	}
	g.emit(isa.LoadMapFD(isa.R1, m.fd), isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -64), isa.Mov64Reg(isa.R3, isa.R10),
		isa.Add64Imm(isa.R3, int32(-64-value)), isa.Mov64Imm(isa.R4, 0))
	switch g.r.IntN(5) {
	case 0, 1:
		g.call(isa.CallHelper(2))
	case 2:
		g.call(isa.CallHelper(3))
	default:
		if g.one(2) {
			g.emit(isa.Mov64Imm(isa.R3, 0))
		}
		g.call(isa.CallHelper(int32(g.pick(87, 88, 89, 195))))
	}
}

func (g *generator) variableStack() {
	g.number(isa.R4)
	g.bound(isa.R4, 32)
	g.emit(isa.Mov64Reg(isa.R3, isa.R10), isa.Add64Reg(isa.R3, isa.R4))
	off := int16(g.pick(-32, -40, -64, -48))
	if g.careless() {
		off = -8
	}
	switch g.r.IntN(3) {
	case 0:
		g.emit(isa.StoreImm(isa.B, isa.R3, off, 1))
	case 1:
		g.emit(isa.LoadMem(isa.B, isa.R2, isa.R3, off))
	case 2:
		g.emit(isa.Add64Imm(isa.R3, int32(off)), isa.Mov64Reg(isa.R1, isa.R3), isa.Mov64Imm(isa.R2, int32(g.pick(1, 1, 1, 8))),
			isa.Mov64Imm(isa.R3, 0))
		switch g.place.program.Type {
		case linux.ProgTypeTracing, linux.ProgTypeStructOps, linux.ProgTypeSyscall:
			g.call(isa.CallHelper(int32(g.pick(4, 113, 16))))
		}
	}
}

func (g *generator) loop() {
	if g.loops > 0 && !g.one(8) {
		return
	}
	g.loops++
	defer func() { g.loops-- }()
	k := g.keeper()
	g.emit(isa.Mov64Imm(k, int32(g.pick(0, 0, 1))))
	top := len(g.code)
	g.kinds[k] = guessNothing // so that nothing else uses it
	g.some(1)
	g.emit(isa.Add64Imm(k, 1))
	jump := g.compare([]isa.Opcode{isa.OpJLT, isa.OpJNE, isa.OpJSLT, isa.OpJLE}[g.r.IntN(4)], k, int32(g.pick(2, 3, 4, 8)), 0)
	g.emit(jump)
	g.code[len(g.code)-1].Off = -int16(slotsOf(g.code[top:]))
	g.kinds[k] = guessNumber
}

func (g *generator) mayGoto() {
	if g.loops > 0 && !g.one(8) {
		return
	}
	g.loops++
	defer func() { g.loops-- }()
	k := g.keeper()
	g.number(k)
	top := len(g.code)
	g.emit(isa.MayGoto(0))
	if g.one(2) && len(g.code) < 60 {
		g.emit(isa.Add64Imm(k, 1))
	}
	if g.one(2) {
		g.out(g.compare(isa.OpJGT, k, int32(g.pick(7, 63)), 0))
	}
	g.some(1)
	g.emit(isa.Jump(0))
	g.code[len(g.code)-1].Off = -int16(slotsOf(g.code[top:]))
	g.code[top].Off = int16(slotsOf(g.code[top+1:]))
}

func (g *generator) ring() {
	size := int32(g.pick(8, 16, 24, 1))
	for _, m := range g.place.maps {
		if m.Type != linux.MapTypeRingBuf {
			continue
		}
		if g.one(4) {
			g.emit(isa.LoadMapFD(isa.R1, m.fd), isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -32), isa.Mov64Imm(isa.R3, size),
				isa.Mov64Imm(isa.R4, 0))
			g.call(isa.CallHelper(130))
			return
		}
		g.emit(isa.LoadMapFD(isa.R1, m.fd), isa.Mov64Imm(isa.R2, size), isa.Mov64Imm(isa.R3, 0))
		g.call(isa.CallHelper(131))
		k := g.keeper()
		body := func() {
			g.emit(isa.Mov64Reg(k, isa.R0))
			g.kinds[k] = guessNothing
			outs := len(g.outs)
			g.noRead, g.noWrite, g.noAtomic = false, false, false
			g.touch(k, int64(size))
			if g.one(4) {
				g.some(1)
			}
			if len(g.outs) > outs && !g.careless() {
				g.outs = g.outs[:outs] // these jumps would skip the release: they end here
			}
			if !g.careless() {
				g.emit(isa.Mov64Reg(isa.R1, k), isa.Mov64Imm(isa.R2, 0))
				g.call(isa.CallHelper(int32(g.pick(132, 133))))
			}
		}
		g.within(isa.JEQ64Imm(isa.R0, 0, 0), body)
		g.kinds[k] = guessNothing
	}
}

// function calls a function of the program.
func (g *generator) function() {
	if g.depth > 3 {
		return
	}
	g.arguments()
	depth := g.depth
	g.calls = append(g.calls, pendingCall{at: len(g.code), body: func(g *generator) {
		g.depth = depth + 1
		g.kinds[1], g.kinds[2] = guessNothing, guessNothing
		g.some(1 + g.r.IntN(3))
		if g.one(2) {
			g.number(isa.R0)
			g.emit(isa.Exit())
		}
	}})
	g.call(isa.CallRel(0))
	if g.one(2) {
		k := g.keeper()
		g.emit(isa.Mov64Reg(k, isa.R0))
		g.kinds[k] = guessNumber
	}
}

// arguments puts something into r1 and r2.
func (g *generator) arguments() {
	g.number(isa.R2)
	switch g.r.IntN(4) {
	case 0:
		g.emit(isa.Mov64Reg(isa.R1, isa.R6))
	case 1:
		g.emit(isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, -16))
	case 2:
		g.emit(isa.Mov64Reg(isa.R1, g.keeper()))
	case 3:
		g.emit(isa.Mov64Imm(isa.R1, int32(g.r.IntN(4))))
	}
}

// globalFunction calls a function that the kernel checks by its prototype (see fuzzTypes): int (int, struct pair *).
func (g *generator) globalFunction() {
	if g.depth > 2 || !g.place.info {
		return
	}
	g.number(isa.R4)
	g.emit(isa.Mov64Reg(isa.R1, isa.R4))
	switch g.r.IntN(4) {
	case 0:
		g.emit(isa.Mov64Imm(isa.R2, 0))
	case 1:
		if g.careless() {
			g.emit(isa.Mov64Reg(isa.R2, g.keeper()))
			break
		}
		fallthrough
	default:
		if !g.careless() {
			g.emit(isa.StoreImm(isa.DW, isa.R10, -8, 0), isa.StoreImm(isa.DW, isa.R10, -16, 0))
		}
		g.emit(isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, int32(g.pick(-16, -16, -16, -24))))
	}
	g.calls = append(g.calls, pendingCall{at: len(g.code), glob: true, body: func(g *generator) {
		g.depth = 3
		g.kinds[6] = guessNothing
		g.emit(isa.Mov64Reg(isa.R7, isa.R1), isa.Mov64Reg(isa.R8, isa.R2))
		if g.careless() {
			g.emit(isa.Mov64Reg(isa.R9, isa.R3))
		}
		g.kinds[7], g.kinds[8] = guessNumber, guessNothing
		if g.one(2) {
			g.noRead, g.noWrite, g.noAtomic = false, false, false
			g.nilOut(isa.R8, func() { g.touch(isa.R8, 16) })
		}
		g.some(1)
		if g.one(2) {
			g.number(isa.R0)
			g.emit(isa.Exit())
		}
	}})
	g.call(isa.CallRel(0))
}

func (g *generator) callback() {
	if g.depth > 2 || !g.place.info {
		return
	}
	g.number(isa.R1)
	g.bound(isa.R1, 100)
	g.calls = append(g.calls, pendingCall{at: len(g.code), body: func(g *generator) {
		g.depth = 3
		g.kinds[6] = guessNothing
		if g.one(2) {
			g.emit(isa.Mov64Reg(isa.R8, isa.R2), isa.Mov64Reg(isa.R7, isa.R1), isa.LoadMem(isa.DW, isa.R1, isa.R2, 0),
				isa.Add64Imm(isa.R1, 1), isa.StoreMem(isa.DW, isa.R8, 0, isa.R1))
			g.kinds[7] = guessNumber
		}
		g.some(1)
		if g.careless() {
			g.number(isa.R0)
			g.emit(isa.Exit())
		}
	}})
	g.emit(isa.LoadFunc(isa.R2, 0))
	if g.one(4) {
		g.emit(isa.Mov64Imm(isa.R3, 0))
	} else {
		g.emit(isa.Mov64Reg(isa.R3, isa.R10), isa.Add64Imm(isa.R3, int32(g.pick(-8, -16, -32))))
	}
	g.emit(isa.Mov64Imm(isa.R4, 0))
	g.call(isa.CallHelper(181))
}

// spill keeps a pointer on the stack, and uses it from there.
func (g *generator) spill() {
	n := g.valueMap()
	size := int64(g.place.maps[n].Value)
	g.look(n)
	slot := -8 * int16(1+g.r.IntN(8))
	g.emit(isa.StoreMem(isa.DW, isa.R10, slot, isa.R0))
	if g.one(3) {
		g.some(1)
	}
	if g.one(2) {
		g.emit(isa.LoadMem(isa.DW, isa.R1, isa.R10, slot))
		g.nilOut(isa.R1, func() {
			g.emit(isa.LoadMem(isa.DW, isa.R2, isa.R10, slot))
			g.touch(isa.R2, size)
		})
		return
	}
	g.nilOut(isa.R0, func() {
		g.emit(isa.LoadMem(isa.DW, isa.R2, isa.R10, slot))
		g.touch(isa.R2, size)
	})
}

// pointers writes arithmetic with pointers.
func (g *generator) pointers() {
	k := g.keeper()
	switch g.r.IntN(6) {
	case 0:
		g.emit(isa.Mov64Reg(isa.R1, isa.R10), isa.Sub64Reg(isa.R1, isa.R10))
	case 1:
		g.emit(isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, -16), isa.StoreImm(isa.DW, isa.R1, 8, 0))
	case 2:
		g.emit(isa.Mov32Reg(isa.R1, isa.R10), isa.And64Imm(isa.R1, 7))
	case 3:
		g.within(g.compare(comparisons[g.r.IntN(10)], k, 0, isa.R10), func() { g.emit(isa.Mov64Imm(isa.R1, 1)) })
	case 4:
		if g.kinds[k] == guessValue {
			g.allow(g.index[k])
			g.touch(k, int64(g.place.maps[g.index[k]].Value))
		}
	case 5:
		if g.careless() {
			g.emit(isa.Instruction{Op: isa.ClassALU64 | operations[g.r.IntN(len(operations))] | isa.SrcX, Dst: k, Src: isa.R10})
		}
	}
}

// special writes code that only this type of program has.
func (g *generator) special() {
	if g.place.special != nil && g.kinds[6] == guessContext {
		g.place.special(g)
	}
}

func (g *generator) kernelFunction() {
	if len(g.place.functions) == 0 {
		return
	}
	name := func(n string) isa.Instruction { return isa.CallKfunc(g.place.functions[n], 0) }
	pair := func(a, b string) {
		g.call(name(a))
		if g.one(2) {
			outs := len(g.outs)
			g.some(1)
			if !g.careless() {
				g.outs = g.outs[:outs]
			}
		}
		if !g.careless() {
			g.call(name(b))
		}
	}
	switch g.r.IntN(5) {
	case 0:
		pair("bpf_rcu_read_lock", "bpf_rcu_read_unlock")
	case 1:
		pair("bpf_preempt_disable", "bpf_preempt_enable")
	case 2:
		at := int32(g.pick(-72, -80))
		g.emit(isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, at))
		g.call(name("bpf_local_irq_save"))
		if g.one(3) {
			g.stackAccess()
		}
		if !g.careless() {
			g.emit(isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, at))
			g.call(name("bpf_local_irq_restore"))
		}
	case 3, 4:
		at := int32(g.pick(-96, -88))
		iter := func() { g.emit(isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, at)) }
		iter()
		g.emit(isa.Mov64Imm(isa.R2, 0), isa.Mov64Imm(isa.R3, int32(g.pick(3, 10, 100))))
		g.call(name("bpf_iter_num_new"))
		top := len(g.code)
		iter()
		g.call(name("bpf_iter_num_next"))
		body := len(g.code)
		g.emit(isa.JEQ64Imm(isa.R0, 0, 0))
		outs := len(g.outs)
		if g.one(2) {
			g.emit(isa.LoadMem(isa.W, isa.R7, isa.R0, 0))
			g.kinds[7] = guessNumber
		}
		g.loops++
		g.some(1)
		g.loops--
		if !g.careless() {
			g.outs = g.outs[:outs]
		}
		g.emit(isa.Jump(0))
		g.code[len(g.code)-1].Off = -int16(slotsOf(g.code[top:]))
		g.code[body].Off = int16(slotsOf(g.code[body+1:]))
		if !g.careless() {
			iter()
			g.call(name("bpf_iter_num_destroy"))
		}
	}
}

// packet reads from a packet. The packet's limits are in the context at two offsets.
func (g *generator) packet(data, end int16) {
	g.emit(isa.LoadMem(isa.W, isa.R7, isa.R6, data), isa.LoadMem(isa.W, isa.R8, isa.R6, end))
	room := g.pick(1, 4, 14, 34, 64)
	g.emit(isa.Mov64Reg(isa.R3, isa.R7), isa.Add64Imm(isa.R3, int32(room)))
	if !g.careless() {
		switch g.r.IntN(4) {
		case 0:
			g.out(isa.JGT64Reg(isa.R3, isa.R8, 0))
		case 1:
			g.out(isa.JLT64Reg(isa.R8, isa.R3, 0))
		case 2:
			g.out(isa.JGE64Reg(isa.R3, isa.R8, 0))
		case 3:
			g.emit(isa.JLE64Reg(isa.R3, isa.R8, 1))
			g.out(isa.Jump(0))
		}
	}
	g.noRead, g.noWrite, g.noAtomic = false, false, true
	g.touch(isa.R7, room)
	if g.one(2) {
		g.random(isa.R9)
		g.bound(isa.R9, 64)
		g.emit(isa.Mov64Reg(isa.R4, isa.R7), isa.Add64Reg(isa.R4, isa.R9), isa.Mov64Reg(isa.R5, isa.R4), isa.Add64Imm(isa.R5, 8))
		g.out(isa.JGT64Reg(isa.R5, isa.R8, 0))
		g.touch(isa.R4, 8)
		g.kinds[9] = guessNumber
	}
	g.kinds[7], g.kinds[8] = guessNothing, guessNothing
}

// generatedWith is a random program for a place, and where its functions begin. Programs that take the kernel seconds are left out.
func generatedWith(r *rand.Rand, p *place) (code []isa.Instruction, funcs []verify.Function) {
	for range 20 {
		code, funcs = generatedOnce(r, p)
		ways, back := 0, 0
		for _, in := range code {
			if in.IsConditional() {
				ways++
			}
			if d, _, jumps := in.Displacement(); jumps && d < 0 {
				back++
			}
		}
		if back == 0 && ways < 40 || ways < 14 {
			break
		}
	}
	return code, funcs
}

func generatedOnce(r *rand.Rand, p *place) (code []isa.Instruction, funcs []verify.Function) {
	rare := [...]int{0, 0, 30, 12}[r.IntN(4)]
	g := &generator{r: r, place: p, rare: rare}
	g.begin()
	g.emit(isa.Mov64Reg(isa.R6, isa.R1))
	g.kinds[6] = guessContext
	for _, k := range []isa.Register{isa.R7, isa.R8, isa.R9} {
		g.number(k)
	}
	g.some(1 + r.IntN(6))
	g.end()
	code = g.code
	funcs = append(funcs, verify.Function{})
	for calls := g.calls; len(calls) > 0 && len(code) < 300; {
		next := calls[0]
		calls = calls[1:]
		at := slotsOf(code[:next.at]) + 1
		start := slotsOf(code)
		code[next.at].Imm = int64(start - at)
		f := &generator{r: r, place: p, rare: rare}
		f.begin()
		for _, k := range []isa.Register{isa.R7, isa.R8, isa.R9} {
			f.emit(isa.Mov64Imm(k, int32(r.IntN(9))))
			f.kinds[k] = guessNumber
		}
		next.body(f)
		f.end()
		for _, c := range f.calls {
			c.at += len(code)
			calls = append(calls, c)
		}
		code = append(code, f.code...)
		fn := verify.Function{Slot: start}
		if next.glob {
			fn.Global, fn.Args = true, pairArguments
		}
		funcs = append(funcs, fn)
	}
	return code, funcs
}

func (g *generator) begin() {
	for r := range g.kinds {
		g.kinds[r] = guessNothing
	}
	if g.place.steady != 0 { // what is read before it is written is not the same in each run
		for off := int16(8); off <= 128; off += 8 {
			g.emit(isa.StoreImm(isa.DW, isa.R10, -off, int32(g.r.Uint32()>>g.r.IntN(32))))
		}
	}
}
