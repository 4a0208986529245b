package isa

// Parse cuts a statement into its operands and the text around them, the key. It looks the key up in the table of syntaxes (see
// syntax_gen.go). In a key, capital letters stand for operands, and blanks are left out except between words:
//
//	if r1 s>= 5 goto pc+1        ifRs>=NgotoP
//	*(u32 *)(r10 - 8) = w1       *(u32*)(RN)=W
//
// So spaces do not matter, and each statement takes one look-up instead of a grammar.

// The operands in a key.
const (
	keyRegister = 'R' // r0, r1, …
	keyHalf     = 'W' // w0, w1, …: the lower half of a register
	keyNumber   = 'N' // 5, -5, + 5, 0x5
	keyPC       = 'P' // pc+5
	keyName     = 'L' // a label, a helper
)

// An operand is a number, a register or a name in a statement.
type operand struct {
	at       int    // where it begins in the line
	key      byte   // what it is
	negative bool   // a number below 0
	signed   bool   // a number with a sign before it
	hex      bool   // a number in hexadecimal
	value    uint64 // of a number without its sign, or a register's number
}

// A statement is one instruction's text, cut up.
type statement struct {
	at       int // where it begins in the line
	key      [maxKey]byte
	keyLen   int
	hash     uint32
	operands [maxOperands]operand
	count    int
	name     string // of the operand that is a name; there is at most one

	// While it is cut:
	afterWord bool // the key ends in a word
	placeNext bool // the word before is followed by a place: goto, call and subprog[
}

// A key longer than this is not in the table; a test checks that those in the table fit.
const (
	maxKey      = 48
	maxOperands = 6
)

// The hash is FNV-1a.
const (
	hashStart = 2166136261
	hashPrime = 16777619
)

func (s *statement) put(c byte) {
	if s.keyLen < maxKey {
		s.key[s.keyLen] = c
	}
	s.keyLen++
	s.hash = (s.hash ^ uint32(c)) * hashPrime
}

// add adds an operand. If it does not fit, keyLen is too large afterwards.
func (s *statement) add(o operand) {
	s.put(o.key)
	if s.count == maxOperands {
		s.keyLen = maxKey + 1
		return
	}
	s.operands[s.count] = o
	s.count++
}

// Kinds of characters.
const (
	charOther  = iota
	charBlank  // blank, tab, carriage return
	charLetter // and _ . $
	charDigit
)

// chars is the kind of each character. Upper case is for names only: the words of instructions are in lower case.
var chars = [256]uint8{
	' ': charBlank, '\t': charBlank, '\r': charBlank,
	'0': charDigit, '1': charDigit, '2': charDigit, '3': charDigit, '4': charDigit,
	'5': charDigit, '6': charDigit, '7': charDigit, '8': charDigit, '9': charDigit,
	'a': charLetter, 'b': charLetter, 'c': charLetter, 'd': charLetter, 'e': charLetter, 'f': charLetter, 'g': charLetter,
	'h': charLetter, 'i': charLetter, 'j': charLetter, 'k': charLetter, 'l': charLetter, 'm': charLetter, 'n': charLetter,
	'o': charLetter, 'p': charLetter, 'q': charLetter, 'r': charLetter, 's': charLetter, 't': charLetter, 'u': charLetter,
	'v': charLetter, 'w': charLetter, 'x': charLetter, 'y': charLetter, 'z': charLetter,
	'A': charLetter, 'B': charLetter, 'C': charLetter, 'D': charLetter, 'E': charLetter, 'F': charLetter, 'G': charLetter,
	'H': charLetter, 'I': charLetter, 'J': charLetter, 'K': charLetter, 'L': charLetter, 'M': charLetter, 'N': charLetter,
	'O': charLetter, 'P': charLetter, 'Q': charLetter, 'R': charLetter, 'S': charLetter, 'T': charLetter, 'U': charLetter,
	'V': charLetter, 'W': charLetter, 'X': charLetter, 'Y': charLetter, 'Z': charLetter,
	'_': charLetter, '.': charLetter, '$': charLetter,
}

func skipBlanks(text string, at int) int {
	for at < len(text) && chars[text[at]] == charBlank {
		at++
	}
	return at
}

// wordEnd returns where the word ends that begins at the place.
func wordEnd(text string, at int) int {
	for at < len(text) && chars[text[at]] >= charLetter {
		at++
	}
	return at
}

// cut cuts the statement that begins at the place. Its comment has been removed.
func (s *statement) cut(text string, at int) *SyntaxError {
	s.at, s.keyLen, s.hash, s.count = at, 0, hashStart, 0
	s.afterWord, s.placeNext = false, false
	for at = skipBlanks(text, at); at < len(text); at = skipBlanks(text, at) {
		var err *SyntaxError
		switch {
		case chars[text[at]] == charDigit || signBegins(text, at):
			at, err = s.number(text, at)
		case chars[text[at]] == charLetter:
			at, err = s.word(text, at)
		default:
			at, err = s.other(text, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// signBegins reports whether a sign and a number after it begin at the place.
func signBegins(text string, at int) bool {
	return at < len(text) && (text[at] == '+' || text[at] == '-') && beginsNumber(text, at+1)
}

// number adds a number, and returns where it ends. After a place that is a number, objdump writes what is there: goto +0x1
// <.text+0x38>. That text is skipped.
func (s *statement) number(text string, at int) (int, *SyntaxError) {
	o, at, err := number(text, at)
	if err != nil {
		return at, err
	}
	s.add(o)
	if next := skipBlanks(text, at); s.placeNext && next < len(text) && text[next] == '<' {
		for at = next; at < len(text) && text[at] != '>'; {
			at++
		}
		at = min(at+1, len(text))
	}
	s.afterWord, s.placeNext = false, false
	return at, nil
}

// word adds a register, a place that is a name, or a word of the key, and returns where it ends.
func (s *statement) word(text string, at int) (int, *SyntaxError) {
	end := wordEnd(text, at)
	word := text[at:end]
	if key, n, ok := register(word); ok {
		s.add(operand{at: at, key: key, value: n})
		s.afterWord, s.placeNext = false, false
		return end, nil
	}
	if s.placeNext && !isKfunc(text, at, end) {
		s.afterWord, s.placeNext = false, false
		return s.place(text, at, end)
	}
	if s.afterWord {
		s.put(' ')
	}
	for n := range len(word) {
		c := word[n]
		if c >= 'A' && c <= 'Z' {
			c = '?' // a capital is an operand in the key
		}
		s.put(c)
	}
	s.afterWord = true
	switch word {
	case "goto", "call", "gotol", "may_goto", "call_args", "subprog":
		s.placeNext = true
	default:
		s.placeNext = false
	}
	return end, nil
}

// place adds the target of the instruction: pc+5, or the name of a label or helper.
func (s *statement) place(text string, at, end int) (int, *SyntaxError) {
	word := text[at:end]
	if sign := skipBlanks(text, end); word == "pc" && signBegins(text, sign) {
		o, end, err := number(text, sign)
		if err != nil {
			return end, err
		}
		o.key = keyPC
		s.add(o)
		return end, nil
	}
	s.add(operand{at: at, key: keyName})
	s.name = word
	return end, nil
}

// other adds a character that is not part of a number or a word.
func (s *statement) other(text string, at int) (int, *SyntaxError) {
	c := text[at]
	if c < ' ' || c > '~' {
		return at, &SyntaxError{Column: at + 1, Detail: "character " + hex(uint64(c)) + " has no meaning here"}
	}
	s.put(c)
	s.placeNext = s.placeNext && c == '[' // subprog[
	s.afterWord = false
	return at + 1, nil
}

// isKfunc reports whether a word stands for kernel functions: kernel-function#5, kfunc#5.
func isKfunc(text string, at, end int) bool {
	switch text[at:end] {
	case "kfunc":
		return end < len(text) && text[end] == '#'
	case "kernel":
		return end < len(text) && text[end] == '-'
	}
	return false
}

// register reads r5 and w5. The caller refuses a number that is not a register's.
func register(word string) (key byte, number uint64, ok bool) {
	if len(word) < 2 || len(word) > 3 {
		return 0, 0, false
	}
	switch word[0] {
	case 'r':
		key = keyRegister
	case 'w':
		key = keyHalf
	default:
		return 0, 0, false
	}
	for n := 1; n < len(word); n++ {
		if chars[word[n]] != charDigit {
			return 0, 0, false
		}
		number = number*10 + uint64(word[n]-'0')
	}
	return key, number, word[1] != '0' || len(word) == 2
}

// beginsNumber reports whether digits follow, after blanks and a minus sign: +8, + 8, + -8.
func beginsNumber(text string, at int) bool {
	at = skipBlanks(text, at)
	if at < len(text) && text[at] == '-' {
		at++
	}
	return at < len(text) && chars[text[at]] == charDigit
}

// number reads a number that is known to begin at the place.
func number(text string, at int) (o operand, end int, err *SyntaxError) {
	o = operand{at: at, key: keyNumber}
	for c := text[at]; c == '+' || c == '-'; c = text[at] {
		o.signed = true
		o.negative = o.negative != (c == '-')
		at = skipBlanks(text, at+1)
	}
	digits, fits := at, true
	if text[at] == '0' && at+1 < len(text) && text[at+1] == 'x' {
		o.hex = true
		digits += 2
		o.value, at, fits = hexDigits(text, digits)
	} else {
		o.value, at, fits = decimalDigits(text, digits)
		if fits && text[digits] == '0' && at-digits > 1 {
			return o, at, &SyntaxError{Column: digits + 1, Detail: "a number that begins with 0",
				Help: "octal numbers are not supported: write it in decimal, or as 0x…"}
		}
	}
	if !fits {
		return o, at, &SyntaxError{Column: o.at + 1, Detail: "a number of more than 64 bits", rule: RuleRange}
	}
	if at == digits || at < len(text) && chars[text[at]] >= charLetter {
		return o, at, &SyntaxError{Column: o.at + 1, Detail: "not a number: " + text[o.at:wordEnd(text, at)]}
	}
	return o, at, nil
}

// hexDigits reads hexadecimal digits; fits is false for more than 64 bits.
func hexDigits(text string, at int) (value uint64, end int, fits bool) {
	for ; at < len(text); at++ {
		d := hexDigit(text[at])
		if d > 15 {
			break
		}
		if value>>60 != 0 {
			return value, at, false
		}
		value = value<<4 | uint64(d)
	}
	return value, at, true
}

// decimalDigits reads decimal digits; fits is false for more than 64 bits.
func decimalDigits(text string, at int) (value uint64, end int, fits bool) {
	for ; at < len(text) && chars[text[at]] == charDigit; at++ {
		d := uint64(text[at] - '0')
		if value > (1<<64-1-d)/10 {
			return value, at, false
		}
		value = value*10 + d
	}
	return value, at, true
}

// hexDigit returns the value of a digit, and more than 15 if it is not one.
func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
