package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// refineContext says what is wrong with an access to the context or to the arguments of a function.
func refineContext(a *account) {
	n, ok := numbers(a.args)
	if !ok || len(n) != 2 {
		return
	}
	off := n[0]
	for _, line := range a.Details {
		if rule, args := ruleFor(line); rule != nil && strings.HasSuffix(rule.Pattern, " is not a struct") {
			a.Pattern = rule.Pattern
			a.Explanation, a.Fix = fill(rule.Explanation, args, ""), rule.Fix
			return
		}
	}
	arguments := a.program.Type.Info().Arguments
	if args, ok := a.detail("func '%s' doesn't have %d-th argument"); ok && off >= 0 {
		a.Kind, a.Pattern = mistake.NoArgument, "func '%s' doesn't have %d-th argument"
		// The kernel's number counts from 1, and is larger by one when the function returns nothing (get_ctx_arg_idx, kernel/bpf/btf.c).
		// The number from the offset is always right.
		a.Explanation = "The program reads argument " + strconv.FormatInt(off/8, 10) + " of " + args[0] + ", counted from 0 (offset " +
			a.args[0] + " in the context), but the function has fewer arguments."
		a.Fix = "Declare only arguments that exist. The parameters of the Go function are the arguments, in the same order."
		return
	}
	if args, ok := a.detail("func '%s' offset %d is not multiple of 8"); ok {
		a.Kind, a.Pattern = mistake.ArgumentWidth, "func '%s' offset %d is not multiple of 8"
		a.Explanation = "The context of " + args[0] + " is an array of arguments, 8 bytes each, but offset " + args[1] + " is in the " +
			"middle of argument " + strconv.FormatInt(off/8, 10) + ", counted from 0."
		a.Fix = "Read argument i at offset 8*i. Parameters of a Go function are read like this."
		return
	}
	if args, ok := a.detail("func '%s' size %d must be 8"); ok {
		a.Kind, a.Pattern = mistake.ArgumentWidth, "func '%s' offset %d is not multiple of 8"
		a.Explanation = "Argument " + strconv.FormatInt(off/8, 10) + " of " + args[0] + ", counted from 0, is a pointer, but only " +
			args[1] + " of its 8 bytes are read."
		a.Fix = "Read all 8 bytes: dsl.LoadMem(isa.DW, ...). For a parameter of type dsl.Ptr, or of a type that embeds it, the compiler " +
			"does this."
		return
	}
	at := "offset " + a.args[0]
	switch o := parseOperands(a.Text); {
	case o.operation == storeOperation && arguments:
		a.Kind = mistake.ContextWrite
		a.Explanation = "The context is the array of the arguments and is read-only: " + instructionOf(*a.Report) + " writes to " + at +
			"."
		a.Fix = "Load the pointer argument, and write through it where that is allowed (tp.SetSndCwnd(v)). Keep your own state in a map."
	case o.operation == storeOperation:
		a.Kind = mistake.ContextWrite
		a.Explanation = "For this type of program the context is read-only, at least at " + at + ", but " + instructionOf(*a.Report) +
			" writes there."
		a.Fix = "Write only fields that this type of program may write: package kernel/ctx has setters for them. Keep your own state in " +
			"a map."
	case off < 0:
		a.Explanation = "The access begins before the context: " + at + "."
		a.Fix = "Use offsets of 0 or more: read the fields of the context by name (package kernel/ctx), or use a dsl.ContextOf with the " +
			"right Go type."
	case hidesPacket(a.program.Type, off):
		a.Explanation = "Socket filters may not use data and data_end of the context: they have no pointers into the packet."
		a.Fix = "Copy the bytes that are needed into a dsl.Local: f.Helper(\"bpf_skb_load_bytes\", ...). Programs for traffic control " +
			"and XDP may use the pointers."
	case o.operation == loadOperation && !arguments:
		subject := "The context"
		if a.program.Type != 0 {
			subject += " of " + a.program.Type.String() + " programs"
		}
		a.Explanation = subject + " cannot be read at offset " + a.args[0] + " with " + count(n[1], "byte") + ": there is no such " +
			"field, it has another width, or it is not for this type of program."
		if n[1] == 8 {
			a.Fix += " When the source reads two fields of 4 bytes one after the other, the compiler (clang) may join them into one " +
				"read of 8 bytes: read one of them through a volatile pointer, or put barrier_var() between the two."
		}
	case arguments:
		a.Explanation = "The context in R1 is an array of arguments, 8 bytes each, and does not have " + at + ". Probably the program " +
			"uses R1 as the struct itself, but the first argument is a pointer to the struct."
		a.Fix = "First load the pointer, at 8*i for argument i counted from 0. Then load the field through that pointer. In a Go " +
			"function declare a parameter of the struct's type and read tp.SndCwnd(), or p.Field(\"snd_cwnd\").U32()."
	}
}

// hidesPacket reports whether an offset is that of the packet's address, or its end, which programs of the type may not read.
func hidesPacket(t linux.ProgType, off int64) bool {
	access := t.Info().Access
	if access == nil || !access.Hides(off) {
		return false
	}
	f, _ := access.Field(off)
	return f.Leads == linux.LeadsToPacket || f.Leads == linux.LeadsToPacketEnd
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
	a.Explanation = "Programs of this type may only read struct " + v.Struct + ", but " + instructionOf(*a.Report) + " writes to it, " +
		field + "."
	if a.program.Struct == "tcp_congestion_ops" || a.program.Struct == "" && a.program.Type == linux.ProgTypeStructOps {
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

// refineWidth says how many bytes of the field are left.
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
	a.Explanation = "The write takes " + count(n[1], "byte") + " at offset " + a.args[0] + ", but " + field + ", which may be written, " +
		"ends at " + a.args[3] + ": only " + count(end[0]-n[0], "byte") + " fit."
}
