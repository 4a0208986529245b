package compile

import (
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/verify"
)

// Describe brings what is known of a place to a program that is checked without being compiled here.
func Describe(p *verify.Program, c *Context) {
	p.Signature = &verify.Signature{}
	for _, param := range c.Params {
		v := described(param.Type)
		v.Name, v.Nullable, v.Ref = param.Name, param.Nullable, param.Ref
		p.Signature.Params = append(p.Signature.Params, v)
	}
	if !isVoid(c.Result) {
		result := described(c.Result)
		p.Signature.Result = &result
	}
	if c.Rules == nil {
		return
	}
	p.Casts = map[string]string{}
	for _, cast := range c.Rules.Casts {
		p.Casts[cast.From] = cast.To
	}
	for _, w := range c.Rules.Writable {
		p.Writable = append(p.Writable, verify.Field(w))
	}
	p.HelperForbidden = c.Rules.HelperForbidden
	p.KernelForbidden = c.Rules.KernelForbidden
}

// described is an argument or a result as the check sees it.
func described(t cbtf.Type) verify.Param {
	var v verify.Param
	switch under := btf.Underlying(t).(type) {
	case *cbtf.Pointer:
		v.Pointer, v.Struct = true, btf.PointedTo(t)
	case *cbtf.Int:
		v.Size = int(under.Size)
	case *cbtf.Enum:
		v.Size = int(under.Size)
	}
	return v
}

// describedFunctions are the functions as func_info has them: those that are global are verified by their prototypes (see globalProto).
func (u *unit) describedFunctions(programType string) []verify.Function {
	var list []verify.Function
	for i, f := range u.funcs {
		described := verify.Function{Slot: f.first, Name: f.program.Name}
		if i > 0 && f.program.Global {
			described.Global = true
			for _, param := range f.program.Proto.Params {
				if param.Type.Integer {
					described.Args = append(described.Args, verify.Argument{Kind: verify.ArgumentNumber})
					continue
				}
				described.Args = append(described.Args, verify.PointerArgument(programType, strings.TrimPrefix(param.Type.Name, "struct "), int64(max(param.Type.Size, 1))))
			}
		}
		list = append(list, described)
		for _, index := range f.inner {
			if index > 0 {
				list = append(list, verify.Function{Slot: f.first + f.slotAt(index)})
			}
		}
	}
	return list
}
