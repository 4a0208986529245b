package compile

import "github.com/bpfsmith/bpfsmith/isa"

// negated is the comparison that holds where op does not, or 0.
func negated(op isa.Opcode) isa.Opcode {
	switch op {
	case isa.OpJEQ:
		return isa.OpJNE
	case isa.OpJNE:
		return isa.OpJEQ
	case isa.OpJGT:
		return isa.OpJLE
	case isa.OpJLE:
		return isa.OpJGT
	case isa.OpJGE:
		return isa.OpJLT
	case isa.OpJLT:
		return isa.OpJGE
	case isa.OpJSGT:
		return isa.OpJSLE
	case isa.OpJSLE:
		return isa.OpJSGT
	case isa.OpJSGE:
		return isa.OpJSLT
	case isa.OpJSLT:
		return isa.OpJSGE
	}
	return 0
}
