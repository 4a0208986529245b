package mistake

import (
	"fmt"
	"slices"
)

// A Kind is a kind of mistake. The zero Kind, None, means that there is no mistake. Tools should use the name (String): names are stable,
// numbers are not.
type Kind uint8

// None means that there is no mistake.
const None Kind = 0

// Reasons why the log does not say what is wrong.
const (
	Unknown      Kind = iota + 1 // a message that is not in the catalogue
	LogTruncated                 // ENOSPC: the buffer was too small
	Interrupted                  // EAGAIN: load again
	NotPermitted                 // EPERM
	NoLog                        // refused before or after the verifier ran, without a message
	KernelBug                    // the verifier reports an internal error
)

// The shape of a program.
const (
	EmptyProgram   Kind = iota + 7 // the program is nil or has no instructions
	NoExit                         // the code goes on past its last instruction
	JumpOutside                    // a jump out of its function, or into the middle of a 64-bit load
	JumpTooFar                     // the distance does not fit the instruction
	UnknownLabel                   // a jump to a label that is not in the program
	DuplicateLabel                 // two labels with the same name
	Unreachable                    // no path leads to this code
	EndlessLoop                    // a loop that changes nothing, or a loop where loops are not allowed
	TooComplex                     // the program has more steps or branches than the verifier follows
	Recursion                      // functions that call themselves, or call each other too deeply
	FrameTooLong                   // more than 512 bytes of stack are needed
	BadInstruction                 // the opcode does not exist, or a field is out of range
	NeedsLevel                     // the target's ISA level or kernel does not have the instruction
	FramePointer                   // R10 is written, but it is read-only
	BadDebugInfo                   // line_info, func_info or BTF does not fit the program
	BadMap                         // the map is nil, the descriptor is not of a map, or the map does not allow this
	NeedsBTF                       // a name cannot be looked up without types
	BadAttach                      // the hook or member does not exist, or is not for this type of program
	NeedsGPL                       // the licence does not allow what is used
	BadType                        // the kernel refuses the BTF (BPF_BTF_LOAD)
)

// Names that are looked up in the target, and declared prototypes.
const (
	UnknownField    Kind = iota + 27 // the target does not have the struct or field
	NotScalar                        // one instruction cannot load or store this field
	FieldType                        // a field is read or written with the wrong type
	UnknownFunction                  // the target does not have the kernel function
	BadProto                         // a declared prototype cannot be read
)

// Registers and results.
const (
	Uninitialised     Kind = iota + 32 // a register is read before it is written, or after a call has cleared it
	NoResult                           // R0 is not set, but a result is expected
	PointerResult                      // the result is a pointer but must be a number
	ResultRange                        // the hook does not allow this result
	NotAPointer                        // a number is used as an address
	MaybeNil                           // a pointer is used before it is compared with nil
	PointerArithmetic                  // this arithmetic is not allowed on a pointer
	ModifiedPointer                    // a pointer has an offset but must not have one
	Unbounded                          // an index or offset has no limit, or its limit is too large
	AddressLeak                        // user space would see an address of the kernel
)

// Memory.
const (
	MapBounds          Kind = iota + 42 // access outside of a map's value
	MemoryBounds                        // outside of other memory whose size is known
	PacketBounds                        // outside of the part that was compared with the packet's end
	StackBounds                         // outside of the 512 bytes below R10
	StructBounds                        // access outside of a struct, or across its members
	Misaligned                          // the address is not a multiple of the size of the access
	UninitialisedStack                  // stack is read before it is written
	StackSpill                          // part of a pointer on the stack is overwritten
	BadSize                             // a size that may be negative, zero or too large
	ContextAccess                       // the field of the context does not exist, or this access to it is not allowed
	ContextWrite                        // the context is read-only
	NoArgument                          // the member or hook does not have this argument
	ArgumentWidth                       // an argument is read with the wrong width
	ReadOnlyMemory                      // read-only memory is written, or write-only memory is read
	ReadOnlyField                       // this field is read-only for programs
	ReadOnlyStruct                      // this struct is read-only for programs
	WriteTooWide                        // the write is wider than the field
	SpecialField                        // a lock, timer or kptr is used like plain memory
	AtomicTarget                        // atomic operations are not possible on this memory
)

// Calls.
const (
	UnknownHelper     Kind = iota + 61 // this kernel does not have the helper
	HelperForbidden                    // this program may not call that helper
	KernelForbidden                    // the kernel function is not offered here, or it is not a function
	BadArguments                       // too many, too few, or of another type
	ArgumentType                       // an argument is of the wrong kind
	Untrusted                          // a pointer is not known to be valid
	MaySleep                           // this call may sleep, which is not allowed here
	FunctionContract                   // a global function, or a call of one, does not match its prototype
	ForbiddenWithLock                  // this is not allowed while a lock is held
)

// What a program acquires and must release.
const (
	UnreleasedReference Kind = iota + 70 // something was acquired and is not released
	ReleasedTwice                        // something is released twice, or was never acquired
	UsedAfterRelease                     // something is used after it was released
	NotHeld                              // an iterator, lock or section is used or ended before it is begun, or begun twice
	LockHeld                             // the program ends while it holds a lock or is in a section
)

// Go functions that make a program.
const (
	NilBody       Kind = iota + 75 // the Go function is nil
	ForeignValue                   // a value belongs to another function
	EndedFunction                  // a value is used after its function has ended
	OutOfScope                     // a value is used outside of its block
	MixedWidths                    // integers of different types are mixed
	BadConstant                    // a constant does not fit its type
	EmptyBlock                     // a block does nothing
	Misplaced                      // a statement is not allowed in this place
	NoBound                        // a loop has no bound
	BadSignature                   // the signature of a Go function is not supported
	BadLayout                      // a Go type cannot be laid out in memory
	ZeroValue                      // a value was declared but never set
	Panicked                       // the Go function panicked
	UnusedResult                   // a result is not used
)

// Kernel interfaces (struct_ops).
const (
	UnknownType    Kind = iota + 89 // this kernel does not have the interface
	UnknownMember                   // this kernel's struct does not have the member
	MissingMember                   // a member must be set
	ReservedMember                  // a member cannot be set
	NotACallback                    // a program is given for a member that holds data
	NotData                         // data is given for a member that is a callback
	BadValue                        // a value does not fit its member
	BadName                         // the kernel refuses a name
	BadLicense                      // a licence is not compatible with the GPL
	ParamCount                      // a program has more or fewer parameters than the kernel passes
	ParamType                       // a parameter has another type than the kernel passes
	ResultType                      // the result has another type than the kernel expects
	MustNotSleep                    // the program is sleepable, but the member must not sleep
)

// What is loaded.
const (
	BadProgType    Kind = iota + 102 // the type of a program is missing, or does not go with its parameters
	MissingLicense                   // the licence is missing
)

// kinds has the name and the title of each kind. A title is the heading of a report: it says in a few words what is wrong. Unknown has no
// title, because the report shows the kernel's own words instead.
var kinds = [...]struct{ name, title string }{
	None:                {"", ""},
	Unknown:             {"unknown", ""},
	LogTruncated:        {"log-truncated", "the log was larger than its buffer"},
	Interrupted:         {"interrupted", "a signal interrupted the verifier"},
	NotPermitted:        {"not-permitted", "the process lacks a privilege to load the program"},
	NoLog:               {"no-log", "the kernel gave no reason"},
	KernelBug:           {"kernel-bug", "the verifier reports an internal error"},
	EmptyProgram:        {"empty-program", "the program is nil or empty"},
	NoExit:              {"no-exit", "a function goes on past its last instruction"},
	JumpOutside:         {"jump-outside", "a jump target is not inside the function"},
	JumpTooFar:          {"jump-too-far", "a jump is too far"},
	UnknownLabel:        {"unknown-label", "a label is missing"},
	DuplicateLabel:      {"duplicate-label", "a label is defined twice"},
	Unreachable:         {"unreachable", "no path leads to this code"},
	EndlessLoop:         {"endless-loop", "a loop never ends"},
	TooComplex:          {"too-complex", "the program takes too many steps to verify"},
	Recursion:           {"recursion", "functions call each other too deeply"},
	FrameTooLong:        {"frame-too-long", "the program needs more stack than there is"},
	BadInstruction:      {"bad-instruction", "an instruction does not exist, or is not allowed here"},
	NeedsLevel:          {"needs-level", "the target does not have an instruction"},
	FramePointer:        {"frame-pointer", "R10 is written, but it is read-only"},
	BadDebugInfo:        {"bad-debug-info", "debug information does not fit the program"},
	BadMap:              {"bad-map", "this is not possible with this map"},
	NeedsBTF:            {"needs-btf", "BTF is missing"},
	BadAttach:           {"bad-attach", "the attach point does not exist, or is not for this program"},
	NeedsGPL:            {"needs-gpl", "only programs under the GPL may use this"},
	BadType:             {"bad-type", "the kernel refuses a type"},
	UnknownField:        {"unknown-field", "the target does not have a struct or field"},
	NotScalar:           {"not-scalar", "a field is not a number or a pointer"},
	FieldType:           {"field-type", "a field is used with the wrong type"},
	UnknownFunction:     {"unknown-function", "the target does not have a kernel function"},
	BadProto:            {"bad-proto", "a declared prototype cannot be read"},
	Uninitialised:       {"uninitialised", "a register is read before it is set"},
	NoResult:            {"no-result", "the result is missing"},
	PointerResult:       {"pointer-result", "the result is a pointer but must be a number"},
	ResultRange:         {"result-range", "the result is out of range"},
	NotAPointer:         {"not-a-pointer", "a number is used as an address"},
	MaybeNil:            {"maybe-nil", "a pointer that may be nil is used"},
	PointerArithmetic:   {"pointer-arithmetic", "this arithmetic is not allowed on a pointer"},
	ModifiedPointer:     {"modified-pointer", "a pointer has an offset but must not have one"},
	Unbounded:           {"unbounded", "an index has no limit, or its limit is too large"},
	AddressLeak:         {"address-leak", "user space would see an address of the kernel"},
	MapBounds:           {"map-bounds", "access outside of a map's value"},
	MemoryBounds:        {"memory-bounds", "access outside of the memory"},
	PacketBounds:        {"packet-bounds", "access outside of the packet's checked part"},
	StackBounds:         {"stack-bounds", "access outside of the stack"},
	StructBounds:        {"struct-bounds", "access outside of a struct, or across its members"},
	Misaligned:          {"misaligned", "the address is not a multiple of the size of the access"},
	UninitialisedStack:  {"uninitialised-stack", "stack is read before it is written"},
	StackSpill:          {"stack-spill", "part of a pointer on the stack is overwritten"},
	BadSize:             {"bad-size", "a size may be out of range"},
	ContextAccess:       {"context-access", "this access to the context is not allowed"},
	ContextWrite:        {"context-write", "the context is read-only"},
	NoArgument:          {"no-argument", "the argument does not exist"},
	ArgumentWidth:       {"argument-width", "an argument is read with the wrong width"},
	ReadOnlyMemory:      {"read-only-memory", "this access to the memory is not allowed"},
	ReadOnlyField:       {"read-only-field", "this field is read-only for programs"},
	ReadOnlyStruct:      {"read-only-struct", "this struct is read-only for programs"},
	WriteTooWide:        {"write-too-wide", "the write is wider than the field"},
	SpecialField:        {"special-field", "a special field of a map's value is used as plain memory"},
	AtomicTarget:        {"atomic-target", "atomic operations are not possible on this memory"},
	UnknownHelper:       {"unknown-helper", "this kernel does not have the helper"},
	HelperForbidden:     {"helper-forbidden", "this program may not call that helper"},
	KernelForbidden:     {"function-forbidden", "this program may not call that kernel function"},
	BadArguments:        {"bad-arguments", "a call has the wrong arguments"},
	ArgumentType:        {"argument-type", "an argument is of the wrong kind"},
	Untrusted:           {"untrusted", "a pointer is not known to be valid"},
	MaySleep:            {"may-sleep", "this call may sleep, which is not allowed here"},
	FunctionContract:    {"function-contract", "a function or a call does not match the prototype"},
	ForbiddenWithLock:   {"forbidden-locked", "this is not allowed while a lock is held"},
	UnreleasedReference: {"unreleased-reference", "something was acquired and is not released"},
	ReleasedTwice:       {"released-twice", "something is released that the program does not hold"},
	UsedAfterRelease:    {"used-after-release", "something is used after it was released"},
	NotHeld:             {"not-held", "something is used or ended before it is begun, or begun twice"},
	LockHeld:            {"lock-held", "the program ends while it holds a lock or is in a section"},
	NilBody:             {"nil-body", "the Go function is nil"},
	ForeignValue:        {"foreign-value", "a value belongs to another function"},
	EndedFunction:       {"ended-function", "a value is used after its function has ended"},
	OutOfScope:          {"out-of-scope", "a value is used outside of its block"},
	MixedWidths:         {"mixed-widths", "integers of different types are mixed"},
	BadConstant:         {"bad-constant", "a constant does not fit its type"},
	EmptyBlock:          {"empty-block", "a block does nothing"},
	Misplaced:           {"misplaced", "a statement is not allowed in this place"},
	NoBound:             {"no-bound", "a loop has no bound"},
	BadSignature:        {"bad-signature", "the signature of a Go function is not supported"},
	BadLayout:           {"bad-layout", "a Go type cannot be laid out in memory"},
	ZeroValue:           {"zero-value", "a value was declared but never set"},
	Panicked:            {"panic", "the Go function panicked"},
	UnusedResult:        {"unused-result", "a result is not used"},
	UnknownType:         {"unknown-type", "this kernel does not have the interface"},
	UnknownMember:       {"unknown-member", "this kernel's struct does not have a member"},
	MissingMember:       {"missing-member", "a member must be set"},
	ReservedMember:      {"reserved-member", "a member cannot be set"},
	NotACallback:        {"not-a-callback", "a program is given for a member that holds data"},
	NotData:             {"not-data", "data is given for a member that is a callback"},
	BadValue:            {"bad-value", "a value does not fit its member"},
	BadName:             {"bad-name", "the kernel refuses a name"},
	BadLicense:          {"bad-license", "a licence is not compatible with the GPL"},
	ParamCount:          {"parameter-count", "a program has more or fewer parameters than the kernel passes"},
	ParamType:           {"parameter-type", "a parameter has another type than the kernel passes"},
	ResultType:          {"result-type", "the result has another type than the kernel expects"},
	MustNotSleep:        {"must-not-sleep", "the program is sleepable, but the member must not sleep"},
	BadProgType:         {"program-type", "the program's type is missing, or does not go with its parameters"},
	MissingLicense:      {"missing-license", "the licence is missing"},
}

// String returns the name of the kind, such as "map-bounds"; "" for None.
func (k Kind) String() string {
	if int(k) >= len(kinds) {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kinds[k].name
}

// Title says in a few words what is wrong; "" for None and Unknown.
func (k Kind) Title() string {
	if int(k) >= len(kinds) {
		return ""
	}
	return kinds[k].title
}

// MarshalText returns the name: JSON shows names, not numbers.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a name. An unknown name is an error.
func (k *Kind) UnmarshalText(text []byte) error {
	found, ok := Named(string(text))
	if !ok {
		return fmt.Errorf("unknown kind of mistake %q", text)
	}
	*k = found
	return nil
}

// Named returns the kind with the name; ok is false when there is no such kind.
func Named(name string) (k Kind, ok bool) {
	i := slices.IndexFunc(kinds[:], func(row struct{ name, title string }) bool { return row.name == name })
	if i < 0 {
		return None, false
	}
	return Kind(i), true
}

// Kinds returns all kinds, in the order of their groups.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds)-1)
	for k := range kinds[1:] {
		all = append(all, Kind(k+1))
	}
	return all
}
