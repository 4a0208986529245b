package btf

import (
	"fmt"
	"strings"

	cbtf "github.com/cilium/ebpf/btf"
)

// Declaration writes a declaration of that name and type in C, as in
// kernel sources: "u32 (*ssthresh)(struct sock *sk)", "char name[16]",
// "u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)". Without a name
// it writes only the type. What is too long for a reader, because the BTF is broken, ends with "…".
func Declaration(t cbtf.Type, name string) string {
	d := declarer{left: maxDeclared}
	return d.declaration(t, name, 0)
}

// Limits of a declaration. In C its types always end; in broken BTF they may not.
const (
	maxProtoNesting = 3   // prototypes within the parameters of others
	maxDeclared     = 500 // types in it; a function of the kernel with 12 parameters has about 40
)

// A declarer writes one declaration.
type declarer struct{ left int } // types that may still be written

func (d *declarer) declaration(t cbtf.Type, name string, nesting int) string {
	base, declarator := d.declare(t, name, nesting)
	if declarator == "" {
		return base
	}
	if strings.HasPrefix(declarator, "[") {
		return base + declarator
	}
	return base + " " + declarator
}

// declare splits a declaration as C does: the part at its start, and the part around the name.
func (d *declarer) declare(t cbtf.Type, declarator string, nesting int) (base, wound string) {
	constant := ""
	for range maxChain {
		if d.left--; d.left < 0 {
			break
		}
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
				return constant + "…", declarator + "(…)"
			}
			declarator += "(" + strings.Join(d.params(typ.Params, nesting), ", ") + ")"
			t = typ.Return
		case *cbtf.Func:
			if declarator == "" {
				declarator = typ.Name
			}
			t = typ.Type
		case *cbtf.Const:
			if _, pointer := typ.Type.(*cbtf.Pointer); pointer {
				declarator = "const " + declarator
			} else {
				constant += "const "
			}
			t = typ.Type
		case *cbtf.Volatile:
			t = typ.Type
		case *cbtf.Restrict:
			t = typ.Type
		case *cbtf.TypeTag:
			t = typ.Type
		case *cbtf.Struct:
			return constant + "struct " + anonymous(typ.Name), declarator
		case *cbtf.Union:
			return constant + "union " + anonymous(typ.Name), declarator
		case *cbtf.Fwd:
			if typ.Kind == cbtf.FwdUnion {
				return constant + "union " + typ.Name, declarator
			}
			return constant + "struct " + typ.Name, declarator
		case *cbtf.Enum:
			return constant + "enum " + anonymous(typ.Name), declarator
		case *cbtf.Void, nil:
			return constant + "void", declarator
		default:
			return constant + t.TypeName(), declarator
		}
	}
	return constant + "…", declarator
}

// params writes the parameters of a function.
func (d *declarer) params(params []cbtf.FuncParam, nesting int) []string {
	if len(params) == 0 {
		return []string{"void"}
	}
	var texts []string
	for _, p := range params {
		if d.left <= 0 {
			return append(texts, "…")
		}
		text := d.declaration(p.Type, p.Name, nesting+1)
		if _, void := p.Type.(*cbtf.Void); void { // BTF's way to say "…"
			text = "..."
		}
		texts = append(texts, text)
	}
	return texts
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

// skipQualifiers removes qualifiers, and at most maxChain of them: a type that qualifies itself has no end.
func skipQualifiers(t cbtf.Type) cbtf.Type {
	for range maxChain {
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
	return t
}

// Underlying removes typedefs and qualifiers and returns the type itself. For a typedef of itself, which only broken BTF has, it returns
// the typedef.
func Underlying(t cbtf.Type) cbtf.Type {
	for range maxChain {
		t = skipQualifiers(t)
		def, ok := t.(*cbtf.Typedef)
		if !ok {
			return t
		}
		t = def.Type
	}
	return t
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
