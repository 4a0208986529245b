package verifierlog

import (
	"strconv"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// arrayContexts are the types of programs whose context is an array of arguments, 8 bytes each.
var arrayContexts = [...]string{"struct_ops", "tracing", "lsm", "tp_btf", "fentry", "raw_tp"}

// refineContext says what an access to the context, or to the arguments of a function, has done wrong.
func refineContext(a *account) {
	n, ok := numbers(a.args)
	if !ok || len(n) != 2 {
		return
	}
	off := n[0]
	arguments := false
	for _, t := range arrayContexts {
		arguments = arguments || a.program.Type == t
	}
	if args, ok := a.detail("func '%s' doesn't have %d-th argument"); ok && off >= 0 {
		a.Kind, a.Pattern = mistake.NoArgument, "func '%s' doesn't have %d-th argument"
		// The kernel's number counts from 1, and one more where the function returns nothing (get_ctx_arg_idx, kernel/bpf/btf.c). The offset
		// does not mislead.
		a.Explanation = args[0] + " is asked for argument " + strconv.FormatInt(off/8, 10) + ", counted from 0 (offset " + a.args[0] + " in the context), and has fewer."
		a.Fix = "Declare only the parameters that there are: those of the Go function are the arguments, in their order."
		return
	}
	if args, ok := a.detail("func '%s' offset %d is not multiple of 8"); ok {
		a.Kind, a.Pattern = mistake.ArgumentWidth, "func '%s' offset %d is not multiple of 8"
		a.Explanation = "The context of " + args[0] + " is an array of arguments, 8 bytes each, and offset " + args[1] + " is in the middle of number " + strconv.FormatInt(off/8, 10) + ", counted from 0."
		a.Fix = "Read argument i at offset 8*i; the parameters of a Go function do."
		return
	}
	if args, ok := a.detail("func '%s' size %d must be 8"); ok {
		a.Kind, a.Pattern = mistake.ArgumentWidth, "func '%s' offset %d is not multiple of 8"
		a.Explanation = "Argument " + strconv.FormatInt(off/8, 10) + " of " + args[0] + ", counted from 0, is a pointer, and " + args[1] + " of its 8 bytes are read."
		a.Fix = "Read all 8: dsl.LoadMem(isa.DW, ...). A parameter of type dsl.Ptr, or of a type that embeds it, is read whole."
		return
	}
	at := "offset " + a.args[0]
	switch o := parseOperands(a.Text); {
	case o.operation == storeOperation && arguments:
		a.Kind = mistake.ContextWrite
		a.Explanation = "The context is the array of the arguments, and is read only: " + instructionOf(*a.Report) + " writes to " + at + "."
		a.Fix = "Load the pointer that is the argument, and write through that where it is allowed (tp.SetSndCwnd(v)); keep state of your own in a map."
	case o.operation == storeOperation:
		a.Kind = mistake.ContextWrite
		a.Explanation = "The context is read only at " + at + ", or altogether, for this type of program: " + instructionOf(*a.Report) + " writes there."
		a.Fix = "Write only fields that the type of program lets be written: package kernel/ctx has setters for those. Keep state of your own in a map."
	case off < 0:
		a.Explanation = "The access begins before the context: " + at + "."
		a.Fix = "Use offsets from 0: the fields of the context by name (package kernel/ctx), or a dsl.ContextOf of the right Go type."
	case a.program.Type == "socket_filter" && (off == 76 || off == 80): // __sk_buff's data and data_end
		a.Explanation = "Socket filters have no pointers into the packet: data and data_end of the context are not for them."
		a.Fix = "Copy what is needed: f.Helper(\"bpf_skb_load_bytes\", ...) into a dsl.Local. Programs of traffic control and XDP have the pointers."
	case o.operation == loadOperation && !arguments:
		subject := "The context"
		if a.program.Type != "" {
			subject += " of " + a.program.Type + " programs"
		}
		a.Explanation = subject + " has nothing at offset " + a.args[0] + " that may be read with " + count(n[1], "byte") + ": there is no such field, it has another width, or it is not for this type of program."
	case arguments:
		a.Explanation = "The context in R1 is an array of arguments, 8 bytes each, and has no " + at + ". It looks as if R1 were taken for the struct itself, to which the first argument only points."
		a.Fix = "Load the pointer first, at 8*i for argument i counted from 0, and the field through that. In a Go function declare a parameter of the struct's type and read tp.SndCwnd(), or p.Field(\"snd_cwnd\").U32()."
	}
}

// refineReadOnlyStruct names the struct.
func refineReadOnlyStruct(a *account) {
	_, v, offset := a.pointerOf()
	if v.Kind != PointerBTF || v.Struct == "" {
		return
	}
	field := "at offset " + strconv.FormatInt(v.Offset+offset, 10)
	if a.program.Field != nil {
		if name := a.program.Field(v.Struct, int(v.Offset+offset)); name != "" {
			field = "(" + name + ") " + field
		}
	}
	a.Explanation = "struct " + v.Struct + " is memory of the kernel that programs of this type only read, and " + instructionOf(*a.Report) + " writes to it, " + field + "."
	if a.program.Struct == "tcp_congestion_ops" || a.program.Struct == "" && a.program.Type == "struct_ops" {
		a.Fix += " {writable}"
	}
}

// refineField names the field that may not be written.
func refineField(a *account) {
	if len(a.args) < 2 || a.program.Field == nil {
		return
	}
	offset, ok := parseInt(a.args[1])
	if !ok {
		return
	}
	if name := a.program.Field(a.args[0], offset); name != "" {
		a.Explanation = a.args[0] + "." + name + ", at offset " + a.args[1] + ", may not be written here."
	}
}

// refineWidth says how much of the field is left.
func refineWidth(a *account) {
	n, ok := numbers(a.args[:min(2, len(a.args))])
	if !ok || len(n) < 2 || len(a.args) < 4 {
		return
	}
	end, ok := numbers(a.args[3:4])
	if !ok || end[0] < n[0] {
		return
	}
	field := "the field of " + a.args[2]
	if a.program.Field != nil {
		if name := a.program.Field(a.args[2], int(n[0])); name != "" {
			field = a.args[2] + "." + name
		}
	}
	a.Explanation = "The write takes " + count(n[1], "byte") + " at offset " + a.args[0] + ", and " + field + " that may be written there ends at " + a.args[3] + ": " + count(end[0]-n[0], "byte") + " are left."
}
