package verifierlog

// An Event is one piece of a log, usually one line. Its texts are parts of the text that was read. They stay valid, but each of them keeps
// a block of the log in memory (64 KiB, or the line when it is longer). To collect many events, use strings.Clone.
type Event struct {
	Kind   EventKind
	Line   int    // of the log, from 1
	Insn   int    // slot index of the instruction, -1 if there is none
	From   int    // Branch and Pruned: the jump to Insn; -1 when the log does not name it
	Frame  int    // the function whose state is printed: its depth of calls, 0 for the entry function
	Text   string // the instruction with its opcode, "(bf) r6 = r1"; for other events the line without the state
	Source Source // SourceLine

	Speculative bool // Branch: a path that is only possible in speculative execution
	Whole       bool // the state has all known values of the frame; if false, only those that the instruction read or wrote
	Cut         bool // the line was longer than a scanner reads (1 MiB); the rest is skipped

	state string // as printed, with its frame
	glued string // a message in the same line
}

// HasState reports whether the event has a state. The state may be empty.
func (e *Event) HasState() bool { return e.state != "" }

// An EventKind is the kind of a line.
type EventKind uint8

// The kinds of lines, roughly in the order of a log.
const (
	UnknownEvent EventKind = iota // begins like a line of the verifier, but continues differently; happens in logs that are cut off

	Subprogram       // "func#1 @14": the beginning of a function
	LiveRegisters    // the registers that each instruction still needs; printed before the walk
	SourceLine       // "; x = 1 @ a.go:12": the source line of the following instructions
	EntryState       // "0: R1=ctx() R10=fp0": the state before an instruction, on its own line
	Instruction      // "1: (bf) r6 = r1 ; R1=ctx() R6=ctx()": an instruction, and the registers that it read and wrote
	Branch           // "from 2 to 5: R0=1": the walk continues at Insn, after it went back to a saved branch, or after a call or return
	Pruned           // "5: safe", "from 2 to 5: safe": an earlier state covers this state, so the walk ends here
	CallerState      // "caller:" and, as a separate event, the state of the calling function
	CalleeState      // "callee:" and the first state of the called function
	ReturnState      // "returning from callee:" and the last state of the called function
	ResumeState      // "to caller at 3:" and the state there
	GlobalFunction   // "Validating f() func#1...": a function that is verified separately; the walk begins again
	FunctionInfo     // "Func#1 ('f') is global and assumed valid."
	Precision        // which numbers must be exact, and where they come from
	StackLiveness    // which stack slots are still needed
	StateComparison  // how states of loops are compared
	ArgumentInfo     // "func 'x' arg0 has btf_id 7 type STRUCT 'sock'": what was loaded from the context
	Remark           // a line that looks like an error but is not
	ComparedState    // "cur state: R0=0", "old state: R0=0": both ends of an endless loop
	Message          // free text: the reason of a refusal, if only statistics follow
	LeftOut          // "...": somebody left out lines when the log was passed on
	KernelExplaining // lines of the explanation that 7.3 and later print
	Statistics       // "processed 7 insns ..."

	TypeHeader // BPF_BTF_LOAD: "magic: 0xeb9f" and what follows
	TypeLine   // BPF_BTF_LOAD: a type or member that has no mistake
)

// String names the kind in a few words, such as "branch".
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "event?"
}

var eventNames = [...]string{
	UnknownEvent: "unknown", Subprogram: "subprogram", LiveRegisters: "live registers", SourceLine: "source", EntryState: "state",
	Instruction: "instruction", Branch: "branch", Pruned: "pruned", CallerState: "caller", CalleeState: "callee", ReturnState: "return",
	ResumeState: "resume", GlobalFunction: "global function", FunctionInfo: "function info", Precision: "precision",
	StackLiveness: "stack liveness", StateComparison: "state comparison", ArgumentInfo: "argument info", Remark: "remark",
	ComparedState: "compared state", Message: "message", LeftOut: "left out", KernelExplaining: "kernel's explanation",
	Statistics: "statistics",
	TypeHeader: "type header", TypeLine: "type",
}
