package compile

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/verify"
)

// describedFunctions are the functions as func_info has them. Global ones are verified by their prototypes (see globalProto).
func (u *unit) describedFunctions(programType linux.ProgType) []verify.Function {
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
				described.Args = append(described.Args,
					verify.PointerArgument(programType, strings.TrimPrefix(param.Type.Name, "struct "), int64(max(param.Type.Size, 1))))
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
