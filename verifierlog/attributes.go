package verifierlog

import "strings"

// An attribute is a key inside the parentheses of a value. set reports whether it understood the text after the key.
type attribute struct {
	key string
	set func(v *Value, text string) bool
}

// attributes lists all keys of Linux 5.15 to 7.3, except those of bounds. Keys of old kernels are next to the keys that replaced them.
var attributes = [...]attribute{
	{"id", (*Value).setID},
	{"ref_obj_id", func(v *Value, text string) bool { return setInt(&v.Ref, text) }},
	{"ref_id", func(v *Value, text string) bool { return setInt(&v.Ref, text) }},
	{"parent_id", func(v *Value, text string) bool { return setInt(&v.Ref, text) }},
	{"dynptr_id", func(v *Value, text string) bool { return setInt(&v.DynptrID, text) }},
	{"map", func(v *Value, text string) bool { v.Map = text; return true }},
	{"ks", func(v *Value, text string) bool { return setInt(&v.KeySize, text) }},
	{"vs", func(v *Value, text string) bool { return setInt(&v.Size, text) }},
	{"sz", func(v *Value, text string) bool { return setInt(&v.Size, text) }},
	{"mem_size", func(v *Value, text string) bool { return setInt(&v.Size, text) }},
	{"r", func(v *Value, text string) bool { return setInt(&v.Range, text) }},
	{"off", (*Value).addOffset},
	{"imm", (*Value).addOffset},
	{"state", func(v *Value, text string) bool { v.State = text; return true }},
	{"depth", func(v *Value, text string) bool { return setInt(&v.Depth, text) }},
	{"type", func(v *Value, text string) bool { v.Struct = text; return true }},
}

// A boundKey is a key that limits a number.
type boundKey struct {
	key string
	set func(b *Bounds, n uint64)
}

// boundKeys have three spellings: smin32 (6.7 and later), s32_min (5.18), s32_min_value (before).
var boundKeys = [...]boundKey{
	{"smin", func(b *Bounds, n uint64) { b.Min = int64(n) }},
	{"smax", func(b *Bounds, n uint64) { b.Max = int64(n) }},
	{"umin", func(b *Bounds, n uint64) { b.UMin = n }},
	{"umax", func(b *Bounds, n uint64) { b.UMax = n }},
	{"smin32", func(b *Bounds, n uint64) { b.Min32 = int32(n) }},
	{"smax32", func(b *Bounds, n uint64) { b.Max32 = int32(n) }},
	{"umin32", func(b *Bounds, n uint64) { b.UMin32 = uint32(n) }},
	{"umax32", func(b *Bounds, n uint64) { b.UMax32 = uint32(n) }},
	{"s32_min", func(b *Bounds, n uint64) { b.Min32 = int32(n) }},
	{"s32_max", func(b *Bounds, n uint64) { b.Max32 = int32(n) }},
	{"u32_min", func(b *Bounds, n uint64) { b.UMin32 = uint32(n) }},
	{"u32_max", func(b *Bounds, n uint64) { b.UMax32 = uint32(n) }},
}

// attributes reads the text in parentheses: "id=1,off=8,smin=smin32=0,var_off=(0x0; 0xff)". A number without bounds may have any value; a
// pointer without bounds has no variable part.
func (v *Value) attributes(text string) {
	bounds, bits, bounded := anyNumber()
	for text != "" {
		var item string
		item, text = cutItem(text)
		switch keys, value := cutKeys(item); {
		case item == "":
		case item == "non_own_ref":
			v.Flags |= NonOwning
		case keys == "var_off" && parseTnum(value, &bits):
			bounded = true
		case setBounds(&bounds, keys, value):
			bounded = true
		case !v.set(keys, value):
			v.Unknown = append(v.Unknown, item)
		}
	}
	if v.Kind == Scalar || bounded {
		bounds.deduce(bits)
		v.Bounds, v.Bits = bounds, bits
	}
}

// set stores an attribute that is not a bound.
func (v *Value) set(key, text string) bool {
	for _, a := range attributes {
		if a.key == key {
			return a.set(v, text)
		}
	}
	return false
}

// setBounds stores one limit, or several equal ones: "smin=smin32" and "0". It stores all of them or none.
func setBounds(b *Bounds, keys, text string) bool {
	n, ok := parseNumber(text)
	if !ok || keys == "" {
		return false
	}
	changed := *b
	for keys != "" {
		key, rest, _ := strings.Cut(keys, "=")
		if !setBound(&changed, strings.TrimSuffix(key, "_value"), n) {
			return false
		}
		keys = rest
	}
	*b = changed
	return true
}

func setBound(b *Bounds, key string, n uint64) bool {
	for _, k := range boundKeys {
		if k.key == key {
			k.set(b, n)
			return true
		}
	}
	return false
}

// setID reads "3", or "3+4" for a value that is 4 more than the others with its id.
func (v *Value) setID(text string) bool {
	if i := strings.LastIndexAny(text, "+-"); i > 0 {
		distance, ok := parseInt(strings.TrimPrefix(text[i:], "+"))
		if !ok || !setInt(&v.ID, text[:i]) {
			return false
		}
		v.IDOffset = distance
		return true
	}
	return setInt(&v.ID, text)
}

// addOffset reads a part of a pointer's offset: a constant that was added, or a variable part whose value is known.
func (v *Value) addOffset(text string) bool {
	n, ok := parseNumber(text)
	v.Offset += int64(n)
	return ok
}

func setInt(field *int, text string) bool {
	n, ok := parseInt(text)
	if ok {
		*field = n
	}
	return ok
}

// cutItem splits at the first comma outside of parentheses.
func cutItem(text string) (item, rest string) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == ',' && depth == 0:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// cutKeys splits "smin=smin32=0" before the value. A value in parentheses may contain any text.
func cutKeys(item string) (keys, value string) {
	end := strings.IndexByte(item, '(')
	if end < 0 {
		end = len(item)
	}
	i := strings.LastIndexByte(item[:end], '=')
	if i < 0 {
		return "", item
	}
	return item[:i], item[i+1:]
}

// parseTnum reads "(0x0; 0xff)".
func parseTnum(text string, t *Tnum) bool {
	inner, ok := strings.CutPrefix(strings.TrimSuffix(text, ")"), "(")
	if !ok {
		return false
	}
	value, mask, _ := strings.Cut(inner, ";")
	v, ok1 := parseNumber(value)
	m, ok2 := parseNumber(strings.TrimSpace(mask))
	if ok1 && ok2 {
		*t = Tnum{Value: v, Mask: m}
	}
	return ok1 && ok2
}
