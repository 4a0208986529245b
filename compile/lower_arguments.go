package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// An argument is what a parameter of the program gets. It is used if the program was written for other kernels than the target.
type argument struct {
	index int    // of the place's parameters; -1 if the kernel does not pass it
	name  string // the kernel's name for it
	since string // the release of Linux that passes it, if the target does not
}

// matchArguments finds out which of the kernel's arguments each parameter is, for a Go function that declares the parameters of another
// kernel.
func matchArguments(u *unit) {
	declared, at := u.program.Proto, u.target.Place
	if !u.program.Structured() || declared.Err != nil || at == nil || at.Signature == nil ||
		len(declared.Params) == len(at.Signature.Params) {
		return
	}
	i := slices.IndexFunc(at.Signature.Others, func(v place.Variant) bool { return len(v.Params) == len(declared.Params) })
	if i < 0 {
		return
	}
	variant := at.Signature.Others[i]
	u.passed = make([]argument, len(variant.Params))
	for i, name := range variant.Params {
		u.passed[i] = argument{name: name, since: string(variant.Since),
			index: slices.IndexFunc(at.Signature.Params, func(p place.Param) bool { return p.Name == name })}
	}
}

// argument reads an argument at its place in the target. If the target does not pass it, the value is 0, and that is recorded.
func (l *lowering) argument(n ir.V, v ir.Value) ir.V {
	param := int(v.Off / 8)
	if l.p == l.program && param < len(l.passed) {
		if l.passed[param].index < 0 {
			l.noteAbsent(n, param)
			return l.constantValue(v.Type, 0)
		}
		v.Off = int32(8 * l.passed[param].index)
	}
	if v.Size < 8 && l.target.ByteOrder == isa.BigEndian {
		return l.argumentAtEnd(&v)
	}
	return l.emit(v, l.args(&v)...)
}

// argumentAtEnd reads a narrow argument on a big-endian machine, where it is at the end of its word.
func (l *lowering) argumentAtEnd(v *ir.Value) ir.V {
	word := l.emit(ir.Value{Op: ir.Load, Type: ir.I64, Size: 8, Off: v.Off}, l.value[v.Args[0]])
	n := l.emit(ir.Value{Op: ir.Trunc, Type: ir.I32}, word)
	if v.Size < 4 {
		n = l.emit(ir.Value{Op: ir.And, Type: ir.I32, Imm: 1<<(8*v.Size) - 1}, n)
	}
	return n
}

// noteAbsent records that a value is a parameter that the target does not pass. That is a mistake only if the value is used.
func (l *lowering) noteAbsent(n ir.V, param int) {
	if l.absent == nil {
		l.absent = make([]int, len(l.from.Values))
	}
	l.absent[n] = param + 1
}

// checkAbsent reports a value that is computed from a parameter that the target does not pass.
func (l *lowering) checkAbsent(n ir.V) {
	if l.absent == nil {
		return
	}
	v := &l.from.Values[n]
	for _, a := range v.Args {
		if l.absent[a] != 0 && v.Site == l.from.Values[a].Site && (v.Op == ir.SExt8 || v.Op == ir.SExt16) {
			l.absent[n] = l.absent[a] // the parameter itself, cut to its width
			continue
		}
		l.useAbsent(a)
	}
}

// useAbsent reports the use of a parameter that the target does not pass.
func (l *lowering) useAbsent(n ir.V) {
	if l.absent == nil || l.absent[n] == 0 {
		return
	}
	at := l.target.Place
	missing := l.passed[l.absent[n]-1]
	names := make([]string, len(at.Signature.Params))
	for i, p := range at.Signature.Params {
		names[i] = p.Name
	}
	l.foundAt(mistake.NoArgument, mistake.Finding{
		Detail: fmt.Sprintf("%s is used, but this kernel does not pass it: it passes %s", missing.name, strings.Join(names, ", ")),
		Note:   at.Name() + " is " + at.Signature.Text,
		Help: fmt.Sprintf("Linux passes %s since %s; for kernels before that, register a function that does not use it",
			missing.name, missing.since),
	})
}
