package compile_test

import (
	"errors"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// FuzzBuild writes functions from any bytes, by a little machine whose instructions are calls of the language: rightly and
// wrongly, with values of other functions and of blocks that have ended, and with nil where a function should be. Compiling
// them gives findings, or a program whose registers the independent checker accepts.
func FuzzBuild(f *testing.F) {
	f.Add([]byte{}, uint8(0))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
		33, 34, 35, 36, 37, 38, 39, 40}, uint8(1))
	f.Add([]byte{0, 0, 2, 2, 2, 20, 1, 2, 40, 5, 19, 9, 22, 3, 2, 30, 40, 6}, uint8(4))
	f.Add([]byte{12, 200, 12, 201, 2, 16, 0, 4, 5, 33, 28, 7, 40, 30, 5, 18, 2, 40, 27, 12, 9}, uint8(3))
	f.Fuzz(func(t *testing.T, code []byte, level uint8) {
		const most = 400
		if len(code) > most {
			code = code[:most]
		}
		p := stackMachine(code)
		_, err := compile.Compile(p, compile.Target{Level: isa.Level(level % 5), ByteOrder: isa.Native})
		var findings mistake.Findings
		if err != nil && !errors.As(err, &findings) {
			t.Errorf("not a finding: %v", err)
		}
		for _, finding := range findings {
			if finding.Detail == "" || finding.Kind == mistake.None {
				t.Errorf("a finding that says nothing: %+v", finding)
			}
		}
	})
}

// stackMachine is the program that the bytes write, which calls another one that they write as well.
func stackMachine(code []byte) *dsl.Program {
	m := &machine{code: code}
	m.sub = dsl.Func("sub", func(f *dsl.Fn, a dsl.VarU32, b dsl.S8) dsl.U64 {
		m.begin(f)
		m.push(a.Get(), a)
		m.small = append(m.small, b)
		m.statements(len(m.code) / 3)
		return m.u64()
	})
	m.sub.Body(true) // values of it are kept
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32, p dsl.Ptr) dsl.U64 {
		m.begin(f)
		m.pointers = append(m.pointers, p)
		m.push(n.Get(), n)
		m.statements(len(m.code))
		return m.u64()
	})
}

// A machine has stacks of all kinds of values; what it takes from them stays there.
type machine struct {
	code     []byte
	f        *dsl.Fn
	sub      *dsl.Program
	depth    int
	values   []dsl.U32
	vars     []dsl.VarU32
	wide     []dsl.U64
	small    []dsl.S8
	bools    []dsl.Bool
	pointers []dsl.Ptr
	branches []*dsl.Branches
	leave    []func()
}

func (m *machine) begin(f *dsl.Fn) { m.f, m.depth = f, 0 }

func (m *machine) push(v dsl.U32, more ...dsl.VarU32) {
	m.values = append(m.values, v)
	m.vars = append(m.vars, more...)
}

// next is the next byte.
func (m *machine) next() int {
	if len(m.code) == 0 {
		return 0
	}
	b := m.code[0]
	m.code = m.code[1:]
	return int(b)
}

// pick gives one of a stack, the zero value when it is empty or the bytes say so.
func pick[T any](m *machine, stack []T) T {
	var zero T
	n := m.next()
	if len(stack) == 0 || n == 255 {
		return zero
	}
	return stack[len(stack)-1-n%len(stack)]
}

func (m *machine) u64() dsl.U64 {
	if len(m.wide) > 0 && m.next()%2 == 0 {
		return pick(m, m.wide)
	}
	return pick(m, m.values).U64()
}

// operand is anything that may stand where an operand does, and some things that may not.
func (m *machine) operand() dsl.Operand {
	switch m.next() % 12 {
	case 0, 1, 2:
		return pick(m, m.values)
	case 3, 4:
		return pick(m, m.vars)
	case 5, 6:
		return m.next() - 64
	case 7:
		return pick(m, m.wide)
	case 8:
		return pick(m, m.small)
	case 9:
		return pick(m, m.pointers)
	case 10:
		return pick(m, m.bools)
	}
	return [...]any{nil, "text", 1.5, uint64(1) << 63, int64(-1) << 63, m.f, uint8(255)}[m.next()%7]
}

// body is a block of the next statements, or nil.
func (m *machine) body() func() {
	n := m.next() % 8
	if n == 7 || m.depth > 5 {
		return nil
	}
	return func() {
		m.depth++
		m.statements(n)
		m.depth--
	}
}

func (m *machine) counted() func(dsl.U32) {
	body := m.body()
	if body == nil {
		return nil
	}
	return func(i dsl.U32) {
		m.push(i)
		body()
	}
}

func (m *machine) condition() func() dsl.Bool {
	if m.next()%8 == 7 {
		return nil
	}
	return func() dsl.Bool { return pick(m, m.values).Lt(m.operand()) }
}

func (m *machine) statements(n int) {
	for range n {
		if len(m.code) == 0 {
			return
		}
		m.statement()
	}
}

func (m *machine) statement() {
	n := m.next() % 48
	switch {
	case n < 14:
		m.arithmetic(n)
	case n < 28:
		m.control(n - 14)
	case n < 36:
		m.memory(n - 28)
	default:
		m.others(n - 36)
	}
}

func (m *machine) arithmetic(n int) {
	v := pick(m, m.values)
	operations := [...]func(dsl.Operand) dsl.U32{v.Add, v.Sub, v.Mul, v.Div, v.Mod, v.Shl, v.Shr, v.Min, v.And}
	switch {
	case n < len(operations):
		m.push(operations[n](m.operand()))
	case n == 9:
		m.small = append(m.small, v.S8(), v.S8().Div(pick(m, m.small)))
	case n == 10:
		m.wide = append(m.wide, v.U64(), pick(m, m.wide).Mul(m.operand()))
	case n == 11:
		m.push(pick(m, m.wide).Swap().U32(), pick(m, m.vars).Var())
	case n == 12:
		m.bools = append(m.bools, v.Lt(m.operand()), v.Has(m.operand()))
	default:
		m.push(m.f.U32(uint32(m.next())), v.Not().Neg().Var())
	}
}

func (m *machine) control(n int) {
	f := m.f
	switch n {
	case 0, 1:
		m.branches = append(m.branches, f.If(pick(m, m.bools), m.body()))
	case 2:
		b := pick(m, append([]*dsl.Branches{{}}, m.branches...))
		if b == nil {
			return
		}
		b.ElseIf(m.condition(), m.body()).Else(m.body())
	case 3:
		f.For(m.next(), m.counted())
	case 4:
		f.For(m.operand(), m.counted())
	case 5:
		f.ForUpTo(m.operand(), m.next()-1, m.counted())
	case 6:
		f.While(m.condition(), m.body())
	case 7:
		f.Block(func(leave func()) {
			m.leave = append(m.leave, leave)
			if body := m.body(); body != nil {
				body()
			}
		})
	case 8:
		if leave := pick(m, m.leave); leave != nil {
			leave()
		}
	case 9:
		f.Break()
	case 10:
		f.Continue()
	case 11:
		f.Return(m.operand())
	case 12:
		dsl.Switch(f, pick(m, m.values), dsl.Case(m.body(), m.operand(), m.operand()), dsl.Default(m.body()), dsl.Case(m.body(), m.next()))
	default:
		f.Exit()
	}
}

func (m *machine) memory(n int) {
	f := m.f
	type pair struct{ A, B uint32 }
	p := pick(m, m.pointers)
	cell := p.At(int16(4 * m.next())).U32()
	switch n {
	case 0:
		m.pointers = append(m.pointers, dsl.Local[pair](f).Ptr)
	case 1:
		cell.Set(m.operand())
	case 2:
		m.push(cell.Get())
	case 3:
		cell.Inc(m.operand())
	case 4:
		m.push(cell.AtomicAdd(m.operand()), cell.CompareExchange(m.operand(), m.operand()).Var())
	case 5:
		m.pointers = append(m.pointers, p.Offset(m.operand()), dsl.Index[uint32](dsl.RefTo[[4]uint32](p), "", m.operand()).Ptr)
	case 6:
		m.bools = append(m.bools, p.IsNil(), p.Eq(pick(m, m.pointers)))
	default:
		dsl.RefTo[pair](p).U32([...]string{"A", "B", "C", "", "A[1]"}[m.next()%5]).Set(m.operand())
	}
}

func (m *machine) others(n int) {
	f := m.f
	switch n {
	case 0, 1:
		pick(m, m.vars).Set(m.operand())
	case 2:
		pick(m, m.vars).Inc(m.operand())
	case 3:
		m.wide = append(m.wide, f.Helper("bpf_ktime_get_ns").U64())
	case 4:
		f.Helper([...]string{"bpf_get_smp_processor_id", "bpf_probe_read_kernel", "", "bpf_nothing"}[m.next()%4], m.operand(), m.operand())
	case 5:
		m.wide = append(m.wide, f.Call(m.sub, m.operand(), pick(m, m.small)).U64())
	case 6:
		f.Call(pick(m, []*dsl.Program{nil, m.sub}), m.operand())
	case 7:
		b := pick(m, m.bools)
		m.bools = append(m.bools, b.And(pick(m, m.bools)), b.Not(), b.OrElse(m.condition()))
	case 8:
		yes, no := pick(m, m.values), pick(m, m.values)
		m.push(dsl.Pick(f, pick(m, m.bools), func() dsl.U32 { return yes }, func() dsl.U32 { return no.Add(m.operand()) }))
	case 9:
		m.push(f.EnumValue("", "NOTHING"), p32(pick(m, m.pointers)).Var())
	case 10:
		f.IfField("tcp_sock", "snd_cwnd", m.body())
	default:
		if m.next() == 254 {
			panic("on purpose")
		}
		f.U32(1)
	}
}

func p32(p dsl.Ptr) dsl.U32 { return p.Field("snd_cwnd").U32() }
