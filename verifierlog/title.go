package verifierlog

// titles say in a few words what a mistake is, as the heading of a report. What the catalogue does not have, Unknown, has the kernel's words.
// It is an array, not a map, so that importing the package makes nothing.
var titles = [...]struct {
	kind Kind
	text string
}{
	{NoExit, "a function runs off its end"},
	{JumpOutside, "a jump leads to no instruction of its function"},
	{Unreachable, "no path leads to this code"},
	{EndlessLoop, "a loop that nothing ends"},
	{TooComplex, "more to walk through than the verifier is willing to"},
	{Recursion, "functions call each other too deeply"},
	{FrameTooLong, "more stack than there is"},
	{BadInstruction, "an instruction that does not exist, or not here"},
	{FramePointer, "R10 is written, and is read-only"},
	{BadDebugInfo, "debug information does not fit the program"},
	{BadMap, "this cannot be done with that map"},
	{NeedsBTF, "BTF is missing"},
	{BadAttach, "no such hook, or not for this program"},
	{NeedsGPL, "only programs under the GPL may use this"},
	{BadType, "the kernel refuses a type"},
	{Uninitialised, "a register is read that holds nothing"},
	{NotAPointer, "a number is used as an address"},
	{MaybeNil, "a pointer is used that may be nil"},
	{PointerArithmetic, "this cannot be computed with a pointer"},
	{Unbounded, "too little is known of an index, or it is too large"},
	{AddressLeak, "an address of the kernel would leak"},
	{ResultRange, "the result is out of range"},
	{PointerResult, "the result is a pointer, and must be a number"},
	{MapBounds, "access outside of a map's value"},
	{MemoryBounds, "access outside of the memory"},
	{PacketBounds, "access outside of the packet's proven part"},
	{StackBounds, "access outside of the stack"},
	{StructBounds, "access outside of a struct, or across its members"},
	{Misaligned, "access at no multiple of its size"},
	{UninitialisedStack, "stack is read that was never written"},
	{StackSpill, "part of a pointer on the stack is overwritten"},
	{BadSize, "a size may be out of range"},
	{ContextAccess, "the context has nothing that may be accessed so"},
	{ContextWrite, "the context is read-only"},
	{ModifiedPointer, "a pointer has an offset, and must have none"},
	{ReadOnlyMemory, "this memory may not be accessed so"},
	{ReadOnlyField, "this field is read-only for programs"},
	{ReadOnlyStruct, "this struct is read-only for programs"},
	{WriteTooWide, "the write is wider than the field"},
	{SpecialField, "a special field of a map's value is used as plain memory"},
	{AtomicTarget, "no atomic operation is possible there"},
	{NoArgument, "there is no such argument"},
	{ArgumentWidth, "an argument is read in the wrong width"},
	{UnknownHelper, "this kernel has no such helper"},
	{HelperForbidden, "this program may not call that helper"},
	{KernelForbidden, "this program may not call that function"},
	{ArgumentType, "an argument is of the wrong kind"},
	{Untrusted, "a pointer is not known to be valid"},
	{MaySleep, "this call may sleep, and must not here"},
	{FunctionContract, "a function does not keep to its prototype"},
	{ForbiddenWithLock, "not while a lock is held"},
	{UnreleasedReference, "something was acquired and is not given back"},
	{ReleasedTwice, "what is given back is not held"},
	{UsedAfterRelease, "used after it was given back"},
	{NotHeld, "what is used or ended here was not begun, or is begun twice"},
	{LockHeld, "the path ends within a section"},
	{LogTruncated, "the log was larger than its buffer"},
	{Interrupted, "a signal interrupted the verifier"},
	{NotPermitted, "loading this takes more privilege"},
	{KernelBug, "the verifier says that it is wrong itself"},
	{NoLog, "refused without a word of the verifier"},
}

// Title says in a few words what the mistake is, as a heading: "a pointer is used that may be nil". It is "" for Unknown.
func (k Kind) Title() string {
	for _, t := range titles {
		if t.kind == k {
			return t.text
		}
	}
	return ""
}
