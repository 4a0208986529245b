package isa

import "strconv"

// A syntax is one way to write a form. The table of them, syntaxes, is made from the templates of the forms; it is sorted by
// key, so that syntaxes with the same key are neighbours.
type syntax struct {
	key    string // see lex.go
	verbs  string // what each operand is: a verb of the templates, a place as l (off) or L (imm), z for r0 or w0, a digit for that number
	form   Form
	xlated bool // only in code that is read back from Linux
}

// lookup returns the syntaxes with the statement's key.
func lookup(s *statement) []syntax {
	if s.keyLen > maxKey {
		return nil
	}
	key := s.key[:s.keyLen]
	for place := s.hash % uint32(len(syntaxIndex)); ; place = (place + 1) % uint32(len(syntaxIndex)) {
		first := int(syntaxIndex[place]) - 1
		if first < 0 {
			return nil
		}
		if syntaxes[first].key == string(key) {
			end := first + 1
			for end < len(syntaxes) && syntaxes[end].key == syntaxes[first].key {
				end++
			}
			return syntaxes[first:end]
		}
	}
}

// build creates the instruction of the cut statement.
func (p *parser) build(i *Instruction, text string) *SyntaxError {
	s := &p.statement
	set := p.dialect.set()
	for n := range s.operands[:s.count] {
		if o := &s.operands[n]; (o.key == keyRegister || o.key == keyHalf) && !set.have(Register(o.value), 0) {
			return &SyntaxError{Column: o.at + 1, Detail: "there is no register " + text[o.at:wordEnd(text, o.at)],
				Help: "there are r0 to r10", rule: RuleRegister}
		}
	}
	candidates := lookup(s)
	var chosen *syntax
	for n := range candidates {
		c := &candidates[n]
		if p.means(c) && (chosen == nil || forms[c.form].internal) {
			chosen = c
		}
	}
	if chosen == nil {
		return p.explainStatement(candidates)
	}
	form := chosen.form
	if chosen.verbs == "hi" {
		var err *SyntaxError
		if form, err = p.fillNamedCall(i); err != nil {
			return err
		}
	} else if err := p.fill(i, chosen); err != nil {
		return err
	}
	// Each operand is right by itself. The patterns check whether they fit together.
	switch m := i.pattern(set); {
	case m == nil:
		cause := explain(*i, set)
		return &SyntaxError{Column: s.at + 1, Detail: cause.Error(), cause: cause}
	case m.form != form:
		return &SyntaxError{Column: s.at + 1,
			Detail: "in code that is read back from Linux, this is " + string(AppendText(nil, *i, p.dialect))}
	}
	return nil
}

// means reports whether the statement, which has the key, has the syntax.
func (p *parser) means(c *syntax) bool {
	if c.xlated && p.dialect != Xlated {
		return false
	}
	s := &p.statement
	for n := range len(c.verbs) {
		o := &s.operands[n]
		switch verb := c.verbs[n]; {
		case verb == 'z' && o.value != 0:
			return false
		case verb <= '9' && verb >= '0' && (o.value != uint64(verb-'0') || o.negative):
			return false
		case verb == 'X' && (!o.hex || p.dialect == LLVM): // r1 = 0x5, see Dialect
			return false
		case verb == 'i' && c.key == "R=N" && o.hex && p.dialect != LLVM:
			return false
		}
	}
	return true
}

// fill puts the operands into the fields of the form.
func (p *parser) fill(i *Instruction, c *syntax) (err *SyntaxError) {
	s := &p.statement
	r := &forms[c.form]
	*i = r.bare()
	var seen [2]bool // dst, src
	for n := 0; n < len(c.verbs) && err == nil; n++ {
		o := &s.operands[n]
		switch verb := c.verbs[n]; verb {
		case 'd', 'D':
			err = o.register(&i.Dst, &seen[0])
		case 's', 'S':
			err = o.register(&i.Src, &seen[1])
		case 'i', 'x':
			err = p.imm(i, o, r, verb)
		case 'I', 'X':
			if o.negative && o.value > 1<<63 {
				err = o.outOfRange("-9223372036854775808 to 18446744073709551615")
			}
			i.Imm = o.number()
		case 'o', 'O', 'j', 'f':
			if rule := r.off.operand(16); o.fits() && rule.Contains(o.number()) {
				i.Off = int16(o.number())
			} else {
				err = o.outOfRange(rule.allowed())
			}
		case 'J':
			err = o.low(&i.Imm, r)
		case 'l', 'L':
			err = p.refer(i, s.name, o.at+1)
		case 'n':
			if v := o.number(); o.fits() && v >= -1<<31 && v < 1<<32 {
				i.Imm |= v << 32
			} else {
				err = o.outOfRange("-2147483648 to 4294967295")
			}
		case 'u', 'v':
			v := o.number()
			if !o.fits() || v < 0 || v >= 1<<16 {
				err = o.outOfRange("the number of an address space, 0 or 1")
			}
			if verb == 'u' {
				v <<= 16
			}
			i.Imm |= v
		}
	}
	return err
}

// bare returns the form's instruction with no operands: the fields that pick it, and 0.
func (r *row) bare() Instruction {
	return Instruction{Op: r.op, Src: Register(r.src.operand(4).Value), Off: int16(r.off.operand(16).Value), Imm: r.imm.operand(32).Value}
}

// register sets a field that a statement may name more than once.
func (o *operand) register(field *Register, seen *bool) *SyntaxError {
	if *seen && *field != Register(o.value) {
		return &SyntaxError{Column: o.at + 1, Detail: "this must be the same register as before: " + field.String() +
			", not " + Register(o.value).String()}
	}
	*field, *seen = Register(o.value), true
	return nil
}

// imm sets the constant.
func (p *parser) imm(i *Instruction, o *operand, r *row, verb byte) *SyntaxError {
	if r.imm == helperID && o.signed && !o.negative {
		return &SyntaxError{Column: o.at + 1, Detail: "the number of a helper must not have a plus sign",
			Help: "a function of the program is called with call pc" + string(strconv.AppendInt([]byte{'+'}, o.number(), 10))}
	}
	// Where only 32 bits count, a number without sign says the same.
	class := r.op.Class()
	unsigned := verb == 'x' && p.dialect != LLVM || class == ClassALU || class == ClassJMP32 || class == ClassST && r.op.Size() != DW
	if o.hex && !o.negative && unsigned && o.value < 1<<32 {
		i.Imm = int64(int32(uint32(o.value)))
		return nil
	}
	err := o.low(&i.Imm, r)
	if err != nil && class == ClassALU64 {
		err.Help = "use a 64-bit load: r1 = " + strconv.FormatUint(o.value, 10) + " ll"
	}
	return err
}

// low sets the imm of the first or only slot.
func (o *operand) low(field *int64, r *row) *SyntaxError {
	v := o.number()
	if !o.fits() || v != int64(int32(v)) {
		return o.outOfRange(r.imm.operand(32).allowed())
	}
	if r.op == opWide {
		v = *field&^(1<<32-1) | int64(uint32(v))
	}
	*field = v
	return nil
}

// fits reports whether number has the value.
func (o *operand) fits() bool {
	return o.value < 1<<63 || o.negative && o.value == 1<<63
}

// number returns the value, with sign. From 1<<63 on it is that of the same 64 bits.
func (o *operand) number() int64 {
	if o.negative {
		return -int64(o.value)
	}
	return int64(o.value)
}

func (o *operand) outOfRange(allowed string) *SyntaxError {
	s := strconv.FormatUint(o.value, 10)
	if o.negative {
		s = "-" + s
	}
	return &SyntaxError{Column: o.at + 1, Detail: s + ": " + RuleRange.Error() + "; allowed: " + allowed, rule: RuleRange}
}

// fillNamedCall makes a call with a name and a number: of a helper or, as the verifier's log has it, of a kernel function.
func (p *parser) fillNamedCall(i *Instruction) (Form, *SyntaxError) {
	name, number := &p.statement.operands[0], &p.statement.operands[1]
	var imm int64
	if err := number.low(&imm, &forms[patterns[opCall].form]); err != nil {
		return 0, err
	}
	called := p.statement.name
	id, helper := HelperID(called)
	meant, numbered := HelperName(int32(imm))
	switch {
	case helper && imm != int64(id) && p.dialect != Xlated: // there, it is an address
		return 0, &SyntaxError{Column: number.at + 1,
			Detail: "the helper " + called + " has the number " + itoa(int64(id)) + ", not " + itoa(imm)}
	case helper || called == "unknown" || called == "bpf_unspec":
		*i = CallHelper(int32(imm))
	case numbered && p.dialect != Xlated: // misspelt rather than a type that early in the kernel's BTF
		return 0, &SyntaxError{Column: name.at + 1, Detail: "the helper " + itoa(imm) + " is " + meant + ", not " + called,
			Help: "a kernel function of that id is kernel-function#" + itoa(imm)}
	default:
		*i = CallKfunc(int32(imm), 0)
	}
	return i.form(), nil
}

// explainStatement says why a statement is not an instruction.
func (p *parser) explainStatement(candidates []syntax) *SyntaxError {
	s := &p.statement
	e := &SyntaxError{Column: s.at + 1, Detail: "there is no such instruction"}
	if len(candidates) > 0 {
		if candidates[0].xlated {
			e.Detail = "this exists only in code that is read back from Linux"
		} else {
			e.Help = "its numbers must be as in " + p.likeness(&candidates[0])
		}
		return e
	}
	// The most common mistake: registers of both widths.
	if s.keyLen <= maxKey {
		for _, all := range []byte{keyRegister, keyHalf} {
			t := *s
			t.keyLen, t.hash = 0, hashStart
			for _, c := range s.key[:s.keyLen] {
				if c == keyRegister || c == keyHalf {
					c = all
				}
				t.put(c)
			}
			if c := lookup(&t); c != nil {
				e.Help = "its registers must be as in " + p.likeness(&c[0])
				return e
			}
		}
	}
	var best *syntax
	longest := 1
	for n := range syntaxes {
		c := &syntaxes[n]
		common := 0
		for common < len(c.key) && common < min(s.keyLen, maxKey) && c.key[common] == s.key[common] {
			common++
		}
		if common > longest && (!c.xlated || p.dialect == Xlated) {
			best, longest = c, common
		}
	}
	if best != nil {
		e.Help = "the nearest is " + p.likeness(best)
	} else {
		e.Help = "expected what disasm prints, such as r0 = 1, r1 = *(u32 *)(r2 +8), if r1 == 0 goto out or exit"
	}
	return e
}

// likeness shows what a syntax looks like.
func (p *parser) likeness(c *syntax) string {
	r := &forms[c.form]
	i := Instruction{Op: r.op, Dst: 1, Src: 2, Off: 8, Imm: 5}
	text := r.text
	if p.dialect == LLVM && r.llvm != "" {
		text = r.llvm
	}
	return string(appendTemplate(nil, text, i))
}
