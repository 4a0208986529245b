package dsl

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// checkMemory compares the memory of a helper's argument with what the helper does with it: m is the map of the argument before, or nil.
func (f *Fn) checkMemory(h *linux.Helper, i int, m *MapSpec, operands []Operand) {
	switch h.Args[i].Kind {
	case linux.ArgKey:
		if m != nil {
			f.checkElement("key", m, m.Key, m.KeySize, operands[i])
		}
	case linux.ArgValue, linux.ArgValueOrNil, linux.ArgValueRoom:
		if m != nil {
			f.checkElement("value", m, m.Value, m.ValueSize, operands[i])
		}
	case linux.ArgRead, linux.ArgReadOrNil, linux.ArgWrite, linux.ArgWriteOrNil, linux.ArgUpdate:
		// The frame's next object is after the memory: the verifier lets the helper read or write it.
		at, _ := pointeeOf(operands[i])
		if size, ok := goInteger(operands[i+1]); ok && at.room != 0 && size.n > int64(at.room) {
			f.mistake(mistake.StackBounds, "", "argument %d of %s: the memory on the stack has %s, but the size is %v", i+1, h.Name,
				phrase.Count(at.room, "byte"), size)
		}
	}
}

// checkFlags notes constant flags with which a call fails whenever it runs.
func (f *Fn) checkFlags(h *linux.Helper, m *MapSpec, operands []Operand) {
	for i := range min(len(h.Args), len(operands)) {
		c, ok := goInteger(operands[i])
		if !ok || h.Flags == 0 || h.Args[i].Name() != "flags" {
			continue
		}
		flags := uint64(c.n)
		help := fmt.Sprintf("the flags may be %#x", uint64(h.Flags))
		if h.Flags == linux.NoFlags {
			help = "the flags must be 0"
		}
		switch {
		case h.Flags.Reserved(flags) != 0:
			f.mistake(mistake.BadConstant, help, "%s does not have the flags %#x; the call always fails", h.Name, h.Flags.Reserved(flags))
		case h.Name == "bpf_map_update_elem":
			f.checkUpdate(m, flags)
		}
	}
}

// checkUpdate notes flags that exist, with which an update of this map always fails (kernel/bpf/hashtab.c, htab_map_update_elem, and
// kernel/bpf/arraymap.c, array_map_update_elem, 6.18).
func (f *Fn) checkUpdate(m *MapSpec, flags uint64) {
	const noExist, exist, lock = 1, 2, 4
	switch {
	case flags&noExist != 0 && flags&exist != 0:
		f.mistake(mistake.BadConstant, "", "NoExist and Exist exclude each other; the update always fails")
	case m == nil || m.Err != nil:
	case flags&noExist != 0 && (m.Type == MapArray || m.Type == MapPerCPUArray):
		f.mistake(mistake.BadConstant, "use Any or Exist", "the elements of %v always exist: an update with NoExist always fails", m)
	case flags&lock != 0 && m.Value != nil && !m.Value.hasLock():
		f.mistake(mistake.BadConstant, "", "the values of %v, %v, have no dsl.SpinLock: an update with Lock always fails", m, m.Value.Type)
	}
}

// hasLock reports whether a value has a spin lock.
func (l *Layout) hasLock() bool {
	for _, part := range l.Leaves() {
		if part.Kind == LayoutKernel && part.Type == reflect.TypeFor[SpinLock]() {
			return true
		}
	}
	return false
}

// isNil reports whether an operand is Go's nil, or the constant 0 that stands for it.
func isNil(o Operand) bool {
	c, ok := goInteger(o)
	return o == nil || ok && c == (goInt{})
}

// refTo is the type of a parameter for a pointer, as Go writes it.
func refTo(o Operand) string {
	if at, _ := pointeeOf(o); at.typ != nil {
		return fmt.Sprintf("dsl.Ref[%v]", at.typ)
	}
	return "dsl.Ptr"
}

// checkCallback compares the parameters of a function with what a helper calls it with: data is the argument of the helper that is for the
// function, and m is its map.
func (f *Fn) checkCallback(h *linux.Helper, callback *Program, m *MapSpec, data Operand) {
	passed := h.Calls
	if callback == nil || callback.Proto == nil || callback.Proto.Err != nil || len(passed) == 0 {
		return
	}
	params := callback.Proto.Params
	if len(params) > len(passed) {
		f.mistake(mistake.BadArguments, "", "%s calls %s with %s, but it has %s", h.Name, callback.Name,
			phrase.Count(len(passed), "argument"), phrase.Count(len(params), "parameter"))
		return
	}
	if at := slices.Index(passed, linux.ArgFunctionData); at >= len(params) && !isNil(data) {
		f.mistake(mistake.BadArguments, fmt.Sprintf("give %s a parameter such as data %s, or pass nil", callback.Name, refTo(data)),
			"%s passes data to %s, which has no parameter for it", h.Name, callback.Name)
	}
	for i := range params {
		want := params[i].Go
		var layout *Layout
		switch passed[i] {
		case linux.ArgKey:
			if m != nil {
				layout = m.Key
			}
		case linux.ArgValue:
			if m != nil {
				layout = m.Value
			}
		case linux.ArgFunctionData:
			if !f.checkPassed(callback, i, data) {
				return
			}
		}
		if layout != nil && want != nil && layout.Type != want {
			have, want := typeNames(layout.Type, want)
			f.mistake(mistake.ArgumentType, "", "parameter %d of %s is a pointer to %s; %s passes a pointer to %s of %v", i+1,
				callback.Name, want, h.Name, have, m)
		}
	}
}
