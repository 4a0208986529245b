package vm

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/bpfsmith/bpfsmith/isa"
)

// exec runs code from an index until the function at the depth base returns. Then the result is in R0, or the error is a *Fault.
//
// Instructions are counted without a counter: at any time, started + pc are executed. Only jumps that are taken change started, so that
// the sum stays right. There the limit is compared too, so a loop cannot escape it.
//
// An arithmetic case ends with continue. What a jump does when it is taken comes after the switch.
func (m *Machine) exec(pc, base int) error {
	r := &m.regs
	code := m.code
	started := m.executed - uint64(pc)
	for {
		in := &code[pc]
		pc++
		switch in.op {
		case opEnd:
			m.executed = started + uint64(pc-1)
			return m.fault(PastEnd, pc-1, "execution goes on after the last instruction: exit is missing")
		case opTrace:
			m.executed = started + uint64(pc-1)
			m.step(pc - 1)
			continue
		case opNothing:
			continue

		case opAdd64Imm:
			r[in.dst&15] += in.imm
			continue
		case opAdd64Reg:
			r[in.dst&15] += r[in.src&15]
			continue
		case opSub64Reg:
			r[in.dst&15] -= r[in.src&15]
			continue
		case opMul64Imm:
			r[in.dst&15] *= in.imm
			continue
		case opMul64Reg:
			r[in.dst&15] *= r[in.src&15]
			continue
		case opDiv64Imm:
			r[in.dst&15] = quotient(r[in.dst&15], in.imm)
			continue
		case opDiv64Reg:
			r[in.dst&15] = quotient(r[in.dst&15], r[in.src&15])
			continue
		case opMod64Imm:
			r[in.dst&15] = remainder(r[in.dst&15], in.imm)
			continue
		case opMod64Reg:
			r[in.dst&15] = remainder(r[in.dst&15], r[in.src&15])
			continue
		case opSDiv64Imm:
			r[in.dst&15] = uint64(quotient(int64(r[in.dst&15]), int64(in.imm)))
			continue
		case opSDiv64Reg:
			r[in.dst&15] = uint64(quotient(int64(r[in.dst&15]), int64(r[in.src&15])))
			continue
		case opSMod64Imm:
			r[in.dst&15] = uint64(remainder(int64(r[in.dst&15]), int64(in.imm)))
			continue
		case opSMod64Reg:
			r[in.dst&15] = uint64(remainder(int64(r[in.dst&15]), int64(r[in.src&15])))
			continue
		case opOr64Imm:
			r[in.dst&15] |= in.imm
			continue
		case opOr64Reg:
			r[in.dst&15] |= r[in.src&15]
			continue
		case opAnd64Imm:
			r[in.dst&15] &= in.imm
			continue
		case opAnd64Reg:
			r[in.dst&15] &= r[in.src&15]
			continue
		case opXor64Imm:
			r[in.dst&15] ^= in.imm
			continue
		case opXor64Reg:
			r[in.dst&15] ^= r[in.src&15]
			continue
		case opLsh64Imm:
			r[in.dst&15] <<= in.imm & 63
			continue
		case opLsh64Reg:
			r[in.dst&15] <<= r[in.src&15] & 63
			continue
		case opRsh64Imm:
			r[in.dst&15] >>= in.imm & 63
			continue
		case opRsh64Reg:
			r[in.dst&15] >>= r[in.src&15] & 63
			continue
		case opArsh64Imm:
			r[in.dst&15] = uint64(int64(r[in.dst&15]) >> (in.imm & 63))
			continue
		case opArsh64Reg:
			r[in.dst&15] = uint64(int64(r[in.dst&15]) >> (r[in.src&15] & 63))
			continue
		case opNeg64:
			r[in.dst&15] = -r[in.dst&15]
			continue
		case opMov64Imm:
			r[in.dst&15] = in.imm
			continue
		case opMov64Reg:
			r[in.dst&15] = r[in.src&15]
			continue
		case opMov64SX8:
			r[in.dst&15] = uint64(int8(r[in.src&15]))
			continue
		case opMov64SX16:
			r[in.dst&15] = uint64(int16(r[in.src&15]))
			continue
		case opMov64SX32:
			r[in.dst&15] = uint64(int32(r[in.src&15]))
			continue

		case opAdd32Imm:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) + uint32(in.imm))
			continue
		case opAdd32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) + uint32(r[in.src&15]))
			continue
		case opSub32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) - uint32(r[in.src&15]))
			continue
		case opMul32Imm:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) * uint32(in.imm))
			continue
		case opMul32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) * uint32(r[in.src&15]))
			continue
		case opDiv32Imm:
			r[in.dst&15] = uint64(quotient(uint32(r[in.dst&15]), uint32(in.imm)))
			continue
		case opDiv32Reg:
			r[in.dst&15] = uint64(quotient(uint32(r[in.dst&15]), uint32(r[in.src&15])))
			continue
		case opMod32Imm:
			r[in.dst&15] = uint64(remainder(uint32(r[in.dst&15]), uint32(in.imm)))
			continue
		case opMod32Reg:
			r[in.dst&15] = uint64(remainder(uint32(r[in.dst&15]), uint32(r[in.src&15])))
			continue
		case opSDiv32Imm:
			r[in.dst&15] = uint64(uint32(quotient(int32(r[in.dst&15]), int32(in.imm))))
			continue
		case opSDiv32Reg:
			r[in.dst&15] = uint64(uint32(quotient(int32(r[in.dst&15]), int32(r[in.src&15]))))
			continue
		case opSMod32Imm:
			r[in.dst&15] = uint64(uint32(remainder(int32(r[in.dst&15]), int32(in.imm))))
			continue
		case opSMod32Reg:
			r[in.dst&15] = uint64(uint32(remainder(int32(r[in.dst&15]), int32(r[in.src&15]))))
			continue
		case opOr32Imm:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) | uint32(in.imm))
			continue
		case opOr32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) | uint32(r[in.src&15]))
			continue
		case opAnd32Imm:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) & uint32(in.imm))
			continue
		case opAnd32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) & uint32(r[in.src&15]))
			continue
		case opXor32Imm:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) ^ uint32(in.imm))
			continue
		case opXor32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) ^ uint32(r[in.src&15]))
			continue
		case opLsh32Imm:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) << (in.imm & 31))
			continue
		case opLsh32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) << (r[in.src&15] & 31))
			continue
		case opRsh32Imm:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) >> (in.imm & 31))
			continue
		case opRsh32Reg:
			r[in.dst&15] = uint64(uint32(r[in.dst&15]) >> (r[in.src&15] & 31))
			continue
		case opArsh32Imm:
			r[in.dst&15] = uint64(uint32(int32(r[in.dst&15]) >> (in.imm & 31)))
			continue
		case opArsh32Reg:
			r[in.dst&15] = uint64(uint32(int32(r[in.dst&15]) >> (r[in.src&15] & 31)))
			continue
		case opNeg32:
			r[in.dst&15] = uint64(-uint32(r[in.dst&15]))
			continue
		case opMov32Reg:
			r[in.dst&15] = uint64(uint32(r[in.src&15]))
			continue
		case opMov32SX8:
			r[in.dst&15] = uint64(uint32(int8(r[in.src&15])))
			continue
		case opMov32SX16:
			r[in.dst&15] = uint64(uint32(int16(r[in.src&15])))
			continue

		case opZext16:
			r[in.dst&15] = uint64(uint16(r[in.dst&15]))
			continue
		case opSwap16:
			r[in.dst&15] = uint64(bits.ReverseBytes16(uint16(r[in.dst&15])))
			continue
		case opSwap32:
			r[in.dst&15] = uint64(bits.ReverseBytes32(uint32(r[in.dst&15])))
			continue
		case opSwap64:
			r[in.dst&15] = bits.ReverseBytes64(r[in.dst&15])
			continue

		case opJump:
		case opMayGoto:
			if m.turns[m.depth] > 0 {
				m.turns[m.depth]--
				continue
			}
		case opGotoX:
			target, ok := codeIndex(r[in.dst&15])
			if !ok || target >= len(m.prog.source) {
				m.executed = started + uint64(pc-1)
				return m.badTarget(pc-1, r[in.dst&15])
			}
			target *= m.stride
			started += uint64(pc - target)
			pc = target
			if m.executed = started + uint64(pc); m.executed >= m.nextCheck {
				if err := m.check(pc); err != nil {
					return err
				}
			}
			continue
		case opJEQ64Imm:
			if r[in.dst&15] != in.imm {
				continue
			}
		case opJEQ64Reg:
			if r[in.dst&15] != r[in.src&15] {
				continue
			}
		case opJNE64Imm:
			if r[in.dst&15] == in.imm {
				continue
			}
		case opJNE64Reg:
			if r[in.dst&15] == r[in.src&15] {
				continue
			}
		case opJGT64Imm:
			if r[in.dst&15] <= in.imm {
				continue
			}
		case opJGT64Reg:
			if r[in.dst&15] <= r[in.src&15] {
				continue
			}
		case opJGE64Imm:
			if r[in.dst&15] < in.imm {
				continue
			}
		case opJGE64Reg:
			if r[in.dst&15] < r[in.src&15] {
				continue
			}
		case opJLT64Imm:
			if r[in.dst&15] >= in.imm {
				continue
			}
		case opJLT64Reg:
			if r[in.dst&15] >= r[in.src&15] {
				continue
			}
		case opJLE64Imm:
			if r[in.dst&15] > in.imm {
				continue
			}
		case opJLE64Reg:
			if r[in.dst&15] > r[in.src&15] {
				continue
			}
		case opJSGT64Imm:
			if int64(r[in.dst&15]) <= int64(in.imm) {
				continue
			}
		case opJSGT64Reg:
			if int64(r[in.dst&15]) <= int64(r[in.src&15]) {
				continue
			}
		case opJSGE64Imm:
			if int64(r[in.dst&15]) < int64(in.imm) {
				continue
			}
		case opJSGE64Reg:
			if int64(r[in.dst&15]) < int64(r[in.src&15]) {
				continue
			}
		case opJSLT64Imm:
			if int64(r[in.dst&15]) >= int64(in.imm) {
				continue
			}
		case opJSLT64Reg:
			if int64(r[in.dst&15]) >= int64(r[in.src&15]) {
				continue
			}
		case opJSLE64Imm:
			if int64(r[in.dst&15]) > int64(in.imm) {
				continue
			}
		case opJSLE64Reg:
			if int64(r[in.dst&15]) > int64(r[in.src&15]) {
				continue
			}
		case opJSET64Imm:
			if r[in.dst&15]&in.imm == 0 {
				continue
			}
		case opJSET64Reg:
			if r[in.dst&15]&r[in.src&15] == 0 {
				continue
			}
		case opJEQ32Imm:
			if uint32(r[in.dst&15]) != uint32(in.imm) {
				continue
			}
		case opJEQ32Reg:
			if uint32(r[in.dst&15]) != uint32(r[in.src&15]) {
				continue
			}
		case opJNE32Imm:
			if uint32(r[in.dst&15]) == uint32(in.imm) {
				continue
			}
		case opJNE32Reg:
			if uint32(r[in.dst&15]) == uint32(r[in.src&15]) {
				continue
			}
		case opJGT32Imm:
			if uint32(r[in.dst&15]) <= uint32(in.imm) {
				continue
			}
		case opJGT32Reg:
			if uint32(r[in.dst&15]) <= uint32(r[in.src&15]) {
				continue
			}
		case opJGE32Imm:
			if uint32(r[in.dst&15]) < uint32(in.imm) {
				continue
			}
		case opJGE32Reg:
			if uint32(r[in.dst&15]) < uint32(r[in.src&15]) {
				continue
			}
		case opJLT32Imm:
			if uint32(r[in.dst&15]) >= uint32(in.imm) {
				continue
			}
		case opJLT32Reg:
			if uint32(r[in.dst&15]) >= uint32(r[in.src&15]) {
				continue
			}
		case opJLE32Imm:
			if uint32(r[in.dst&15]) > uint32(in.imm) {
				continue
			}
		case opJLE32Reg:
			if uint32(r[in.dst&15]) > uint32(r[in.src&15]) {
				continue
			}
		case opJSGT32Imm:
			if int32(r[in.dst&15]) <= int32(in.imm) {
				continue
			}
		case opJSGT32Reg:
			if int32(r[in.dst&15]) <= int32(r[in.src&15]) {
				continue
			}
		case opJSGE32Imm:
			if int32(r[in.dst&15]) < int32(in.imm) {
				continue
			}
		case opJSGE32Reg:
			if int32(r[in.dst&15]) < int32(r[in.src&15]) {
				continue
			}
		case opJSLT32Imm:
			if int32(r[in.dst&15]) >= int32(in.imm) {
				continue
			}
		case opJSLT32Reg:
			if int32(r[in.dst&15]) >= int32(r[in.src&15]) {
				continue
			}
		case opJSLE32Imm:
			if int32(r[in.dst&15]) > int32(in.imm) {
				continue
			}
		case opJSLE32Reg:
			if int32(r[in.dst&15]) > int32(r[in.src&15]) {
				continue
			}
		case opJSET32Imm:
			if uint32(r[in.dst&15])&uint32(in.imm) == 0 {
				continue
			}
		case opJSET32Reg:
			if uint32(r[in.dst&15])&uint32(r[in.src&15]) == 0 {
				continue
			}

		case opCall:
			if !m.enter(pc) {
				m.executed = started + uint64(pc-1)
				return m.fault(TooDeep, pc-1, tooDeep)
			}
		case opCallHelper, opCallKfunc, opCallX:
			m.executed = started + uint64(pc-1)
			next, err := m.call(in, pc)
			if err != nil {
				return err
			}
			code = m.code
			pc = next
			started = m.executed + 1 - uint64(pc)
			continue
		case opExit:
			m.executed = started + uint64(pc)
			if m.depth == base {
				return nil
			}
			next := m.leave()
			code = m.code
			started += uint64(pc - next)
			pc = next
			continue

		case opLoad8:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 1 {
				r[in.dst&15] = uint64(b[0])
				continue
			}
			v, err := m.otherLoad(started, pc, addr, 1)
			if err != nil {
				return err
			}
			r[in.dst&15] = v
			continue
		case opLoad16:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 2 {
				r[in.dst&15] = uint64(binary.LittleEndian.Uint16(b))
				continue
			}
			v, err := m.otherLoad(started, pc, addr, 2)
			if err != nil {
				return err
			}
			r[in.dst&15] = v
			continue
		case opLoad32:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 4 {
				r[in.dst&15] = uint64(binary.LittleEndian.Uint32(b))
				continue
			}
			v, err := m.otherLoad(started, pc, addr, 4)
			if err != nil {
				return err
			}
			r[in.dst&15] = v
			continue
		case opLoad64:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 8 {
				r[in.dst&15] = binary.LittleEndian.Uint64(b)
				continue
			}
			v, err := m.otherLoad(started, pc, addr, 8)
			if err != nil {
				return err
			}
			r[in.dst&15] = v
			continue
		case opLoadSX8:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 1 {
				r[in.dst&15] = uint64(int8(b[0]))
				continue
			}
			v, err := m.otherLoad(started, pc, addr, 1)
			if err != nil {
				return err
			}
			r[in.dst&15] = uint64(int8(v))
			continue
		case opLoadSX16:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 2 {
				r[in.dst&15] = uint64(int16(binary.LittleEndian.Uint16(b)))
				continue
			}
			v, err := m.otherLoad(started, pc, addr, 2)
			if err != nil {
				return err
			}
			r[in.dst&15] = uint64(int16(v))
			continue
		case opLoadSX32:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 4 {
				r[in.dst&15] = uint64(int32(binary.LittleEndian.Uint32(b)))
				continue
			}
			v, err := m.otherLoad(started, pc, addr, 4)
			if err != nil {
				return err
			}
			r[in.dst&15] = uint64(int32(v))
			continue
		case opStore8:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 1 {
				b[0] = byte(r[in.src&15])
				continue
			}
			if err := m.otherStore(started, pc, addr, 1, r[in.src&15]); err != nil {
				return err
			}
			continue
		case opStore16:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 2 {
				binary.LittleEndian.PutUint16(b, uint16(r[in.src&15]))
				continue
			}
			if err := m.otherStore(started, pc, addr, 2, r[in.src&15]); err != nil {
				return err
			}
			continue
		case opStore32:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 4 {
				binary.LittleEndian.PutUint32(b, uint32(r[in.src&15]))
				continue
			}
			if err := m.otherStore(started, pc, addr, 4, r[in.src&15]); err != nil {
				return err
			}
			continue
		case opStore64:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 8 {
				binary.LittleEndian.PutUint64(b, r[in.src&15])
				continue
			}
			if err := m.otherStore(started, pc, addr, 8, r[in.src&15]); err != nil {
				return err
			}
			continue
		case opStoreImm8:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 1 {
				b[0] = byte(in.imm)
				continue
			}
			if err := m.otherStore(started, pc, addr, 1, in.imm); err != nil {
				return err
			}
			continue
		case opStoreImm16:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 2 {
				binary.LittleEndian.PutUint16(b, uint16(in.imm))
				continue
			}
			if err := m.otherStore(started, pc, addr, 2, in.imm); err != nil {
				return err
			}
			continue
		case opStoreImm32:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 4 {
				binary.LittleEndian.PutUint32(b, uint32(in.imm))
				continue
			}
			if err := m.otherStore(started, pc, addr, 4, in.imm); err != nil {
				return err
			}
			continue
		case opStoreImm64:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 8 {
				binary.LittleEndian.PutUint64(b, in.imm)
				continue
			}
			if err := m.otherStore(started, pc, addr, 8, in.imm); err != nil {
				return err
			}
			continue
		case opLoadMap:
			r[in.dst&15] = m.used[in.imm].handle
			continue
		case opLoadMapValue:
			r[in.dst&15] = m.used[in.imm].value + uint64(uint32(in.off))
			continue
		case opAtomic:
			m.executed = started + uint64(pc-1)
			if err := m.atomic(in, pc-1); err != nil {
				return err
			}
			continue
		case opLoadPacket:
			m.executed = started + uint64(pc)
			if !m.loadPacket(in) {
				r[isa.R0] = 0 // as Linux does: the program ends with 0
				if m.depth == base {
					return nil
				}
				next := m.leave()
				code = m.code
				started += uint64(pc - next)
				pc = next
			}
			continue
		}

		// A jump that is taken, or a call of a function of the program.
		target := int(in.off)
		started += uint64(pc - target)
		pc = target
		if started+uint64(pc) >= m.nextCheck {
			m.executed = started + uint64(pc)
			if err := m.check(pc); err != nil {
				return err
			}
		}
	}
}

func (m *Machine) badTarget(index int, addr uint64) error {
	return m.fault(BadTarget, index, fmt.Sprintf("the register has %#x, which is not the address of an instruction", addr))
}

const tooDeep = "functions may call each other 8 deep"

// otherLoad is a load before pc from memory that is not plain: from a value of a map, or where it is a fault.
func (m *Machine) otherLoad(started uint64, pc int, addr uint64, size int) (uint64, error) {
	if b, ok := m.bytes(addr, size, false); ok {
		return load(b, uint8(size)), nil
	}
	m.executed = started + uint64(pc-1)
	return 0, m.memoryFault(pc-1, addr, size, false)
}

// otherStore is a store before pc into memory that is not plain: into an object of the kernel, or where it is a fault.
func (m *Machine) otherStore(started uint64, pc int, addr uint64, size int, value uint64) error {
	if b, ok := m.bytes(addr, size, true); ok {
		store(b, uint8(size), value)
		return nil
	}
	m.executed = started + uint64(pc-1)
	return m.memoryFault(pc-1, addr, size, true)
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
	size := int(in.size)
	base := in.dst
	write := in.imm != isa.AtomicOpLoadAcquire
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
	old, operand := load(b, in.size), r[in.src&15]
	switch in.imm {
	case isa.AtomicOpLoadAcquire:
		r[in.dst&15] = old
		return nil
	case isa.AtomicOpCmpXchg:
		expected := r[isa.R0]
		if in.size == 4 {
			expected = uint64(uint32(expected))
		}
		if old == expected {
			store(b, in.size, operand)
		}
		r[isa.R0] = old
		return nil
	}
	result := operand // of xchg and store_release
	switch in.imm &^ isa.AtomicOpFetch {
	case isa.AtomicOpAdd:
		result = old + operand
	case isa.AtomicOpOr:
		result = old | operand
	case isa.AtomicOpAnd:
		result = old & operand
	case isa.AtomicOpXor:
		result = old ^ operand
	}
	store(b, in.size, result)
	if in.imm&isa.AtomicOpFetch != 0 { // xchg has the bit too
		r[in.src&15] = old
	}
	return nil
}

// loadPacket loads from the packet into R0, in network order. It returns false if the packet does not have the bytes.
func (m *Machine) loadPacket(in *instr) bool {
	at := int64(int32(in.imm))
	if in.off != 0 {
		at += int64(int32(m.regs[in.src&15]))
	}
	packet := m.regions[packetRegion].read
	if at < 0 || at+int64(in.size) > int64(len(packet)) {
		return false
	}
	b := packet[at:]
	switch in.size {
	case 1:
		m.regs[isa.R0] = uint64(b[0])
	case 2:
		m.regs[isa.R0] = uint64(binary.BigEndian.Uint16(b))
	default:
		m.regs[isa.R0] = uint64(binary.BigEndian.Uint32(b))
	}
	return true
}
