package compile

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// A Rule names a kind of mistake. The names are stable: tools may decide on them.
type Rule string

// What Compile finds in a program. What the walk through its paths finds has the name that verifierlog gives the kernel's message (see Kind there),
// but for NoResult.
const (
	BadProto        Rule = "bad-proto"          // a declared prototype that cannot be read
	EmptyProgram    Rule = "empty-program"      // no instruction at all, or a nil program
	UnknownLabel    Rule = "unknown-label"      // a jump to a label that is not in the program
	DuplicateLabel  Rule = "duplicate-label"    // a label that stands twice
	UnknownField    Rule = "unknown-field"      // a struct or field that the target lacks
	NotScalar       Rule = "not-scalar"         // a field that no single instruction loads or stores
	UnknownFunction Rule = "unknown-function"   // a kernel function that the target lacks
	Recursion       Rule = "recursion"          // a program that calls itself, directly or not
	BadMap          Rule = "bad-map"            // a nil map, or one whose declaration cannot work
	NeedsBTF        Rule = "needs-btf"          // a name, and no BTF to look it up in
	NeedsLevel      Rule = "needs-level"        // an instruction that the target's ISA level or kernel lacks
	BadInstruction  Rule = "bad-instruction"    // operands that have no encoding, or that the kernel refuses
	JumpTooFar      Rule = "jump-too-far"       // a distance that does not fit
	JumpOutside     Rule = "jump-outside"       // a jump out of the function, or into a 64-bit load
	NoExit          Rule = "no-exit"            // the last instruction goes on past the end
	Unreachable     Rule = "unreachable"        // code that no path leads to
	Uninitialised   Rule = "uninitialised"      // a register read before it is written
	NoResult        Rule = "no-result"          // R0 is not set where a result is due
	PointerResult   Rule = "pointer-result"     // R0 is a pointer where a number is due
	FramePointer    Rule = "frame-pointer"      // a write to R10
	StackBounds     Rule = "stack-bounds"       // an access outside the 512 bytes below R10
	Misaligned      Rule = "misaligned"         // an access to the stack at no multiple of its size
	EndlessLoop     Rule = "endless-loop"       // code from which no path leads to an exit
	NoArgument      Rule = "no-argument"        // a context read past the member's arguments
	ArgumentWidth   Rule = "argument-width"     // a context read of the wrong width
	ContextWrite    Rule = "context-write"      // a write to the context
	MaybeNil        Rule = "maybe-nil"          // a pointer that may be nil is used before it is compared with 0
	ReadOnlyField   Rule = "read-only-field"    // a write to a field that programs may not write
	ReadOnlyStruct  Rule = "read-only-struct"   // a write to a struct that programs may not write
	WriteTooWide    Rule = "write-too-wide"     // a write past the end of a writable field
	HelperForbidden Rule = "helper-forbidden"   // a helper that this member may not call
	KernelForbidden Rule = "function-forbidden" // a kernel function that this member may not call

	// Of values, and of memory that is accessed.
	UninitialisedStack Rule = "uninitialised-stack" // stack that was never written
	NotAPointer        Rule = "not-a-pointer"       // a number used as an address
	PointerArithmetic  Rule = "pointer-arithmetic"  // what cannot be computed with a pointer
	ModifiedPointer    Rule = "modified-pointer"    // a pointer with an offset where it must have none
	Unbounded          Rule = "unbounded"           // an index of which too little is known
	MapBounds          Rule = "map-bounds"          // outside of a map's value
	MemoryBounds       Rule = "memory-bounds"       // outside of other memory of a known size
	PacketBounds       Rule = "packet-bounds"       // outside of what was compared with the packet's end
	StructBounds       Rule = "struct-bounds"       // outside of a struct of the kernel, or across its members
	ContextAccess      Rule = "context-access"      // a field of the context that is not there
	ReadOnlyMemory     Rule = "read-only-memory"    // a write to what is read only, or a read of what is write only
	SpecialField       Rule = "special-field"       // a lock, timer or kptr in a map's value, used as memory
	StackSpill         Rule = "stack-spill"         // a part of a pointer on the stack
	AtomicTarget       Rule = "atomic-target"       // an atomic operation where there can be none
	AddressLeak        Rule = "address-leak"        // a kernel address gets where it must not
	ResultRange        Rule = "result-range"        // a result outside of what the hook allows

	// Of calls.
	UnknownHelper     Rule = "unknown-helper"   // a number that no helper has
	ArgumentType      Rule = "argument-type"    // an argument of another kind than wanted
	BadSize           Rule = "bad-size"         // a size that may be negative, 0 or too large
	Untrusted         Rule = "untrusted"        // a pointer that is not known to be good
	MaySleep          Rule = "may-sleep"        // a call that may sleep where that is not allowed
	NeedsGPL          Rule = "needs-gpl"        // a call that takes a license compatible with the GPL
	ForbiddenWithLock Rule = "forbidden-locked" // a call with a lock held

	// Of what a program acquires and has to give back.
	UnreleasedReference Rule = "unreleased-reference" // something is still held where a path ends
	ReleasedTwice       Rule = "released-twice"       // something is given back that was given back before
	UsedAfterRelease    Rule = "used-after-release"   // memory behind a pointer that was given back
	NotHeld             Rule = "not-held"             // something is given back, ended or unlocked that is not held
	LockHeld            Rule = "lock-held"            // a path ends with a lock held, or within a section

	// Of functions of Go.
	FieldType    Rule = "field-type"     // a field read or written as what it is not
	Arguments    Rule = "bad-arguments"  // a call with too many, too few or other arguments
	FrameTooLong Rule = "frame-too-long" // more than the stack's 512 bytes
)

// A Finding is one mistake found before the kernel was asked.
type Finding struct {
	Member  string       // the ops member that the program is for, "" when there is none
	Program string       // the program
	Pos     dsl.Position // the Go line to look at
	Insn    int          // slot of the instruction in the program, -1 when it has none
	Rule    Rule         // what kind of mistake
	Detail  string       // what is wrong, with the values involved
	Note    string       // what the kernel has: a prototype, a list; "" when there is nothing to add
	Help    string       // what would be right; "" when Detail says it
}

// Error is the finding as people read it: place, what is wrong, and indented
// below it what the kernel has and what would be right.
func (f Finding) Error() string {
	var b strings.Builder
	if f.Pos.IsValid() {
		fmt.Fprintf(&b, "%v: ", f.Pos)
	}
	if subject := f.subject(); subject != "" {
		fmt.Fprintf(&b, "%s: ", subject)
	}
	b.WriteString(f.Detail)
	if f.Note != "" {
		b.WriteString("\n\t" + strings.ReplaceAll(f.Note, "\n", "\n\t"))
	}
	if f.Help != "" {
		b.WriteString("\n\thelp: " + strings.ReplaceAll(f.Help, "\n", "\n\t"))
	}
	return b.String()
}

func (f Finding) subject() string {
	switch {
	case f.Member == "" || f.Member == f.Program:
		return f.Program
	case f.Program == "":
		return f.Member
	default:
		return fmt.Sprintf("%s (%s)", f.Member, f.Program)
	}
}

// Findings are all the mistakes of one compilation, in the order of the code.
type Findings []Finding

// Error lists them all.
func (fs Findings) Error() string {
	text := make([]string, len(fs))
	for i, f := range fs {
		text[i] = f.Error()
	}
	return strings.Join(text, "\n")
}

// Unwrap gives each finding to errors.As.
func (fs Findings) Unwrap() []error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errs
}
