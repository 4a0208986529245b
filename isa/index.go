package isa

// The encoder and the decoder don't read the table row by row. From it, isagen makes two arrays that fit into the first
// level cache:
//
//	index     for each opcode: which field tells its forms apart, and where its patterns are
//	patterns  for each form: the bits that are fixed, and their values
//
// A form is found without a loop: take the field that tells forms apart (nothing where the opcode has one form), multiply
// and shift to a pattern's place. It is checked with one comparison, as nearly all rules are about bits that must have a
// certain value: fields that pick the form, reserved fields, signs. What remains is that registers are at most r10, the
// same for all forms, and the few rules that are called shapes here.

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

// indexEntry is what there is to know about an opcode.
type indexEntry struct {
	mask uint32 // of the field that tells the forms apart, 0 for none
	from uint8  // where in the word that field begins
	hash uint8  // the shift that takes its product with hashFactor to a place from 0
	base uint8  // the place of the opcode's first pattern; 0 if the opcode isn't defined
}

// key returns the field that tells the forms apart.
func (e *indexEntry) key(w uint64) uint32 { return uint32(w>>(e.from&63)) & e.mask }

// pattern is what a word of a form looks like. Places without a form have a pattern that no word fits, because of value
// bits outside the mask.
type pattern struct {
	mask, value uint64 // word & mask == value
	form        Form
	shape       shape
}

// A shape is a rule about imm that isn't one about fixed bits.
type shape uint8

const (
	shapePlain    shape = iota // Instruction.Imm fits into 32 bits
	shapeNonZero               // and isn't 0
	shapeSpaces                // and is 1 or 65536
	shapeWide                  // two slots, Instruction.Imm has 64 bits
	shapeWideZero              // two slots, the upper 32 bits are 0
)

// lookup returns the pattern of the only form that the word can have.
func lookup(w uint64) *pattern {
	e := &index[uint8(w)]
	return &patterns[e.base+uint8(e.key(w)*hashFactor>>(e.hash&31))]
}

// admits reports whether the instruction, whose word is w, has the pattern's form.
func (p *pattern) admits(i *Instruction, w uint64) bool {
	return w&p.mask == p.value && i.Dst <= R10 && i.Src <= R10 && p.shape.admits(i.Imm)
}

func (s shape) admits(imm int64) bool {
	switch s {
	case shapeWide:
		return true
	case shapeWideZero:
		return imm>>32 == 0
	case shapeSpaces:
		return imm == 1 || imm == 1<<16
	case shapeNonZero:
		return imm != 0 && imm == int64(int32(imm))
	}
	return imm == int64(int32(imm))
}
