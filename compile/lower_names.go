package compile

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/mistake"

	cbtf "github.com/cilium/ebpf/btf"
)

// A lookup is what the target has under a name.
type lookup struct {
	done  bool
	ok    bool
	noted bool // the finding was reported
	field btf.Field
	err   error
	id    btf.ID
	value int64
}

// foundAt adds a mistake at the line that is being translated.
func (l *lowering) foundAt(kind mistake.Kind, finding mistake.Finding) {
	finding.Insn = -1
	finding.Position = record.Position(l.from.Sites[l.site])
	l.unit.note(l.p, kind, finding)
}

// lookUp looks a name up in the target, once.
func (l *lowering) lookUp(aux int32) *lookup {
	r := &l.fields[aux]
	if r.done {
		return r
	}
	r.done = true
	name := l.from.Names[aux]
	types := l.target.BTF
	if types == nil {
		return r
	}
	switch name.Kind {
	case ir.FieldName:
		r.field, r.err = types.Field(name.Name, name.Path)
	case ir.TypeName:
		for _, kind := range [...]btf.Kind{btf.KindStruct, btf.KindUnion, btf.KindEnum, btf.KindEnum64, btf.KindTypedef} {
			if r.id, r.err = types.Lookup(kind, name.Name); r.err == nil {
				break
			}
		}
	case ir.KernelName:
		r.id, r.err = types.Lookup(btf.KindFunc, name.Name)
	case ir.EnumName:
		r.value, r.err = types.EnumValue(name.Name, name.Path)
	case ir.HelperName:
		_, r.err = types.EnumValue(name.Name, "BPF_FUNC_"+strings.TrimPrefix(name.Path, "bpf_"))
	}
	r.ok = r.err == nil
	if r.err != nil && !errors.Is(r.err, btf.ErrNotFound) {
		l.unreadable(r.err)
	}
	return r
}

// has reports whether the target has the thing that a name stands for.
func (l *lowering) has(aux int32) bool { return l.lookUp(aux).ok }

// needed is lookUp for names that the program needs. If the target lacks one, it reports that and returns false.
func (l *lowering) needed(aux int32) (*lookup, bool) {
	r := l.lookUp(aux)
	if r.ok || r.noted {
		return r, r.ok
	}
	r.noted = true
	name := l.from.Names[aux]
	if l.target.BTF == nil {
		l.foundAt(mistake.NeedsBTF, needsBTF(describeName(name)))
		return r, false
	}
	var fe *btf.FieldError
	switch {
	case name.Kind == ir.FieldName && name.Name == "": // the same words as in package dsl, which reports fields that are read
		l.foundAt(mistake.ZeroValue, mistake.Finding{Detail: fmt.Sprintf("the struct of the field %q is not known", name.Path),
			Help: "name the struct: p.To(\"tcp_sock\")"})
	case errors.As(r.err, &fe):
		l.foundAt(mistake.UnknownField, unknownField(fe, true))
	case name.Kind == ir.KernelName:
		l.foundAt(mistake.UnknownFunction, l.unknownFunction(name.Name))
	case name.Kind == ir.EnumName:
		l.foundAt(mistake.UnknownField, mistake.Finding{Detail: fmt.Sprintf("this kernel has no %s", describeName(name)),
			Help: didYouMean(l.target.BTF.NearestConstant(name.Name, name.Path))})
	default:
		l.foundAt(mistake.UnknownField, mistake.Finding{Detail: fmt.Sprintf("this kernel has no %s", describeName(name))})
	}
	return r, false
}

func describeName(n ir.Name) string {
	switch n.Kind {
	case ir.FieldName:
		return n.Name + "." + n.Path
	case ir.EnumName:
		if n.Name == "" {
			return "enum constant " + n.Path
		}
		return "constant " + n.Path + " of enum " + n.Name
	case ir.KernelName:
		return "function " + n.Name
	}
	return "type " + n.Name
}

// fieldAt finds a field and returns the pointer and offset for it. A field far into a struct needs an extra addition.
func (l *lowering) fieldAt(v *ir.Value) (f btf.Field, base ir.V, off int32, ok bool) {
	r, ok := l.needed(v.Aux)
	if !ok {
		return btf.Field{}, 0, 0, false
	}
	base = l.value[v.Args[0]]
	f = r.field
	if f.Offset > math.MaxInt16-8 {
		return f, l.emit(ir.Value{Op: ir.Add, Type: ir.Ptr, Imm: int64(f.Offset)}, base), 0, true
	}
	return f, base, int32(f.Offset), true
}

// scalar reports whether instructions can load and store a field, and adds a mistake if they cannot.
func (l *lowering) scalar(v *ir.Value, f btf.Field) bool {
	if f.Scalar() {
		return true
	}
	l.foundAt(mistake.NotScalar, mistake.Finding{Detail: fmt.Sprintf("%s is %s", describeName(l.from.Names[v.Aux]), describeField(f)),
		Help: "name a member or an element of it, such as " + quote(l.from.Names[v.Aux].Path+l.suggestPart(f)) +
			", or take its address (Addr)"})
	return false
}

// describeField is the type of a field in messages: "an array of 16 bytes".
func describeField(f btf.Field) string {
	return phrase.A(f.Kind.String()) + " of " + phrase.Count(f.Size, "byte")
}

// fieldLoad reads a field as the type that the program uses.
func (l *lowering) fieldLoad(v *ir.Value) ir.V {
	f, base, off, ok := l.fieldAt(v)
	if !ok || !l.scalar(v, f) || !l.sameKind(v, f) {
		return l.constantValue(v.Type, 0)
	}
	return l.load(v, f, base, off)
}

// sameKind refuses pointers that are read as numbers, and numbers that are read as pointers.
func (l *lowering) sameKind(v *ir.Value, f btf.Field) bool {
	name := l.from.Names[v.Aux]
	switch {
	case v.Type == ir.Ptr && v.Size == 4 && f.Kind == btf.KindInt && f.Size == 4:
		return true // a pointer into a packet, in a context
	case (f.Kind == btf.KindPointer) != (v.Type == ir.Ptr):
		l.foundAt(mistake.FieldType, mistake.Finding{Detail: fmt.Sprintf("%s is %s", describeName(name), describeField(f)),
			Help: map[bool]string{true: "read it with Ptr", false: "read it with U32 and its like"}[f.Kind == btf.KindPointer]})
		return false
	case f.BitSize == 0 && int(f.Size) > int(v.Size), int(f.BitSize) > 8*int(v.Size):
		l.foundAt(mistake.FieldType,
			mistake.Finding{Detail: fmt.Sprintf("%s has %s, but %d are read", describeName(name), phrase.Count(f.Size, "byte"),
				v.Size),
				Help: fmt.Sprintf("read it with U%d or S%d", 8*f.Size, 8*f.Size)})
		return false
	}
	return true
}

// load reads a field at its place, in the register form of the value's type.
func (l *lowering) load(v *ir.Value, f btf.Field, base ir.V, off int32) ir.V {
	if v.Type == ir.Ptr {
		return l.emit(ir.Value{Op: ir.Load, Type: ir.Ptr, Size: v.Size, Off: off}, base)
	}
	unit := ir.I32
	if f.Size == 8 {
		unit = ir.I64
	}
	n := l.emit(ir.Value{Op: ir.Load, Type: unit, Size: uint8(f.Size), Off: off}, base)
	bits := uint32(8 * f.Size)
	if f.BitSize != 0 {
		n, bits = l.extract(n, unit, f), f.BitSize
	}
	// n is zero-extended from so many bits. If it is widened, the sign of the field decides how. If it has the width already, the sign
	// that the program asks for decides.
	signed := f.Signed
	if bits == uint32(8*v.Size) {
		signed = v.Signed
	}
	return l.widen(n, unit, bits, signed, v)
}

// extract takes a bit field out of its unit.
func (l *lowering) extract(n ir.V, unit ir.Type, f btf.Field) ir.V {
	if shift := bitShift(f, l.target.ByteOrder); shift > 0 {
		n = l.emit(ir.Value{Op: ir.Shr, Type: unit, Imm: int64(shift)}, n)
	}
	return l.emit(ir.Value{Op: ir.And, Type: unit}, n, l.constantValue(unit, int64(uint64(1)<<f.BitSize-1)))
}

// widen brings a zero-extended number of some bits into the form of a value's type.
func (l *lowering) widen(n ir.V, unit ir.Type, bits uint32, signed bool, v *ir.Value) ir.V {
	width := int64(32)
	if unit == ir.I64 {
		width = 64
	}
	if signed && int64(bits) < width {
		switch bits {
		case 8:
			n = l.emit(ir.Value{Op: ir.SExt8, Type: unit}, n)
		case 16:
			n = l.emit(ir.Value{Op: ir.SExt16, Type: unit}, n)
		case 32:
			n = l.emit(ir.Value{Op: ir.SExt32, Type: unit}, n)
		default:
			n = l.emit(ir.Value{Op: ir.Shl, Type: unit, Imm: width - int64(bits)}, n)
			n = l.emit(ir.Value{Op: ir.Sar, Type: unit, Imm: width - int64(bits)}, n)
		}
	}
	switch {
	case unit == v.Type:
	case v.Type == ir.I64 && signed:
		n = l.emit(ir.Value{Op: ir.SExt32, Type: ir.I64}, n)
	case v.Type == ir.I64:
		n = l.emit(ir.Value{Op: ir.ZExt, Type: ir.I64}, n)
	default:
		n = l.emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, n)
	}
	if signed && !v.Signed && v.Size < 4 && bits < uint32(8*v.Size) { // a narrow unsigned number has zeros above it
		n = l.emit(ir.Value{Op: ir.And, Type: ir.I32, Imm: 1<<(8*v.Size) - 1}, n)
	}
	return n
}

// fieldStore writes a field.
func (l *lowering) fieldStore(v *ir.Value) {
	f, base, off, ok := l.fieldAt(v)
	if !ok || !l.scalar(v, f) || !l.mayWrite(v) {
		return
	}
	value := l.value[v.Args[1]]
	typ := l.to.Values[value].Type
	if !l.takes(v, f, value) {
		return
	}
	if _, isConst := l.to.Const(value); !isConst && f.Size == 8 && !typ.Wide() {
		op := ir.ZExt
		if v.Signed {
			op = ir.SExt32
		}
		value = l.emit(ir.Value{Op: op, Type: ir.I64}, value)
	}
	if f.BitSize != 0 {
		value = l.insert(f, base, off, value)
	}
	l.emit(ir.Value{Op: ir.Store, Size: uint8(f.Size), Off: off}, base, value)
}

// mayWrite reports whether the program may write a field of an object that the kernel passes, and adds a mistake if not. The verify
// pass finds that too, but in long functions it may stop before this place.
func (l *lowering) mayWrite(v *ir.Value) bool {
	at := l.target.Place
	base := &l.from.Values[v.Args[0]]
	if !at.IsMember() || at.Writable == nil || base.Op != ir.Load || base.Aux != ir.ArgumentLoad || l.target.Unchecked {
		return true
	}
	r, ok := l.needed(v.Aux)
	if !ok {
		return true
	}
	name := l.from.Names[v.Aux]
	typ, err := l.target.BTF.Composite(name.Name)
	if err != nil {
		return true
	}
	var paths []string
	for _, w := range at.WritableOf(l.target.BTF, typ) {
		if offset := int64(r.field.Offset); offset >= w.Begin && offset < w.End {
			return true
		}
		paths = append(paths, w.Path)
	}
	finding := mistake.Finding{Detail: describeName(name) + " cannot be written here"}
	kind := mistake.ReadOnlyStruct
	if len(paths) > 0 {
		kind, finding.Help = mistake.ReadOnlyField, phrase.Writable(paths)
	}
	l.foundAt(kind, finding)
	return false
}

// insert loads the unit of a bit field and puts a number between its other bits. Like all writes of bit fields, this is not
// atomic.
func (l *lowering) insert(f btf.Field, base ir.V, off int32, value ir.V) ir.V {
	unit := ir.I32
	if f.Size == 8 {
		unit = ir.I64
	} else if l.to.Values[value].Type == ir.I64 {
		value = l.emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, value)
	}
	mask := uint64(1)<<f.BitSize - 1
	shift := bitShift(f, l.target.ByteOrder)
	value = l.emit(ir.Value{Op: ir.And, Type: unit}, value, l.constantValue(unit, int64(mask)))
	value = l.emit(ir.Value{Op: ir.Shl, Type: unit, Imm: int64(shift)}, value)
	others := int64(^(mask << shift))
	if unit == ir.I32 {
		others = int64(uint32(others))
	}
	old := l.emit(ir.Value{Op: ir.Load, Type: unit, Size: uint8(f.Size), Off: off}, base)
	old = l.emit(ir.Value{Op: ir.And, Type: unit}, old, l.constantValue(unit, others))
	return l.emit(ir.Value{Op: ir.Or, Type: unit}, old, value)
}

func (l *lowering) fieldAddr(v *ir.Value) ir.V {
	r, ok := l.needed(v.Aux)
	if !ok {
		return l.constantValue(ir.Ptr, 0)
	}
	if r.field.BitSize != 0 {
		l.foundAt(mistake.NotScalar, mistake.Finding{Detail: describeName(l.from.Names[v.Aux]) + " is a bit field and has no address"})
	}
	if int64(r.field.Size) < v.Imm { // Cells sets the size of what it places there
		l.foundAt(mistake.FieldType, mistake.Finding{Detail: fmt.Sprintf("%s has %s, but the state placed there has %d",
			describeName(l.from.Names[v.Aux]), phrase.Count(r.field.Size, "byte"), v.Imm),
			Help: "keep less there, or use a socket storage map"})
	}
	return l.emit(ir.Value{Op: ir.Add, Type: ir.Ptr, Imm: int64(r.field.Offset)}, l.value[v.Args[0]])
}

// helperProbeReadKernel is the number of bpf_probe_read_kernel.
const helperProbeReadKernel = 113

// readKernel copies a field into the frame with a helper and reads it there.
func (l *lowering) readKernel(v *ir.Value) ir.V {
	r, ok := l.needed(v.Aux)
	if !ok || !l.scalar(v, r.field) || !l.sameKind(v, r.field) {
		return l.constantValue(v.Type, 0)
	}
	object := l.emit(ir.Value{Op: ir.FrameAddr, Type: ir.Ptr, Aux: int32(v.Imm)})
	from := l.emit(ir.Value{Op: ir.Add, Type: ir.Ptr, Imm: int64(r.field.Offset)}, l.value[v.Args[0]])
	l.emit(ir.Value{Op: ir.CallHelper, Type: ir.I64, Imm: helperProbeReadKernel}, object,
		l.constantValue(ir.I64, int64(r.field.Size)), from)
	return l.load(v, r.field, object, 0)
}

func (l *lowering) enumValue(v *ir.Value) ir.V {
	r, ok := l.needed(v.Aux)
	if !ok {
		return l.constantValue(v.Type, 0)
	}
	if v.Type == ir.I64 {
		return l.constantValue(v.Type, r.value)
	}
	if r.value != int64(int32(r.value)) && r.value != int64(uint32(r.value)) {
		l.foundAt(mistake.FieldType, mistake.Finding{Detail: fmt.Sprintf("the %s is %#x, which does not fit 32 bits",
			describeName(l.from.Names[v.Aux]), uint64(r.value)), Help: "ask for it with EnumValue64"})
	}
	return l.constantValue(v.Type, int64(uint32(r.value)))
}

// kernelCall finds a kernel function, and compares the call with its prototype.
func (l *lowering) kernelCall(n ir.V, v *ir.Value) ir.V {
	args := l.args(v)
	r, ok := l.needed(v.Aux)
	if !ok {
		return l.constantValue(v.Type, 0)
	}
	name := l.from.Names[v.Aux].Name
	fn, err := l.kernelFunction(r.id, name)
	if err != nil {
		l.unreadable(err)
		return l.constantValue(v.Type, 0)
	}
	l.checkKernelCall(fn, args, v.Imm)
	if _, void := btf.Underlying(fn.proto.Return).(*cbtf.Void); void {
		if l.void == nil {
			l.void = map[ir.V]string{}
		}
		l.void[n] = name
	}
	return l.emit(ir.Value{Op: ir.CallKernel, Type: ir.I64, Imm: int64(r.id), Aux: v.Aux}, args...)
}

// checkVoid refuses the results of kernel functions that have none.
func (l *lowering) checkVoid(values ...ir.V) {
	for _, v := range values {
		if name, void := l.void[v]; void {
			l.foundAt(mistake.NoResult, mistake.Finding{Detail: name + " has no result",
				Help: "call it as a statement, without a method after the call"})
		}
	}
}

// checkKernelCall compares the arguments of a call with the function's parameters. passed has a byte for each argument; see
// record.PassedBool.
func (l *lowering) checkKernelCall(fn kernelFunction, args []ir.V, passed int64) {
	params := fn.proto.Params
	note := btf.Declaration(fn.proto, fn.name)
	if n := len(params); n > 0 {
		if _, void := params[n-1].Type.(*cbtf.Void); void { // "…"
			params = params[:min(n-1, len(args))]
		}
	}
	if len(params) != len(args) && !hasImplicit(fn.proto, len(args)) {
		l.foundAt(mistake.BadArguments, mistake.Finding{Detail: phrase.Arguments(fn.name, len(params), len(args)), Note: note})
		return
	}
	for i, a := range args {
		arg := &l.to.Values[a]
		want := btf.Underlying(params[i].Type)
		_, pointer := want.(*cbtf.Pointer)
		_, isConst := l.to.Const(a)
		switch {
		case pointer && arg.Type != ir.Ptr && !(isConst && arg.Imm == 0):
			l.foundAt(mistake.BadArguments,
				mistake.Finding{Detail: phrase.Argument(i+1, fn.name, "a number", "a pointer"), Note: note})
		case !pointer && arg.Type == ir.Ptr:
			l.foundAt(mistake.BadArguments,
				mistake.Finding{Detail: phrase.Argument(i+1, fn.name, "a pointer", "a number"), Note: note})
		case !pointer:
			l.checkPassed(fn, i, want, record.Width(passed>>(8*i)), arg.Imm, note)
		}
	}
}

// checkPassed compares a number, a condition or a constant n with a parameter that is not a pointer. Nothing is converted.
func (l *lowering) checkPassed(fn kernelFunction, i int, param cbtf.Type, passed record.Width, n int64, note string) {
	var want record.Width
	isBool, anySign := false, false
	switch t := param.(type) {
	case *cbtf.Int:
		want, isBool = record.WidthOf(int(t.Size), t.Encoding == cbtf.Signed), t.Encoding == cbtf.Bool
	case *cbtf.Enum:
		want, anySign = record.WidthOf(int(t.Size), t.Signed), true
	default:
		return
	}
	wanted := phrase.A(want.String())
	if isBool {
		wanted = "a Bool"
	}
	wrong := func(got, help string) {
		l.foundAt(mistake.BadArguments, mistake.Finding{Detail: phrase.Argument(i+1, fn.name, got, wanted), Note: note, Help: help})
	}
	switch passed {
	case 0:
	case record.PassedBool:
		if !isBool {
			wrong("a Bool", "convert it: .U8() or .U32() is 1 when it holds")
		}
	case record.PassedConst, record.PassedNegative:
		fits := want.Holds(n) || anySign && record.WidthOf(int(want.Bytes()), !want.Signed()).Holds(n)
		if passed == record.PassedConst && n < 0 { // 2⁶³ or more
			fits = want == record.U64
		}
		if isBool {
			fits = n == 0 || n == 1
		}
		if !fits {
			text := fmt.Sprint(uint64(n))
			if passed == record.PassedNegative {
				text = fmt.Sprint(n)
			}
			l.foundAt(mistake.BadConstant, mistake.Finding{Note: note,
				Detail: fmt.Sprintf("argument %d of %s: %s does not fit %s", i+1, fn.name, text, wanted)})
		}
	default:
		switch {
		case isBool:
			wrong(phrase.A(passed.String()), "compare it: .Ne(0)")
		case passed != want && !(anySign && passed.Bits() == want.Bits()):
			wrong(phrase.A(passed.String()), fmt.Sprintf("convert it: .%v()", want))
		}
	}
}

// hasImplicit reports whether the verifier fills in the last parameter (suffix __prog, Linux 6.10). Then calls have one argument less.
func hasImplicit(proto *cbtf.FuncProto, args int) bool {
	n := len(proto.Params)
	const suffix = "__prog"
	if n == 0 || args != n-1 {
		return false
	}
	name := proto.Params[n-1].Name
	return len(name) > len(suffix) && name[len(name)-len(suffix):] == suffix
}

// checkHelper checks that the target's kernel has a helper.
func (l *lowering) checkHelper(v *ir.Value) {
	if l.has(v.Aux) || l.target.BTF == nil {
		return
	}
	name := l.from.Names[v.Aux]
	if _, err := l.target.BTF.Lookup(btf.KindEnum, name.Name); err == nil { // carved BTF may lack it
		l.foundAt(mistake.UnknownFunction, mistake.Finding{Detail: fmt.Sprintf("this kernel has no helper %s", name.Path)})
	}
}
