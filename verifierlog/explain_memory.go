package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// detail finds the numbers that a line before the reason has, by its format.
func (a *account) detail(format string) ([]string, bool) {
	for i := len(a.Details) - 1; i >= 0; i-- {
		if args, _, ok := matchFormat(format, a.Details[i]); ok {
			return args, true
		}
	}
	args, _, ok := matchFormat(format, a.Reason)
	return args, ok
}

// numbers reads what verbs printed as numbers.
func numbers(args []string) ([]int64, bool) {
	list := make([]int64, len(args))
	for i, a := range args {
		n, err := strconv.ParseInt(a, 0, 64)
		if err != nil {
			return nil, false
		}
		list[i] = n
	}
	return list, true
}

// pointerOf is the pointer that the refused access goes through, and its offset in the instruction.
func (a *account) pointerOf() (register int, v Value, offset int64) {
	o := parseOperands(a.Text)
	register = o.dst
	if o.operation == loadOperation {
		register = o.src
	}
	if n := a.named(); n >= 0 {
		register = n
	}
	return register, a.register(register), int64(o.offset)
}

// indexOf is the number that was added to a pointer: the source of the last addition to it in the slice. Where the addition is what is refused,
// it is its source.
func (a *account) indexOf(pointer int) (register int, v Value) {
	if o := parseOperands(a.Text); o.operation == arithmetic && o.src >= 0 {
		if v := a.register(o.src); v.Kind == Scalar {
			return o.src, v
		}
		return o.dst, a.register(o.dst)
	}
	if s, ok := a.step(func(s Step) bool {
		o := parseOperands(s.Text)
		return o.operation == arithmetic && o.dst == pointer && o.src >= 0
	}); ok {
		o := parseOperands(s.Text)
		return o.src, a.valueBefore(s, o.src)
	}
	return -1, Value{}
}

// valueBefore is what a register held at a step, as the slice tells: it may hold something else since. Where the slice has nothing it is taken for
// unchanged.
func (a *account) valueBefore(at Step, register int) Value {
	lead := "R" + strconv.Itoa(register) + "="
	value, found := "", false
	for _, s := range a.Slice {
		if s.Insn == at.Insn {
			break
		}
		_, v, _ := strings.Cut(s.Value, ":") // "frame1:R0=2"
		if !strings.HasPrefix(s.Value, "frame") {
			v = s.Value
		}
		if text, ok := strings.CutPrefix(v, lead); ok {
			value, found = text, true
		}
	}
	if !found {
		return a.register(register)
	}
	return ParseValue(value)
}

// sizedMemory are the lines with the size of what is left, and the kinds of memory that they speak of. The line behind them is the same for
// all, so it is these that tell which rule it is.
var sizedMemory = [...]struct {
	format string
	kind   mistake.Kind
	what   string
	rule   string // the Pattern of the rule, where it is not that of the line behind
}{
	{"invalid access to map value, value_size=%d off=%d size=%d", mistake.MapBounds, "a value of the map", ""},
	{"invalid access to map key, key_size=%d off=%d size=%d", mistake.MapBounds, "a key of the map", "invalid access to map key, key_size=%d off=%d size=%d"},
	{"invalid access to memory, mem_size=%d off=%d size=%d", mistake.MemoryBounds, "the memory", "invalid access to memory, mem_size=%d off=%d size=%d"},
}

// refineBounds names the memory that an access reaches out of, and the number that leads there.
func refineBounds(a *account) {
	for _, m := range sizedMemory {
		args, ok := a.detail(m.format)
		if !ok {
			continue
		}
		n, ok := numbers(args)
		if !ok {
			continue
		}
		size, off, width := n[0], n[1], n[2]
		a.Kind = m.kind
		if m.rule != "" {
			a.Pattern = m.rule
		}
		register, v, _ := a.pointerOf()
		name := m.what
		if v.Map != "" {
			name += " " + v.Map
		}
		text := "This access takes " + count(width, "byte") + " at offset " + strconv.FormatInt(off, 10) + " of " + name + ", which has " + count(size, "byte")
		if off >= 0 {
			text += ": the last one would be number " + strconv.FormatInt(off+width-1, 10) + ", counted from 0."
		} else {
			text += ": it begins before the first one."
		}
		index, iv := a.indexOf(register)
		_, constant := v.Bounds.Constant()
		added := "was added"
		if parseOperands(a.Text).operation == arithmetic { // without CAP_PERFMON already the sum is refused
			constant, added = false, "is added"
			text = "The sum would lead to offset " + strconv.FormatInt(off, 10) + " of " + name + ", which has " + count(size, "byte") + ". Without CAP_PERFMON a pointer may not lead out of it even while it is not used."
		}
		if !constant && index >= 0 && iv.Kind == Scalar {
			a.Explanation = "R" + strconv.Itoa(index) + ", which " + added + " to the pointer, " + rangeOf(iv.Bounds) + ". " + text
			if most := size - width; most >= 0 {
				limit := strconv.FormatInt(most+1, 10)
				a.Fix = "Allow 0 to " + strconv.FormatInt(most, 10) + " before it is added: f.If(i.Lt(" + limit + "), func() {...}), compared without sign."
				if (most+1)&most == 0 && most > 0 {
					a.Fix += " A mask does it too: i.And(" + strconv.FormatInt(most, 10) + ")."
				}
			}
			return
		}
		a.Explanation = text
		if size < width {
			a.Fix = "Access " + count(size, "byte") + " at most: use the Go type of what is there."
			return
		}
		fit := " fit is "
		if width == 1 {
			fit = " fits is "
		}
		a.Fix = "The last offset at which " + count(width, "byte") + fit + strconv.FormatInt(size-width, 10) + ". The offset is a constant on this path: look at the layout of the Go type, how many bytes were asked for, or how often the loop added to the pointer."
		return
	}
}

// refinePacket compares what is read with what was proven.
func refinePacket(a *account) {
	args, ok := a.detail("invalid access to packet, off=%d size=%d, R%d(id=%d,off=%d,r=%d)")
	if !ok {
		return
	}
	n, ok := numbers(args)
	if !ok {
		return
	}
	off, width, register, id, proven := n[0], n[1], n[2], n[3], n[5]
	reg, end := "R"+strconv.FormatInt(register, 10), strconv.FormatInt(off+width, 10)
	variable := a.register(int(register)).Bounds
	_, constant := variable.Constant()
	compared, wrongWay := a.noted(ProvesNoPacket)
	switch {
	case proven > 0:
		a.Explanation = "The program has compared " + strconv.FormatInt(proven, 10) + " bytes of the packet with its end, and reads up to byte " + end + " from there: " + count(width, "byte") + " at offset " + strconv.FormatInt(off, 10) + "."
		a.Fix = "Compare as much as is read, " + end + " bytes: a dsl.Header of a type that is large enough."
	case id != 0 && !constant:
		a.Explanation = reg + " leads into the packet, and a number that " + rangeOf(variable) + " was added to it. What was compared with the packet's end before does not count for the sum."
		a.Fix = "Compare again behind the addition: dsl.Header(packet, offset, short) takes a variable offset and does."
	case wrongWay:
		a.Explanation = "The packet may end before what is read: " + placed(compared) + " compares it with its end, and this is the side on which it may be too short."
		a.Fix = "Exchange the sides: read where the comparison has shown that the packet is long enough. dsl.Header(packet, offset, short) does, and runs short where it ends too early."
	default:
		a.Explanation = "The packet may end before what is read: on the path to " + instructionOf(*a.Report) + " nothing was compared with its end."
		a.Fix = "Compare before reading: dsl.Header(packet, offset, short) does, and runs short where the packet ends too early. By hand: add the size to a copy, and leave when the copy is greater than data_end."
	}
}

// refineUnbounded says what is known of the number that was added.
func refineUnbounded(a *account) {
	register, _, _ := a.pointerOf()
	if strings.HasPrefix(a.Reason, "math between") || strings.HasPrefix(a.Reason, "value ") {
		register = parseOperands(a.Text).dst
	}
	index, v := a.indexOf(register)
	if index < 0 || v.Kind != Scalar || strings.Contains(a.Reason, "prohibited for !root") || strings.Contains(a.Reason, "variable buffer offset") {
		return
	}
	if _, constant := v.Bounds.Constant(); constant {
		return
	}
	reg := "R" + strconv.Itoa(index)
	a.Explanation = reg + " is added to a pointer, and " + rangeOf(v.Bounds) + "."
	switch signed, ok := a.noted(ComparisonTells); {
	case v.Bounds.Min < 0 && ok && strings.Contains(signed.Text, " s"):
		a.Explanation += " The comparison at " + placed(signed) + " is one with sign, and leaves the lower side open: -1 passes it too."
		a.Fix = "Compare without sign: make it a U32 or U64 (x.U64()) and use f.If(x.Lt(n), ...), or mask it: x.And(63)."
	case v.Bounds.Min < 0:
		a.Explanation += " Nothing on this path has bounded it."
		a.Fix = "Bound it before it is added, without sign: f.If(x.Lt(n), ...), or mask it: x.And(63)."
	default:
		a.Explanation += " That is more than any object has bytes."
		a.Fix = "Bound it before it is added: f.If(i.Lt(n), ...), or mask it: i.And(63)."
	}
}

// refineSize says which sizes are possible.
func refineSize(a *account) {
	n := a.named()
	v := a.register(n)
	if n < 1 || n > 5 || v.Kind != Scalar {
		return
	}
	if _, constant := v.Bounds.Constant(); constant {
		return
	}
	a.Explanation = "R" + strconv.Itoa(n) + " is the size that " + instructionOf(*a.Report) + " is given, and " + rangeOf(v.Bounds) + "."
	switch {
	case strings.Contains(a.Reason, "zero-sized"):
		a.Explanation += " This helper does not take 0."
	case strings.Contains(a.Reason, "known constant"):
		a.Explanation += " This call takes only a constant, as the verifier has to know how much memory it gives."
	case v.Bounds.Min < 0:
		a.Explanation += " A negative size is a huge one for the helper."
	}
}

// refineStack tells apart what the kernel says with the same words: an access outside of the stack, and one to bytes that were never written.
func refineStack(a *account) {
	if len(a.args) < 3 || !strings.Contains(a.Reason, " off=") {
		return
	}
	n, ok := numbers(a.args[len(a.args)-2:])
	if !ok {
		return
	}
	off, size := n[0], n[1]
	at := count(size, "byte") + " at " + strconv.FormatInt(off, 10) + " from R10"
	switch {
	case off >= -512 && off+size <= 0:
		if !strings.HasPrefix(a.Reason, "invalid read from stack R") {
			return
		}
		a.Kind = mistake.UninitialisedStack
		a.Explanation = "The " + at + " are read, and the program has not written all of them. Without CAP_PERFMON that is not possible."
		a.Fix = "Write all of it first, padding too: dsl.Local makes an object whose bytes are 0."
	case off < 0 && off+size > 0:
		a.Explanation = instructionOf(*a.Report) + " takes " + at + ", where only " + count(-off, "byte") + " are left to the end of the stack: the object there is smaller than what is read or written."
		a.Fix = "Make the object as large as the map's key or value, or the size that is passed: dsl.Local of the same Go type."
	case off < -512:
		a.Explanation = instructionOf(*a.Report) + " takes " + at + ". A function has the 512 bytes below R10, from -512 to -1."
		a.Fix = "Take less stack: put large objects into a map's value (a per-CPU array of one element is scratch memory)."
	default:
		a.Explanation = instructionOf(*a.Report) + " takes " + at + ", which is above the stack: it lies below R10, from -512 to -1."
		a.Fix = "Use a negative offset: an object of 8 bytes begins at -8. dsl.Local finds the place."
	}
}

// stackBytes are the wordings that name the first byte that was never written.
var stackBytes = [...]string{
	"invalid read from stack R%d off %d+%d size %d", "invalid indirect read from stack R%d off %d+%d size %d",
	"invalid read from stack off %d+%d size %d", "invalid indirect read from stack off %d+%d size %d",
}

// refineStackByte computes which byte it is.
func refineStackByte(a *account) {
	for _, format := range stackBytes {
		args, _, ok := matchFormat(format, a.Reason)
		if !ok {
			continue
		}
		n, ok := numbers(args[len(args)-3:])
		if !ok {
			return
		}
		a.Explanation = "Of the " + count(n[2], "byte") + " at " + strconv.FormatInt(n[0], 10) + " from R10, the one at " + strconv.FormatInt(n[0]+n[1], 10) + " was never written on this path; it is number " + strconv.FormatInt(n[1], 10) + ", counted from 0. Without CAP_PERFMON it cannot be read."
		return
	}
}

// refineMisaligned adds up what the kernel prints as a sum: "0+0+-9".
func refineMisaligned(a *account) {
	args, ok := a.detail("misaligned %s access off %s size %d")
	if !ok {
		return
	}
	sum := int64(0)
	for _, part := range strings.Split(args[1], "+") {
		n, ok := numbers([]string{part})
		if !ok {
			return // a variable part, printed as value and mask
		}
		sum += n[0]
	}
	a.Explanation = "An access to the " + args[0] + " stands at a multiple of its size, and " + instructionOf(*a.Report) + " takes " + args[2] + " bytes at " + strconv.FormatInt(sum, 10) + "."
	a.Fix = "Use an offset that is a multiple of " + args[2] + ": dsl.Local and fields of Go types are placed like that."
}
