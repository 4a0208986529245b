package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// refineNilArgument: an argument that may be nil is called a wrong type.
func refineNilArgument(a *account) {
	if len(a.args) == 3 && strings.HasSuffix(a.args[1], "_or_null") {
		a.Kind = mistake.MaybeNil
		return
	}
	if !strings.HasPrefix(a.Reason, "arg#") {
		return
	}
	for _, s := range a.Slice { // it was given back, and is a number since
		if isCall(s.Text) && strings.Contains(s.Text, "_release") && s.Insn != a.Insn {
			a.Kind = mistake.ReleasedTwice
			a.Explanation = "What is passed was given back before, at " + placed(s) + ", and is not the program's any more."
			a.Fix = "Give it back once, and do not use it after that."
		}
	}
}

// refineArgument says what is passed instead of what is wanted.
func refineArgument(a *account) {
	callee := calleeOf(a.Text)
	if callee == "" {
		return
	}
	switch n := a.named(); {
	case strings.HasPrefix(a.Reason, "kernel function ") && len(a.args) == 7:
		register, ok := parseInt(a.args[4])
		if !ok {
			return
		}
		reg, v := "R"+a.args[4], a.register(register)
		if a.args[3] == a.args[6] && v.Offset != 0 {
			a.Explanation = "The " + ordinal(register) + " argument of " + callee + " is a pointer to struct " + a.args[3] + ", and " + reg + " leads to one, but not to its beginning: " + strconv.FormatInt(v.Offset, 10) + " was added to it. The kernel prints the same type twice."
			a.Fix = "Pass the pointer as it came, without an offset: tp itself, not the address of a field of it."
			return
		}
		a.Explanation = "The " + ordinal(register) + " argument of " + callee + " is a pointer to struct " + a.args[3] + ", and " + reg + " leads to struct " + a.args[6] + "."
		a.Fix = "Pass a pointer to struct " + a.args[3] + "; in generated bindings (bpfsmith gen) the types of Go tell the two apart."
	case strings.HasPrefix(a.Reason, "arg#") && n >= 0 && len(a.args) == 3:
		a.Explanation = "The " + ordinal(n+1) + " argument of " + callee + " is a pointer to a " + a.args[2] + " of the kernel, and R" + strconv.Itoa(n+1) + " " + a.register(n+1).what() + ". The kernel's text about scalars does not apply."
		switch a.register(n + 1).Kind {
		case NoValue:
			a.Kind = mistake.Uninitialised
			a.Fix = "Set all arguments before the call. A call loses R1 to R5, so they are set anew for each."
		case PointerContext:
			a.Fix = "R1 at the beginning is the context, an array that has the arguments in it: load argument i from offset 8*i. The parameters of a Go function are the arguments."
		case Scalar:
			a.Fix = "Pass a pointer to a " + a.args[2] + ": a parameter of the Go function, or what a call has acquired and is not given back yet."
		}
	case strings.HasSuffix(a.Reason, "is not a scalar") && n >= 1:
		a.Explanation = "The " + ordinal(n) + " argument of " + callee + " is a number, and R" + a.args[0] + " " + a.register(n).what() + "."
		if a.register(n).Kind == NoValue {
			a.Kind = mistake.Uninitialised // of what was never set the kernel says "not a scalar", too
			a.Fix = "Set it before the call: this function has at least " + count(int64(n), "argument") + "."
		}
	case strings.Contains(a.Reason, " expected=") && len(a.args) == 3 && n >= 1:
		a.Explanation = argument(n) + " of " + callee + ", " + strings.TrimPrefix(a.register(n).what(), "R") + ", and it takes " + strings.Join(strings.Split(a.args[2], ", "), " or ") + "."
		switch {
		case strings.HasPrefix(a.args[2], "map_ptr"):
			a.Fix = "Pass the map: m.In(f).Lookup(key) and the other methods of its handle do; by hand it is dsl.LoadMap."
		case callee == "bpf_snprintf" || callee == "bpf_trace_vprintk":
			a.Fix = "The text of the format stands in a map that is read only: maps.NewReadOnly."
		}
	}
}

// refineMaybeNil names what may give nil.
func refineMaybeNil(a *account) {
	n := a.named()
	if strings.Contains(a.Reason, "passed to trusted ") {
		n++ // "trusted arg0" is R1, and "helper arg1" is too
	}
	if n < 0 || len(a.args) == 0 {
		return
	}
	reg, v := "R"+strconv.Itoa(n), a.register(n)
	subject := reg
	if callee := calleeOf(a.Text); callee != "" {
		subject = "R" + strconv.Itoa(n) + ", which " + callee + " is given and must not be nil,"
	}
	const fix = "Compare it on the way, with nothing in between that changes it: f.If(p.IsNil(), f.Exit), or dsl.JEQ64Imm(r, 0, \"out\"). Copies of it are known then too."
	zero, constant := v.Bounds.Constant()
	from, may := a.noted(MayGiveNil)
	context, argument := a.noted(FromContext)
	load, loaded := a.step(func(s Step) bool {
		return strings.HasPrefix(s.Value, reg+"=") && parseOperands(s.Text).operation == loadOperation
	})
	switch {
	case v.Kind == Scalar && constant && zero == 0:
		a.Explanation = subject + " is 0, which is nil."
		a.Fix = "Pass the pointer: a parameter of the Go function, or what a call gave, after it was compared with nil."
	case may:
		a.Explanation = subject + " may be nil: " + placed(from) + " gives nil when it finds nothing or there is no room, and the program did not ask."
		a.Fix = fix
	case argument:
		a.Explanation = subject + " may be nil: the argument that " + placed(context) + " reads is one that the kernel may leave out."
		a.Fix = fix
	case a.Frame == 0 && len(a.Slice) <= 1:
		a.Explanation = subject + " may be nil: it is an argument of a global function, which is verified by itself, for any caller."
		a.Fix = fix
	case loaded:
		a.Explanation = subject + " may be nil: it was loaded at " + placed(load) + ", and there may be nothing in that place."
		a.Fix = fix
	default:
		a.Explanation = subject + " may be nil, and the program did not ask."
		a.Fix = fix
	}
}

// refineUntrusted says where the pointer is from.
func refineUntrusted(a *account) {
	n := a.named()
	callee := calleeOf(a.Text)
	v := a.register(n)
	if n < 0 || callee == "" || v.Kind != PointerBTF {
		return
	}
	wants := "one that is known to be good: an argument of the program, or what it has acquired"
	if strings.Contains(a.Reason, "must be a rcu pointer") {
		wants = "one that was read within a section of RCU, or one that is an argument or was acquired"
	}
	a.Explanation = "R" + a.args[0] + " " + v.what() + ", and " + callee + " takes only " + wants + "."
	if walked, ok := a.noted(PointerFromStruct); ok {
		a.Explanation += " This one was read out of another struct at " + placed(walked) + ": the kernel may free what it leads to at any time."
	} else if gone, ok := a.noted(TakenAway); ok {
		a.Explanation += " It was until " + placed(gone) + " ended the section in which it was good."
	}
}

// refineHelper says for what programs it is forbidden, as far as that is known.
func refineHelper(a *account) {
	if len(a.args) == 0 || strings.HasPrefix(a.Reason, "func ") {
		return
	}
	switch {
	case a.args[0] == "bpf_setsockopt" && a.program.Member == "release":
		a.Explanation = "release may not call bpf_setsockopt: the socket is on its way out there. Other members of " + a.program.Struct + " may."
		a.Fix = "Set the option in init, or in another member."
	case a.program.Member != "":
		a.Explanation = a.args[0] + " is no helper for " + a.program.Struct + "." + a.program.Member + "."
		a.Fix = "Use what its kind of interface has: the base helpers, its own kernel functions (f.Kernel), and those that docs of the interface list. What other members may call, this one may not have."
	case a.program.Type != "":
		a.Explanation = a.args[0] + " exists, but not for programs of type " + a.program.Type + "."
	}
}

// refineKernelFunction says for what programs it is none.
func refineKernelFunction(a *account) {
	if !strings.HasPrefix(a.Reason, "calling kernel function ") || len(a.args) == 0 {
		return
	}
	subject := ""
	switch {
	case a.program.Member != "":
		subject = a.program.Struct + "." + a.program.Member
	case a.program.Type != "":
		subject = "programs of type " + a.program.Type
	default:
		return
	}
	a.Explanation = a.args[0] + " is not among the kernel functions that " + subject + " may call: it is offered to other programs, or to none."
}

// refineSleep says what may sleep, and why not here.
func refineSleep(a *account) {
	callee := calleeOf(a.Text)
	if callee == "" {
		return
	}
	switch {
	case strings.Contains(a.Reason, "rcu_read_lock") || strings.Contains(a.Reason, "region"):
		a.Explanation = callee + " may sleep, and here a section is open in which nothing may."
		a.Fix = "End the section before: call it behind the body of f.RCU, not within."
	case a.program.Sleepable:
		a.Explanation = callee + " may sleep, and although the program is sleepable, it may not here."
		a.Fix = "Look for a section that is open, or use a call that does not sleep."
	default:
		a.Explanation = callee + " may sleep, and the program was loaded as one that does not."
		a.Fix = "Set program.Sleepable = true, where the hook lets programs sleep; elsewhere use a call that does not (bpf_probe_read_user instead of bpf_copy_from_user)."
	}
}

// refineLicense names the license.
func refineLicense(a *account) {
	if a.program.License != "" {
		a.Explanation += " This one was loaded under \"" + a.program.License + "\"."
	}
	if callee := calleeOf(a.Text); callee != "" {
		a.Explanation = strings.Replace(a.Explanation, "What is called", callee, 1)
	}
}

// refineAttach tells the two reasons for one text apart, and names members.
func refineAttach(a *account) {
	switch {
	case strings.HasPrefix(a.Reason, "attach to unsupported member ") && len(a.args) >= 2:
		switch {
		case a.program.Sleepable:
			a.Explanation = "The program is marked sleepable, and " + a.args[1] + "." + a.args[0] + " is called where nothing may sleep. The kernel has the same text for members that cannot be implemented at all."
			a.Fix = "Take the mark away: leave program.Sleepable false."
		case a.errnoIs("ENOTSUPP"):
			a.Explanation = "The kernel lets no program implement " + a.args[1] + "." + a.args[0] + "."
			a.Fix = "Leave the member out."
		}
	case strings.HasPrefix(a.Reason, "attach to invalid member idx ") && len(a.args) >= 2:
		a.Explanation = "struct " + a.args[1] + " of this kernel has no member number " + a.args[0] + ": the number is from another kernel's BTF."
		a.Fix = "Name the member: structops looks its number up in the kernel that the program is loaded into."
	case strings.HasPrefix(a.Reason, "attach to invalid member ") && len(a.args) >= 3:
		a.Explanation = a.args[2] + "." + a.args[0] + " is data, not a function, so no program can stand for it."
		a.Fix = "Give it a value in structops.Ops, and programs to the members that are function pointers."
	case strings.HasPrefix(a.Reason, "attach_btf_id ") && strings.HasSuffix(a.Reason, " is not a typedef"):
		a.Explanation = "The program is for a tracepoint. In BTF those are typedefs named btf_trace_ and the tracepoint's name, and type " + a.args[0] + " is no typedef."
		a.Fix = "Name the tracepoint, and let the loader look it up: prog.Options{AttachTo: \"task_newtask\"}. For a function of the kernel load the program as fentry or fexit."
	case strings.Contains(a.Reason, " points to wrong type name ") && len(a.args) >= 2:
		a.Explanation = "The program is for a tracepoint. In BTF those are typedefs named btf_trace_ and the tracepoint's name, and type " + a.args[0] + " is the typedef " + a.args[1] + "."
		a.Fix = "Name the tracepoint, and let the loader look it up: prog.Options{AttachTo: \"task_newtask\"}."
	case strings.HasPrefix(a.Reason, "attach_btf_id ") && a.program.Struct != "":
		a.Explanation = "struct " + a.program.Struct + " is no interface that programs may implement in this kernel: it was built without it, its module is not loaded, or the number is that of another type."
	}
}

func (a *account) errnoIs(name string) bool { return strings.EqualFold(a.program.Errno, name) }
