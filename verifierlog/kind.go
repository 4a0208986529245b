package verifierlog

// A Kind names a kind of mistake. The names are stable: tools may decide on them, and package compile uses the same ones for what it finds
// without a kernel.
type Kind string

// Mistakes that the verifier names, in the order in which it looks for them. What each message means is in the catalogue; see Rules.
const (
	// The shape of the program.
	NoExit         Kind = "no-exit"         // a function runs off its end
	JumpOutside    Kind = "jump-outside"    // a jump out of its function, or into a 64-bit load
	Unreachable    Kind = "unreachable"     // code that no path leads to
	EndlessLoop    Kind = "endless-loop"    // a loop that changes nothing, or one where none may be
	TooComplex     Kind = "too-complex"     // more instructions or branches to walk through than the verifier is willing to
	Recursion      Kind = "recursion"       // functions that call themselves, or each other too deeply
	FrameTooLong   Kind = "frame-too-long"  // more stack than there is
	BadInstruction Kind = "bad-instruction" // an opcode that does not exist, or fields that must be zero or in range
	FramePointer   Kind = "frame-pointer"   // a write to R10
	BadDebugInfo   Kind = "bad-debug-info"  // line_info, func_info or BTF that does not fit the program
	BadMap         Kind = "bad-map"         // a descriptor that is no map, or a map that this cannot be done with
	NeedsBTF       Kind = "needs-btf"       // something that takes BTF which is not there
	BadAttach      Kind = "bad-attach"      // a hook or member that does not exist, or is not for such programs
	NeedsGPL       Kind = "needs-gpl"       // a license that is not compatible with what is used
	BadType        Kind = "bad-type"        // BTF that the kernel refuses (BPF_BTF_LOAD)

	// Registers.
	Uninitialised     Kind = "uninitialised"      // a register that is read before it is written, or after a call lost it
	NotAPointer       Kind = "not-a-pointer"      // a number is used as an address
	MaybeNil          Kind = "maybe-nil"          // a pointer that may be nil is used before it is compared with 0
	PointerArithmetic Kind = "pointer-arithmetic" // what cannot be computed with a pointer
	Unbounded         Kind = "unbounded"          // an index or offset of which too little is known
	AddressLeak       Kind = "address-leak"       // a kernel address gets to where it must not
	ResultRange       Kind = "result-range"       // a result outside of what the hook allows
	PointerResult     Kind = "pointer-result"     // a pointer where a number is due

	// Memory.
	MapBounds          Kind = "map-bounds"          // an access outside a map's value
	MemoryBounds       Kind = "memory-bounds"       // outside other memory of a known size
	PacketBounds       Kind = "packet-bounds"       // outside the part of a packet that was compared with its end
	StackBounds        Kind = "stack-bounds"        // outside the 512 bytes below R10
	StructBounds       Kind = "struct-bounds"       // outside a struct of the kernel, or across its members
	Misaligned         Kind = "misaligned"          // at no multiple of its size
	UninitialisedStack Kind = "uninitialised-stack" // stack that was never written
	StackSpill         Kind = "stack-spill"         // part of a pointer on the stack is overwritten
	BadSize            Kind = "bad-size"            // a size for a helper that may be negative, zero or too large
	ContextAccess      Kind = "context-access"      // a field of the context that is not there, or not for this
	ContextWrite       Kind = "context-write"       // a write to a context that is read only
	ModifiedPointer    Kind = "modified-pointer"    // a pointer with an offset where it must have none
	ReadOnlyMemory     Kind = "read-only-memory"    // a write to memory that is read only, or a read of what is write only
	ReadOnlyField      Kind = "read-only-field"     // a write to a field that programs may not write
	ReadOnlyStruct     Kind = "read-only-struct"    // a write to a struct that programs may not write
	WriteTooWide       Kind = "write-too-wide"      // a write past the end of a writable field
	SpecialField       Kind = "special-field"       // a lock, timer or kptr in a map's value that is not used as one
	AtomicTarget       Kind = "atomic-target"       // an atomic operation where there can be none
	NoArgument         Kind = "no-argument"         // an argument that the member or hook does not have
	ArgumentWidth      Kind = "argument-width"      // an argument read in the wrong width

	// Calls.
	UnknownHelper     Kind = "unknown-helper"     // a helper that this kernel does not have
	HelperForbidden   Kind = "helper-forbidden"   // one that this program or member may not call
	KernelForbidden   Kind = "function-forbidden" // a kernel function that it may not call, or that is none
	ArgumentType      Kind = "argument-type"      // an argument of another kind than wanted
	Untrusted         Kind = "untrusted"          // a pointer that is not known to be valid
	MaySleep          Kind = "may-sleep"          // a call that may sleep where that is not allowed
	FunctionContract  Kind = "function-contract"  // a global function or a call of one that breaks its prototype
	ForbiddenWithLock Kind = "forbidden-locked"   // a call while a lock is held

	// What a program acquires and has to give back.
	UnreleasedReference Kind = "unreleased-reference"
	ReleasedTwice       Kind = "released-twice"     // or what was never acquired
	UsedAfterRelease    Kind = "used-after-release" // a pointer into what was given back
	NotHeld             Kind = "not-held"           // an iterator, lock or the like that is ended and was not begun, or begun twice
	LockHeld            Kind = "lock-held"          // a path ends in the middle of a section
)

// What stands in the way of an answer.
const (
	Unknown      Kind = "unknown"       // a message that the catalogue does not have
	LogTruncated Kind = "log-truncated" // ENOSPC: the buffer was too small
	Interrupted  Kind = "interrupted"   // EAGAIN: a signal came; load again
	NotPermitted Kind = "not-permitted" // EPERM
	NoLog        Kind = "no-log"        // refused before the verifier, or behind it, without a word
	KernelBug    Kind = "kernel-bug"    // the verifier says that it is wrong itself
)
