package opt

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// machine runs functions of the low level one value after the other, so that what passes made of
// a function can be compared with what it was. It shares no code with the passes.
type machine struct {
	f      *ir.Func
	c      Config
	reg    []uint64
	memory map[uint64][]byte // by the upper half of addresses
	trace  []string          // calls, as they happened
	steps  int
	turns  int
}

const (
	contextRegion = 1
	mapRegion     = 100
	frameRegion   = 200
	regionSize    = 64
)

func newMachine(f *ir.Func, c Config, seed uint64) *machine {
	m := &machine{f: f, c: c, reg: make([]uint64, len(f.Values)), memory: map[uint64][]byte{}}
	region := func(id uint64, size int) {
		data := make([]byte, size)
		for i := range data {
			seed = seed*6364136223846793005 + 1442695040888963407
			data[i] = byte(seed >> 56)
		}
		m.memory[id] = data
	}
	region(contextRegion, regionSize)
	region(mapRegion, regionSize)
	region(mapRegion+1, regionSize)
	for i, o := range f.Frame {
		m.memory[uint64(frameRegion+i)] = make([]byte, o.Size)
	}
	return m
}

func (m *machine) at(address uint64, size uint8) ([]byte, error) {
	data := m.memory[address>>32]
	off := int(int32(address)) - 0x1000
	if off < 0 || off+int(size) > len(data) {
		return nil, fmt.Errorf("access to %#x, %d bytes", address, size)
	}
	return data[off : off+int(size)], nil
}

func address(region int, off int64) uint64 { return uint64(region)<<32 + 0x1000 + uint64(off) }

// run gives the result.
func (m *machine) run(params [3]uint64) (uint64, error) {
	b, from := ir.B(0), ir.B(-1)
	way := 0
	for {
		if m.steps++; m.steps > 20000 {
			return 0, fmt.Errorf("does not end")
		}
		block := &m.f.Blocks[b]
		next := map[ir.V]uint64{}
		for _, n := range block.Values {
			v := &m.f.Values[n]
			if v.Op != ir.Phi {
				break
			}
			// When both ways of a block lead here, the first one stands first.
			k := -1
			for i, p := range block.Preds {
				if p == from && (k < 0 || way == 1 && m.f.Blocks[from].Succs[0] == b) {
					k = i
				}
			}
			next[n] = m.reg[v.Args[k]]
		}
		for n, r := range next {
			m.reg[n] = r
		}
		for _, n := range block.Values {
			v := &m.f.Values[n]
			if v.Op != ir.Phi {
				r, err := m.value(v, params)
				if err != nil {
					return 0, fmt.Errorf("%s: %w", m.f.Describe(n), err)
				}
				m.reg[n] = r
			}
			if v.Type == ir.Bool && m.reg[n] > 1 || v.Type == ir.I32 && m.reg[n]>>32 != 0 {
				return 0, fmt.Errorf("b%d: %s: holds %#x", b, m.f.Describe(n), m.reg[n])
			}
		}
		switch block.Kind {
		case ir.Return:
			if block.X == 0 {
				return 0, nil
			}
			return m.reg[block.X], nil
		case ir.Jump:
			way = 0
		case ir.MayGoto: // has patience for a few turns
			way = 0
			if m.turns++; m.turns > 6 {
				way = 1
			}
		case ir.Branch:
			y := uint64(block.Imm)
			if block.Y != 0 {
				y = m.reg[block.Y]
			}
			holds, err := m.holds(block.Cond, block.Wide, m.reg[block.X], y, block.Y == 0)
			if err != nil {
				return 0, fmt.Errorf("b%d: %w", b, err)
			}
			way = 1
			if holds {
				way = 0
			}
		default:
			return 0, fmt.Errorf("b%d has no end", b)
		}
		from, b = b, block.Succs[way]
	}
}

func (m *machine) holds(c ir.Cond, wide bool, x, y uint64, imm bool) (bool, error) {
	if imm && int64(y) != int64(int32(y)) {
		return false, fmt.Errorf("compares with the immediate %#x", y)
	}
	if !wide {
		if !m.c.NarrowJumps && (x>>32 != 0 || !imm && y>>32 != 0) {
			return false, fmt.Errorf("compares the lower halves of %#x and %#x", x, y)
		}
		x, y = x&0xffffffff, y&0xffffffff
	}
	sx, sy := int64(x), int64(y)
	if !wide {
		sx, sy = int64(int32(x)), int64(int32(y))
	}
	switch c {
	case ir.EQ:
		return x == y, nil
	case ir.NE:
		return x != y, nil
	case ir.LT:
		return x < y, nil
	case ir.LE:
		return x <= y, nil
	case ir.GT:
		return x > y, nil
	case ir.GE:
		return x >= y, nil
	case ir.SLT:
		return sx < sy, nil
	case ir.SLE:
		return sx <= sy, nil
	case ir.SGT:
		return sx > sy, nil
	case ir.SGE:
		return sx >= sy, nil
	}
	return x&y != 0, nil
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func (m *machine) value(v *ir.Value, params [3]uint64) (uint64, error) {
	arg := func(i int) uint64 {
		if i < len(v.Args) {
			return m.reg[v.Args[i]]
		}
		return uint64(v.Imm)
	}
	switch v.Op {
	case ir.Const:
		if v.Type == ir.I64 || v.Type == ir.Ptr {
			return uint64(v.Imm), nil
		}
		return uint64(uint32(v.Imm)), nil
	case ir.FrameAddr:
		return address(frameRegion+int(v.Aux), v.Imm), nil
	case ir.MapValue:
		return address(mapRegion+int(v.Aux), v.Imm), nil
	case ir.Param:
		return params[v.Imm-1], nil
	case ir.Copy, ir.ZExt:
		return arg(0), nil
	case ir.Compare:
		holds, err := m.holds(v.Cond, v.Wide, arg(0), arg(1), len(v.Args) == 1)
		return truth(holds), err
	case ir.Load:
		data, err := m.at(arg(0)+uint64(int64(v.Off)), v.Size)
		if err != nil {
			return 0, err
		}
		var full [8]byte
		copy(full[:], data)
		r := binary.LittleEndian.Uint64(full[:])
		if v.Signed {
			switch v.Size {
			case 1:
				r = uint64(int8(r))
			case 2:
				r = uint64(int16(r))
			case 4:
				r = uint64(int32(r))
			}
			if v.Type == ir.I32 {
				r &= 0xffffffff
			}
		}
		return r, nil
	case ir.Store, ir.StoreConst:
		data, err := m.at(arg(0)+uint64(int64(v.Off)), v.Size)
		if err != nil {
			return 0, err
		}
		if v.Op == ir.StoreConst && v.Imm != int64(int32(v.Imm)) {
			return 0, fmt.Errorf("immediate")
		}
		y := arg(1)
		for i := range data {
			data[i] = byte(y >> (8 * i))
		}
		return 0, nil
	case ir.Atomic: // adds, whatever it says
		data, err := m.at(arg(0)+uint64(int64(v.Off)), v.Size)
		if err != nil {
			return 0, err
		}
		if v.Size == 4 {
			old := binary.LittleEndian.Uint32(data)
			binary.LittleEndian.PutUint32(data, old+uint32(arg(1)))
			return uint64(old), nil
		}
		old := binary.LittleEndian.Uint64(data)
		binary.LittleEndian.PutUint64(data, old+arg(1))
		return old, nil
	case ir.CallHelper:
		return m.call(v), nil
	}
	if v.Type == ir.I64 || v.Type == ir.Ptr {
		return compute64(v, arg(0), arg(1))
	}
	return compute32(v, uint32(arg(0)), uint32(arg(1)), arg(0))
}

// call mixes its arguments to a result, and writes wherever it may.
func (m *machine) call(v *ir.Value) uint64 {
	r := uint64(v.Imm) + 12345
	said := fmt.Sprint("helper ", v.Imm)
	for _, a := range v.Args {
		x := m.reg[a]
		said += fmt.Sprintf(" %#x", x)
		r = (r ^ x) * 0x9e3779b97f4a7c15
		if data := m.memory[x>>32]; x>>32 >= frameRegion && data != nil {
			for i := range data {
				r += uint64(data[i])
				data[i] += byte(i)
			}
		}
	}
	m.memory[contextRegion][r%regionSize]++
	m.memory[mapRegion][r>>8%regionSize]++
	m.trace = append(m.trace, said)
	return r
}

func compute64(v *ir.Value, x, y uint64) (uint64, error) {
	if len(v.Args) == 1 && v.Op.TakesImm() && v.Imm != int64(int32(v.Imm)) {
		return 0, fmt.Errorf("the immediate %#x", v.Imm)
	}
	switch v.Op {
	case ir.Add:
		return x + y, nil
	case ir.Sub:
		return x - y, nil
	case ir.Mul:
		return x * y, nil
	case ir.Div:
		if y == 0 {
			return 0, nil
		}
		return x / y, nil
	case ir.Mod:
		if y == 0 {
			return x, nil
		}
		return x % y, nil
	case ir.SDiv:
		if y == 0 {
			return 0, nil
		}
		return uint64(int64(x) / int64(y)), nil
	case ir.SMod:
		if y == 0 {
			return x, nil
		}
		return uint64(int64(x) % int64(y)), nil
	case ir.And:
		return x & y, nil
	case ir.Or:
		return x | y, nil
	case ir.Xor:
		return x ^ y, nil
	case ir.Shl:
		return x << (y & 63), nil
	case ir.Shr:
		return x >> (y & 63), nil
	case ir.Sar:
		return uint64(int64(x) >> (y & 63)), nil
	case ir.Neg:
		return -x, nil
	case ir.SExt8:
		return uint64(int64(int8(x))), nil
	case ir.SExt16:
		return uint64(int64(int16(x))), nil
	case ir.SExt32:
		return uint64(int64(int32(x))), nil
	case ir.Swap16:
		return uint64(bits.ReverseBytes16(uint16(x))), nil
	case ir.Swap32:
		return uint64(bits.ReverseBytes32(uint32(x))), nil
	case ir.Swap64:
		return bits.ReverseBytes64(x), nil
	}
	return 0, fmt.Errorf("no such operation in 64 bits")
}

func compute32(v *ir.Value, x, y uint32, whole uint64) (uint64, error) {
	switch v.Op {
	case ir.Add:
		return uint64(x + y), nil
	case ir.Sub:
		return uint64(x - y), nil
	case ir.Mul:
		return uint64(x * y), nil
	case ir.Div:
		if y == 0 {
			return 0, nil
		}
		return uint64(x / y), nil
	case ir.Mod:
		if y == 0 {
			return uint64(x), nil
		}
		return uint64(x % y), nil
	case ir.SDiv:
		if y == 0 {
			return 0, nil
		}
		return uint64(uint32(int32(x) / int32(y))), nil
	case ir.SMod:
		if y == 0 {
			return uint64(x), nil
		}
		return uint64(uint32(int32(x) % int32(y))), nil
	case ir.And:
		return uint64(x & y), nil
	case ir.Or:
		return uint64(x | y), nil
	case ir.Xor:
		return uint64(x ^ y), nil
	case ir.Shl:
		return uint64(x << (y & 31)), nil
	case ir.Shr:
		return uint64(x >> (y & 31)), nil
	case ir.Sar:
		return uint64(uint32(int32(x) >> (y & 31))), nil
	case ir.Neg:
		return uint64(-x), nil
	case ir.Trunc:
		return uint64(uint32(whole)), nil
	case ir.SExt8:
		return uint64(uint32(int32(int8(x)))), nil
	case ir.SExt16:
		return uint64(uint32(int32(int16(x)))), nil
	case ir.Swap16:
		return uint64(bits.ReverseBytes16(uint16(x))), nil
	case ir.Swap32:
		return uint64(bits.ReverseBytes32(x)), nil
	case ir.Not:
		return whole ^ 1, nil
	}
	return 0, fmt.Errorf("no such operation in 32 bits")
}
