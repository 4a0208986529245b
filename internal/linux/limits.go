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

	// LeastPrivateStack is how many bytes of stack a function must use to get a stack of its own, in types of programs that have those
	// (BPF_PRIV_STACK_MIN_SIZE, include/linux/bpf_verifier.h).
	LeastPrivateStack = 64

	// TailCallStack is how many bytes of stack the callers of a function may have that makes a tail call (check_max_stack_depth_subprog,
	// kernel/bpf/verifier.c).
	TailCallStack = 256

	// MostInstructions is how long a program may be, and how many instructions the verifier follows (BPF_COMPLEXITY_LIMIT_INSNS,
	// include/linux/bpf.h). Without CAP_BPF a program may have fewer.
	MostInstructions             = 1000000
	MostInstructionsUnprivileged = 4096 // BPF_MAXINSNS, include/uapi/linux/bpf_common.h

	// MostPending is how many branches the verifier keeps to follow later (BPF_COMPLEXITY_LIMIT_JMP_SEQ, kernel/bpf/verifier.c).
	MostPending = 8192

	// MostFunctions is how many functions a program may have (BPF_MAX_SUBPROGS, include/linux/bpf_verifier.h).
	MostFunctions = 256

	// MostKernelFunctions is how many different functions of the kernel a program may call (MAX_KFUNC_DESCS, kernel/bpf/verifier.c).
	MostKernelFunctions = 256

	// MostMaps is how many maps a program may use (MAX_USED_MAPS, include/linux/bpf_verifier.h).
	MostMaps = 64

	// MostPrinted is how many values bpf_trace_vprintk prints (MAX_BPRINTF_VARARGS, include/linux/bpf.h).
	MostPrinted = 12

	// MostPrefixBytes is how long a prefix in a trie is (LPM_DATA_SIZE_MAX, kernel/bpf/lpm_trie.c).
	MostPrefixBytes = 256

	// SmallestPage is the smallest size of a page on any machine that runs Linux, in bytes: the size of a ring buffer is a multiple of
	// the page size (PAGE_SIZE, arch/*/include/asm/page.h).
	SmallestPage = 4096

	// NumIteratorSize is how many bytes of stack an iterator of numbers takes (struct bpf_iter_num, include/uapi/linux/bpf.h).
	NumIteratorSize = 8

	// MostTraced is how many bytes the context of a tracepoint has at most (PERF_MAX_TRACE_SIZE, include/linux/trace_events.h).
	MostTraced = 8192

	// MostPerCPUObject is how many bytes an object may have of which each CPU has one (BPF_GLOBAL_PERCPU_MA_MAX_SIZE,
	// kernel/bpf/verifier.c).
	MostPerCPUObject = 512

	// MostErrno is the largest errno that the kernel returns as a negative number (MAX_ERRNO, include/linux/err.h).
	MostErrno = 4095

	// MostPacketOffset is the largest offset into a packet that is followed (MAX_PACKET_OFF, kernel/bpf/verifier.c).
	MostPacketOffset = 0xffff
)
