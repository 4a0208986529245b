package verifierlog

// title says in a few words what a mistake is, as the heading of a report. It is a function, not a map, so that importing the package makes
// nothing.
func title(k Kind) string {
	switch k {
	case NoExit:
		return "a function runs off its end"
	case JumpOutside:
		return "a jump leads out of its function"
	case Unreachable:
		return "no path leads to this code"
	case EndlessLoop:
		return "a loop that nothing ends"
	case TooComplex:
		return "more paths than the verifier is willing to walk"
	case Recursion:
		return "functions call each other too deeply"
	case FrameTooLong:
		return "more stack than there is"
	case BadInstruction:
		return "there is no such instruction"
	case FramePointer:
		return "R10 is written, and is read-only"
	case BadDebugInfo:
		return "debug information does not fit the program"
	case BadMap:
		return "this cannot be done with that map"
	case NeedsBTF:
		return "BTF is missing"
	case BadAttach:
		return "no such hook, or not for this program"
	case NeedsGPL:
		return "only programs under the GPL may use this"
	case BadType:
		return "the kernel refuses a type"
	case Uninitialised:
		return "a register is read that holds nothing"
	case NotAPointer:
		return "a number is used as an address"
	case MaybeNil:
		return "a pointer is used that may be nil"
	case PointerArithmetic:
		return "this cannot be computed with a pointer"
	case Unbounded:
		return "too little is known of an index"
	case AddressLeak:
		return "an address of the kernel would leak"
	case ResultRange:
		return "the result is out of range"
	case PointerResult:
		return "the result is a pointer, and must be a number"
	case MapBounds:
		return "access outside of a map's value"
	case MemoryBounds:
		return "access outside of the memory"
	case PacketBounds:
		return "access outside of the packet's proven part"
	case StackBounds:
		return "access outside of the stack"
	case StructBounds:
		return "access outside of a struct, or across its members"
	case Misaligned:
		return "access at an odd offset"
	case UninitialisedStack:
		return "stack is read that was never written"
	case StackSpill:
		return "part of a pointer on the stack is overwritten"
	case BadSize:
		return "a size may be out of range"
	case ContextAccess:
		return "the context has no such field"
	case ContextWrite:
		return "the context is read-only"
	case ModifiedPointer:
		return "a pointer has an offset, and must have none"
	case ReadOnlyMemory:
		return "this memory may not be accessed so"
	case ReadOnlyField:
		return "this field is read-only for programs"
	case ReadOnlyStruct:
		return "this struct is read-only for programs"
	case WriteTooWide:
		return "the write is wider than the field"
	case SpecialField:
		return "a special field of a map's value is used as plain memory"
	case AtomicTarget:
		return "no atomic operation is possible there"
	case NoArgument:
		return "there is no such argument"
	case ArgumentWidth:
		return "an argument is read in the wrong width"
	case UnknownHelper:
		return "this kernel has no such helper"
	case HelperForbidden:
		return "this program may not call that helper"
	case KernelForbidden:
		return "this program may not call that function"
	case ArgumentType:
		return "an argument is of the wrong kind"
	case Untrusted:
		return "a pointer is not known to be valid"
	case MaySleep:
		return "this call may sleep, and must not here"
	case FunctionContract:
		return "a function does not keep to its prototype"
	case ForbiddenWithLock:
		return "not while a lock is held"
	case UnreleasedReference:
		return "something was acquired and is not given back"
	case ReleasedTwice:
		return "what is given back is not held"
	case UsedAfterRelease:
		return "used after it was given back"
	case NotHeld:
		return "what is ended here was not begun, or begun twice"
	case LockHeld:
		return "the path ends within a section"
	case LogTruncated:
		return "the log was larger than its buffer"
	case Interrupted:
		return "a signal interrupted the verifier"
	case NotPermitted:
		return "loading this takes more privilege"
	case KernelBug:
		return "the verifier says that it is wrong itself"
	case NoLog:
		return "refused without a word of the verifier"
	}
	return ""
}
