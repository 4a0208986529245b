package linux

// Limits of programs, with the kernel's name and file.
const (
	// StackSize is how many bytes of stack a function has, and all functions that call each other together (MAX_BPF_STACK,
	// include/linux/filter.h).
	StackSize = 512

	// MostCallArguments is how many arguments a call takes: R1 to R5 (MAX_BPF_FUNC_REG_ARGS, include/linux/bpf.h).
	MostCallArguments = 5

	// MostArguments is how many arguments a program gets that stands for a function of the kernel (MAX_BPF_FUNC_ARGS,
	// include/linux/bpf.h).
	MostArguments = 12

	// MostFrames is how deep functions of a program call each other (MAX_CALL_FRAMES, include/linux/bpf_verifier.h).
	MostFrames = 8

	// OffsetLimit is what an offset, and a number that is added to a pointer, stay below in size (BPF_MAX_VAR_OFF,
	// include/linux/bpf_verifier.h).
	OffsetLimit = 1 << 29

	// SizeLimit is what the size of memory that a helper is given stays below (BPF_MAX_VAR_SIZ, include/linux/bpf_verifier.h).
	SizeLimit = 1 << 29

	// MostPacketOffset is the largest offset into a packet that is followed (MAX_PACKET_OFF, kernel/bpf/verifier.c).
	MostPacketOffset = 0xffff
)
