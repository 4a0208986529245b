package main

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// argTexts are the kinds of arguments, in words; "" for what needs none.
var argTexts = [linux.ArgKinds]string{
	linux.ArgAny:          "a number or pointer",
	linux.ArgAddress:      "an address, which the helper checks",
	linux.ArgMore:         "further arguments",
	linux.ArgContext:      "the context",
	linux.ArgMap:          "a map",
	linux.ArgKey:          "a key of the map",
	linux.ArgValue:        "a value of the map",
	linux.ArgValueOrNil:   "a value of the map, or 0",
	linux.ArgValueRoom:    "room for a value of the map",
	linux.ArgRead:         "memory that is read",
	linux.ArgReadOrNil:    "memory that is read, or 0 if its size is 0",
	linux.ArgWrite:        "memory that is written",
	linux.ArgWriteOrNil:   "memory that is written, or 0 if its size is 0",
	linux.ArgUpdate:       "memory that is read and written",
	linux.ArgWrite4:       "room for 4 bytes",
	linux.ArgWrite8:       "room for 8 bytes",
	linux.ArgSize:         "the size of the memory before, at least 1",
	linux.ArgSizeOrZero:   "the size of the memory before, or 0",
	linux.ArgConstant:     "a known constant",
	linux.ArgPointer:      "a pointer to an object, not nil",
	linux.ArgPointerOrNil: "a pointer to an object, or 0",
	linux.ArgOwner:        "the object that the value belongs to",
	linux.ArgConstantText: "a text in a read-only map",
	linux.ArgFunction:     "a function of the program",
	linux.ArgFunctionData: "what the function is called with",
	linux.ArgRecord:       "a record of a ring buffer; it is released",
	linux.ArgSocket:       "a socket; it is released",
	linux.ArgLock:         "a spin lock in a map's value; it is taken",
	linux.ArgUnlock:       "a spin lock; it is released",
	linux.ArgKptr:         "a kptr in a map's value",
	linux.ArgDynptr:       "a dynptr on the stack",
	linux.ArgNewDynptr:    "room for a dynptr, which must be released",
	linux.ArgHeldDynptr:   "a dynptr; it is released",
	linux.ArgOwnDynptr:    "room for a dynptr",
}

// resultTexts are the results of helpers, in words.
var resultTexts = [...]string{
	linux.ResultUnfollowed: "",
	linux.ResultOther:      "",
	linux.ResultNone:       "nothing",
	linux.ResultNumber:     "a number",
	linux.ResultAnyNumber:  "a number",
	linux.ResultCopied:     "how many bytes were written, or a negative errno",
	linux.ResultValue:      "a pointer to the value, or nil",
	linux.ResultRecord:     "a record of a ring buffer, or nil",
	linux.ResultSocket:     "a socket, or nil",
	linux.ResultSocketPart: "the socket that the first argument is, or nil",
	linux.ResultSocketView: "another socket, or nil",
	linux.ResultKptr:       "the old pointer, or nil",
	linux.ResultDynptrData: "memory of the dynptr, or nil",
}

// effectTexts are what calls do, in words.
var effectTexts = []effectText[linux.Effects]{
	{linux.MovesPacket, "Pointers into the packet are lost."},
	{linux.Sleeps, "It may sleep."},
	{linux.MayEnd, "The program may end there."},
	{linux.Unlocks, "It may be called while a spin lock is held."},
}

func helpers(p *page) error {
	p.paragraph("A program calls a helper by its number. *Since* is the first Linux that has it. A program may call a helper that is",
		"marked `GPL` only if its licence is compatible with the GPL. The types are those of the kernel's header linux/bpf.h. In",
		"brackets is what the verifier expects of an argument, where that is the same for all programs and the type does not say it.")
	p.head("number", "helper", "since", "licence", "arguments", "result", "the call")
	for id, h := range linux.Helpers() {
		licence := ""
		if h.GPL {
			licence = "GPL"
		}
		p.row(number(int64(id)), code(h.Name), string(h.Since), licence, arguments(h), result(h), helperCall(h))
	}
	return nil
}

func arguments(h *linux.Helper) string {
	list := make([]string, len(h.Args))
	for i, a := range h.Args {
		list[i] = code(a.Decl)
		_, _, isNumber := a.Integer()
		if text := argTexts[a.Kind]; text != "" && !(isNumber && a.Kind == linux.ArgAny) {
			list[i] += " (" + text + ")"
		}
	}
	return strings.Join(list, "<br>")
}

func result(h *linux.Helper) string {
	if text := resultTexts[h.Result]; text != "" && h.C != "void" {
		return code(h.C) + " (" + text + ")"
	}
	return code(h.C)
}

// helperCall is what else happens in a call.
func helperCall(h *linux.Helper) string {
	var list []string
	if hold, ok := h.Holding(); ok {
		list = append(list, held(hold))
	}
	return strings.Join(append(list, textsOf(effectTexts, h.Effects.Has)...), " ")
}

// held says what a program holds after a call, and how it gives that back.
func held(h linux.Holding) string {
	text := "The program then holds the " + h.Thing
	back := h.String()
	if back == "" {
		return text + "."
	}
	verb := "release it with "
	if h.Section {
		verb = "end it with "
	}
	return text + ": " + verb + back + "."
}
