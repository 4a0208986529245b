package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// refineNilArgument handles two cases in which the kernel speaks of a wrong type: the argument may be nil, or it was released before.
func refineNilArgument(a *account) {
	if len(a.args) == 3 && strings.HasSuffix(a.args[1], "_or_null") {
		a.Kind = mistake.MaybeNil
		return
	}
	if !strings.HasPrefix(a.Reason, "arg#") {
		return
	}
	for _, s := range a.Slice { // it was released, and is a number since then
		if linux.GivesBack(calleeOf(s.Text)) && s.Insn != a.Insn {
			a.Kind = mistake.ReleasedTwice
			a.Explanation = "The argument was already released at " + placed(s) + ", so the program no longer holds it."
			a.Fix = "Release it only once, and do not use it after that."
		}
	}
}

// refineArgument says which argument is expected and which value is passed.
func refineArgument(a *account) {
	if strings.HasPrefix(a.Reason, "arg#") && strings.Contains(a.Reason, "pointer type UNKNOWN") && len(a.args) > 0 {
		a.Explanation = "Argument " + a.args[0] + " of the called function, counted from 0, is declared as a pointer to void, or to a " +
			"type without a known size. The verifier does not know how many bytes the function uses there."
		a.Fix = "For a kernel function, declare the number of bytes as the next parameter, with a name that ends in __sz, or let the " +
			"name of the pointer end in __ign so that it is not checked. Otherwise use a pointer to a struct."
		return
	}
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
			a.Explanation = "The " + ordinal(register) + " argument of " + callee + " must be a pointer to struct " + a.args[3] + ". " +
				reg + " has the right type but does not point to the beginning of the struct: " + strconv.FormatInt(v.Offset, 10) + " " +
				"was added to it. This is why the kernel prints the same type twice."
			a.Fix = "Pass the pointer without an offset: tp itself, not the address of one of its fields."
			return
		}
		a.Explanation = "The " + ordinal(register) + " argument of " + callee + " must be a pointer to struct " + a.args[3] + ", but " +
			reg + " points to struct " + a.args[6] + "."
		a.Fix = "Pass a pointer to struct " + a.args[3] + ". With generated bindings (bpfsmith gen) they are different Go types, so the " +
			"Go compiler finds this mistake."
	case strings.HasPrefix(a.Reason, "arg#") && n >= 0 && len(a.args) == 3:
		a.Explanation = "The " + ordinal(n+1) + " argument of " + callee + " must be a pointer to a " + a.args[2] + " of the kernel, " +
			"but R" + strconv.Itoa(n+1) + " " + a.register(n+1).what() + ". Ignore the kernel's words about scalars: they do not apply " +
			"here."
		switch a.register(n + 1).Kind {
		case NoValue:
			a.Kind = mistake.Uninitialised
			a.Fix = "Set all arguments before the call. A call clears R1 to R5, so set them again before each call."
		case PointerContext:
			a.Fix = "At the beginning R1 is the context, which is an array of the arguments: load argument i from offset 8*i. In a Go " +
				"function, the parameters are the arguments."
		case Scalar:
			a.Fix = "Pass a pointer to a " + a.args[2] + ": a parameter of the Go function, or a pointer that a call acquired and that " +
				"is not released yet."
		}
	case strings.HasSuffix(a.Reason, "is not a scalar") && n >= 1:
		a.Explanation = "The " + ordinal(n) + " argument of " + callee + " must be a number, but R" + a.args[0] + " " +
			a.register(n).what() + "."
		if a.register(n).Kind == NoValue {
			a.Kind = mistake.Uninitialised // the kernel also says "not a scalar" when the register was never set
			a.Fix = "Set it before the call: this function needs at least " + count(int64(n), "argument") + "."
		}
	case strings.Contains(a.Reason, " expected=") && len(a.args) == 3 && n >= 1:
		a.refineExpected(callee, n)
	}
}

// refineExpected explains "R1 type=fp expected=map_ptr".
func (a *account) refineExpected(callee string, n int) {
	v := a.register(n)
	if a.lost("R" + a.args[0]) {
		if gone, ok := a.noted(TakenAway); ok && linux.GivesBack(callee) && linux.GivesBack(gone.Note.Callee) {
			a.Kind = mistake.ReleasedTwice
			a.Explanation = argument(n) + " of " + callee + ", was already released at " + placed(gone) + ": the program no longer " +
				"holds it."
			a.Fix = "Release it only once on each path, and do not use it after that."
		}
		return
	}
	is := strings.TrimPrefix(v.what(), "R")
	if v.Kind == NoValue || v.Kind == NotShown { // the message says what it is
		is = typeWords(a.args[1])
	}
	a.Explanation = argument(n) + " of " + callee + ", " + is + ", but it must be of type " +
		strings.Join(strings.Split(a.args[2], ", "), " or ") + "."
	wants := argKind(callee, n)
	number := strings.HasPrefix(a.args[1], "inv") || strings.HasPrefix(a.args[1], "scalar")
	zero, constant := v.Bounds.Constant()
	constant = constant && v.Kind == Scalar
	address, empty := a.step(func(s Step) bool { return strings.HasPrefix(s.Text, "(18)") && strings.HasSuffix(s.Text, " = 0x0") })
	switch {
	case number && empty:
		a.Explanation += " The 64-bit load at " + placed(address) + " is where the loader writes the descriptor of a map, or the " +
			"address of global data such as .rodata. Here it is still 0."
		a.Fix = "The loader did not relocate this instruction. Load the object with a loader that knows how the map is declared (maps " +
			"in the section .maps need libbpf or a library that reads BTF), and do not strip its relocations. A loader of your own " +
			"must write the map's descriptor there, and mark the load with BPF_PSEUDO_MAP_FD or, for data, BPF_PSEUDO_MAP_VALUE."
	case wants == linux.ArgMap && strings.HasPrefix(a.args[1], "map_value"):
		a.Explanation += " It is the address of a global variable in a data section, not a map."
		a.Fix = "Declare the map in the section that the loader looks for, SEC(\".maps\") (or SEC(\"maps\") for old loaders): without " +
			"it the definition is an ordinary variable."
	case wants == linux.ArgKey && constant && zero == 0:
		a.Explanation += " It is the key, and 0 is a null pointer."
		a.Fix = "Pass the address of a key. Queues and stacks have no keys: fill them with bpf_map_push_elem, and read them with " +
			"bpf_map_pop_elem or bpf_map_peek_elem."
	case strings.HasPrefix(a.args[2], "ctx"):
		a.Fix = "Pass the context of the program itself: R1 holds it at the beginning. A struct pt_regs or another struct that is an " +
			"argument of the traced function is not the context."
	case strings.HasPrefix(a.args[2], "map_ptr"):
		a.Fix = "Pass the map: m.In(f).Lookup(key) and the other methods do this. By hand, use dsl.LoadMap."
	case wants == linux.ArgConstantText:
		a.Fix = "Put the format text into a read-only map: maps.NewReadOnly."
	case strings.HasPrefix(a.args[2], "ptr_") && strings.HasPrefix(a.args[1], "fp"):
		a.Explanation += " An object on the stack is only a copy: " + callee + " needs the kernel's own object."
		a.Fix = "Pass the pointer that the kernel gave: an argument of the program, or a field that is reached from one without " +
			"bpf_probe_read, such as the address of file->f_path. Do not copy the struct to the stack first."
	case number && strings.Contains(a.args[2], "fp") && constant && zero == 0:
		a.Explanation += " 0 is a null pointer."
		a.Fix = "Pass the address of memory: a variable on the stack, or a map's value."
	case number && strings.Contains(a.args[2], "fp"):
		a.Explanation += " Also an address of the kernel or of a process is only a number for the verifier: a call reads and writes " +
			"only memory that the program has."
		a.Fix = "Copy the bytes to a variable on the stack first, with bpf_probe_read_kernel or bpf_probe_read_user, and pass its address."
	case a.args[2] == "fp" && strings.HasPrefix(a.args[1], "map_value"):
		a.Explanation += " In old kernels, calls take only memory on the stack: a map's value is possible since Linux 4.11, and in " +
			"places for keys and values since 4.18."
		a.Fix = "Use a newer kernel, or copy the bytes to a variable on the stack and pass its address."
	case !strings.Contains(a.args[2], "map_ptr"):
		a.Fix = "Pass a value of the expected type."
	}
}

// typeWords describes a type as a message names it.
func typeWords(name string) string {
	base, nilable := strings.CutSuffix(strings.TrimSpace(name), "_or_null")
	v := ParseValue(base + "()")
	text := v.what()
	switch {
	case base == "scalar" || base == "inv":
		text = "is a number"
	case base == "fp":
		text = "is an address on the stack"
	case base == "map_value":
		text = "is a pointer to a map's value"
	case base == "?":
		text = "has no value"
	case v.Kind == PointerPacket:
		text = "points into the packet"
	}
	if nilable {
		text += " that may be nil"
	}
	return text
}

// argKind says what a helper expects as argument n, counted from 1.
func argKind(callee string, n int) linux.ArgKind {
	id, ok := linux.HelperID(callee)
	if !ok {
		return linux.ArgUnclaimed
	}
	args := linux.HelperByID(id).Args
	if n < 1 || n > len(args) {
		return linux.ArgUnclaimed
	}
	return args[n-1].Kind
}

// refineMaybeNil names the source of the value that may be nil.
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
		subject = "R" + strconv.Itoa(n) + ", an argument of " + callee + " that must not be nil,"
	}
	const fix = "Check it before it is used, f.If(p.IsNil(), f.Exit) or dsl.JEQ64Imm(r, 0, \"out\"), and do not change it after the " +
		"check. The check also counts for copies of it."
	zero, constant := v.Bounds.Constant()
	from, may := a.noted(MayGiveNil)
	context, argument := a.noted(FromContext)
	copyStep, copied := a.step(func(s Step) bool {
		o := parseOperands(s.Text)
		return o.operation == moveOperation && o.dst == n
	})
	call, calls := a.step(func(s Step) bool { return calleeOf(s.Text) != "" })
	load, loaded := a.step(func(s Step) bool {
		return strings.HasPrefix(s.Value, reg+"=") && parseOperands(s.Text).operation == loadOperation
	})
	switch {
	case v.Kind == Scalar && constant && zero == 0:
		a.Explanation = subject + " is 0, which is nil."
		a.Fix = "Pass a pointer: a parameter of the Go function, or the result of a call after a check for nil."
	case may:
		a.Explanation = subject + " may be nil: " + placed(from) + " returns nil when it finds nothing or has no room, and the program " +
			"did not check."
		a.Fix = fix
	case copied && calls && v.ID == 0 && v.Text != "":
		a.Explanation = subject + " may be nil: it is a copy of the result of " + placed(call) + ", made at " + placed(copyStep) + ". " +
			"Kernels before 4.10 do not know that both are the same: a check of one does not count for the other."
		a.Fix = "Check this copy itself, or make the copy after the check: store the result in one variable, and check that variable " +
			"at once. Or use a newer kernel."
	case argument:
		a.Explanation = subject + " may be nil: " + placed(context) + " reads an argument that the kernel may pass as nil."
		a.Fix = fix
	case a.whole && a.Frame == 0 && len(a.Slice) <= 1:
		a.Explanation = subject + " may be nil: it is an argument of a global function, which is verified separately, for any caller."
		a.Fix = fix
	case loaded:
		a.Explanation = subject + " may be nil: it was loaded at " + placed(load) + ", and the place that it was loaded from may hold nil."
		a.Fix = fix
	default:
		a.Explanation = subject + " may be nil, and the program did not check."
		a.Fix = fix
	}
	if !may && !argument && (v.Kind == PointerBTF || strings.Contains(a.Reason, "ptr_or_null")) {
		a.Fix += " A field that is read twice gives two pointers: read it once into a variable, check the variable, and use the same one."
	}
}

// refineUntrusted says where the pointer comes from.
func refineUntrusted(a *account) {
	n := a.named()
	callee := calleeOf(a.Text)
	v := a.register(n)
	if n < 0 || callee == "" || v.Kind != PointerBTF {
		return
	}
	wants := "a pointer that is known to be valid: an argument of the program, or a pointer that the program acquired"
	if strings.Contains(a.Reason, "must be a rcu pointer") {
		wants = "a pointer that was read in an RCU section, is an argument of the program, or was acquired"
	}
	a.Explanation = "R" + a.args[0] + " " + v.what() + ", but " + callee + " needs " + wants + "."
	if walked, ok := a.noted(PointerFromStruct); ok {
		a.Explanation += " This one was read from another struct at " + placed(walked) + ": the kernel may free the memory that it " +
			"points to at any time."
	} else if gone, ok := a.noted(TakenAway); ok {
		a.Explanation += " It was valid until " + placed(gone) + " ended the section in which it was read."
	}
}

// refineKernelFunction says which member or type of program may not call the kernel function.
func refineKernelFunction(a *account) {
	if !strings.HasPrefix(a.Reason, "calling kernel function ") || len(a.args) == 0 {
		return
	}
	subject := ""
	switch {
	case a.program.Member != "":
		subject = a.program.Struct + "." + a.program.Member
	case a.program.Type != 0:
		subject = "programs of type " + a.program.Type.String()
	default:
		return
	}
	a.Explanation = a.args[0] + " is not one of the kernel functions that " + subject + " may call. It is for other programs, or not " +
		"for programs at all."
}

// refineSleep says what may sleep, and why that is not allowed here.
func refineSleep(a *account) {
	callee := calleeOf(a.Text)
	if callee == "" {
		return
	}
	switch {
	case strings.Contains(a.Reason, "rcu_read_lock") || strings.Contains(a.Reason, "region"):
		a.Explanation = callee + " may sleep, but a section is open here in which the program must not sleep."
		a.Fix = "End the section first: call it after the body of f.RCU, not inside."
	case a.program.Sleepable:
		a.Explanation = callee + " may sleep. The program is sleepable, but at this place it must not sleep."
		a.Fix = "Check which section is open here, or use a call that does not sleep."
	default:
		a.Explanation = callee + " may sleep, but the program was not loaded as sleepable."
		a.Fix = "If the hook allows it, set program.Sleepable = true. Otherwise use a call that does not sleep: bpf_probe_read_user " +
			"instead of bpf_copy_from_user."
	}
}

// refineLicense names the licence of the program, and the called function.
func refineLicense(a *account) {
	if a.program.License != "" {
		a.Explanation += " This program was loaded with the licence \"" + a.program.License + "\"."
	}
	if callee := calleeOf(a.Text); callee != "" {
		a.Explanation = strings.Replace(a.Explanation, "The called function", callee, 1)
	}
}

// refineAttach finds the exact reason where the kernel has one text for several, and names members.
func refineAttach(a *account) {
	switch {
	case strings.HasPrefix(a.Reason, "attach to unsupported member ") && len(a.args) >= 2:
		switch {
		case a.program.Sleepable:
			a.Explanation = "The program is marked sleepable, but " + a.args[1] + "." + a.args[0] + " is called where the kernel must " +
				"not sleep. The kernel prints the same text for members that programs cannot implement."
			a.Fix = "Leave program.Sleepable false."
		case a.errnoIs("ENOTSUPP"):
			a.Explanation = "Programs cannot implement " + a.args[1] + "." + a.args[0] + " in this kernel."
			a.Fix = "Leave the member out."
		}
	case strings.HasPrefix(a.Reason, "attach to invalid member idx ") && len(a.args) >= 2:
		a.Explanation = "struct " + a.args[1] + " of this kernel has no member number " + a.args[0] + ": the number is from another " +
			"kernel's BTF."
		a.Fix = "Name the member: structops looks its number up in the kernel that the program is loaded into."
	case strings.HasPrefix(a.Reason, "attach to invalid member ") && len(a.args) >= 3:
		a.Explanation = a.args[2] + "." + a.args[0] + " is data, not a function, so a program cannot implement it."
		a.Fix = "In structops.Ops, set it to a value. Set programs only for members that are function pointers."
	case strings.HasPrefix(a.Reason, "attach_btf_id ") && strings.HasSuffix(a.Reason, " is not a typedef"):
		a.Explanation = "The program is for a tracepoint. In BTF a tracepoint is a typedef with the name btf_trace_ and the " +
			"tracepoint's name, but type " + a.args[0] + " is not a typedef."
		a.Fix = "Set the name of the tracepoint, and the loader finds its number: prog.Options{AttachTo: \"task_newtask\"}. To trace a " +
			"kernel function, load the program as fentry or fexit."
	case strings.Contains(a.Reason, " points to wrong type name ") && len(a.args) >= 2:
		a.Explanation = "The program is for a tracepoint. In BTF a tracepoint is a typedef with the name btf_trace_ and the " +
			"tracepoint's name, but type " + a.args[0] + " is the typedef " + a.args[1] + "."
		a.Fix = "Set the name of the tracepoint, and the loader finds its number: prog.Options{AttachTo: \"task_newtask\"}."
	case strings.HasPrefix(a.Reason, "attach_btf_id ") && a.program.Struct != "":
		a.Explanation = "Programs cannot implement struct " + a.program.Struct + " in this kernel: the kernel was built without the " +
			"interface, its module is not loaded, or the number belongs to another type."
	}
}

func (a *account) errnoIs(name string) bool { return strings.EqualFold(a.program.Errno, name) }

// refineMapType names the type of the map that a call does not take.
func refineMapType(a *account) {
	if !strings.HasPrefix(a.Reason, "cannot pass map_type ") || len(a.args) < 2 {
		return
	}
	n, err := strconv.ParseUint(a.args[0], 10, 32)
	if err != nil {
		return
	}
	name := a.args[1]
	if id, err := strconv.ParseInt(name, 10, 32); err == nil {
		name, _ = linux.HelperName(int32(id))
	}
	id, ok := linux.HelperID(name)
	if !ok {
		return
	}
	if _, ok := a.detail("cannot update sockmap in this context"); ok {
		a.Explanation = "Programs of this type may not change maps of type " + linux.MapType(n).String() + " with " + name + "."
		a.Fix = "Change the map in a program for sockets, packets or their iterators (sock_ops, tc, xdp, sk_lookup), or from user space."
		return
	}
	a.Explanation = name + " does not take maps of type " + linux.MapType(n).String()
	if h := linux.HelperByID(id); h.Maps != 0 {
		var names []string
		for t := linux.MapType(1); t < 64; t++ {
			if h.Maps.Has(t) {
				names = append(names, t.String())
			}
		}
		a.Explanation += ", only of type " + strings.Join(names, " or ")
	}
	a.Explanation += ". The same text is printed when this map is not possible in this type of program."
}
