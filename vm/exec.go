package vm

import (
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
)

// exec runs code from an index until the function at the depth base returns. Then the result is in R0, or the error is a *Fault. Nearly
// all instructions run in fast; here are those that call something.
//
// Instructions are counted without a counter: at any time, started + pc are executed. Only jumps that are taken change started, so that
// the sum stays right. There the limit is compared too, so a loop cannot escape it.
func (m *Machine) exec(pc, base int) error {
	r := &m.regs
	code := m.code
	started := m.executed - uint64(pc)
	for {
		pc, started = m.fast(code, pc, started, m.nextCheck)
		pc--
		m.executed = started + uint64(pc)
		if m.executed >= m.nextCheck {
			if err := m.check(pc); err != nil {
				return err
			}
		}
		in := &code[pc]
		next := pc + 1
		switch op := in.first(); op {
		case opEnd:
			return m.fault(PastEnd, pc, "execution goes on after the last instruction: exit is missing")
		case opTrace:
			if err := m.step(pc); err != nil {
				return err
			}
		case opMayGoto:
			if m.turns[m.depth] > 0 {
				m.turns[m.depth]--
			} else {
				next = int(in.off)
			}
		case opGotoX:
			target, ok := codeIndex(r[in.dst&15])
			if !ok || target >= len(m.prog.source) {
				return m.badTarget(pc, r[in.dst&15])
			}
			next = target * m.stride
		case opCall:
			if !m.enter(next) {
				return m.fault(TooDeep, pc, tooDeep)
			}
			next = int(in.off)
		case opCallHelper, opCallKfunc, opCallX:
			var err error
			if next, err = m.call(in, next); err != nil {
				return err
			}
			code = m.code
		case opRefused:
			return m.fault(Refused, pc, fmt.Sprintf("Linux refuses the constant %d here; the mode conformant takes it",
				m.prog.source[pc/m.stride].Imm))
		case opExit:
			if m.depth == base {
				m.executed++
				return nil
			}
			next = m.leave()
			code = m.code
		case opLoadMap:
			r[in.dst&15] = m.used[in.imm].handle
		case opLoadMapValue:
			r[in.dst&15] = m.used[in.imm].value + uint64(uint32(in.off))
		case opLoadVariable:
			addr, ok := m.variables[m.prog.variables[in.imm]]
			if !ok {
				return m.missingVariable(pc, m.prog.variables[in.imm])
			}
			r[in.dst&15] = addr
		case opAtomic:
			if err := m.atomic(in, pc); err != nil {
				return err
			}
		case opLoadPacket:
			if m.loadPacket(in) {
				break
			}
			r[isa.R0] = 0 // as Linux does: the program ends with 0
			if m.depth == base {
				m.executed++
				return nil
			}
			next = m.leave()
			code = m.code
		default:
			if op < opLoad8 { // fast stopped for the limit
				continue
			}
			if err := m.access(in, pc); err != nil {
				return err
			}
		}
		started = m.executed + 1 - uint64(next)
		pc = next
	}
}

func (m *Machine) badTarget(index int, addr uint64) error {
	return m.fault(BadTarget, index, fmt.Sprintf("the register has %#x, which is not the address of an instruction", addr))
}

const tooDeep = "functions may call each other 8 deep"

// access runs the load or store with an index, whose memory is not plain: a value of a map, an object of the kernel, or where it is a
// fault.
func (m *Machine) access(in *instr, index int) error {
	a := accesses[in.first()]
	base := in.src
	if a.write {
		base = in.dst
	}
	addr := m.regs[base&15] + uint64(int64(in.off))
	b, ok := m.bytes(addr, a.size, a.write)
	switch {
	case !ok && !a.write && m.readsNil(index, addr):
		m.regs[in.dst&15] = 0
		return nil
	case !ok:
		return m.memoryFault(index, addr, a.size, a.write)
	}
	switch {
	case a.write && a.constant:
		store(b, uint8(a.size), in.imm)
	case a.write:
		store(b, uint8(a.size), m.regs[in.src&15])
	default:
		value := load(b, uint8(a.size))
		if a.signed {
			unused := 64 - 8*a.size
			value = uint64(int64(value<<unused) >> unused)
		}
		m.regs[in.dst&15] = value
	}
	return nil
}

// readsNil reports whether Linux reads 0 at an address: the pointer was nil in one of its structs.
func (m *Machine) readsNil(index int, addr uint64) bool {
	return m.prog.mode == Linux && addr < nilPages && m.prog.loadsFromObjects()[index/m.stride]
}

// accesses says what loads and stores do.
var accesses = [...]struct {
	size                    int // bytes
	write, signed, constant bool
}{
	opLoad8: {size: 1}, opLoad16: {size: 2}, opLoad32: {size: 4}, opLoad64: {size: 8},
	opLoadSX8: {size: 1, signed: true}, opLoadSX16: {size: 2, signed: true}, opLoadSX32: {size: 4, signed: true},
	opStore8: {size: 1, write: true}, opStore16: {size: 2, write: true},
	opStore32: {size: 4, write: true}, opStore64: {size: 8, write: true},
	opStoreImm8: {size: 1, write: true, constant: true}, opStoreImm16: {size: 2, write: true, constant: true},
	opStoreImm32: {size: 4, write: true, constant: true}, opStoreImm64: {size: 8, write: true, constant: true},
}

type integer interface {
	~int32 | ~int64 | ~uint32 | ~uint64
}

// quotient is a / b as BPF has it: 0 if b is 0. Go gives the smallest number for the smallest number by -1, as BPF does.
func quotient[N integer](a, b N) N {
	if b == 0 {
		return 0
	}
	return a / b
}

// remainder is a % b as BPF has it: a if b is 0.
func remainder[N integer](a, b N) N {
	if b == 0 {
		return a
	}
	return a % b
}

// atomic runs the atomic operation with an index in code. Machines share no memory while they run, so a plain load and a store are enough.
func (m *Machine) atomic(in *instr, index int) error {
	r := &m.regs
	size, operation := int(in.imm>>32), int64(uint32(in.imm))
	base := in.dst
	write := operation != isa.AtomicOpLoadAcquire
	if !write {
		base = in.src
	}
	addr := r[base&15] + uint64(int64(in.off))
	b, ok := m.bytes(addr, size, write)
	if !ok {
		return m.memoryFault(index, addr, size, write)
	}
	if addr%uint64(size) != 0 {
		return m.fault(Unaligned, index, Value{addr, m.pointee(addr)}.String()+" is not a multiple of "+number(uint64(size)))
	}
	old, operand := load(b, uint8(size)), r[in.src&15]
	switch operation {
	case isa.AtomicOpLoadAcquire:
		r[in.dst&15] = old
		return nil
	case isa.AtomicOpCmpXchg:
		expected := r[isa.R0]
		if size == 4 {
			expected = uint64(uint32(expected))
		}
		if old == expected {
			store(b, uint8(size), operand)
		}
		r[isa.R0] = old
		return nil
	}
	result := operand // of xchg and store_release
	switch operation &^ isa.AtomicOpFetch {
	case isa.AtomicOpAdd:
		result = old + operand
	case isa.AtomicOpOr:
		result = old | operand
	case isa.AtomicOpAnd:
		result = old & operand
	case isa.AtomicOpXor:
		result = old ^ operand
	}
	store(b, uint8(size), result)
	if operation&isa.AtomicOpFetch != 0 { // xchg has the bit too
		r[in.src&15] = old
	}
	return nil
}

// loadPacket loads from the packet into R0, in network order. It returns false if the packet does not have the bytes.
func (m *Machine) loadPacket(in *instr) bool {
	at, size := int64(int32(in.imm)), int64(in.imm>>32)
	if in.off != 0 {
		at += int64(int32(m.regs[in.src&15]))
	}
	packet := m.regions[packetRegion].read
	if p := m.packet; p != nil {
		packet = p.Bytes()
		if at < 0 {
			packet, at = p.frame[:p.end], p.fromNegative(at)
		}
	}
	if at < 0 || at+size > int64(len(packet)) {
		return false
	}
	b := packet[at:]
	switch size {
	case 1:
		m.regs[isa.R0] = uint64(b[0])
	case 2:
		m.regs[isa.R0] = uint64(binary.BigEndian.Uint16(b))
	default:
		m.regs[isa.R0] = uint64(binary.BigEndian.Uint32(b))
	}
	return true
}
