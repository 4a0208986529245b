package verifierlog

import (
	"strings"
)

// A Program is what is known of a program besides its log. All of it may be missing.
type Program struct {
	Type           string // as the kernel calls it: xdp, struct_ops
	Struct, Member string // struct_ops: what it is for
	Sleepable      bool
	Errno          string // what the load gave: EACCES, ENOSPC
	Lines          []Line // of Go, for logs without source lines

	// Field names the field of a struct of the kernel at an offset; nil where nobody can say.
	Field func(structName string, offset int) string
}

// A Line is where an instruction comes from.
type Line struct {
	Insn   int // slot
	Source Source
}

// Explain reads a log and says what it means: which rule was broken, by what, and what to change. What no message tells, the errno may: a log that
// was too long, a signal, missing privilege.
func Explain(log string, p Program) Report {
	r := Parse(log)
	if r.Source == (Source{}) {
		for _, l := range p.Lines {
			if l.Insn <= r.Insn && r.Insn >= 0 {
				r.Source = l.Source
			}
		}
	}
	if r.Reason == "" {
		diagnose(&r, log, p)
		return r
	}
	rule, args := ruleFor(r.Reason)
	if rule == nil {
		for i := len(r.Details) - 1; i >= 0 && rule == nil; i-- {
			rule, args = ruleFor(r.Details[i])
		}
	}
	if rule == nil {
		if r.Kind == "" {
			r.Kind = Unknown
		}
		if r.Kind == Unknown {
			r.Explanation = "This message is not in the catalogue. It stands as the kernel printed it, with the instruction and what the registers held."
		}
		return r
	}
	r.Kind = rule.Kind
	r.Explanation, r.Fix = fill(rule.Explanation, args, instructionOf(r)), fill(rule.Fix, args, instructionOf(r))
	for _, refine := range refinements {
		refine(&r, args, p)
	}
	r.Explanation = strings.ReplaceAll(r.Explanation, "{details}", detailsOf(r))
	r.Fix = strings.ReplaceAll(r.Fix, "{writable}", writableText)
	return r
}

func instructionOf(r Report) string {
	if r.Text == "" {
		return "the instruction"
	}
	_, text, ok := strings.Cut(r.Text, ") ")
	if !ok {
		text = r.Text
	}
	return "\"" + text + "\""
}

func detailsOf(r Report) string {
	if len(r.Details) == 0 {
		return r.Reason
	}
	return strings.Join(r.Details, "; ")
}

const writableText = "tcp_congestion_ops programs may write sk_pacing_rate, sk_pacing_status, icsk_ca_priv, icsk_ack.pending, snd_cwnd, snd_cwnd_cnt, snd_ssthresh and ecn_flags, and since Linux 6.10 snd_cwnd_stamp and app_limited. State of your own goes into icsk_ca_priv (dsl.Cells) or a socket storage."

// refinements look at what the message does not say.
var refinements = [...]func(r *Report, args []string, p Program){refineUninitialised, refineMemory, refineStack, refineContext, refineNilArgument, refineField}

// refineUninitialised tells the three ways apart in which a register holds nothing.
func refineUninitialised(r *Report, args []string, p Program) {
	if r.Kind != Uninitialised || len(args) == 0 {
		return
	}
	reg := "R" + args[0]
	lost := false
	for _, s := range r.Slice {
		lost = lost || isCall(s.Text)
	}
	switch {
	case reg == "R0" && strings.HasPrefix(r.Text, "(95)"):
		r.Explanation = "The program ends here, and R0, its result, was not set on the path to this exit."
		r.Fix = "Set R0 to the result on every path to the exit; a Go function with a result returns it."
	case isCall(r.Text):
		r.Explanation = reg + " is an argument of the call, and holds nothing: it was never set, or the call before has lost it."
		r.Fix = "Set all arguments before each call."
	case lost:
		r.Explanation = reg + " was lost by a call: calls lose R0 to R5, and leave their result in R0."
		r.Fix = "Keep it in R6 to R9, or read it again after the call; values of Go functions are kept by themselves."
	case r.Insn >= 0:
		r.Explanation = reg + " is read by " + instructionOf(*r) + ", and was never written on the path to it."
		r.Fix = "Set it before, on every path. At the beginning only R1, the context, and R10, the end of the stack, hold something."
	}
}

// refineMemory names the memory that an access reaches out of, which is in the line before.
func refineMemory(r *Report, args []string, p Program) {
	for _, d := range r.Details {
		switch {
		case strings.HasPrefix(d, "invalid access to packet"):
			r.Kind = PacketBounds
		case strings.HasPrefix(d, "invalid access to memory") && r.Kind == MapBounds:
			r.Kind = MemoryBounds
		}
		if r.Kind == MapBounds || r.Kind == MemoryBounds {
			if found, _, ok := matchFormat("invalid access to map value, value_size=%d off=%d size=%d", d); ok {
				r.Explanation = "The map's value has " + found[0] + " bytes, and this access may be of " + found[2] + " at offset " + found[1] + ", which is outside."
			} else if found, _, ok := matchFormat("invalid access to memory, mem_size=%d off=%d size=%d", d); ok {
				r.Explanation = "The memory has " + found[0] + " bytes, and this access may be of " + found[2] + " at offset " + found[1] + ", which is outside."
			}
		}
	}
}

// refineStack tells apart what the kernel says with the same words: an access outside of the stack, and one to bytes that were never written.
func refineStack(r *Report, args []string, p Program) {
	if r.Kind != StackBounds || !strings.HasPrefix(r.Reason, "invalid read from stack R") || len(args) < 3 {
		return
	}
	off, ok1 := parseInt(args[len(args)-2])
	size, ok2 := parseInt(args[len(args)-1])
	if ok1 && ok2 && off >= -512 && off+size <= 0 {
		r.Kind = UninitialisedStack
		r.Explanation = "The " + args[len(args)-1] + " bytes at " + args[len(args)-2] + " from R10 are read, and the program has not written all of them. Without CAP_PERFMON that is not possible."
		r.Fix = "Write all of it first, padding too: dsl.Local makes an object whose bytes are 0."
	}
}

// refineContext says what an access to the arguments of a function has done wrong.
func refineContext(r *Report, args []string, p Program) {
	if r.Kind != ContextAccess {
		return
	}
	for _, d := range r.Details {
		if rule, found := ruleFor(d); rule != nil && (rule.Kind == NoArgument || rule.Kind == ArgumentWidth) {
			r.Kind = rule.Kind
			r.Explanation, r.Fix = fill(rule.Explanation, found, instructionOf(*r)), fill(rule.Fix, found, instructionOf(*r))
			return
		}
	}
	write := strings.Contains(r.Text, "*(") && strings.Index(r.Text, "*(") < strings.Index(r.Text, "=")
	if write {
		r.Kind = ContextWrite
		r.Explanation = "The context is read only at this offset, or altogether."
		r.Fix = "Load the pointer that is the argument, and write through that where it is allowed; keep state in a map."
	}
}

// refineNilArgument: an argument that may be nil is called a wrong type.
func refineNilArgument(r *Report, args []string, p Program) {
	if r.Kind == ArgumentType && len(args) == 3 && strings.HasSuffix(args[1], "_or_null") {
		r.Kind = MaybeNil
		r.Explanation = "Argument " + args[0] + " may be nil, and the call does not take nil."
		r.Fix = "Compare it with 0 before: f.If(p.IsNil(), f.Exit)."
	}
	if r.Kind == ReleasedTwice || r.Kind != ArgumentType || !strings.HasPrefix(r.Reason, "arg#") {
		return
	}
	for _, s := range r.Slice { // it was given back, and is a number since
		if isCall(s.Text) && strings.Contains(s.Text, "_release") && s.Insn != r.Insn {
			r.Kind = ReleasedTwice
			r.Explanation = "What is passed was given back before, by " + strings.TrimPrefix(s.Text, "(85) ") + ", and is not the program's any more."
			r.Fix = "Give it back once, and do not use it after that."
		}
	}
}

// refineField names the field that may not be written.
func refineField(r *Report, args []string, p Program) {
	if r.Kind != ReadOnlyField || len(args) < 2 {
		return
	}
	if p.Field == nil {
		return
	}
	offset := 0
	for _, c := range args[1] {
		if c < '0' || c > '9' {
			return
		}
		offset = offset*10 + int(c-'0')
	}
	if name := p.Field(args[0], offset); name != "" {
		r.Explanation = args[0] + "." + name + ", at offset " + args[1] + ", may not be written here."
	}
}

// diagnose says why there is no message.
func diagnose(r *Report, log string, p Program) {
	errno := strings.ToUpper(p.Errno)
	switch {
	case r.Kind == LogTruncated || errno == "ENOSPC":
		r.Kind = LogTruncated
		r.Explanation = "The log was larger than its buffer, and the kernel says so instead of its real verdict. The reason may be in the part that is missing."
		r.Fix = "Load again with a larger buffer, or with log level 1, which tells the failing path only. Package syscall does."
	case r.Kind == Interrupted || errno == "EAGAIN":
		r.Kind = Interrupted
		r.Explanation = "A signal came while the verifier walked, and it stopped. Go's runtime sends signals to its threads; the program is not at fault."
		r.Fix = "Load it again. Package syscall does that by itself."
	case errno == "EPERM":
		r.Kind = NotPermitted
		r.Explanation = "The process may not load this program: a capability is missing, or a setting or the kernel's lockdown forbids it. The verifier was not asked."
		r.Fix = "Run with CAP_BPF and, for the type, CAP_NET_ADMIN or CAP_PERFMON; look at kernel.unprivileged_bpf_disabled and at lockdown."
	case errno == "E2BIG":
		r.Kind = TooComplex
		r.Explanation = "The program has too many instructions: a million with CAP_BPF, 4096 without."
		r.Fix = "Make it shorter, or divide it by tail calls."
	case errno == "ENOTSUPP" || errno == "ENOTSUP" || errno == "EOPNOTSUPP":
		r.Kind = BadAttach
		r.Explanation = "The kernel does not support what the program is for: it was built without it, or the target was not named."
		r.Fix = "Look at the target (attach_btf_id), and at the kernel's configuration."
	case r.Kind == BadType:
		r.Explanation = "The kernel refuses the BTF without a word about the type."
	case strings.TrimSpace(log) == "" && errno != "":
		r.Kind = NoLog
		r.Explanation = "The kernel refused the program with " + errno + " before the verifier began, so there is no log: something about the load itself is wrong, not the code."
		r.Fix = "Look at the type of the program, its target and license, and at sizes and flags."
	}
}
