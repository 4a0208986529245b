package verifierlog

// An Event is one thing that a log tells: usually a line of it. Its texts are parts of the text that was read. They stay valid, but each
// keeps a block of the log (64 KiB, or its line when that is longer) in memory: who collects many should use strings.Clone.
type Event struct {
	Kind   EventKind
	Line   int    // of the log, from 1
	Insn   int    // slot index of the instruction that it is about, -1 for none
	From   int    // Branch and Pruned: the jump that led to Insn; -1 when it isn't told
	Frame  int    // whose state is printed: depth of calls, 0 for the entry function
	Text   string // the instruction with its opcode, "(bf) r6 = r1"; else the line without the state
	Source Source // SourceLine

	Speculative bool // Branch: a path that only a processor takes that guessed wrong
	Whole       bool // the state has all that is known of the frame; else it has what the instruction read or wrote
	Cut         bool // the line was longer than a scanner reads (1 MiB); the rest is skipped

	state string // as printed, with its frame
}

// HasState reports whether the event comes with a state. It may be empty even so.
func (e *Event) HasState() bool { return e.state != "" }

// An EventKind says what a line is.
type EventKind uint8

// The kinds of lines, in about the order in which a log has them.
const (
	UnknownEvent EventKind = iota // begins like a line that the verifier prints, and goes on differently; a log that is cut off has some

	Subprogram       // "func#1 @14": where a function begins
	LiveRegisters    // which registers each instruction still needs; before the walk
	SourceLine       // "; x = 1 @ a.go:12": what the following instructions were made from
	EntryState       // "0: R1=ctx() R10=fp0": the state in front of an instruction that is on a line of its own
	Instruction      // "1: (bf) r6 = r1 ; R1=ctx() R6=ctx()": an instruction, and what it read and wrote
	Branch           // "from 2 to 5: R0=1": the walk goes on at Insn. Where a branch waited, it goes back to it; else a call or return led there
	Pruned           // "5: safe", "from 2 to 5: safe": the state is covered by one that was walked before
	CallerState      // "caller:" and, as an event of its own, the state of the function that calls
	CalleeState      // "callee:" and the state that the called function begins with
	ReturnState      // "returning from callee:" and the state that it ends with
	ResumeState      // "to caller at 3:" and the state there
	GlobalFunction   // "Validating f() func#1...": a function that is walked by itself; nothing that was known before holds
	FunctionInfo     // "Func#1 ('f') is global and assumed valid."
	Precision        // which numbers have to be exact, and where they are from
	StackLiveness    // which stack slots are still needed
	StateComparison  // how states of loops are compared
	ArgumentInfo     // "func 'x' arg0 has btf_id 7 type STRUCT 'sock'": what was loaded from the context
	Remark           // what sounds like a mistake and is none
	ComparedState    // "cur state: R0=0", "old state: R0=0": both ends of an endless loop
	Message          // free text: why a program is refused, if nothing but statistics follows
	KernelExplaining // lines of the explanation that 7.3 and later give
	Statistics       // "processed 7 insns ..."

	TypeHeader // BPF_BTF_LOAD: "magic: 0xeb9f" and what follows
	TypeLine   // BPF_BTF_LOAD: a type or member that has no mistake
)

// String returns a few words, such as "branch".
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
	ComparedState: "compared state", Message: "message", KernelExplaining: "kernel's explanation", Statistics: "statistics",
	TypeHeader: "type header", TypeLine: "type",
}
