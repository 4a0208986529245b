package vm

import (
	"encoding/binary"
	"math/bits"
)

// fast runs instructions from an index until one that it leaves to exec: a call, an access to memory that is not plain, or the first one
// at which the limit is to be compared. It returns the index after that one, and the count that exec keeps.
//
// It calls no function. So the Go compiler keeps all variables of the loop in registers; one call would make it store them at each
// instruction.
//
// An arithmetic case ends with continue. What a jump does when it is taken comes after the switch.
func (m *Machine) fast(code []instr, pc int, started, limit uint64) (int, uint64) {
	r := &m.regs
	for {
		in := &code[pc]
		pc++
		switch in.op {
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

		case opLoad8:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 1 {
				r[in.dst&15] = uint64(b[0])
				continue
			}
			return pc, started
		case opLoad16:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 2 {
				r[in.dst&15] = uint64(binary.LittleEndian.Uint16(b))
				continue
			}
			return pc, started
		case opLoad32:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 4 {
				r[in.dst&15] = uint64(binary.LittleEndian.Uint32(b))
				continue
			}
			return pc, started
		case opLoad64:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 8 {
				r[in.dst&15] = binary.LittleEndian.Uint64(b)
				continue
			}
			return pc, started
		case opLoadSX8:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 1 {
				r[in.dst&15] = uint64(int8(b[0]))
				continue
			}
			return pc, started
		case opLoadSX16:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 2 {
				r[in.dst&15] = uint64(int16(binary.LittleEndian.Uint16(b)))
				continue
			}
			return pc, started
		case opLoadSX32:
			addr := r[in.src&15] + uint64(int64(in.off))
			if b := m.readable(addr); len(b) >= 4 {
				r[in.dst&15] = uint64(int32(binary.LittleEndian.Uint32(b)))
				continue
			}
			return pc, started
		case opStore8:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 1 {
				b[0] = byte(r[in.src&15])
				continue
			}
			return pc, started
		case opStore16:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 2 {
				binary.LittleEndian.PutUint16(b, uint16(r[in.src&15]))
				continue
			}
			return pc, started
		case opStore32:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 4 {
				binary.LittleEndian.PutUint32(b, uint32(r[in.src&15]))
				continue
			}
			return pc, started
		case opStore64:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 8 {
				binary.LittleEndian.PutUint64(b, r[in.src&15])
				continue
			}
			return pc, started
		case opStoreImm8:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 1 {
				b[0] = byte(in.imm)
				continue
			}
			return pc, started
		case opStoreImm16:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 2 {
				binary.LittleEndian.PutUint16(b, uint16(in.imm))
				continue
			}
			return pc, started
		case opStoreImm32:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 4 {
				binary.LittleEndian.PutUint32(b, uint32(in.imm))
				continue
			}
			return pc, started
		case opStoreImm64:
			addr := r[in.dst&15] + uint64(int64(in.off))
			if b := m.writable(addr); len(b) >= 8 {
				binary.LittleEndian.PutUint64(b, in.imm)
				continue
			}
			return pc, started
		default:
			return pc, started
		}

		// A jump that is taken.
		target := int(in.off)
		started += uint64(pc - target)
		pc = target
		if started+uint64(pc) >= limit {
			return pc + 1, started
		}
	}
}
