package btf

import (
	"fmt"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"
)

// Declaration writes a declaration of that name and type in C, as in
// kernel sources: "u32 (*ssthresh)(struct sock *sk)", "char name[16]",
// "u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)". Without a name
// it writes only the type.
func Declaration(t cbtf.Type, name string) string { return declaration(t, name, 0) }

// maxProtoNesting is how deep prototypes are written out within the parameters of others. In C nesting always ends; in broken BTF
// it may not.
const maxProtoNesting = 3

func declaration(t cbtf.Type, name string, nesting int) string {
	base, declarator := declare(t, name, nesting)
	if declarator == "" {
		return base
	}
	if strings.HasPrefix(declarator, "[") {
		return base + declarator
	}
	return base + " " + declarator
}

// declare splits a declaration as C does: the part at its start, and the part around the name.
func declare(t cbtf.Type, declarator string, nesting int) (base, wound string) {
	for range 64 { // deeper types are loops
		switch typ := t.(type) {
		case *cbtf.Pointer:
			declarator = "*" + declarator
			t = typ.Target
			if inner := skipQualifiers(t); isArrayOrFunc(inner) {
				declarator = "(" + declarator + ")"
			}
		case *cbtf.Array:
			declarator = fmt.Sprintf("%s[%d]", declarator, typ.Nelems)
			t = typ.Type
		case *cbtf.FuncProto:
			if nesting == maxProtoNesting {
				return "…", declarator + "(…)"
			}
			params := make([]string, len(typ.Params))
			for i, p := range typ.Params {
				params[i] = declaration(p.Type, p.Name, nesting+1)
				if _, void := p.Type.(*cbtf.Void); void { // BTF's way to say "…"
					params[i] = "..."
				}
			}
			if len(params) == 0 {
				params = []string{"void"}
			}
			declarator += "(" + strings.Join(params, ", ") + ")"
			t = typ.Return
		case *cbtf.Func:
			if declarator == "" {
				declarator = typ.Name
			}
			t = typ.Type
		case *cbtf.Const:
			if _, pointer := typ.Type.(*cbtf.Pointer); !pointer {
				base, wound := declare(typ.Type, declarator, nesting)
				return "const " + base, wound
			}
			declarator = "const " + declarator
			t = typ.Type
		case *cbtf.Volatile:
			t = typ.Type
		case *cbtf.Restrict:
			t = typ.Type
		case *cbtf.TypeTag:
			t = typ.Type
		case *cbtf.Struct:
			return "struct " + anonymous(typ.Name), declarator
		case *cbtf.Union:
			return "union " + anonymous(typ.Name), declarator
		case *cbtf.Fwd:
			if typ.Kind == cbtf.FwdUnion {
				return "union " + typ.Name, declarator
			}
			return "struct " + typ.Name, declarator
		case *cbtf.Enum:
			return "enum " + anonymous(typ.Name), declarator
		case *cbtf.Void, nil:
			return "void", declarator
		default:
			return t.TypeName(), declarator
		}
	}
	return "?", declarator
}

func anonymous(name string) string {
	if name == "" {
		return "{…}"
	}
	return name
}

func isArrayOrFunc(t cbtf.Type) bool {
	switch t.(type) {
	case *cbtf.Array, *cbtf.FuncProto:
		return true
	}
	return false
}

func skipQualifiers(t cbtf.Type) cbtf.Type {
	for {
		switch typ := t.(type) {
		case *cbtf.Const:
			t = typ.Type
		case *cbtf.Volatile:
			t = typ.Type
		case *cbtf.Restrict:
			t = typ.Type
		case *cbtf.TypeTag:
			t = typ.Type
		default:
			return t
		}
	}
}

// Underlying removes typedefs and qualifiers and returns the type itself.
func Underlying(t cbtf.Type) cbtf.Type {
	for {
		t = skipQualifiers(t)
		def, ok := t.(*cbtf.Typedef)
		if !ok {
			return t
		}
		t = def.Type
	}
}

// PointedTo is the name of the struct or union that a type points to, or "".
func PointedTo(t cbtf.Type) string {
	p, ok := Underlying(t).(*cbtf.Pointer)
	if !ok {
		return ""
	}
	switch target := Underlying(p.Target).(type) {
	case *cbtf.Struct, *cbtf.Union, *cbtf.Fwd:
		return target.TypeName()
	}
	return ""
}
