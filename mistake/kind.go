package mistake

import (
	"fmt"
	"slices"
)

// A Kind is a kind of mistake. The zero Kind, None, is no mistake. What tools may rely on is its name (String): names are stable, numbers
// are not.
type Kind uint8

// None is no mistake.
const None Kind = 0

// What stands in the way of an answer.
const (
	Unknown      Kind = iota + 1 // a message that the catalogue does not have
	LogTruncated                 // ENOSPC: the buffer was too small
	Interrupted                  // EAGAIN: load again
	NotPermitted                 // EPERM
	NoLog                        // refused before the verifier, or after it, without a message
	KernelBug                    // the verifier says that it is wrong itself
)

// The shape of a program.
const (
	EmptyProgram   Kind = iota + 7 // no instruction at all, or a nil program
	NoExit                         // the last instruction goes on past the end
	JumpOutside                    // a jump out of its function, or into a 64-bit load
	JumpTooFar                     // a distance that does not fit the instruction
	UnknownLabel                   // a jump to a label that is not in the program
	DuplicateLabel                 // two labels of one name
	Unreachable                    // no path leads to this code
	EndlessLoop                    // a loop that changes nothing, or one where none is allowed
	TooComplex                     // more instructions or branches than the verifier follows
	Recursion                      // functions that call themselves, or each other too deeply
	FrameTooLong                   // more than the 512 bytes of the stack
	BadInstruction                 // an opcode that does not exist, or a field that is out of range
	NeedsLevel                     // an instruction that the target's ISA level or kernel lacks
	FramePointer                   // R10 is written, and is read-only
	BadDebugInfo                   // line_info, func_info or BTF that does not fit
	BadMap                         // a nil map, a descriptor that is no map, or a map that does not allow this
	NeedsBTF                       // a name, and no types to look it up in
	BadAttach                      // a hook or member that does not exist, or is not for such programs
	NeedsGPL                       // a licence that is not compatible with what is used
	BadType                        // BTF that the kernel refuses (BPF_BTF_LOAD)
)

// Names that the target is asked for, and declared prototypes.
const (
	UnknownField    Kind = iota + 27 // the target lacks a struct or field
	NotScalar                        // a field that no single instruction loads or stores
	FieldType                        // a field that is read or written as what it is not
	UnknownFunction                  // the target lacks a kernel function
	BadProto                         // a declared prototype cannot be read
)

// Registers and results.
const (
	Uninitialised     Kind = iota + 32 // a register that is read before it is written, or after a call lost it
	NoResult                           // R0 is not set where a result is expected
	PointerResult                      // the result is a pointer, and must be a number
	ResultRange                        // a result that the hook does not allow
	NotAPointer                        // a number is used as an address
	MaybeNil                           // a pointer that is used before it is compared with 0
	PointerArithmetic                  // this cannot be computed with a pointer
	ModifiedPointer                    // a pointer has an offset, and must have none
	Unbounded                          // an index or offset of which too little is known
	AddressLeak                        // an address of the kernel would leak
)

// Memory.
const (
	MapBounds          Kind = iota + 42 // access outside of a map's value
	MemoryBounds                        // outside of other memory whose size is known
	PacketBounds                        // outside of what was compared with the packet's end
	StackBounds                         // outside of the 512 bytes below R10
	StructBounds                        // access outside of a struct, or across its members
	Misaligned                          // the address is not a multiple of the access's size
	UninitialisedStack                  // stack is read that was never written
	StackSpill                          // part of a pointer on the stack is overwritten
	BadSize                             // a size that may be negative, zero or too large
	ContextAccess                       // a field of the context that is not there, or not for this
	ContextWrite                        // the context is read-only
	NoArgument                          // an argument that the member or hook does not have
	ArgumentWidth                       // an argument is read in the wrong width
	ReadOnlyMemory                      // a write to what is read-only, or a read of what is write-only
	ReadOnlyField                       // this field is read-only for programs
	ReadOnlyStruct                      // this struct is read-only for programs
	WriteTooWide                        // the write is wider than the field
	SpecialField                        // a lock, timer or kptr that is not used as one
	AtomicTarget                        // no atomic operation is possible there
)

// Calls.
const (
	UnknownHelper     Kind = iota + 61 // this kernel has no such helper
	HelperForbidden                    // this program may not call that helper
	KernelForbidden                    // one that is not offered here, or that is no function
	BadArguments                       // too many, too few, or of another type
	ArgumentType                       // an argument is of the wrong kind
	Untrusted                          // a pointer is not known to be valid
	MaySleep                           // this call may sleep, and must not here
	FunctionContract                   // a global function, or a call of one, that breaks its prototype
	ForbiddenWithLock                  // not while a lock is held
)

// What a program acquires and has to give back.
const (
	UnreleasedReference Kind = iota + 70 // something was acquired and is not given back
	ReleasedTwice                        // given back twice, or never acquired
	UsedAfterRelease                     // used after it was given back
	NotHeld                              // an iterator, lock or the like
	LockHeld                             // a path ends with a lock held
)

// Functions of Go, while they are written.
const (
	NilBody       Kind = iota + 75 // a function of Go is nil
	ForeignValue                   // a value belongs to another function
	EndedFunction                  // a value is used after its function has ended
	OutOfScope                     // a value is used outside of its block
	MixedWidths                    // integers of different types are mixed
	BadConstant                    // a constant does not fit its type
	EmptyBlock                     // a block does nothing
	Misplaced                      // a statement stands where it cannot
	NoBound                        // a loop has no bound
	BadSignature                   // a function of Go has a signature that cannot be used
	BadLayout                      // a Go type cannot be laid out in memory
	ZeroValue                      // a value was never made
	Panicked                       // the function of Go panicked
	UnusedResult                   // a result is not used
)

// Kernel interfaces (struct_ops).
const (
	UnknownType    Kind = iota + 89 // this kernel has no such interface
	UnknownMember                   // this kernel's struct lacks a member
	MissingMember                   // a member must be set
	ReservedMember                  // a member cannot be set
	NotACallback                    // a program is bound to data
	NotData                         // data is bound to a callback
	BadValue                        // a value does not fit its member
	BadName                         // the kernel refuses a name
	BadLicense                      // a licence is not compatible with the GPL
	ParamCount                      // a program has more or fewer parameters than the kernel passes
	ParamType                       // a parameter has another type than the kernel passes
	ResultType                      // the result has another type than the kernel expects
	MustNotSleep                    // a sleepable program at a member that may not sleep
)

// kinds has the name and the title of each kind. A title says in a few words what is wrong, as the heading of a report; that of Unknown is
// empty, as the kernel's own words stand in its place.
var kinds = [...]struct{ name, title string }{
	None:                {"", ""},
	Unknown:             {"unknown", ""},
	LogTruncated:        {"log-truncated", "the log was larger than its buffer"},
	Interrupted:         {"interrupted", "a signal interrupted the verifier"},
	NotPermitted:        {"not-permitted", "whoever loads it lacks a privilege"},
	NoLog:               {"no-log", "the kernel gave no reason"},
	KernelBug:           {"kernel-bug", "the verifier reports a mistake of its own"},
	EmptyProgram:        {"empty-program", "there is no program, or it is empty"},
	NoExit:              {"no-exit", "a function runs off its end"},
	JumpOutside:         {"jump-outside", "a jump leads to no instruction of its function"},
	JumpTooFar:          {"jump-too-far", "a jump is too far"},
	UnknownLabel:        {"unknown-label", "a label is missing"},
	DuplicateLabel:      {"duplicate-label", "a label stands twice"},
	Unreachable:         {"unreachable", "no path leads to this code"},
	EndlessLoop:         {"endless-loop", "a loop that nothing ends"},
	TooComplex:          {"too-complex", "the program takes too many steps to verify"},
	Recursion:           {"recursion", "functions call each other too deeply"},
	FrameTooLong:        {"frame-too-long", "the program needs more stack than there is"},
	BadInstruction:      {"bad-instruction", "an instruction that does not exist, or not here"},
	NeedsLevel:          {"needs-level", "the target lacks an instruction"},
	FramePointer:        {"frame-pointer", "R10 is written, and is read-only"},
	BadDebugInfo:        {"bad-debug-info", "debug information does not fit the program"},
	BadMap:              {"bad-map", "this cannot be done with that map"},
	NeedsBTF:            {"needs-btf", "BTF is missing"},
	BadAttach:           {"bad-attach", "the attach point does not exist, or is not for this program"},
	NeedsGPL:            {"needs-gpl", "only programs under the GPL may use this"},
	BadType:             {"bad-type", "the kernel refuses a type"},
	UnknownField:        {"unknown-field", "the target lacks a struct or field"},
	NotScalar:           {"not-scalar", "a field is not a number or a pointer"},
	FieldType:           {"field-type", "a field is used as another type"},
	UnknownFunction:     {"unknown-function", "the target lacks a kernel function"},
	BadProto:            {"bad-proto", "a declared prototype cannot be read"},
	Uninitialised:       {"uninitialised", "a register is read that holds nothing"},
	NoResult:            {"no-result", "the result is missing"},
	PointerResult:       {"pointer-result", "the result is a pointer, and must be a number"},
	ResultRange:         {"result-range", "the result is out of range"},
	NotAPointer:         {"not-a-pointer", "a number is used as an address"},
	MaybeNil:            {"maybe-nil", "a pointer is used that may be nil"},
	PointerArithmetic:   {"pointer-arithmetic", "this cannot be computed with a pointer"},
	ModifiedPointer:     {"modified-pointer", "a pointer has an offset, and must have none"},
	Unbounded:           {"unbounded", "an index has no bound, or one that is too large"},
	AddressLeak:         {"address-leak", "an address of the kernel would leak"},
	MapBounds:           {"map-bounds", "access outside of a map's value"},
	MemoryBounds:        {"memory-bounds", "access outside of the memory"},
	PacketBounds:        {"packet-bounds", "access outside of the packet's checked part"},
	StackBounds:         {"stack-bounds", "access outside of the stack"},
	StructBounds:        {"struct-bounds", "access outside of a struct, or across its members"},
	Misaligned:          {"misaligned", "the address is not a multiple of the access's size"},
	UninitialisedStack:  {"uninitialised-stack", "stack is read that was never written"},
	StackSpill:          {"stack-spill", "part of a pointer on the stack is overwritten"},
	BadSize:             {"bad-size", "a size may be out of range"},
	ContextAccess:       {"context-access", "the context has nothing that may be accessed so"},
	ContextWrite:        {"context-write", "the context is read-only"},
	NoArgument:          {"no-argument", "there is no such argument"},
	ArgumentWidth:       {"argument-width", "an argument is read in the wrong width"},
	ReadOnlyMemory:      {"read-only-memory", "this memory may not be accessed so"},
	ReadOnlyField:       {"read-only-field", "this field is read-only for programs"},
	ReadOnlyStruct:      {"read-only-struct", "this struct is read-only for programs"},
	WriteTooWide:        {"write-too-wide", "the write is wider than the field"},
	SpecialField:        {"special-field", "a special field of a map's value is used as plain memory"},
	AtomicTarget:        {"atomic-target", "no atomic operation is possible there"},
	UnknownHelper:       {"unknown-helper", "this kernel has no such helper"},
	HelperForbidden:     {"helper-forbidden", "this program may not call that helper"},
	KernelForbidden:     {"function-forbidden", "this program may not call that kernel function"},
	BadArguments:        {"bad-arguments", "a call has the wrong arguments"},
	ArgumentType:        {"argument-type", "an argument is of the wrong kind"},
	Untrusted:           {"untrusted", "a pointer is not known to be valid"},
	MaySleep:            {"may-sleep", "this call may sleep, and must not here"},
	FunctionContract:    {"function-contract", "a function does not keep to its prototype"},
	ForbiddenWithLock:   {"forbidden-locked", "not while a lock is held"},
	UnreleasedReference: {"unreleased-reference", "something was acquired and is not given back"},
	ReleasedTwice:       {"released-twice", "what is given back is not held"},
	UsedAfterRelease:    {"used-after-release", "used after it was given back"},
	NotHeld:             {"not-held", "what is used or ended here was not begun, or is begun twice"},
	LockHeld:            {"lock-held", "the path ends within a section"},
	NilBody:             {"nil-body", "a function of Go is nil"},
	ForeignValue:        {"foreign-value", "a value belongs to another function"},
	EndedFunction:       {"ended-function", "a value is used after its function has ended"},
	OutOfScope:          {"out-of-scope", "a value is used outside of its block"},
	MixedWidths:         {"mixed-widths", "integers of different types are mixed"},
	BadConstant:         {"bad-constant", "a constant does not fit its type"},
	EmptyBlock:          {"empty-block", "a block does nothing"},
	Misplaced:           {"misplaced", "a statement stands where it cannot"},
	NoBound:             {"no-bound", "a loop has no bound"},
	BadSignature:        {"bad-signature", "a function of Go has a signature that cannot be used"},
	BadLayout:           {"bad-layout", "a Go type cannot be laid out in memory"},
	ZeroValue:           {"zero-value", "a value was never made"},
	Panicked:            {"panic", "the function of Go panicked"},
	UnusedResult:        {"unused-result", "a result is not used"},
	UnknownType:         {"unknown-type", "this kernel has no such interface"},
	UnknownMember:       {"unknown-member", "this kernel's struct lacks a member"},
	MissingMember:       {"missing-member", "a member must be set"},
	ReservedMember:      {"reserved-member", "a member cannot be set"},
	NotACallback:        {"not-a-callback", "a program is bound to data"},
	NotData:             {"not-data", "data is bound to a callback"},
	BadValue:            {"bad-value", "a value does not fit its member"},
	BadName:             {"bad-name", "the kernel refuses a name"},
	BadLicense:          {"bad-license", "a licence is not compatible with the GPL"},
	ParamCount:          {"parameter-count", "a program has more or fewer parameters than the kernel passes"},
	ParamType:           {"parameter-type", "a parameter has another type than the kernel passes"},
	ResultType:          {"result-type", "the result has another type than the kernel expects"},
	MustNotSleep:        {"must-not-sleep", "a sleepable program at a member that may not sleep"},
}

// String is the name of the kind, such as "map-bounds"; "" for None.
func (k Kind) String() string {
	if int(k) >= len(kinds) {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kinds[k].name
}

// Title says in a few words what the mistake is; "" for None and Unknown.
func (k Kind) Title() string {
	if int(k) >= len(kinds) {
		return ""
	}
	return kinds[k].title
}

// MarshalText is the name, so that JSON has it.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a name; one that no kind has is an error.
func (k *Kind) UnmarshalText(text []byte) error {
	found, ok := Named(string(text))
	if !ok {
		return fmt.Errorf("there is no kind of mistake named %q", text)
	}
	*k = found
	return nil
}

// Named is the kind of that name; ok is false when there is none.
func Named(name string) (k Kind, ok bool) {
	i := slices.IndexFunc(kinds[:], func(row struct{ name, title string }) bool { return row.name == name })
	if i < 0 {
		return None, false
	}
	return Kind(i), true
}

// Kinds are all kinds, in the order of their groups.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds)-1)
	for k := range kinds[1:] {
		all = append(all, Kind(k+1))
	}
	return all
}
