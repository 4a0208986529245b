package compile

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"

	cbtf "github.com/cilium/ebpf/btf"
)

func quote(s string) string { return strconv.Quote(s) }

// resolve replaces names by what they stand for in the target: fields by offset and width, kernel functions by id, and labels by the
// instructions after them.
func resolve(u *unit) {
	if u.names {
		if err := u.prefetch(); err != nil {
			u.unreadable(err)
			return
		}
	}
	for _, f := range u.funcs {
		if u.names {
			u.resolveNames(f)
		}
		for _, i := range f.jumps {
			f.code[i].to = f.labels.at[f.code[i].to]
		}
	}
}

func (u *unit) resolveNames(f *function) {
	code := f.code
	f.code = make([]instr, 0, cap(code))
	moved := make([]int32, len(code)+1) // the new index of each instruction: bit fields take several instructions
	for i, in := range code {
		moved[i] = int32(len(f.code))
		switch f.items[in.item].Kind {
		case record.FieldLoad, record.FieldStore, record.FieldStoreImm, record.FieldAddress:
			u.resolveField(f, in)
		case record.KernelCall:
			u.resolveCall(f, in)
		default:
			f.code = append(f.code, in)
		}
	}
	moved[len(code)] = int32(len(f.code))
	f.labels.move(moved)
	f.renumber()
	f.relist()
}

// prefetch looks up all names of the object in one pass over the BTF.
func (u *unit) prefetch() error {
	if u.target.BTF == nil {
		return nil
	}
	names := slices.Collect(u.program.Symbols())
	if len(names) == 0 {
		return nil
	}
	return u.target.BTF.Find(names...)
}

// vague appends an instruction with an operand that could not be resolved, and adds the finding.
func (u *unit) vague(f *function, in instr, kind mistake.Kind, finding mistake.Finding) {
	in.flags |= vague
	f.code = append(f.code, in)
	u.found(f, len(f.code)-1, kind, finding)
}

// needBTF adds a finding if there is no BTF to look a name up in, and reports whether there is none.
func (u *unit) needBTF(f *function, in instr) bool {
	if u.target.BTF != nil {
		return false
	}
	u.vague(f, in, mistake.NeedsBTF, needsBTF(f.items[in.item].String()))
	return true
}

// The findings about names that cannot be looked up, or that do not exist.

func needsBTF(what string) mistake.Finding {
	return mistake.Finding{Detail: what + ": the target has no BTF to look the name up in",
		Help: "set Target.BTF: btf.Kernel() is the running kernel's"}
}

func unknownField(err *btf.FieldError, structured bool) mistake.Finding {
	if behind := strings.TrimPrefix(err.Path, err.Pointer+"."); err.Pointer != "" {
		help := "read the pointer first: "
		if structured {
			help += fmt.Sprintf(".Field(%q).Ptr(%q).Field(%q)", err.Pointer, err.Pointee, behind)
		} else {
			help += fmt.Sprintf("LoadField(dst, src, %q, %q), then LoadField(dst, dst, %q, %q)", err.Struct, err.Pointer,
				err.Pointee, behind)
		}
		return mistake.Finding{Detail: fmt.Sprintf("%s.%s: %s", err.Struct, err.Path, err.Problem), Help: help}
	}
	help := didYouMean(err.Nearest)
	if help == "" && structured && err.Part != err.Struct {
		help = fmt.Sprintf("if only some kernels have it, use it in f.IfField(%q, %q, func() {...})", err.Struct, err.Path)
	}
	return mistake.Finding{Detail: fmt.Sprintf("%s.%s: %s", err.Struct, err.Path, err.Problem), Help: help}
}

func (u *unit) unknownFunction(name string) mistake.Finding {
	return mistake.Finding{Detail: fmt.Sprintf("this kernel has no function %q", name),
		Help: didYouMean(u.target.BTF.Nearest(btf.KindFunc, name))}
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return "did you mean " + name + "?"
}

func (u *unit) resolveField(f *function, in instr) {
	if u.needBTF(f, in) {
		return
	}
	item := &f.items[in.item]
	field, err := u.target.BTF.Field(item.Name(), item.Path())
	if err != nil {
		var fe *btf.FieldError
		if !errors.As(err, &fe) {
			u.unreadable(err)
			return
		}
		u.vague(f, in, mistake.UnknownField, unknownField(fe, false))
		return
	}
	name := item.Name() + "." + item.Path()
	if field.Offset > math.MaxInt16 {
		u.vague(f, in, mistake.NotScalar, mistake.Finding{Detail: fmt.Sprintf("%s is %d bytes into the struct; one instruction reaches %d",
			name, field.Offset, math.MaxInt16),
			Help: "add the offset to a copy of the pointer first (AddFieldOffset)"})
		return
	}
	off := int16(field.Offset)
	switch {
	case item.Kind == record.FieldAddress:
		if field.BitSize != 0 {
			u.vague(f, in, mistake.NotScalar, mistake.Finding{Detail: name + " is a bit field and has no address"})
			return
		}
		in.Imm = int64(field.Offset)
		f.code = append(f.code, in)
	case !field.Scalar():
		u.vague(f, in, mistake.NotScalar, mistake.Finding{Detail: fmt.Sprintf("%s is %s", name, describeField(field)),
			Help: "name a member or an element of it, such as " + quote(item.Path()+u.suggestPart(field))})
	case field.BitSize != 0 && item.Kind != record.FieldLoad:
		u.vague(f, in, mistake.NotScalar, mistake.Finding{Detail: name + " is a bit field; no instruction stores one",
			Help: "load the unit around it, change the bits, and store that"})
	case item.Kind == record.FieldStoreImm:
		in.Instruction = isa.StoreImm(sizeOf(field.Size), in.Dst, off, int32(in.Imm))
		f.code = append(f.code, in)
	case item.Kind == record.FieldStore:
		in.Instruction = isa.StoreMem(sizeOf(field.Size), in.Dst, off, in.Src)
		f.code = append(f.code, in)
	default:
		in.Instruction = isa.LoadMem(sizeOf(field.Size), in.Dst, in.Src, off)
		f.code = append(f.code, in)
		if field.BitSize != 0 {
			for _, ins := range extractBits(in.Dst, field, u.target.ByteOrder) {
				f.code = append(f.code, instr{Instruction: ins, item: in.item, to: nowhere, site: in.site})
			}
		}
	}
}

// suggestPart is how a path to a composite field can go on, for a message.
func (u *unit) suggestPart(field btf.Field) string {
	if field.Kind == btf.KindArray {
		return "[0]"
	}
	if name := u.target.BTF.FieldAt(field.Type, 0); name != "" {
		return "." + name
	}
	return ".…"
}

// bitShift is the distance of a bit field from the low end of its unit. BTF counts bits from the lowest address. On little-endian
// machines that is the low end of the unit, on others the high end.
func bitShift(field btf.Field, order isa.ByteOrder) uint32 {
	if order == isa.BigEndian {
		return field.Size*8 - field.BitOffset - field.BitSize
	}
	return field.BitOffset
}

// extractBits leaves the bits of a bit field in dst, after its unit was loaded there.
func extractBits(dst isa.Register, field btf.Field, order isa.ByteOrder) []isa.Instruction {
	shift := bitShift(field, order)
	if field.BitSize > 31 { // the mask does not fit a sign-extended 32-bit constant
		return []isa.Instruction{
			isa.Lsh64Imm(dst, int32(64-shift-field.BitSize)),
			isa.Rsh64Imm(dst, int32(64-field.BitSize)),
		}
	}
	mask := isa.And64Imm(dst, int32(1<<field.BitSize-1))
	if shift == 0 {
		return []isa.Instruction{mask}
	}
	return []isa.Instruction{isa.Rsh64Imm(dst, int32(shift)), mask}
}

func sizeOf(bytes uint32) isa.Size {
	switch bytes {
	case 1:
		return isa.B
	case 2:
		return isa.H
	case 4:
		return isa.W
	}
	return isa.DW
}

// A kernelFunction is what the check pass needs to know about a kernel function that is called.
type kernelFunction struct {
	name  string
	proto *cbtf.FuncProto
}

func (u *unit) resolveCall(f *function, in instr) {
	if u.needBTF(f, in) {
		return
	}
	name := f.items[in.item].Name()
	id, err := u.target.BTF.Lookup(btf.KindFunc, name)
	if errors.Is(err, btf.ErrNotFound) {
		u.vague(f, in, mistake.UnknownFunction, u.unknownFunction(name))
		return
	}
	if err != nil {
		u.unreadable(err)
		return
	}
	if _, err := u.kernelFunction(id, name); err != nil {
		u.unreadable(err)
		return
	}
	in.Instruction = isa.CallKfunc(int32(id), 0)
	f.code = append(f.code, in)
}

// kernelFunction reads the prototype of a kernel function, once.
func (u *unit) kernelFunction(id btf.ID, name string) (kernelFunction, error) {
	if known, ok := u.kernel[id]; ok {
		return known, nil
	}
	set, err := u.target.BTF.Decode(id)
	if err != nil {
		return kernelFunction{}, err
	}
	fn := set.Type(id).(*cbtf.Func) // of KindFunc
	proto, ok := fn.Type.(*cbtf.FuncProto)
	if !ok {
		return kernelFunction{}, fmt.Errorf("%w: function %s has no prototype", btf.ErrMalformed, name)
	}
	if u.kernel == nil {
		u.kernel = make(map[btf.ID]kernelFunction)
	}
	u.kernel[id] = kernelFunction{name, proto}
	return u.kernel[id], nil
}
