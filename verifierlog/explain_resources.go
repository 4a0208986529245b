package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// refineReference names what is held, and how to release it.
func refineReference(a *account) {
	args, ok := a.detail("Unreleased reference id=%d alloc_insn=%d")
	if !ok {
		return
	}
	insn, ok := parseInt(args[1])
	if !ok {
		return
	}
	acquired, ok := a.step(func(s Step) bool { return s.Insn == insn })
	if !ok {
		a.Explanation = "Instruction " + args[1] + " acquired something (reference " + args[0] + "), and it is still held at the end of " +
			"this path."
		a.Fix = "Release it on this path too, before the exit."
		return
	}
	a.Explanation = "The program still holds reference " + args[0] + " at the end of this path. It was acquired by " + placed(acquired) +
		"."
	if lost, ok := a.noted(LastIsLost); ok {
		a.Explanation += " Its last copy is overwritten at " + placed(lost) + "."
	}
	gives, ok := linux.HoldingOf(calleeOf(acquired.Text))
	switch {
	case !ok:
	case gives.Always:
		a.Fix = "End it on every path to the exit, even when the call failed or found nothing: " + givingBack(gives) + "."
	case gives.MayBeNil:
		a.Fix = "Release it on every path to the exit, except where it is nil: " + givingBack(gives) + "."
	default:
		a.Fix = "Release it on every path to the exit: " + givingBack(gives) + "."
	}
}

// refineReleased says why the program may not release this.
func refineReleased(a *account) {
	n, ok := namedRegister(a.Reason, a.Details)
	callee := calleeOf(a.Text)
	if !ok || callee == "" {
		return
	}
	from, ok := a.noted(FromContext)
	if v := a.register(n); ok && v.Kind.IsPointer() && v.Ref == 0 {
		a.Explanation = "R" + strconv.Itoa(n) + " " + v.what() + " that the kernel passed to the program: " + placed(from) + " read it. " +
			"It still belongs to the kernel. " + callee + " accepts only pointers that the program acquired itself."
		a.Fix = "Remove the call. Or acquire the object first, and release the pointer that the acquiring call returned."
	}
}

// refineSection names the section that is not ended.
func refineSection(a *account) {
	section, ok := a.section()
	if !ok {
		return
	}
	a.Explanation = "Here the program still holds the " + section.Thing
	if began, ok := a.noted(BeginsIt); ok {
		a.Explanation += ", since " + placed(began)
	}
	a.Explanation += "."
	if a.Text != "" {
		a.Explanation += " " + instructionOf(*a.Report) + " is not allowed before it ends."
	}
	a.Fix = "On every path, call " + givingBack(section) + "."
	if (a.Frame > 0 || a.Text == "") && section.Thing == "RCU read lock" {
		if a.Frame > 0 {
			a.Explanation += " This is the end of a function that was called."
		}
		a.Explanation += " Kernels before 6.8 do not accept a section that begins in one function and ends in another, not even when " +
			"the caller ends it."
		a.Fix += " Or make the function static __always_inline, so that begin and end are in one function."
	}
}

// section finds the section that the message names. One name may be the beginning of another: the longest counts.
func (a *account) section() (section linux.Holding, ok bool) {
	longest := 0
	for name, held := range linux.Holdings() {
		if !held.Section {
			continue
		}
		for _, call := range append([]string{name}, held.Back...) {
			if len(call) > longest && strings.Contains(a.Reason, call) {
				section, longest = held, len(call)
			}
		}
	}
	return section, longest > 0
}

// refineOtherLock says that a lock is held, but another one.
func refineOtherLock(a *account) {
	if _, ok := a.detail("held lock and object are not in the same allocation"); !ok {
		return
	}
	a.Explanation = "A lock is held here, but it does not protect this list or tree: the two must be in the same object, a value of a " +
		"map or an object that the program allocated. For the verifier, two look-ups give two values, even with the same key."
	a.Fix = "Declare the lock in the same struct as the list or tree (for global variables, in the same private section), and take it " +
		"through the pointer that leads to the list."
}

// refineLocked names the call.
func refineLocked(a *account) {
	if !strings.Contains(a.Reason, "holding a lock") && !strings.HasPrefix(a.Reason, "Locking two") {
		return
	}
	callee := calleeOf(a.Text)
	if callee == "" {
		return
	}
	if id, ok := linux.HelperID(callee); ok && linux.HelperByID(id).Takes(linux.ArgLock) {
		a.Explanation = "A spin lock is already held here. A program may hold only one at a time: a second call of " + callee + " would " +
			"wait forever."
		a.Fix = "End the first section before the second: do not use f.Locked inside the body of f.Locked."
		return
	}
	a.Explanation = callee + " is called while a spin lock is held. Before the lock is released, no other call is allowed."
}
