package dsl

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A Prototype declares the parameters and the result of a program. When the program is bound to a member of a kernel struct, their number
// and types are compared with the kernel's.
type Prototype struct {
	Result CType
	Params []Param
	Pos    Position

	// Context says that the parameter is a context: it is the value of R1 itself, and not one of the arguments in the array that R1 points
	// to. Its type then decides for which types of programs it is.
	Context bool

	Err error // a declaration that could not be read, reported when compiling
}

// A Param is a declared parameter.
type Param struct {
	Name string // "" when the declaration has none
	Type CType
	Go   reflect.Type // T of a parameter that is a Ref[T] or ContextOf[T]; nil for others
}

// A CType is a C type of a prototype: void, an integer, or a pointer to a named type.
type CType struct {
	Name    string // "u32", "struct sock", "void"
	Stars   int    // levels of pointer
	Size    int    // bytes of an integer, or of the target of a pointer to a Go type; 0 for void and the kernel's structs
	Signed  bool
	Integer bool
}

// String writes the type in C.
func (t CType) String() string {
	if t.Stars == 0 {
		return t.Name
	}
	return t.Name + " " + strings.Repeat("*", t.Stars)
}

// Struct is the name of the struct that the type points to, or "".
func (t CType) Struct() string {
	name, ok := strings.CutPrefix(t.Name, "struct ")
	if !ok || t.Stars != 1 {
		return ""
	}
	return name
}

// Void reports whether the type is void. A function with the result void has no result.
func (t CType) Void() bool { return t.Name == "void" && t.Stars == 0 }

// Proto declares a program's prototype, in C:
//
//	dsl.Proto("u32", "struct sock *sk")
//	dsl.Proto("void", "struct sock *sk", "u32 ack", "u32 acked")
//
// Parameter names are optional. Mistakes in them are reported when the program is compiled.
//
//go:noinline
func Proto(result string, params ...string) Item {
	p := &Prototype{}
	item := symbolic(record.Declared, isa.Instruction{}, record.Reference{To: p})
	p.Pos = item.Pos()
	var name string
	if p.Result, name, p.Err = parseDeclaration(result); p.Err == nil && name != "" {
		p.Err = fmt.Errorf("the result is %q; expected a type without a name", result)
	}
	for _, text := range params {
		t, name, err := parseDeclaration(text)
		if err == nil && t.Void() {
			err = fmt.Errorf("parameter %q cannot be void", text)
		}
		if p.Err == nil {
			p.Err = err
		}
		p.Params = append(p.Params, Param{Name: name, Type: t})
	}
	return item
}

// String writes the prototype in C, without a function's name.
func (p *Prototype) String() string {
	params := make([]string, len(p.Params))
	for i, param := range p.Params {
		params[i] = param.Type.String()
		if param.Name != "" {
			params[i] = strings.TrimSuffix(params[i], " ") // "u32 ack", "struct sock *sk"
			if param.Type.Stars == 0 {
				params[i] += " "
			}
			params[i] += param.Name
		}
	}
	if len(params) == 0 {
		params = []string{"void"}
	}
	return fmt.Sprintf("%v (%s)", p.Result, strings.Join(params, ", "))
}

// integers are the C names that a declaration may use, on the 64-bit machines
// that BPF runs on.
var integers = [...]struct {
	name   string
	size   int
	signed bool
}{
	{"u8", 1, false}, {"u16", 2, false}, {"u32", 4, false}, {"u64", 8, false},
	{"s8", 1, true}, {"s16", 2, true}, {"s32", 4, true}, {"s64", 8, true},
	{"__u8", 1, false}, {"__u16", 2, false}, {"__u32", 4, false}, {"__u64", 8, false},
	{"__s8", 1, true}, {"__s16", 2, true}, {"__s32", 4, true}, {"__s64", 8, true},
	{"bool", 1, false}, {"char", 1, true}, {"short", 2, true}, {"int", 4, true},
	{"long", 8, true}, {"long long", 8, true}, {"size_t", 8, false},
	{"unsigned", 4, false}, {"unsigned char", 1, false}, {"unsigned short", 2, false}, {"unsigned int", 4, false},
	{"unsigned long", 8, false}, {"unsigned long long", 8, false},
}

// integer returns size and sign of the C integer of that name.
func integer(name string) (size int, signed, ok bool) {
	for _, n := range integers {
		if n.name == name {
			return n.size, n.signed, true
		}
	}
	return 0, false, false
}

// parseDeclaration reads "[const] type *… [name]".
func parseDeclaration(text string) (CType, string, error) {
	words := strings.Fields(strings.ReplaceAll(text, "*", " * "))
	var t CType
	var base []string
	name := ""
	for i, w := range words {
		switch {
		case w == "const":
		case w == "*":
			t.Stars++
		case name != "":
			return t, "", fmt.Errorf("%q: %q after the name %q", text, w, name)
		case len(base) > 0 && (t.Stars > 0 || i == len(words)-1 && !typeWord(base, w)):
			name = w
		default:
			base = append(base, w)
		}
	}
	t.Name = strings.Join(base, " ")
	tagged := len(base) == 2 && (base[0] == "struct" || base[0] == "union" || base[0] == "enum")
	size, signed, known := integer(t.Name)
	switch {
	case known:
		if t.Stars == 0 {
			t.Size, t.Signed, t.Integer = size, signed, true
		}
	case t.Name == "void":
	case tagged && base[0] == "enum" && t.Stars == 0:
		t.Size, t.Integer = 4, true
	case tagged && t.Stars > 0:
	case tagged:
		return t, "", fmt.Errorf("%q: a %s is passed by pointer: write %q", text, base[0], t.Name+" *"+name)
	case t.Name == "":
		return t, "", fmt.Errorf("%q: expected a C type, such as \"u32\" or \"struct sock *sk\"", text)
	default:
		return t, "", fmt.Errorf("%q: unknown C type %q; known are u8…u64, s8…s64, C's own integers, bool, void, "+
			"and struct, union and enum with a tag", text, t.Name)
	}
	return t, name, nil
}

// typeWord reports whether a word continues the type that base begins.
func typeWord(base []string, w string) bool {
	switch base[len(base)-1] {
	case "struct", "union", "enum":
		return true
	}
	_, _, ok := integer(strings.Join(base, " ") + " " + w)
	return ok
}
