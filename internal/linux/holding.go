package linux

import (
	"iter"
	"slices"
	"strings"
)

// A Holding is what a program holds after a call, and how it gives that back.
type Holding struct {
	Thing    string   // "task"
	Back     []string // the helpers or functions that release or end it: one of them must be called; none if its type decides which
	Or       string   // another way, after "or"; "" if there is none
	Section  bool     // the call begins a section, such as that of a lock; nothing else than its end gives it back
	MayBeNil bool     // nothing is held if the result is nil
	Always   bool     // it is held even if the call failed or found nothing
}

// Holding is what a program holds after a call of the helper; ok is false for nothing.
func (h *Helper) Holding() (_ Holding, ok bool) {
	nilable := h.Result == ResultRecord || h.Result == ResultSocket || h.Result == ResultKptr
	return Holding{Thing: h.Held, Back: h.Back, Or: h.Or, Section: h.Takes(ArgLock), MayBeNil: nilable,
		Always: h.Takes(ArgNewDynptr)}, len(h.Back) > 0 || h.Or != ""
}

// Holding is what a program holds after a call of the function; ok is false for nothing.
func (f *Function) Holding() (_ Holding, ok bool) {
	return Holding{Thing: f.Held, Back: f.Back, Or: f.Or, Section: f.Has(FuncEntersRCU | FuncStopsPreemption | FuncSavesFlags | FuncLocks),
		MayBeNil: f.Has(FuncMayBeNil | FuncNilVaries), Always: f.Has(FuncBegins)}, len(f.Back) > 0 || f.Or != ""
}

// HoldingOf is what a program holds after a call of a helper or kernel function, by its name; ok is false for nothing.
func HoldingOf(name string) (h Holding, ok bool) {
	if id, isHelper := HelperID(name); isHelper {
		return helpers[id].Holding()
	}
	return FunctionNamed(name).Holding()
}

// Holdings ranges over all calls after which a program holds something, by their names.
func Holdings() iter.Seq2[string, Holding] {
	return func(yield func(string, Holding) bool) {
		for n := range helpers {
			if h, ok := helpers[n].Holding(); ok && !yield(helpers[n].Name, h) {
				return
			}
		}
		for n := range functions {
			if h, ok := functions[n].Holding(); ok && !yield(functions[n].Name, h) {
				return
			}
		}
	}
}

// GivesBack reports whether a helper or kernel function releases, ends or passes on what one of its arguments stands for, or ends a
// section.
func GivesBack(name string) bool {
	if id, ok := HelperID(name); ok {
		h := &helpers[id]
		return h.Takes(ArgSocket) || h.Takes(ArgRecord) || h.Takes(ArgHeldDynptr) || h.Takes(ArgUnlock)
	}
	return FunctionNamed(name).Has(FuncReleases | FuncTransfers | FuncFinishes | FuncRestoresFlags | FuncLeavesRCU | FuncAllowsPreemption |
		FuncUnlocks)
}

// EndsLock reports whether a helper or kernel function releases a lock.
func EndsLock(name string) bool {
	if id, ok := HelperID(name); ok {
		return helpers[id].Takes(ArgUnlock)
	}
	return FunctionNamed(name).Has(FuncUnlocks)
}

// Takes reports whether the helper has an argument of a kind.
func (h *Helper) Takes(k ArgKind) bool {
	return slices.ContainsFunc(h.Args, func(a Arg) bool { return a.Kind == k })
}

// String is how it is given back, after "release it with": "bpf_ringbuf_submit or bpf_ringbuf_discard if it is not nil".
func (h Holding) String() string {
	text := strings.Join(h.Back, " or ")
	if text == "" {
		text = "the function for its type"
	}
	if h.Or != "" {
		text += ", or " + h.Or
	}
	switch {
	case h.MayBeNil:
		text += " if it is not nil"
	case h.Always:
		text += ", also if the call failed"
	}
	return text
}
