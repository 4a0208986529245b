package compile

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

// call checks a call and gives its result.
func (w *walk) call(i int, regs *state) bool {
	in := &w.f.code[i]
	result, arguments := value{kind: unknown}, 0
	switch {
	case in.is(vague):
	case in.IsHelperCall():
		w.checkHelper(i)
	case in.IsKfuncCall():
		fn, known := w.kernel[btf.ID(in.Imm)]
		if !known {
			break
		}
		w.checkKernelFunction(i, fn)
		arguments = len(fn.proto.Params)
		switch {
		case isVoid(fn.proto.Return):
			result = value{}
		case !isPointer(fn.proto.Return):
			result = anyNumber
		}
	case in.is(calling):
		if proto := w.f.callee(i).program.Proto; proto != nil {
			arguments = len(proto.Params)
			if proto.Result.Void() {
				result = value{}
			} else if proto.Result.Stars == 0 {
				result = anyNumber
			}
		}
	}
	for r := isa.R1; int(r) <= min(arguments, 5); r++ {
		if regs[r].kind == unset {
			w.found(w.f, i, Uninitialised, Finding{Detail: fmt.Sprintf("%v, argument %d of %d, is not set at %q", r, r-1, arguments, w.f.item(i)), Help: w.argumentsHelp(i)})
			return false
		}
	}
	if w.refs.on && !w.callReferences(i, regs, &result) {
		return false
	}
	for r := range isa.CallerSaved.All() {
		regs[r] = value{}
	}
	regs[isa.R0] = result
	return true
}

// argumentsHelp shows what a called function takes.
func (w *walk) argumentsHelp(i int) string {
	in := &w.f.code[i]
	if fn, ok := w.kernel[btf.ID(in.Imm)]; ok && in.IsKfuncCall() {
		return "it is " + btf.Declaration(fn.proto, fn.name) + "; a call loses r1 to r5, so set them again before each call"
	}
	sub := w.f.callee(i).program
	return fmt.Sprintf("%s is declared as %v", sub.Name, sub.Proto)
}

func (w *walk) checkHelper(i int) {
	c := w.target.Context
	if c == nil || c.Rules == nil || c.Rules.HelperForbidden == nil {
		return
	}
	id := int32(w.f.code[i].Imm)
	why := c.Rules.HelperForbidden(id)
	if why == "" {
		return
	}
	name, known := isa.HelperName(id)
	if !known {
		name = fmt.Sprint(id)
	}
	w.found(w.f, i, HelperForbidden, Finding{Detail: fmt.Sprintf("helper %s may not be called here: %s", name, why)})
}

func (w *walk) checkKernelFunction(i int, fn kernelFunction) {
	c := w.target.Context
	if c == nil || c.Rules == nil || c.Rules.KernelForbidden == nil {
		return
	}
	if why, allowed := c.Rules.KernelForbidden(fn.name); why != "" {
		w.found(w.f, i, KernelForbidden, Finding{Detail: fmt.Sprintf("kernel function %s may not be called here: %s", fn.name, why),
			Help: "allowed are " + strings.Join(allowed, ", ")})
	}
}
