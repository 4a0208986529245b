package compile

import (
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/mistake"

	cbtf "github.com/cilium/ebpf/btf"
)

// compareSignature compares the program's parameters and result with those of its place.
func compareSignature(u *unit) {
	u.needResult()
	declared, place := u.program.Proto, u.target.Place
	if declared == nil || declared.Err != nil || place == nil || place.Signature == nil { // an Err is reported elsewhere
		return
	}
	signature := place.Signature
	report := func(kind mistake.Kind, format string, args ...any) {
		u.note(u.program, kind, mistake.Finding{Position: declared.Pos, Insn: -1, Detail: fmt.Sprintf(format, args...),
			Note: place.Name() + " is " + signature.Text})
	}
	if u.passed == nil && len(declared.Params) != len(signature.Params) {
		report(mistake.ParamCount, "the program declares %s, but the kernel passes %d", phrase.Count(len(declared.Params), "parameter"),
			len(signature.Params))
	}
	for i, param := range declared.Params {
		at := i
		if u.passed != nil {
			at = u.passed[i].index
		}
		if at < 0 || at >= len(signature.Params) {
			continue
		}
		if got, want := param.Type, signature.Params[at]; !sameType(place, got, want.Type) {
			report(mistake.ParamType, "parameter %d is declared as %v, but the kernel passes %s", i, got,
				btf.Declaration(want.Type, want.Name))
		}
	}
	if place.IsMember() && !sameType(place, declared.Result, signature.Result) {
		report(mistake.ResultType, "the result is declared as %v, but the kernel expects %s", declared.Result,
			btf.Declaration(signature.Result, ""))
	}
}

// needResult refuses a Go function without a result where the kernel does something with the result. Without one, the result would be what
// is left in R0.
func (u *unit) needResult() {
	proto, place := u.program.Proto, u.target.Place
	if place == nil || !u.program.Structured() || proto == nil || proto.Err != nil || !proto.Result.Void() {
		return
	}
	switch place.Type {
	case linux.ProgTypeUnspec, linux.ProgTypeStructOps, linux.ProgTypeLSM, linux.ProgTypeExt: // some of them are void
		return
	}
	if place.Type.MayBeVoid(place.Hook) {
		return
	}
	help := "let the Go function return a dsl.U32, and return one on every path"
	if limits := place.Type.ResultAt(place.Hook); limits != nil {
		help += fmt.Sprintf("; the result must be %v", limits)
	}
	u.note(u.program, mistake.NoResult, mistake.Finding{Position: proto.Pos, Insn: -1, Help: help,
		Detail: fmt.Sprintf("the Go function has no result, but the kernel acts on the result of %v programs", place.Type)})
}

// sameType reports whether a declared type stands for the kernel's. Integers must agree in size and sign. Pointers must agree in what
// they point to, or in what that may be used as.
func sameType(place *Place, declared dsl.CType, kernel cbtf.Type) bool {
	switch t := btf.Underlying(kernel).(type) {
	case nil, *cbtf.Void:
		return declared.Void()
	case *cbtf.Int:
		// A char's sign is the compiler's choice, so its name is enough.
		return declared.Integer && declared.Size == int(t.Size) &&
			(declared.Signed == (t.Encoding == cbtf.Signed) || declared.Name == t.Name)
	case *cbtf.Enum:
		return declared.Integer && declared.Size == int(t.Size)
	case *cbtf.Pointer:
		switch {
		case declared.Stars == 0:
			return false
		case declared.Name == "void" && declared.Stars == 1: // as in C, it fits any pointer
			return true
		}
		target := btf.PointedTo(t)
		if target == "" || declared.Struct() == "" {
			return strings.TrimSuffix(btf.Declaration(t, ""), " *") == strings.TrimSuffix(declared.String(), " *")
		}
		return declared.Struct() == target || place.Cast(target) == declared.Struct()
	}
	return true // structs passed by value, and others: the kernel decides
}
