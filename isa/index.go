package isa

// The encoder and the decoder don't read the table row by row. From it, isagen makes an array of patterns: what the word of
// each form looks like. The first 256 patterns are those of the opcodes; where an opcode has several forms, a chain links it to
// the others; those that exist only inside Linux come last.
//
// Nearly all rules are about bits that must have a certain value: fields that pick the form, reserved fields, signs. So one
// comparison checks them all. Two things remain: registers are at most r10, in all forms; and there are a few rules that are
// called shapes here. The first patterns without a shape are also in an array of their own, plain. It is small enough to stay
// in the processor's cache, and the inner loops read nothing else.

// word packs the fields of an instruction's first slot: op in bits 0-7, dst 8-11, src 12-15, off 16-31, imm 32-63. In
// memory this is the slot in little-endian order. Registers above 15 lose bits.
func (i *Instruction) word() uint64 {
	return uint64(i.Op) | uint64(i.Dst&15)<<fromDst | uint64(i.Src&15)<<fromSrc | uint64(uint16(i.Off))<<fromOff | uint64(i.Imm)<<fromImm
}

// Where fields begin in the word.
const (
	fromDst = 8
	fromSrc = 12
	fromOff = 16
	fromImm = 32
)

// pattern is what a word of a form looks like. The pattern of an opcode that isn't defined has a value outside its mask, so
// that no word fits.
type pattern struct {
	mask, value uint64 // word & mask == value
	tell        uint64 // the part of mask that distinguishes the form from others: opcode, and another field if that has several forms
	more        uint16 // the place of another pattern for the same opcode, 0 if this is the last
	form        Form   // 0 for an opcode that isn't defined
	shape       shape
	internal    bool // a form that exists only inside Linux
}

// A plainPattern is a pattern that has only bits.
type plainPattern struct{ mask, value uint64 } // word & mask == value

// A formSet is a set of forms: those of programs that can be loaded, or also those of code that Linux made of them.
type formSet uint8

const (
	loadable formSet = iota
	xlated
)

// A shape is a rule about imm that fixed bits cannot express.
type shape uint8

const (
	shapePlain    shape = iota // Instruction.Imm fits into 32 bits
	shapeNonZero               // and isn't 0
	shapeSpaces                // and is 1 or 65536
	shapeAtomic                // and is an atomic operation
	shapeWide                  // two slots, Instruction.Imm has 64 bits
	shapeWideZero              // two slots, the upper 32 bits are 0
)

func (s shape) admits(imm int64, set formSet) bool {
	switch s {
	case shapeNonZero: // Linux hides addresses as 0 from readers that may not see them
		return (imm != 0 || set == xlated) && imm == int64(int32(imm))
	case shapeSpaces:
		return imm == 1 || imm == 1<<16
	case shapeAtomic:
		return isAtomic(imm)
	case shapeWide:
		return true
	case shapeWideZero:
		return imm>>32 == 0
	}
	return imm == int64(int32(imm))
}

// match returns the pattern in the set that the word fits, and nil if there is none. It does not check the shape. Where two
// fit, it returns the one that exists only inside Linux.
func match(w uint64, set formSet) *pattern {
	var found *pattern
	for p := &patterns[uint8(w)]; ; p = &patterns[p.more] {
		if w&p.mask == p.value && (!p.internal || set == xlated) {
			if set == loadable {
				return p
			}
			found = p
		}
		if p.more == 0 {
			return found
		}
	}
}

// registersExist reports whether both numbers are those of registers. Adding 5 takes 11 and more to 16 and more.
func registersExist(dst, src Register) bool { return (uint(dst)+5)|(uint(src)+5) < 16 }

// noPair is the entry in registerPairs where a register does not exist.
const noPair = 0xffff

// have reports whether code of the set has both registers: Linux uses an eleventh of its own, r11.
func (set formSet) have(dst, src Register) bool {
	if set == xlated {
		return dst <= R11 && src <= R11
	}
	return registersExist(dst, src)
}

// pattern returns the instruction's pattern in the set, and nil if there is none. It checks every rule.
func (i *Instruction) pattern(set formSet) *pattern {
	p := match(i.word(), set)
	if p == nil || !set.have(i.Dst, i.Src) || !p.shape.admits(i.Imm, set) {
		return nil
	}
	return p
}

// Form returns the form of the instruction. It is strict: the error, an *EncodingError, names the wrong field if the value is
// not an instruction.
func (i Instruction) Form() (Form, error) { return i.formIn(loadable) }

func (i Instruction) formIn(set formSet) (Form, error) {
	if p := i.pattern(set); p != nil {
		return p.form, nil
	}
	return 0, explain(i, set)
}

// form returns the form by the fields that select it, and 0 if there is none. It does not check the other fields.
func (i Instruction) form() Form {
	w := i.word()
	for p := &patterns[i.Op]; ; p = &patterns[p.more] {
		if (w^p.value)&p.tell == 0 {
			return p.form
		}
		if p.more == 0 {
			return 0
		}
	}
}

func (i Instruction) flow() flow { return forms[i.form()].flow }
