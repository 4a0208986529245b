package vm

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A FaultKind is why a machine stopped a program.
type FaultKind uint8

// The kinds of faults.
const (
	OutOfBounds  FaultKind = iota + 1 // a region does not have the bytes that are accessed
	NilPointer                        // the address is 0, or a bit more
	NotAnAddress                      // a number was used as an address
	ReadOnly                          // a store into memory that programs may only read
	Released                          // the memory was there, and is no longer
	Unaligned                         // an atomic operation at an address that is not a multiple of its size
	StepLimit                         // the program did not end within Machine.StepLimit
	Cancelled                         // the context of Run ended
	TooDeep                           // functions call each other deeper than 8 frames
	PastEnd                           // execution went on after the last instruction
	BadTarget                         // callx or gotox with a value that is not the address of code
	Missing                           // a helper or a function of the kernel that the machine does not have
	HelperFailed                      // a helper written in Go returned an error
	Refused                           // an instruction that Linux's verifier refuses, in the mode Linux
)

var faultNames = [...]string{
	OutOfBounds: "out of bounds", NilPointer: "nil pointer", NotAnAddress: "not an address", ReadOnly: "read-only memory",
	Released: "use after release", Unaligned: "unaligned atomic operation", StepLimit: "runaway program", Cancelled: "cancelled",
	TooDeep: "calls too deep", PastEnd: "no exit", BadTarget: "bad target", Missing: "missing function", HelperFailed: "helper failed",
	Refused: "refused by Linux",
}

// String returns the kind in words: "out of bounds".
func (k FaultKind) String() string {
	if int(k) >= len(faultNames) || k == 0 {
		return fmt.Sprintf("FaultKind(%d)", uint8(k))
	}
	return faultNames[k]
}

// A Fault is why a program did not reach its end, and the state of the machine at that instruction.
type Fault struct {
	Kind        FaultKind
	Slot        int              // of the instruction, in the program's code
	Instruction isa.Instruction  // the zero value if Kind is PastEnd
	Pos         mistake.Position // the line that it comes from, if the program knows it
	Detail      string           // the values involved
	Registers   [11]Value        // before the instruction
	Calls       []int            // slots of the calls that led to the function, the outermost first
	Steps       uint64           // how many instructions were run before this one
	Err         error            // what the context or the helper returned, or nil
}

// A Value is what is in a register.
type Value struct {
	Bits   uint64
	Points string // where it points to: "the stack, byte 504 of 512"; "" for a number
}

// String returns the number in hex, and where it points to.
func (v Value) String() string {
	if v.Points != "" {
		return fmt.Sprintf("%#x (%s)", v.Bits, v.Points)
	}
	return fmt.Sprintf("%#x", v.Bits)
}

// Error says where it happened, and what.
func (f *Fault) Error() string {
	text := fmt.Sprintf("%sinsn %d", linePrefix(f.Pos), f.Slot)
	if f.Kind != PastEnd {
		text += fmt.Sprintf(": %v", f.Instruction)
	}
	return text + ": " + f.Kind.String() + ": " + f.Detail
}

// Unwrap returns Err.
func (f *Fault) Unwrap() error { return f.Err }

// Report is the error, with a line for each register, and for each call that led there.
func (f *Fault) Report() string {
	var b strings.Builder
	fmt.Fprintln(&b, f.Error())
	for n, value := range f.Registers {
		fmt.Fprintf(&b, "\tr%-2d = %v\n", n, value)
	}
	for _, slot := range f.Calls {
		fmt.Fprintf(&b, "\tcalled by insn %d\n", slot)
	}
	fmt.Fprintf(&b, "\tafter %d instructions\n", f.Steps)
	return b.String()
}

// fault makes the fault at the instruction with an index.
func (m *Machine) fault(kind FaultKind, index int, detail string) *Fault {
	index /= m.stride
	p := m.prog
	f := &Fault{Kind: kind, Slot: p.slot(index), Detail: detail, Steps: m.Steps()}
	if index < len(p.source) {
		f.Instruction = p.source[index]
	}
	f.Pos = p.position(f.Slot)
	for r := range f.Registers {
		f.Registers[r] = Value{m.regs[r], m.pointee(m.regs[r])}
	}
	for _, frame := range m.frames[:m.depth] {
		f.Calls = append(f.Calls, frame.prog.slot(frame.ret/m.stride-1))
	}
	return f
}

// memoryFault says why size bytes at an address cannot be accessed by the instruction with an index.
func (m *Machine) memoryFault(index int, addr uint64, size int, write bool) *Fault {
	e := m.accessError(addr, size, write)
	return m.fault(e.kind, index, e.detail)
}

// An accessError is why memory cannot be accessed. Helpers in Go return it, and it becomes the fault of their call.
type accessError struct {
	kind   FaultKind
	detail string
}

func (e *accessError) Error() string { return e.kind.String() + ": " + e.detail }

// nilPages is how far from nil an address still is one of a field of nil: fields of kernel structs are nearer.
const nilPages = 1 << 16

func (m *Machine) accessError(addr uint64, size int, write bool) *accessError {
	access := "a load of " + phrase.Count(size, "byte")
	if write {
		access = "a store of " + phrase.Count(size, "byte")
	}
	number := addr >> regionShift
	switch {
	case addr < nilPages:
		return &accessError{NilPointer, fmt.Sprintf("%s at address %#x", access, addr)}
	case number >= uint64(len(m.regions)) || m.regions[number].name == "":
		return &accessError{NotAnAddress, fmt.Sprintf("%s at %#x, which is a number", access, addr)}
	}
	r := &m.regions[number]
	at := int64(addr&(1<<regionShift-1)) - middle
	if r.elements != nil && at >= 0 { // the byte of the value
		if write && readOnlyForPrograms(r.elements.Spec) {
			return &accessError{ReadOnly, fmt.Sprintf("%s in %s, which programs only read", access, r.elements.Spec)}
		}
		at %= int64(r.elements.Stride())
	}
	switch {
	case r.gone:
		return &accessError{Released, fmt.Sprintf("%s at byte %d of %s, which was released", access, at, r.name)}
	case r.read == nil && r.write == nil && r.elements == nil && r.size != 0:
		return &accessError{NotAnAddress, fmt.Sprintf("%s in %s, which programs cannot access", access, r.name)}
	case write && r.object != nil && at >= 0 && at+int64(size) <= int64(len(r.read)):
		return &accessError{ReadOnly, fmt.Sprintf("%s at %s.%s; %s", access, r.object.name, r.object.describe(at), r.object.writable())}
	case write && r.packet != nil && r.packet.describe(at) != "" && at+int64(size) <= int64(len(r.read)):
		return &accessError{ReadOnly, fmt.Sprintf("%s at %s, which programs of this type only read", access, r.packet.describe(at))}
	case write && r.write == nil && at >= 0 && at+int64(size) <= int64(len(r.read)):
		return &accessError{ReadOnly, fmt.Sprintf("%s at byte %d of %s", access, at, r.name)}
	}
	return &accessError{OutOfBounds, fmt.Sprintf("%s at byte %d of %s, which has %s", access, at, r.name, phrase.Count(r.size, "byte"))}
}

// pointee says where a value points to; "" if it is a number.
func (m *Machine) pointee(v uint64) string {
	number := v >> regionShift
	if number >= uint64(len(m.regions)) || m.regions[number].name == "" || number == packetRegion && v < middle {
		return ""
	}
	r := &m.regions[number]
	at := int64(v&(1<<regionShift-1)) - middle
	if r.elements != nil && at >= 0 {
		at %= int64(r.elements.Stride())
	}
	if at < -nearby || at > int64(r.size)+nearby { // more likely a number that looks like an address
		return ""
	}
	if r.table != nil && at == 0 {
		return r.name
	}
	if r.object != nil && at > 0 {
		if field := r.object.describe(at); field != "" {
			return r.name + ", " + field
		}
	}
	if r.packet != nil && at > 0 {
		if field := r.packet.describe(at); field != "" {
			return r.name + ", " + field
		}
	}
	return fmt.Sprintf("%s, byte %d of %d", r.name, at, r.size)
}

// nearby is how far from a region a pointer is still shown as one.
const nearby = 1 << 20

// failed makes the fault of a call that a helper refused.
func (m *Machine) failed(index int, name string, err error) *Fault {
	var inner *Fault // of a function of the program that the helper called
	if errors.As(err, &inner) {
		return inner
	}
	var access *accessError
	if errors.As(err, &access) {
		return m.fault(access.kind, index, name+": "+access.detail)
	}
	f := m.fault(HelperFailed, index, name+": "+err.Error())
	f.Err = err
	return f
}
