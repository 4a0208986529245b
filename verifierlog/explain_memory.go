package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// detail finds the line before the reason that has the format, and returns what its verbs printed.
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

// pointerOf returns the pointer that the refused access goes through, and the offset in the instruction.
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

// indexOf returns the number that was added to a pointer: the source of the last addition in the slice. When the refused instruction is
// the addition itself, it is the source of that.
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

// valueBefore returns the value of a register at a step, from the slice: the register may have changed since then. When the slice does not
// show the register, the value at the refused instruction is returned.
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

// sizedMemory are the lines with the size of the memory and the numbers of the access. The kernel's next line is the same for all kinds of
// memory, so these lines decide which rule applies.
var sizedMemory = [...]struct {
	format string
	kind   mistake.Kind
	what   string
	rule   string // the Pattern of the rule; "" when it is that of the next line
}{
	{"invalid access to map value, value_size=%d off=%d size=%d", mistake.MapBounds, "a value of the map", ""},
	{"invalid access to map key, key_size=%d off=%d size=%d", mistake.MapBounds, "a key of the map", "invalid access to map key, " +
		"key_size=%d off=%d size=%d"},
	{"invalid access to memory, mem_size=%d off=%d size=%d", mistake.MemoryBounds, "the memory", "invalid access to memory, mem_size=%d " +
		"off=%d size=%d"},
}

// refineBounds names the memory that the access goes outside of, and the number that was added to the pointer.
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
		if width == 0 {
			a.Kind = mistake.BadSize
			a.Explanation = "The size that is passed with " + m.what + " is 0 (zero). The call uses at least 1 byte."
			a.Fix = "Pass the number of bytes that the call may use, at most " + strconv.FormatInt(size-off, 10) + " here: a constant " +
				"such as the size of the type, or a number that is compared with 0 first."
			return
		}
		name := m.what
		if v.Map != "" {
			name += " " + v.Map
		}
		text := "This access takes " + count(width, "byte") + " at offset " + strconv.FormatInt(off, 10) + " of " + name + ", which has " +
			count(size, "byte")
		if off >= 0 {
			text += ": the last byte of the access would be number " + strconv.FormatInt(off+width-1, 10) + ", counted from 0."
		} else {
			text += ": it begins before the first byte."
		}
		if _, helper := linux.HelperID(calleeOf(a.Text)); calleeOf(a.Text) != "" && !helper {
			text += " The size of the access is that of the argument's type in this kernel: what is passed must be as large."
		}
		index, iv := a.indexOf(register)
		_, constant := v.Bounds.Constant()
		added := "was added"
		if parseOperands(a.Text).operation == arithmetic { // without CAP_PERFMON the addition itself is refused
			constant, added = false, "is added"
			text = "The sum would point to offset " + strconv.FormatInt(off, 10) + " of " + name + ", which has " + count(size, "byte") +
				". Without CAP_PERFMON a pointer must stay inside, even when the program does not use it."
		}
		if !constant && index >= 0 && iv.Kind == Scalar && iv.Bounds.Max < linux.OffsetLimit && iv.Bounds.Min > -linux.OffsetLimit {
			a.Explanation = "R" + strconv.Itoa(index) + ", which " + added + " to the pointer, " + rangeOf(iv.Bounds) + ". " + text
			if o := parseOperands(a.Text); o.operation == kernelCall && width > 1 {
				a.Explanation += " The verifier keeps the limits of the offset and of the size each for itself, not together: a " +
					"comparison of their sum limits neither of them."
			}
			if most := size - width; most >= 0 {
				limit := strconv.FormatInt(most+1, 10)
				a.Fix = "Before the addition, limit it to 0 to " + strconv.FormatInt(most, 10) + " with an unsigned comparison: " +
					"f.If(i.Lt(" + limit + "), func() {...})."
				if (most+1)&most == 0 && most > 0 {
					a.Fix += " A mask is also possible: i.And(" + strconv.FormatInt(most, 10) + ")."
				}
			}
			return
		}
		a.Explanation = text
		if low, high := v.Offset+v.Bounds.Min, v.Offset+v.Bounds.Max; !constant && index < 0 && low >= 0 && v.Kind > NotShown {
			a.Explanation = "R" + strconv.Itoa(register) + " may point to any offset from " + strconv.FormatInt(low, 10) + " to " +
				strconv.FormatInt(high, 10) + " of " + name + ". " + text
			a.Fix = "Limit the number that is added to the pointer, so that offset and size together are at most " +
				strconv.FormatInt(size, 10) + ": compare the index with the number of elements, f.If(i.Lt(n), ...), just before it is " +
				"used."
			if strings.HasSuffix(text, "as large.") {
				a.Fix += " When the elements are smaller than " + count(width, "byte") + ", make them as large."
			}
			return
		}
		if v.Kind <= NotShown && strings.Contains(a.Reason, "max value is outside") {
			// The kernel compares the smallest offset first, so the largest one is another.
			a.Explanation = text + " The offset is not a constant: this is the largest that is possible."
			a.Fix = "Limit the number that is added to the pointer, so that offset and size together are at most " +
				strconv.FormatInt(size, 10) + ": compare the index with the number of elements, f.If(i.Lt(n), ...), just before it is " +
				"used."
			return
		}
		if size < width {
			a.Fix = "Access at most " + count(size, "byte") + ": use the Go type of this memory."
			return
		}
		fit := " fit is "
		if width == 1 {
			fit = " fits is "
		}
		a.Fix = "The last offset at which " + count(width, "byte") + fit + strconv.FormatInt(size-width, 10) + ". "
		if v.Kind > NotShown {
			a.Fix += "The offset is a constant on this path: check"
		} else {
			a.Fix += "Check"
		}
		a.Fix += " the layout of the Go type, the number of bytes that were reserved, or how often the loop " +
			"added to the pointer."
		return
	}
}

// mostPacketOffset is the largest offset into a packet for which comparisons count (MAX_PACKET_OFF, kernel/bpf/verifier.c).
const mostPacketOffset = 0xffff

// refinePacket compares the access with the part of the packet that was checked.
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
	case off < 0:
		a.Explanation = "The access begins before " + reg + ", at offset " + strconv.FormatInt(off, 10) + ". A comparison with the " +
			"packet's end shows only that bytes after a pointer are there, not before it."
		a.Fix = "Keep a pointer to the beginning of the packet, and reach all bytes from there with offsets of 0 or more."
	case proven > 0 && proven == off && width == 1 && isRightOpen(a):
		compared, _ := a.noted(ProvesPacket)
		a.Explanation = placed(compared) + " compares the pointer itself with the packet's end. In newer kernels this shows that the " +
			"byte at offset " + strconv.FormatInt(off, 10) + " is there, " + end + " bytes in all. Kernels before 5.16 make a " +
			"mistake: they count only " + strconv.FormatInt(proven, 10) + "."
		a.Explanation = strings.ToUpper(a.Explanation[:1]) + a.Explanation[1:]
		a.Fix = "Compare the end of what is read: if (p + 1 > data_end) instead of if (p >= data_end). All kernels understand this."
	case proven > 0:
		a.Explanation = "The program checked that the packet has " + strconv.FormatInt(proven, 10) + " bytes from there, but the access " +
			"needs " + end + ": " + count(width, "byte") + " at offset " + strconv.FormatInt(off, 10) + "."
		a.Fix = "Check all bytes that are read, " + end + " here: use a dsl.Header of a type that is large enough."
	case id != 0 && !constant && variable.UMax > mostPacketOffset:
		a.Explanation = reg + " points into the packet, and a number that " + rangeOf(variable) + " was added to it. When the sum may " +
			"be more than 65535 (0xffff) bytes after the beginning, the verifier takes no comparison with the packet's end into " +
			"account: r, the number of checked bytes, stays 0."
		a.Fix = "Limit the number before it is added, with a comparison, f.If(i.Lt(n), ...), or with a mask, i.And(1023). Then compare " +
			"the sum plus the size of the access with data_end."
	case id != 0 && a.register(int(register)).Kind <= NotShown:
		a.Explanation = "A number that is no constant was added to " + reg + ", a pointer into the packet (id=" + args[3] + "). No " +
			"comparison with the packet's end counts for the sum: there was none after the addition, or the sum may be more than 65535 " +
			"(0xffff) bytes after the beginning, where the verifier takes no comparison into account. The log does not show which."
		a.Fix = "Limit the number before it is added, with a comparison, f.If(i.Lt(n), ...), or with a mask, i.And(1023). Then compare " +
			"the sum plus the size of the access with data_end."
	case id != 0 && !constant:
		a.Explanation = reg + " points into the packet, and a number that " + rangeOf(variable) + " was added to it. An earlier " +
			"comparison with the packet's end does not count for the sum."
		a.Fix = "Compare again after the addition: dsl.Header(packet, offset, short) accepts a variable offset and does this."
	case wrongWay:
		a.Explanation = "The packet may be too short for this access: " + placed(compared) + " compares it with its end, and this is " +
			"the branch in which it may be too short."
		a.Fix = "Exchange the branches: read in the branch in which the packet is long enough. dsl.Header(packet, offset, short) does " +
			"this, and runs short when the packet is too short."
	case !a.whole || a.register(int(register)).Kind != PointerPacket:
		a.Explanation = "The packet may be too short for this access: no comparison with its end counts for " + reg + " here."
		a.Fix = "Compare before reading: dsl.Header(packet, offset, short) does this, and runs short when the packet is too short. By " +
			"hand: add the size to a copy of the pointer, and exit when the copy is greater than data_end."
	default:
		a.Explanation = "The packet may be too short for this access: on the path to " + instructionOf(*a.Report) + " nothing was " +
			"compared with its end."
		a.Fix = "Compare before reading: dsl.Header(packet, offset, short) does this, and runs short when the packet is too short. By " +
			"hand: add the size to a copy of the pointer, and exit when the copy is greater than data_end."
	}
}

// isRightOpen reports whether the comparison with the packet's end is one with >= or <: Linux before 5.16 counts a byte less for it
// (find_good_pkt_pointers, kernel/bpf/verifier.c).
func isRightOpen(a *account) bool {
	compared, ok := a.noted(ProvesPacket)
	return ok && (strings.Contains(compared.Text, " >= ") || strings.Contains(compared.Text, " < "))
}

// refineMapItself explains an access through a pointer to the map itself.
func refineMapItself(a *account) {
	register, v, _ := a.pointerOf()
	if v.Kind != PointerMap {
		return
	}
	a.Explanation = "R" + strconv.Itoa(register) + " is the map itself, the kernel's own struct, and not the address of a value in it. "
	if parseOperands(a.Text).operation == loadOperation {
		a.Explanation += "Few of its fields can be read, and only with their own width."
	} else {
		a.Explanation += "Programs may not write there."
	}
	if made, ok := a.step(func(s Step) bool { return strings.HasPrefix(s.Text, "(18)") }); ok {
		a.Explanation += " It was loaded at " + placed(made) + ". When the source has a global variable there, the loader did not " +
			"relocate it to the value of its map."
	}
	a.Fix = "Get the address of a value with bpf_map_lookup_elem. For global variables, use a loader that puts them into a map (.data, " +
		".bss), or keep the state in a map that is declared."
}

// forgottenLimits says what old kernels do with numbers on the stack.
const forgottenLimits = "Old kernels forget the limits of a number that is saved there (before 5.10, and before 5.16 when it has fewer " +
	"than 8 bytes), so comparisons before that do not count."

// refineUnbounded says what is known about the number that was added.
func refineUnbounded(a *account) {
	register, _, _ := a.pointerOf()
	if strings.HasPrefix(a.Reason, "math between") || strings.HasPrefix(a.Reason, "value ") {
		register = parseOperands(a.Text).dst
	}
	index, v := a.indexOf(register)
	if index < 0 && strings.Contains(a.Reason, "unbounded memory access") {
		refineOffset(a, register)
		return
	}
	if index < 0 || v.Kind != Scalar || strings.Contains(a.Reason, "prohibited for !root") ||
		strings.Contains(a.Reason, "variable buffer offset") {
		return
	}
	if _, constant := v.Bounds.Constant(); constant {
		return
	}
	reg := "R" + strconv.Itoa(index)
	a.Explanation = reg + " is added to a pointer, and " + rangeOf(v.Bounds) + "."
	switch signed, ok := a.noted(ComparisonTells); {
	case v.Bounds.Min < 0 && ok && strings.Contains(signed.Text, " s"):
		a.Explanation += " The comparison at " + placed(signed) + " is signed, so it does not limit the lower side: -1 passes it too."
		a.Fix = "Compare it as unsigned: convert it to U32 or U64 (x.U64()) and use f.If(x.Lt(n), ...), or mask it: x.And(63)."
	case v.Bounds.Min < 0 && a.fromStack(index):
		read, _ := a.noted(ReadFromStack)
		a.Explanation += " It was read back from the stack at " + placed(read) + ". " + forgottenLimits
		a.Fix = "Compare it again after it is read from the stack, just before it is added: f.If(x.Lt(n), ...), or mask it: x.And(63)."
	case v.Bounds.Min < 0:
		a.Explanation += " Nothing on this path limits it."
		a.Fix = "Limit it before it is added, with an unsigned comparison, f.If(x.Lt(n), ...), or with a mask, x.And(63)."
	default:
		a.Explanation += " That is more than the size of any object."
		a.Fix = "Limit it before it is added: f.If(i.Lt(n), ...), or with a mask, i.And(63)."
	}
}

// refineOffset says how far a pointer may be from its object when the addition is not in the log.
func refineOffset(a *account, register int) {
	v := a.register(register)
	if _, constant := v.Bounds.Constant(); constant || v.Kind <= NotShown || v.Kind == Scalar {
		return
	}
	a.Explanation = "The number that was added to R" + strconv.Itoa(register) + " " + rangeOf(v.Bounds) + "."
	if v.Bounds.Min < 0 {
		a.Explanation += " The verifier also looks at it as an unsigned number, and as such a negative one is enormous, even when a " +
			"constant in the instruction makes the sum positive."
		a.Fix = "Put the constant into the index before the addition, so that the index is never negative, and limit that: " +
			"f.If(i.Lt(n), ...), or a mask, i.And(63)."
		return
	}
	a.Explanation += " That is more than the size of any object."
}

// fromStack reports whether the last that is known of a register is that it was read from the stack.
func (a *account) fromStack(register int) bool {
	last, ok := a.step(func(s Step) bool {
		o := parseOperands(s.Text)
		return o.dst == register && (o.operation == loadOperation || o.operation == moveOperation || o.operation == arithmetic)
	})
	return ok && last.Note.Kind == ReadFromStack
}

// refineSize says which sizes are possible.
func refineSize(a *account) {
	n := a.named()
	v := a.register(n)
	if n >= 1 && n <= 5 && a.fromStack(n) && (v.Kind <= NotShown || v.Kind == Scalar && v.Bounds.Min < 0) {
		read, _ := a.noted(ReadFromStack)
		a.Explanation = "R" + strconv.Itoa(n) + " is passed to " + instructionOf(*a.Report) + " as the size. It was read back from " +
			"the stack at " + placed(read) + ". " + forgottenLimits
		a.Fix = "Limit it again after it is read from the stack, just before the call: size.And(63), or f.If(size.Gt(64), f.Exit)."
		return
	}
	if n < 1 || n > 5 || v.Kind != Scalar {
		return
	}
	if _, constant := v.Bounds.Constant(); constant {
		return
	}
	a.Explanation = "R" + strconv.Itoa(n) + " is passed to " + instructionOf(*a.Report) + " as the size, and " + rangeOf(v.Bounds) + "."
	switch {
	case strings.Contains(a.Reason, "zero-sized"):
		a.Explanation += " This helper does not accept 0."
	case strings.Contains(a.Reason, "known constant"):
		a.Explanation += " This call needs a constant, because the verifier must know how much memory the call returns."
	case v.Bounds.Min < 0:
		a.Explanation += " The helper reads a negative size as a very large one."
	}
}

// refineStack separates two mistakes for which the kernel has the same words: an access outside of the stack, and an access to bytes that
// were never written.
func refineStack(a *account) {
	if len(a.args) < 2 || !strings.Contains(a.Reason, " off=") {
		return
	}
	n, ok := numbers(a.args[len(a.args)-2:])
	if !ok {
		return
	}
	off, size := n[0], n[1]
	at := count(size, "byte") + " at " + strconv.FormatInt(off, 10) + " from R10"
	switch {
	case size == 0:
		a.Kind = mistake.BadSize
		a.Explanation = "The size of the memory that is passed is 0 (zero), or may be 0 on this path. This call needs at least 1 byte."
		a.Fix = "Pass a constant, or limit the size on both sides just before the call: f.If(size.Eq(0), f.Exit), and size.And(63). Old " +
			"kernels (before 4.16) may still want a constant that is not 0: add 1 after the mask."
	case off >= -linux.StackSize && off+size <= 0:
		if !strings.HasPrefix(a.Reason, "invalid read from stack R") {
			return
		}
		a.Kind = mistake.UninitialisedStack
		a.Explanation = "The program reads the " + at + ", but has not written all of them. This needs CAP_PERFMON."
		a.Fix = "Write all bytes first, padding too: dsl.Local makes an object whose bytes are 0."
	case off < 0 && off+size > 0:
		a.Explanation = instructionOf(*a.Report) + " takes " + at + ", but the stack ends " + count(-off, "byte") + " after that " +
			"offset: the object is smaller than the access."
		a.Fix = "Make the object as large as the map's key or value, or as the size that is passed: use dsl.Local with the same Go type."
	case off < -linux.StackSize:
		a.Explanation = instructionOf(*a.Report) + " takes " + at +
			withLimits(". The stack of a function is the {StackSize} bytes below R10, from -{StackSize} to -1.")
		a.Fix = "Use less stack: put large objects into a map's value, for example a per-CPU array with one element as working memory."
	case a.objectEnds():
		o := parseOperands(a.Text)
		a.Explanation = instructionOf(*a.Report) + " takes " + count(size, "byte") + " at offset " + strconv.Itoa(o.offset) + " of an " +
			"object on the stack, and this is past the end of the stack: the object is smaller than this offset."
		a.Fix = "Make the object as large as the struct that is read through it. If it is a copy of a struct of the kernel, the loader " +
			"may have changed the offset to that of this kernel (CO-RE), where the struct is larger than the copy: read the field from " +
			"the kernel's own struct instead, with BPF_CORE_READ or bpf_probe_read_kernel."
	default:
		a.Explanation = instructionOf(*a.Report) + " takes " + at + withLimits(", which is above the stack. The stack is below R10, from "+
			"-{StackSize} to -1.")
		a.Fix = "Use a negative offset: an object of 8 bytes begins at -8 or lower. dsl.Local chooses the offset."
	}
}

// objectEnds reports whether the refused access goes through the address of an object on the stack, at an offset in the instruction.
func (a *account) objectEnds() bool {
	o := parseOperands(a.Text)
	base := o.dst
	if o.operation == loadOperation {
		base = o.src
	}
	return (o.operation == loadOperation || o.operation == storeOperation) && base >= 0 && base != 10 && o.offset > 0
}

// stackBytes are the messages that name the first byte that was never written.
var stackBytes = [...]string{
	"invalid read from stack R%d off %d+%d size %d", "invalid indirect read from stack R%d off %d+%d size %d",
	"invalid read from stack off %d+%d size %d", "invalid indirect read from stack off %d+%d size %d",
}

// objectOfKernel explains that an object of the kernel is at a place of the stack, and reports whether it is.
func (a *account) objectOfKernel(at int64) bool {
	for _, slot := range a.Stack {
		name := ""
		switch v := ParseValue(slot.Value); {
		case int64(slot.Offset) > at || at >= int64(slot.Offset)+8:
		case v.Kind == Dynptr, slot.Value == "dddddddd":
			name = "a dynptr"
		case v.Kind == Iterator, slot.Value == "iiiiiiii":
			name = "an iterator"
		case v.Kind == IRQFlag:
			name = "saved interrupt flags"
		}
		if name == "" {
			continue
		}
		a.Kind = mistake.SpecialField
		a.Explanation = "At " + strconv.Itoa(slot.Offset) + " from R10 the program has " + name + ", which belongs to the kernel " +
			"until it is released. Its bytes cannot be read."
		a.Fix = "Use only the calls for it, and do not copy it or pass it as memory."
		return true
	}
	return false
}

// refineStackByte says which byte was not written.
func refineStackByte(a *account) {
	for _, format := range stackBytes {
		args, _, ok := matchFormat(format, a.Reason)
		if !ok {
			continue
		}
		n, ok := numbers(args[len(args)-3:])
		if !ok || a.objectOfKernel(n[0]+n[1]) {
			return
		}
		for _, slot := range a.Stack {
			v := ParseValue(slot.Value)
			if at := n[0] + n[1]; int64(slot.Offset) <= at && at < int64(slot.Offset)+8 && v.Kind.IsPointer() {
				a.Kind = mistake.AddressLeak
				a.Explanation = "The program saved a pointer (" + slot.Value + ") at " + strconv.Itoa(slot.Offset) + " from R10. A call " +
					"may not read it there: user space could see an address of the kernel."
				a.Fix = "Do not pass memory with pointers in it. Copy what the pointer points to, or the number that is needed, to " +
					"another variable and pass that."
				return
			}
		}
		written := " was never written on this path"
		if len(a.Registers) == 0 && len(a.Stack) == 0 { // no state tells which it is
			written += ", or a pointer is saved there, which a call may not read"
		}
		a.Explanation = "Of the " + count(n[2], "byte") + " at " + strconv.FormatInt(n[0], 10) + " from R10, the one at " +
			strconv.FormatInt(n[0]+n[1], 10) + written + ". It is number " + strconv.FormatInt(n[1], 10) + ", counted from 0. " +
			"Reading it needs CAP_PERFMON."
		return
	}
}

// refineMisaligned computes the offset, which the kernel prints as a sum: "0+0+-9".
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
	a.Explanation = "The offset of an access to the " + args[0] + " must be a multiple of its size, but " + instructionOf(*a.Report) +
		" takes " + args[2] + " bytes at " + strconv.FormatInt(sum, 10) + "."
	a.Fix = "Use an offset that is a multiple of " + args[2] + ": dsl.Local and fields of Go types have such offsets."
}
