package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A slot is a pattern with the key that finds it.
type slot struct {
	form isa.Form
	info isa.Info
	key  uint32
}

// An opcode is the forms of one opcode and the field that tells them apart.
type opcode struct {
	op    isa.Opcode
	slots []slot
	mask  uint32
	from  string
	bits  int // log2 of the places for its patterns
}

// writeIndex writes the arrays described in isa/index.go.
func writeIndex(b *bytes.Buffer) error {
	ops, err := opcodes()
	if err != nil {
		return err
	}
	factor, err := findFactor(ops)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "package isa\n\n// hashFactor gives each key of each opcode a place of its own; isagen found it by trying.\nconst hashFactor uint32 = %#x\n\n", factor)
	base := 1 // place 0 is for opcodes that aren't defined
	var index, patterns bytes.Buffer
	patterns.WriteString("\t0: {value: 1},\n")
	for _, o := range ops {
		fmt.Fprintf(&index, "\t%#02x: {", uint8(o.op))
		if o.mask != 0 {
			fmt.Fprintf(&index, "mask: %#x, from: %s, hash: %d, ", o.mask, o.from, 32-o.bits)
		}
		fmt.Fprintf(&index, "base: %d},\n", base)
		taken := map[int]bool{}
		for _, s := range o.slots {
			place := o.place(s.key, factor)
			taken[place] = true
			if err := pattern(&patterns, base+place, s); err != nil {
				return err
			}
		}
		for place := range 1 << o.bits {
			if !taken[place] {
				fmt.Fprintf(&patterns, "\t%d: {value: 1},\n", base+place)
			}
		}
		base += 1 << o.bits
	}
	if base > 256 {
		return fmt.Errorf("%d places for patterns, index has a byte for them", base)
	}
	fmt.Fprintf(b, "var index = [256]indexEntry{\n%s}\n\nvar patterns = [256]pattern{\n%s}\n", index.Bytes(), patterns.Bytes())
	return nil
}

// opcodes groups the forms by opcode.
func opcodes() ([]opcode, error) {
	var byOp [256][]isa.Form
	for f := range isa.Forms() {
		op := f.Info().Op
		byOp[op] = append(byOp[op], f)
	}
	var ops []opcode
	for op, forms := range byOp {
		if forms == nil {
			continue
		}
		o := opcode{op: isa.Opcode(op)}
		key := func(isa.Info) uint32 { return 0 }
		if len(forms) > 1 {
			// The telling field is fixed, or reserved and so 0, in all forms, and never the same.
			first := forms[0].Info()
			second := forms[1].Info()
			switch {
			case told(first.Src) && told(second.Src) && first.Src.Value != second.Src.Value:
				o.mask, o.from = 0xf, "fromSrc"
				key = func(i isa.Info) uint32 { return uint32(i.Src.Value) }
			case told(first.Off) && told(second.Off) && first.Off.Value != second.Off.Value:
				o.mask, o.from = 0xffff, "fromOff"
				key = func(i isa.Info) uint32 { return uint32(uint16(i.Off.Value)) }
			default:
				o.mask, o.from = 0xffffffff, "fromImm"
				key = func(i isa.Info) uint32 { return uint32(i.Imm.Value) }
			}
		}
		seen := map[uint32]string{}
		for _, f := range forms {
			i := f.Info()
			k := key(i)
			if other, ok := seen[k]; ok {
				return nil, fmt.Errorf("nothing tells %s from %s", i.Name, other)
			}
			seen[k] = i.Name
			o.slots = append(o.slots, slot{f, i, k})
		}
		o.bits = bits.Len(uint(len(forms) - 1))
		if len(forms) > 5 {
			o.bits++ // a factor for a full house is hard to find
		}
		ops = append(ops, o)
	}
	return ops, nil
}

func told(o isa.Operand) bool { return o.Kind == isa.OperandReserved || o.Kind == isa.OperandFixed }

// place is where a key's pattern stands among those of the opcode; isa's lookup does the same.
func (o opcode) place(key, factor uint32) int {
	if o.mask == 0 {
		return 0
	}
	return int(key * factor >> (32 - o.bits))
}

// findFactor looks for a factor that sends no two keys of an opcode to one place.
func findFactor(ops []opcode) (uint32, error) {
	// Opcodes with the same keys behave alike, so one of them is enough.
	var several []opcode
	seen := map[string]bool{}
	for _, o := range ops {
		keys := fmt.Sprint(o.bits)
		for _, s := range o.slots {
			keys += fmt.Sprint(" ", s.key)
		}
		if len(o.slots) > 1 && !seen[keys] {
			seen[keys] = true
			several = append(several, o)
		}
	}
	// Any sequence of numbers that jumps about will do; this one is always the same.
	factor := uint32(1)
	for range 1 << 30 {
		factor = factor*1664525 + 1013904223
		if collisionFree(several, factor) {
			return factor, nil
		}
	}
	return 0, fmt.Errorf("no factor for the hash of the keys")
}

func collisionFree(ops []opcode, factor uint32) bool {
	for _, o := range ops {
		var taken uint64
		for _, s := range o.slots {
			bit := uint64(1) << o.place(s.key, factor)
			if taken&bit != 0 {
				return false
			}
			taken |= bit
		}
	}
	return true
}

// pattern writes a form's rules as the bits of its word that are fixed, with their values.
func pattern(b *bytes.Buffer, at int, s slot) error {
	i := s.info
	mask, value := uint64(0xff), uint64(i.Op)
	field := func(o isa.Operand, from, bits int) error {
		all := uint64(1)<<bits - 1
		switch lo, hi := o.Range(); {
		case o.Kind.IsRegister():
		case lo == hi:
			mask |= all << from
			value |= uint64(lo) & all << from
		case o.Kind == isa.OperandFDIndex: // not negative
			mask |= (all/2 + 1) << from
		case hi-lo != int64(all) && o.Kind != isa.OperandSpaces:
			return fmt.Errorf("%s: no pattern for a field from %d to %d", i.Name, lo, hi)
		}
		return nil
	}
	if err := errors.Join(field(i.Dst, 8, 4), field(i.Src, 12, 4), field(i.Off, 16, 16), field(i.Imm, 32, 32)); err != nil {
		return err
	}
	shape := ""
	switch {
	case i.Imm.Kind == isa.OperandHelper:
		shape = ", shape: shapeNonZero"
	case i.Imm.Kind == isa.OperandSpaces:
		shape = ", shape: shapeSpaces"
	case i.Slots == 2 && i.NextImm.Kind == isa.OperandReserved:
		shape = ", shape: shapeWideZero"
	case i.Slots == 2:
		shape = ", shape: shapeWide"
	}
	fmt.Fprintf(b, "\t%d: {mask: %#016x, value: %#016x, form: %d%s}, // %s\n", at, mask, value, s.form, shape, i.Name)
	return nil
}
