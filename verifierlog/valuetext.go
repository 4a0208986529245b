package verifierlog

import (
	"math"
	"strconv"
	"strings"
)

// ParseValue reads a value as states print it, without the name before it: "scalar(umax=255,var_off=(0x0; 0xff))", "fp-8",
// "map_value_or_null(id=1,map=m,ks=4,vs=8)", "mmmm????". It knows the spellings of Linux 5.15 to 7.3 and never fails: unknown parts are
// stored in Unknown, and for a text that is not a value it returns NoValue.
//
//	v := ParseValue("scalar(umin=1,umax=8)")
//	v.Bounds.Max // 8: limits that the kernel does not print are computed from those that it prints
func ParseValue(text string) Value {
	v := Value{Text: text}
	if text == notShown {
		v.Kind = NotShown
		return v
	}
	if v.slotBytes(text) {
		return v
	}
	rest, width := cutSpilledBytes(text)
	v.Width = width
	if r, ok := strings.CutPrefix(rest, "P"); ok {
		v.Flags |= Precise
		rest = r
	}
	if n, ok := parseNumber(rest); ok {
		v.known(n)
		return v
	}
	base, attributes, _ := strings.Cut(rest, "(")
	attributes = strings.TrimSuffix(attributes, ")")
	if v.scalarOf515(base) {
		return v
	}
	switch base = v.prefixes(base); {
	case v.stackPointer(base):
	case v.structPointer(base):
	case v.named(base):
	case isWord(base):
		v.Kind = PointerOther
	default:
		v.Kind = NoValue
		if text != "" {
			v.Unknown = append(v.Unknown, text)
		}
		return v
	}
	v.attributes(attributes)
	return v
}

// slotBytes reads a slot that is printed with one letter for each byte.
func (v *Value) slotBytes(text string) bool {
	if len(text) != 8 || strings.Trim(text, slotLetters) != "" {
		return false
	}
	v.Kind = Bytes
	if text == "ffffffff" {
		v.Kind = IRQFlag
	}
	return true
}

// slotLetters are the letters of bytes of stack: never written, spilled, read (old kernels), misc, zero, dynptr, iterator, irq flag.
const slotLetters = "?rsm0dif"

// cutSpilledBytes cuts the letters before the spill of a part of a register: "????scalar()" is a spill of 4 bytes. The kernel prints
// numbers without leading zeros, so "mmmm0" is such a spill too.
func cutSpilledBytes(text string) (value string, width int) {
	for _, above := range [...]int{4, 6, 7} {
		if len(text) > above && strings.Trim(text[:above], "?m0") == "" && isScalarText(text[above:]) {
			return text[above:], 8 - above
		}
	}
	return text, 0
}

func isScalarText(text string) bool {
	text = strings.TrimPrefix(text, "P")
	if strings.HasPrefix(text, "scalar") || strings.HasPrefix(text, "inv") {
		return true
	}
	_, ok := parseNumber(text)
	return ok && (text == "0" || text[0] != '0' || strings.HasPrefix(text, "0x"))
}

// known sets the value to a known number.
func (v *Value) known(n uint64) {
	v.Kind = Scalar
	v.Bounds = Bounds{
		Min: int64(n), Max: int64(n), UMin: n, UMax: n,
		Min32: int32(n), Max32: int32(n), UMin32: uint32(n), UMax32: uint32(n),
	}
	v.Bits = Tnum{Value: n}
}

// scalarOf515 reads "inv5" and "invP5", a known number before 5.18.
func (v *Value) scalarOf515(base string) bool {
	digits, ok := strings.CutPrefix(base, "inv")
	if !ok {
		return false
	}
	precise, ok := strings.CutPrefix(digits, "P")
	n, isNumber := parseNumber(precise)
	if !isNumber {
		return false
	}
	if ok {
		v.Flags |= Precise
	}
	v.known(n)
	return true
}

// A valuePrefix is a word before the kind of a value.
type valuePrefix struct {
	text string
	flag ValueFlags
}

// valuePrefixes may appear in any order and number. "ringbuf_" says where memory comes from: it must be released by a call for ring
// buffers.
var valuePrefixes = [...]valuePrefix{
	{"rdonly_", ReadOnly}, {"ringbuf_", Alloc}, {"alloc_", Alloc}, {"user_", User}, {"percpu_", PerCPU}, {"rcu_", RCU},
	{"untrusted_", UntrustedPointer}, {"trusted_", Trusted},
}

// prefixes cuts off the words for properties of the value.
func (v *Value) prefixes(base string) string {
	for {
		before := base
		for _, p := range valuePrefixes {
			if rest, ok := strings.CutPrefix(base, p.text); ok {
				base = rest
				v.Flags |= p.flag
			}
		}
		if base == before {
			return base
		}
	}
}

// stackPointer reads "fp-8", "fp[1]-8" and "fp" (the offset is variable, or not printed). When the frame is not printed, it is the frame
// of the state: -1.
func (v *Value) stackPointer(base string) bool {
	rest, ok := strings.CutPrefix(base, "fp")
	if !ok {
		return false
	}
	frame := -1
	if inner, ok := strings.CutPrefix(rest, "["); ok {
		digits, after, ok := strings.Cut(inner, "]")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || n < 0 {
			return false
		}
		frame, rest = n, after
	}
	if rest != "" {
		n, err := strconv.ParseInt(rest, 0, 64)
		if err != nil {
			return false
		}
		v.Offset = n
	}
	v.Kind, v.Frame = PointerStack, frame
	return true
}

// structPointer reads "ptr_task_struct" and "ptr_or_null_task_struct".
func (v *Value) structPointer(base string) bool {
	name, ok := strings.CutPrefix(base, "ptr_")
	if !ok {
		return false
	}
	v.Kind = PointerBTF
	if rest, ok := strings.CutPrefix(name, "or_null_"); ok {
		v.Flags |= MayBeNil
		name = rest
	}
	v.Struct = name
	return true
}

// A valueName is the kernel's name of a kind of value.
type valueName struct {
	text string
	kind ValueKind
}

var valueNames = [...]valueName{
	{"scalar", Scalar}, {"inv", Scalar}, {"invP", Scalar},
	{"ctx", PointerContext}, {"map_value", PointerMapValue}, {"map_ptr", PointerMap}, {"map_key", PointerMapKey},
	{"pkt", PointerPacket}, {"pkt_meta", PointerPacket}, {"pkt_end", PointerPacketEnd},
	{"sock", PointerSocket}, {"sock_common", PointerSocket}, {"tcp_sock", PointerSocket}, {"xdp_sock", PointerSocket},
	{"mem", PointerMemory}, {"buf", PointerMemory}, {"rdwr_buf", PointerMemory}, {"func", PointerFunction}, {"arena", PointerArena},
	{"flow_keys", PointerOther}, {"tp_buffer", PointerOther}, {"dynptr_ptr", PointerOther}, {"insn", PointerOther},
}

// named reads the kinds that have a name, and the objects on the stack.
func (v *Value) named(base string) bool {
	name, nilable := strings.CutSuffix(base, "_or_null")
	for _, n := range valueNames {
		if n.text == name {
			v.Kind = n.kind
			if nilable {
				v.Flags |= MayBeNil
			}
			if name == "invP" {
				v.Flags |= Precise
			}
			return true
		}
	}
	if kind, ok := strings.CutPrefix(base, "dynptr_"); ok {
		v.Kind, v.Struct = Dynptr, kind
		return true
	}
	if kind, ok := strings.CutPrefix(base, "iter_"); ok {
		v.Kind, v.Struct = Iterator, kind
		return true
	}
	if nilable && isWord(name) {
		v.Kind = PointerOther
		v.Flags |= MayBeNil
		return true
	}
	return false
}

// isWord reports whether text could be the name of a kind of value.
func isWord(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return text != ""
}

// parseNumber reads a decimal or hexadecimal number; negative ones wrap around.
func parseNumber(text string) (uint64, bool) {
	if rest, ok := strings.CutPrefix(text, "0x"); ok {
		n, err := strconv.ParseUint(rest, 16, 64)
		return n, err == nil && rest[0] != '+'
	}
	if text == "" || text[0] == '+' {
		return 0, false
	}
	if text[0] == '-' {
		n, err := strconv.ParseInt(text, 10, 64)
		return uint64(n), err == nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// parseInt reads a number that must fit an int, such as a size or an id.
func parseInt(text string) (int, bool) {
	n, ok := parseNumber(text)
	if int64(n) < math.MinInt32 || int64(n) > math.MaxInt32 {
		return 0, false
	}
	return int(int64(n)), ok
}
