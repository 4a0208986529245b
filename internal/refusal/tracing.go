package refusal

// FunctionTracing is the likely cause when the kernel refuses to load or attach a program for a function of the kernel.
const FunctionTracing = "the kernel must be built with CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS, and the " +
	"function must not be inlined or marked notrace; tracepoints (AttachTraceRawTP) work without these"
