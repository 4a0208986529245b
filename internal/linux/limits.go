package linux

// Limits of programs, with the kernel's name and file.
const (
	// StackSize is how many bytes of stack a function has, and all functions that call each other together (MAX_BPF_STACK,
	// include/linux/filter.h).
	StackSize = 512

	// MostCallArguments is how many arguments a call can have: R1 to R5 (MAX_BPF_FUNC_REG_ARGS, include/linux/bpf.h).
	MostCallArguments = 5

	// MostArguments is how many arguments a program can have that implements a function of the kernel (MAX_BPF_FUNC_ARGS,
	// include/linux/bpf.h).
	MostArguments = 12

	// MostFrames is how deep functions of a program may call each other (MAX_CALL_FRAMES, include/linux/bpf_verifier.h).
	MostFrames = 8

	// OffsetLimit is the limit for the size of an offset and of a number that is added to a pointer: both must be below it
	// (BPF_MAX_VAR_OFF, include/linux/bpf_verifier.h).
	OffsetLimit = 1 << 29

	// SizeLimit is the limit for the size of a helper's memory argument: it must be below it (BPF_MAX_VAR_SIZ,
	// include/linux/bpf_verifier.h).
	SizeLimit = 1 << 29

	// MostPacketOffset is the largest offset into a packet that is followed (MAX_PACKET_OFF, kernel/bpf/verifier.c).
	MostPacketOffset = 0xffff
)
