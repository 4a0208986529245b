package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// An account is a report while its message is explained.
type account struct {
	*Report
	args    []string // what the verbs of the rule's pattern printed
	program Program
}

// refinements look at what the message does not say: the values at the instruction, and how they came to be. They run in this order, each for
// the kind of mistake that it is about at that time, and leave the rule's text where the log has nothing more. Those of memory, of
// fields, of calls and of what is held are in files of their own.
var refinements = [...]struct {
	kind   mistake.Kind
	refine func(a *account)
}{
	{mistake.Uninitialised, refineUninitialised},
	{mistake.NotAPointer, refineNotAPointer},
	{mistake.ResultRange, refineResult},
	{mistake.TooComplex, refineTooComplex},
	{mistake.FunctionContract, refineContract},

	{mistake.PacketBounds, refinePacket},
	{mistake.MapBounds, refineBounds},
	{mistake.MemoryBounds, refineBounds},
	{mistake.Unbounded, refineUnbounded},
	{mistake.BadSize, refineSize},
	{mistake.StackBounds, refineStack},
	{mistake.UninitialisedStack, refineStackByte},
	{mistake.Misaligned, refineMisaligned},
	{mistake.ContextAccess, refineContext},
	{mistake.ReadOnlyStruct, refineReadOnlyStruct},
	{mistake.ReadOnlyField, refineField},
	{mistake.WriteTooWide, refineWidth},

	{mistake.ArgumentType, refineNilArgument},
	{mistake.ArgumentType, refineArgument},
	{mistake.MaybeNil, refineMaybeNil},
	{mistake.Untrusted, refineUntrusted},
	{mistake.UnreleasedReference, refineReference},
	{mistake.ReleasedTwice, refineReleased},
	{mistake.LockHeld, refineSection},
	{mistake.ForbiddenWithLock, refineLocked},
	{mistake.HelperForbidden, refineHelper},
	{mistake.KernelForbidden, refineKernelFunction},
	{mistake.MaySleep, refineSleep},
	{mistake.NeedsGPL, refineLicense},
	{mistake.BadAttach, refineAttach},
}

// register returns what a register held before the instruction.
func (a *account) register(n int) Value {
	for _, r := range a.Registers {
		if r.Number == n {
			return ParseValue(r.Value)
		}
	}
	return Value{}
}

// named is the register that the rule's first verb printed, -1 for none.
func (a *account) named() int {
	if len(a.args) == 0 {
		return -1
	}
	if n, ok := parseInt(a.args[0]); ok && n >= 0 && n <= 10 {
		return n
	}
	return -1
}

// step finds the last step of the slice before the refused one that a condition holds for.
func (a *account) step(condition func(s Step) bool) (Step, bool) {
	for i := len(a.Slice) - 1; i >= 0; i-- {
		if s := a.Slice[i]; s.Insn != a.Insn && condition(s) {
			return s, true
		}
	}
	return Step{}, false
}

// noted finds the last step with a note of that kind.
func (a *account) noted(kind NoteKind) (Step, bool) {
	return a.step(func(s Step) bool { return s.Note.Kind == kind })
}

// refineUninitialised tells the ways apart in which a register holds nothing.
func refineUninitialised(a *account) {
	if a.named() < 0 || a.Text == "" {
		return
	}
	reg := "R" + a.args[0]
	lost, isLost := a.noted(CallLosesIt)
	began, begins := a.noted(BeginsEmpty)
	result, returned := a.step(func(s Step) bool { return strings.HasPrefix(s.Text, "(85) call pc") })
	switch {
	case reg == "R0" && returned:
		a.Explanation = "R0 is to be the result of the function that " + placed(result) + " called, and that function does not set R0 on the path to its exit."
		a.Fix = "Set R0 in the called function: f.Return(v) in a Go function with a result, dsl.Mov64Imm(isa.R0, 0) before dsl.Exit() by hand."
	case reg == "R0" && strings.HasPrefix(a.Text, "(95)"):
		a.Explanation = "The program ends here, and R0, its result, was not set on the path to this exit."
		if a.Frame > 0 {
			a.Explanation = "The function ends here, and R0, its result, was not set on the path to this exit."
		}
		a.Fix = "Set R0 on every path to the exit: f.Return(v) in a Go function with a result, dsl.Mov64Imm(isa.R0, 0) before dsl.Exit() by hand."
	case isLost:
		a.Explanation = reg + " was lost at " + placed(lost) + ": a call loses R1 to R5, and leaves its result in R0."
		a.Fix = "Copy it to one of R6 to R9 before the call, or set it again behind it. Values of Go functions are kept by themselves."
	case begins:
		a.Explanation = reg + " is read by " + instructionOf(*a.Report) + " in the function that " + placed(began) + " called. A function begins with its arguments in R1 to R5 and with R10, and " + reg + " is not among those that were passed."
		a.Fix = "Pass it as an argument: f.Call(program, args...)."
	case strings.HasPrefix(a.Text, "(85)"):
		a.Explanation = argument(a.named()) + " of " + calledBy(*a.Report) + ", was never set on the path to it."
		a.Fix = "Set all arguments before the call. A call loses R1 to R5, so they are set anew for each."
	default:
		a.Explanation = reg + " is read by " + instructionOf(*a.Report) + ", and was never written on the path to it."
		a.Fix = "Set it before, on every path. At the beginning only R1, the context, and R10, the end of the stack, hold something."
	}
}

// lostPointers say how what a register holds came to be a number, by what the slice tells of it. The first that is found counts.
var lostPointers = [...]struct {
	note NoteKind
	was  string // the beginning of the value that the note speaks of, as printed
	kind mistake.Kind
	text string // {reg}, {step}
	fix  string
}{
	{PartOverwritten, "", mistake.NotAPointer, "{reg} comes from the stack, where a pointer was kept until {step} overwrote a part of it. What is left is a number.",
		"Write it somewhere else: dsl.Local makes objects that do not overlap. A pointer keeps its type only in 8 aligned bytes that nothing else writes to."},
	{TakenAway, "pkt", mistake.NotAPointer, "{reg} led into the packet until {step}, which may move the packet: all pointers into it are numbers since.",
		"Read data and data_end again behind the call, and compare again: take a new dsl.Header."},
	{TakenAway, "", mistake.UsedAfterRelease, "{reg} was a pointer until {step}, which gave back what it leads into. Since then it is a number.",
		"Do not use it behind that call: read what is needed before, or give it back later."},
}

// refineNotAPointer says since when it is none.
func refineNotAPointer(a *account) {
	if a.named() < 0 || !strings.HasSuffix(a.Reason, "'scalar'") && !strings.HasSuffix(a.Reason, "'inv'") {
		return
	}
	reg, v := "R"+a.args[0], a.register(a.named())
	for _, l := range lostPointers {
		if s, ok := a.step(func(s Step) bool { return s.Note.Kind == l.note && strings.HasPrefix(s.Note.Was, l.was) }); ok {
			a.Explanation = strings.NewReplacer("{reg}", reg, "{step}", placed(s)).Replace(l.text)
			a.Fix, a.Kind = l.fix, l.kind
			return
		}
	}
	made, ok := a.step(func(s Step) bool { // a comparison makes nothing
		return strings.HasPrefix(s.Value, reg+"=") && parseOperands(s.Text).operation != jumpOperation
	})
	if !ok {
		return
	}
	n, known := v.Bounds.Constant()
	switch o := parseOperands(made.Text); {
	case strings.HasPrefix(made.Text, "(bc)"):
		a.Explanation = reg + " is a copy of 32 bits, made at " + placed(made) + ". Half of an address is a number."
		a.Fix = "Copy pointers whole: dsl.Mov64Reg. Values of Go functions of type dsl.Ptr always are."
	case v.Kind == Scalar && known:
		a.Explanation = reg + " is the number " + strconv.FormatInt(n, 10) + " on this path, since " + placed(made) + ", and " + instructionOf(*a.Report) + " uses it as an address."
		a.Fix = "Look at this path: other paths may have a pointer there. Set it to a pointer on each, or leave before: f.If(p.IsNil(), f.Exit)."
	case o.operation == loadOperation:
		a.Explanation = reg + " is a number: " + placed(made) + " read it from memory of which the verifier does not know that there is a pointer. " + instructionOf(*a.Report) + " uses it as an address."
		a.Fix = "If it is an address of the kernel, read through it with bpf_probe_read_kernel: dsl.PtrFrom makes a pointer of the number, and dsl.ReadField reads a field of that. If it is a pointer that was kept, keep it where the verifier follows it: in a variable, or as a kptr in a map."
	case ParseValue(strings.TrimPrefix(made.Value, reg+"=")).Kind.IsPointer():
		// The verifier takes pointers away without printing it; the log's last word on this one is that it was one.
		giver := made
		if call, ok := a.step(func(s Step) bool { return calleeOf(s.Text) != "" }); ok {
			giver = call
		}
		a.Kind = mistake.UsedAfterRelease
		a.Explanation = reg + " was the pointer that is from " + placed(giver) + ", and is a number now: a call behind that has ended the life of what it leads into, such as one that gives it back, submits it or moves the packet."
		a.Fix = "Do not use it behind that call: do what is needed before, or ask for a new pointer."
	default:
		a.Explanation = reg + " is a number since " + placed(made) + ", and " + instructionOf(*a.Report) + " uses it as an address."
	}
}

// refineResult names the range in one form; from 6.8 on the kernel prints the bounds, before as value and mask.
func refineResult(a *account) {
	if len(a.args) != 4 {
		return
	}
	low, high, ok := strings.Cut(strings.TrimPrefix(a.args[1], "smin="), " smax=")
	has := "may be from " + low + " to " + high
	if !ok {
		return
	}
	if low == high {
		has = "is " + low
	}
	subject, set := "The result", "Return a constant of that range on every path, or compare a number that was computed before it is returned."
	if strings.HasPrefix(a.Reason, "At callback") {
		subject, set = "A callback returns 0 to go on or 1 to stop, and the result of this one", "Return f.U32(0) or f.U32(1)."
	}
	a.Explanation = subject + ", R" + a.args[0] + ", " + has + " here; allowed is from " + a.args[2] + " to " + a.args[3] + "."
	a.Fix = set
}

// refineTooComplex says which loop the verifier was in when it gave up.
func refineTooComplex(a *account) {
	turn, ok := a.noted(TurnsBack)
	if !ok {
		return
	}
	a.Explanation += " When it did, it was in the loop that turns back at " + placed(turn) + ", and in a state that was new in each turn."
}

// refineContract says which argument of a global function is wrong, or what it gives instead of a number, or that it is the function itself: its
// prototype is looked at when it is first called, and what the kernel says of the arguments then does not apply.
func refineContract(a *account) {
	if strings.HasPrefix(a.Reason, "At subprogram exit ") && a.register(0).Kind != NoValue {
		a.Explanation = "A global function returns a number, and R0, the result of this one, " + a.register(0).what() + "."
		return
	}
	for _, line := range a.Details {
		if rule, args := ruleFor(line); rule != nil && rule.Kind == mistake.FunctionContract {
			a.Pattern, a.Explanation, a.Fix = rule.Pattern, fill(rule.Explanation, args, instructionOf(*a.Report)), fill(rule.Fix, args, instructionOf(*a.Report))
			return
		}
	}
	args, ok := a.detail("R%d is not a scalar")
	if !ok || !strings.HasPrefix(a.Reason, "Caller passes invalid args") || len(a.args) < 2 {
		return
	}
	n, ok := parseInt(args[0])
	if !ok {
		return
	}
	a.Explanation = a.args[1] + " is a global function, verified by its prototype alone. Its " + ordinal(n) + " argument is a number, and R" + args[0] + " " + a.register(n).what() + " here."
	a.Fix = "Set R" + args[0] + " to a number before the call: f.Call(program, args...) passes all arguments, with their types compared."
}
