package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// An account is a report whose message is being explained.
type account struct {
	*Report
	args    []string // what the verbs of the rule's pattern printed
	program Program
}

// refinements use what the message does not say: the values at the instruction, and the instructions that computed them. They run in this
// order. Each runs when the report has its kind at that time, and keeps the rule's text when the log says nothing more. Those about
// memory, fields, calls and resources are in their own files.
var refinements = [...]struct {
	kind   mistake.Kind
	refine func(a *account)
}{
	{mistake.Uninitialised, refineUninitialised},
	{mistake.NotAPointer, refineNotAPointer},
	{mistake.ModifiedPointer, refineModified},
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
	{mistake.ReadOnlyMemory, refineMapItself},
	{mistake.StructBounds, refineMapItself},
	{mistake.WriteTooWide, refineWidth},

	{mistake.ArgumentType, refineNilArgument},
	{mistake.ArgumentType, refineArgument},
	{mistake.MaybeNil, refineMaybeNil},
	{mistake.Untrusted, refineUntrusted},
	{mistake.UnreleasedReference, refineReference},
	{mistake.ReleasedTwice, refineReleased},
	{mistake.LockHeld, refineSection},
	{mistake.NotHeld, refineOtherLock},
	{mistake.PointerArithmetic, refineSum},
	{mistake.ForbiddenWithLock, refineLocked},
	{mistake.HelperForbidden, refineHelper},
	{mistake.UnknownHelper, refineUnknownHelper},
	{mistake.KernelForbidden, refineKernelFunction},
	{mistake.MaySleep, refineSleep},
	{mistake.NeedsGPL, refineLicense},
	{mistake.BadMap, refineMapType},
	{mistake.BadAttach, refineAttach},
}

// register returns what a register held before the instruction.
func (a *account) register(n int) Value {
	for _, r := range a.Registers {
		if r.Number == n {
			return ParseValue(r.Value)
		}
	}
	if n >= 0 && a.hidden>>n&1 != 0 {
		return Value{Kind: NotShown}
	}
	return Value{}
}

// named returns the register that the rule's first verb printed, -1 if it is not a register.
func (a *account) named() int {
	if len(a.args) == 0 {
		return -1
	}
	if n, ok := parseInt(a.args[0]); ok && n >= 0 && n <= 10 {
		return n
	}
	return -1
}

// step finds the last step of the slice, before the refused instruction, that fulfils a condition.
func (a *account) step(condition func(s Step) bool) (Step, bool) {
	for i := len(a.Slice) - 1; i >= 0; i-- {
		if s := a.Slice[i]; s.Insn != a.Insn && condition(s) {
			return s, true
		}
	}
	return Step{}, false
}

// noted finds the last step whose note has the kind.
func (a *account) noted(kind NoteKind) (Step, bool) {
	return a.step(func(s Step) bool { return s.Note.Kind == kind })
}

// refineUninitialised says why a register has no value.
func refineUninitialised(a *account) {
	if a.named() < 0 || a.Text == "" {
		return
	}
	reg := "R" + a.args[0]
	lost, isLost := a.noted(CallLosesIt)
	began, begins := a.noted(BeginsEmpty)
	lastCall, _ := a.step(func(s Step) bool { return calleeOf(s.Text) != "" })
	result, returned := a.step(func(s Step) bool { return strings.HasPrefix(s.Text, "(85) call pc") })
	switch {
	case reg == "R0" && returned:
		a.Explanation = "R0 should be the result of the function that " + placed(result) + " called, but that function does not set R0 " +
			"on the path to its exit."
		a.Fix = "Set R0 in the called function. In a Go function with a result use f.Return(v); by hand, use dsl.Mov64Imm(isa.R0, 0) " +
			"before dsl.Exit()."
	case reg == "R0" && givesNothing(calleeOf(lastCall.Text)):
		a.Explanation = "R0 has no value after " + placed(lastCall) + ": this call has no result, also where its C prototype says long."
		a.Fix = "Do not use its result."
		if calleeOf(lastCall.Text) == "bpf_tail_call" {
			a.Fix += " A tail call that succeeds does not come back: when the program goes on after it, it has failed."
		}
	case a.Insn == 0 && a.named() >= 2 && a.named() <= 9:
		a.Explanation = reg + " is read by " + instructionOf(*a.Report) + ", the first instruction. At the beginning only two registers " +
			"have a value: R1, the context, and R10, the end of the stack. The program gets one argument, the context: a second or " +
			"third parameter of its function holds nothing."
		a.Fix = "Take the arguments out of the context, R1: PT_REGS_PARM1(ctx) or BPF_KPROBE for kprobes, BPF_PROG for tracing and " +
			"struct_ops, its fields for others."
	case !a.whole && !isLost && !begins: // the log does not show why
		a.Explanation = reg + " has no value at " + instructionOf(*a.Report) + ": on this path nothing has set it, or a call has " +
			"cleared it. A call clears R1 to R5 and writes its result to R0."
	case reg == "R0" && strings.HasPrefix(a.Text, "(95)"):
		a.Explanation = "The program ends here, but its result, R0, was not set on the path to this exit."
		if a.Frame > 0 {
			a.Explanation = "The function ends here, but its result, R0, was not set on the path to this exit."
		}
		a.Fix = "Set R0 on every path to the exit. In a Go function with a result use f.Return(v); by hand, use dsl.Mov64Imm(isa.R0, 0) " +
			"before dsl.Exit()."
	case isLost:
		a.Explanation = "The value of " + reg + " was lost at " + placed(lost) + ": a call clears R1 to R5, and writes its result to R0."
		a.Fix = "Copy it to one of R6 to R9 before the call, or set it again after the call. In Go functions, the compiler keeps values."
	case begins:
		a.Explanation = reg + " is read by " + instructionOf(*a.Report) + " in the function that " + placed(began) + " called. At its " +
			"beginning a function has only its arguments, in R1 to R5, and R10. " + reg + " was not passed to it."
		a.Fix = "Pass it as an argument: f.Call(program, args...)."
	case strings.HasPrefix(a.Text, "(85)"):
		a.Explanation = argument(a.named()) + " of " + calledBy(*a.Report) + ", was not set on the path to the call."
		a.Fix = "Set all arguments before the call. A call clears R1 to R5, so set them again before each call."
	default:
		a.Explanation = reg + " is read by " + instructionOf(*a.Report) + ", but was not written on the path to it."
		a.Fix = "Set it first, on every path. At the beginning only two registers have a value: R1, the context, and R10, the end of " +
			"the stack."
	}
}

// lostPointers say, from the notes in the slice, how a pointer became a number. The first row that matches is used.
var lostPointers = [...]struct {
	note NoteKind
	was  string // the beginning of the value that the note is about, as printed
	kind mistake.Kind
	text string // {reg}, {step}
	fix  string
}{
	{PartOverwritten, "", mistake.NotAPointer, "{reg} was read from the stack. A pointer was saved there, but {step} overwrote a part " +
		"of it. The rest is only a number.",
		"Write to another place: dsl.Local makes objects that do not overlap. A pointer must be saved in 8 aligned bytes that nothing " +
			"else writes to."},
	{TakenAway, "pkt", mistake.NotAPointer, "{reg} pointed into the packet until {step}, which may move the packet. After it, all " +
		"pointers into the packet are only numbers.",
		"After the call, read data and data_end again and compare again: use a new dsl.Header."},
	{TakenAway, "", mistake.UsedAfterRelease, "{reg} was a pointer until {step}, which released the object. Since then it is only a " +
		"number.",
		"Do not use it after that call: read what is needed before the call, or release the object later."},
}

// lost explains a pointer that became a number, and reports whether it did.
func (a *account) lost(reg string) bool {
	for _, l := range lostPointers {
		if s, ok := a.step(func(s Step) bool { return s.Note.Kind == l.note && strings.HasPrefix(s.Note.Was, l.was) }); ok {
			a.Explanation = strings.NewReplacer("{reg}", reg, "{step}", placed(s)).Replace(l.text)
			a.Fix, a.Kind = l.fix, l.kind
			return true
		}
	}
	return false
}

// refineNotAPointer says where the register became a number.
func refineNotAPointer(a *account) {
	if a.named() < 0 || !strings.HasSuffix(a.Reason, "'scalar'") && !strings.HasSuffix(a.Reason, "'inv'") {
		return
	}
	reg, v := "R"+a.args[0], a.register(a.named())
	if a.lost(reg) {
		return
	}
	if a.brokenByArithmetic(reg) {
		return
	}
	n, known := v.Bounds.Constant()
	known = known && v.Kind == Scalar
	made, ok := a.step(func(s Step) bool { // a comparison does not change the value
		o := parseOperands(s.Text)
		return strings.HasPrefix(s.Value, reg+"=") && o.operation != jumpOperation ||
			o.operation == loadOperation && o.dst == a.named() && a.Frame == 0 // old kernels do not print the value
	})
	if !ok && (a.resultUsed(reg) || a.readAndMoved(reg)) {
		return
	}
	if !ok && known && n >= 0 && n < 1<<16 {
		a.Explanation = reg + " is the number " + strconv.FormatInt(n, 10) + " on this path, but " + instructionOf(*a.Report) + " uses " +
			"it as an address. On other paths it may be a pointer: a pointer that begins as nil, and is set in only one branch, is nil " +
			"plus the offset of a field on the other."
		a.Fix = "Set it to a pointer on each path, or do not come here on the path on which it is none: compare the pointer with nil " +
			"before anything is added to it, or read through it in the branch that sets it."
	}
	if !ok {
		return
	}
	switch o := parseOperands(made.Text); {
	case strings.HasPrefix(made.Text, "(bc)"):
		a.Explanation = reg + " is a 32-bit copy of a pointer, made at " + placed(made) + ". Half of an address is only a number."
		a.Fix = "Copy all 64 bits of pointers: dsl.Mov64Reg. Values of type dsl.Ptr in Go functions are always copied like this."
	case known:
		a.Explanation = reg + " is the number " + strconv.FormatInt(n, 10) + " on this path, since " + placed(made) + ", but " +
			instructionOf(*a.Report) + " uses it as an address."
		a.Fix = "Check this path: on other paths it may be a pointer. Set it to a pointer on each path, or exit first: f.If(p.IsNil(), " +
			"f.Exit)."
	case o.operation == loadOperation:
		a.Explanation = reg + " is a number: " + placed(made) + " read it from memory, and the verifier does not know that there is a " +
			"pointer. " + instructionOf(*a.Report) + " uses it as an address."
		a.Fix = "If it is an address of the kernel, read through it with bpf_probe_read_kernel: dsl.PtrFrom makes a pointer from the " +
			"number, and p.Field(\"pid\").Probe().U32() reads a field. If it is a pointer that the program saved, save it where the " +
			"verifier can follow it: in a variable, or as a kptr in a map."
	case ParseValue(strings.TrimPrefix(made.Value, reg+"=")).Kind.IsPointer():
		// The verifier invalidates pointers without printing it. The last value in the log is still the pointer.
		giver := made
		if call, ok := a.step(func(s Step) bool { return calleeOf(s.Text) != "" }); ok {
			giver = call
		} else if parseOperands(made.Text).operation != programCall {
			a.Explanation = reg + " was a pointer at " + placed(made) + ", but is only a number here. The log does not show what " +
				"changed it: arithmetic other than adding a number, or a call that releases the object or moves the packet."
			return
		}
		a.Kind = mistake.UsedAfterRelease
		a.Explanation = reg + " was a pointer from " + placed(giver) + ", but is only a number now: a later call made it invalid. Such " +
			"a call releases or submits the object, or moves the packet."
		a.Fix = "Do not use it after that call: do what is needed before it, or get a new pointer."
	default:
		a.Explanation = reg + " is a number since " + placed(made) + ", but " + instructionOf(*a.Report) + " uses it as an address."
	}
}

// brokenByArithmetic explains a pointer that became a number by arithmetic, and reports whether it did.
func (a *account) brokenByArithmetic(reg string) bool {
	for i := len(a.Slice) - 1; i >= 0; i-- {
		s := a.Slice[i]
		o := parseOperands(s.Text)
		if s.Insn == a.Insn || o.operation != arithmetic || "R"+strconv.Itoa(o.dst) != reg {
			continue
		}
		before, value := Value{}, ""
		for _, earlier := range a.Slice[:i] {
			if strings.HasPrefix(earlier.Value, reg+"=") && parseOperands(earlier.Text).operation != jumpOperation {
				before = ParseValue(strings.TrimPrefix(earlier.Value, reg+"="))
			}
		}
		if s.Note.Kind == BreaksPointer {
			before = ParseValue(s.Note.Was)
		}
		value = strings.TrimPrefix(s.Value, reg+"=")
		switch {
		case !before.Kind.IsPointer() || ParseValue(value).Kind.IsPointer():
		case before.Kind == PointerContext && o.adds:
			a.Kind = mistake.ModifiedPointer
			a.Explanation = reg + " was the address of the context until " + placed(s) + " added an offset to it. Kernels before 4.14 " +
				"take the sum for a number. Newer ones know that it is the context with an offset, and do not allow an access through " +
				"it either."
			a.Fix = contextFix
			return true
		case !o.adds:
			a.Explanation = reg + " was a pointer until " + placed(s) + ". After a shift, a mask or another operation than adding and " +
				"subtracting, only a number is left."
			a.Fix = "Keep all 64 bits of pointers, and only add numbers to them. Compilers shift a pointer left and right by 32 bits " +
				"when the source converts it to a type of 32 bits, or when they join a pointer and a number in one variable: use one " +
				"variable for each."
			return true
		}
	}
	return false
}

// resultUsed explains a number that a helper returned, and reports whether it did: many helpers return addresses as numbers.
func (a *account) resultUsed(reg string) bool {
	o := parseOperands(a.Text)
	if o.operation == kernelCall || o.operation == programCall {
		return false
	}
	for i := len(a.Slice) - 1; i >= 0; i-- {
		s := a.Slice[i]
		if s.Insn == a.Insn {
			continue
		}
		switch parseOperands(s.Text).operation {
		case kernelCall:
			if !givesNumber(calleeOf(s.Text)) {
				return false
			}
			a.Explanation = reg + " is the result of " + placed(s) + ". For the verifier this is a number, also when it is an address " +
				"of the kernel. " + instructionOf(*a.Report) + " uses it as an address."
			a.Fix = "Read through such an address with bpf_probe_read_kernel: dsl.PtrFrom makes a pointer from the number, and " +
				"p.Field(\"pid\").Probe().U32() reads a field."
			if calleeOf(s.Text) == "bpf_get_current_task" {
				a.Fix += " Since Linux 5.11 there is bpf_get_current_task_btf, whose result is a pointer to the task."
			}
			return true
		case moveOperation, arithmetic:
		default:
			return false
		}
	}
	return false
}

// readAndMoved explains a number that was computed from what was read from memory, and reports whether it was.
func (a *account) readAndMoved(reg string) bool {
	for i := len(a.Slice) - 1; i >= 0; i-- {
		s := a.Slice[i]
		if s.Insn == a.Insn {
			continue
		}
		switch parseOperands(s.Text).operation {
		case loadOperation:
			a.Explanation = reg + " was computed from what " + placed(s) + " read"
			a.Fix = "If it is an address of the kernel, read through it with bpf_probe_read_kernel."
			if s.Note.Kind == ReadFromStack {
				a.Explanation += " from the stack"
				a.Fix = "If the program saved a pointer there, keep it in a variable of the same function, or make it again (look the " +
					"value up, or check the pointer) after it is read: old kernels lose some kinds of pointers on the stack, such as " +
					"records of ring buffers before 5.11."
			}
			a.Explanation += ". The verifier does not know that it is a pointer: for it this is a number."
			return true
		case moveOperation, arithmetic:
		default:
			return false
		}
	}
	return false
}

// givesNothing reports whether a helper has no result.
func givesNothing(callee string) bool {
	id, ok := linux.HelperID(callee)
	return ok && linux.HelperByID(id).Result == linux.ResultNone
}

// givesNumber reports whether the verifier takes the result of a helper for a number.
func givesNumber(callee string) bool {
	id, ok := linux.HelperID(callee)
	if !ok {
		return false
	}
	switch linux.HelperByID(id).Result {
	case linux.ResultNumber, linux.ResultAnyNumber, linux.ResultCopied:
		return true
	}
	return callee == "bpf_get_current_task"
}

// contextFix says how a program reads the context when a compiler computes the address first.
const contextFix = "Put the offset into the load instruction: read each field of the context by name, into a variable of its own. " +
	"Compilers may join such reads from several branches, and choose the offset first: keep them apart with barrier_var() or a volatile " +
	"access, or read them all before the branches."

// refineModified says where the offset was added to the pointer.
func refineModified(a *account) {
	register, v, _ := a.pointerOf()
	if len(a.args) >= 2 {
		if n, ok := parseInt(a.args[1]); ok && n >= 0 && n <= 10 {
			register, v = n, a.register(n)
		}
	}
	if !strings.Contains(a.Reason, " ctx ") {
		return
	}
	offset := "an offset"
	if v.Kind == PointerContext && v.Offset != 0 {
		offset = "the offset " + strconv.FormatInt(v.Offset, 10)
	}
	a.Explanation = "R" + strconv.Itoa(register) + " is the address of the context, and " + offset + " was added to it"
	if s, ok := a.step(func(s Step) bool {
		o := parseOperands(s.Text)
		return o.operation == arithmetic && o.dst == register
	}); ok {
		a.Explanation += " at " + placed(s)
	}
	a.Explanation += ". The context may be accessed only through its own address, with the offset in the instruction, because the " +
		"kernel rewrites these accesses."
	a.Fix = contextFix
}

// refineResult writes the range always in one form. Kernels before 6.8 print a value and a mask, newer kernels print the bounds.
func refineResult(a *account) {
	if len(a.args) == 3 {
		low, high, ok := maskedRange(a.args[2])
		if !ok {
			low, high, ok = strings.Cut(a.args[2], " or ") // "0 or 1", up to 5.2
		}
		if ok {
			a.args = []string{a.args[0], a.args[1], low, high}
		}
	}
	if len(a.args) != 4 {
		return
	}
	low, high, ok := strings.Cut(strings.TrimPrefix(a.args[1], "smin="), " smax=")
	if !ok {
		low, high, ok = maskedRange(strings.TrimPrefix(a.args[1], "value "))
	}
	has := "may be from " + low + " to " + high
	if least, one := strings.CutPrefix(a.args[1], "smin="); !ok && one {
		has, ok = "is at least "+least, true
	} else if most, one := strings.CutPrefix(a.args[1], "smax="); !ok && one {
		has, ok = "is at most "+most, true
	} else if low == high {
		has = "is " + low
	}
	if !ok {
		return
	}
	must := "from " + a.args[2] + " to " + a.args[3]
	if a.args[2] == a.args[3] {
		must = a.args[2]
	}
	subject, set := "The result", "Return a constant in that range on every path, or compare a computed number before it is returned."
	if strings.HasPrefix(a.Reason, "At callback") {
		subject, set = "A callback returns 0 to continue or 1 to stop. The result of this one", "Return f.U32(0) or f.U32(1)."
	}
	a.Explanation = subject + ", R" + a.args[0] + ", " + has + " here, but it must be " + must + "."
	a.Fix = set
}

// maskedRange reads "(0x0; 0x1)", a value and the mask of its unknown bits, as a range.
func maskedRange(text string) (low, high string, ok bool) {
	var t Tnum
	if !parseTnum(text, &t) {
		return "", "", false
	}
	return strconv.FormatUint(t.Value, 10), strconv.FormatUint(t.Value|t.Mask, 10), true
}

// refineSum says what the pointer is that nothing may be added to.
func refineSum(a *account) {
	if len(a.args) < 2 || !strings.HasSuffix(a.Reason, " prohibited") {
		return
	}
	switch a.args[1] {
	case "pkt_end":
		a.Explanation = "R" + a.args[0] + " is the end of the packet (data_end). It is only for comparisons: nothing may be added to it."
		a.Fix = "Add to the pointer into the packet (data) instead, and compare the sum with data_end."
	case "map_ptr", "ctx":
	default:
		if v := ParseValue(a.args[1]); v.Kind.IsPointer() {
			a.Fix = "Use it without an offset, as the call gave it."
		}
	}
}

// refineTooComplex says which loop the verifier was in when it stopped.
func refineTooComplex(a *account) {
	turn, ok := a.noted(TurnsBack)
	if !ok {
		return
	}
	a.Explanation += " At that time it was in the loop that jumps back at " + placed(turn) + ", and each turn had a new state."
}

// refineContract says which argument of a global function is wrong, or what the function returns instead of a number, or that its
// prototype is wrong. The kernel checks the prototype at the first call, and its words about the arguments then do not apply.
func refineContract(a *account) {
	if strings.HasPrefix(a.Reason, "At subprogram exit ") && a.register(0).Kind != NoValue {
		a.Explanation = "A global function must return a number, but R0, the result of this one, " + a.register(0).what() + "."
		return
	}
	for _, line := range a.Details {
		if rule, args := ruleFor(line); rule != nil && rule.Kind == mistake.FunctionContract {
			a.Pattern = rule.Pattern
			a.Explanation = fill(rule.Explanation, args, instructionOf(*a.Report))
			a.Fix = fill(rule.Fix, args, instructionOf(*a.Report))
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
	a.Explanation = a.args[1] + " is a global function: the verifier checks calls only against its prototype. Its " + ordinal(n) + " " +
		"argument must be a number, but R" + args[0] + " " + a.register(n).what() + " here."
	a.Fix = "Set R" + args[0] + " to a number before the call. f.Call(program, args...) passes all arguments and checks their types."
}
