package refusal

// FunctionTracing is what may stand behind a refusal to load or attach a program for a function of the kernel.
const FunctionTracing = "the kernel must be built with CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS, and the " +
	"function must not be inlined or marked notrace; tracepoints (AttachTraceRawTP) work without these"
