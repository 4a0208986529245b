package main

import (
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// functionTexts are the effects of calls of kernel functions, in words.
var functionTexts = []effectText[linux.FunctionEffects]{
	{linux.FuncMayBeNil, "The result may be nil."},
	{linux.FuncNilVaries, "The result may be nil in some kernels, or for some arguments."},
	{linux.FuncAllocates, "The result is a new object of the program's type whose id is the first argument."},
	{linux.FuncPerCPU, "Of the object there is one for each CPU."},
	{linux.FuncNode, "The result is a node of the list or tree."},
	{linux.FuncEntersRCU, "An RCU section begins."},
	{linux.FuncLeavesRCU, "The RCU section ends."},
	{linux.FuncStopsPreemption, "A section without preemption begins."},
	{linux.FuncAllowsPreemption, "The section without preemption ends."},
	{linux.FuncSavesFlags, "It saves the interrupt flags on the stack."},
	{linux.FuncRestoresFlags, "It restores the interrupt flags."},
	{linux.FuncBegins, "An iterator on the stack begins."},
	{linux.FuncSteps, "The iterator goes on; the result is nil after the last one."},
	{linux.FuncFinishes, "The iterator ends."},
	{linux.FuncLocks, "It takes a lock if the result is 0."},
	{linux.FuncUnlocks, "It releases the lock."},
	{linux.FuncThrows, "The program ends there."},
}

// needTexts are what calls need, in words.
var needTexts = []effectText[linux.FunctionEffects]{
	{linux.FuncTrusts, "Its pointers must be trusted and not nil."},
	{linux.FuncTrustsRCU, "Its pointers must be trusted or protected by RCU, and not nil."},
	{linux.FuncNeedsLock, "The lock of its list or tree must be held."},
	{linux.FuncLocked, "It may be called while a spin lock is held."},
}

func kernelFunctions(p *page) error {
	p.paragraph("Programs may call many functions of the kernel (kfuncs); their prototypes are in the kernel's BTF. This page has those",
		"that acquire or release something, begin or end something, or need something of the program, and some that are often called.",
		"*Since* is the first Linux that has the function. The kernel may drop or change such a function in any release.")
	p.head("function", "since", "what it does", "what it needs", "source")
	for _, f := range sortedFunctions() {
		p.row(code(f.Name), string(f.Since), functionDoes(f), functionNeeds(f), f.Source)
	}
	return nil
}

func sortedFunctions() []*linux.Function {
	return slices.SortedFunc(linux.Functions(), func(a, b *linux.Function) int { return strings.Compare(a.Name, b.Name) })
}

func functionDoes(f *linux.Function) string {
	list := textsOf(functionTexts, f.Has)
	switch arg := "Argument " + number(int64(f.Arg)+1); {
	case f.Has(linux.FuncReleases):
		list = append(list, arg+" is released.")
	case f.Has(linux.FuncTransfers):
		list = append(list, arg+" then belongs to another owner.")
	}
	if hold, ok := f.Holding(); ok { // this is said for all with FuncAcquires
		list = append(list, held(hold))
	}
	return strings.Join(list, " ")
}

func functionNeeds(f *linux.Function) string {
	list := textsOf(needTexts, f.Has)
	if linux.FunctionSleeps(f.Name) {
		list = append(list, "The program must be one that may sleep.")
	}
	return strings.Join(list, " ")
}
