package compile

import (
	"fmt"
	"math"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
)

// loadArgument checks a load from the context and gives the argument.
func (w *walk) loadArgument(i int, at, size int64) (value, bool) {
	c := w.target.Context
	n := at / 8
	switch {
	case at < 0 || n >= int64(len(c.Params)):
		finding := Finding{Detail: fmt.Sprintf("argument %d does not exist", n), Note: w.protoNote()}
		if at < 0 {
			finding.Detail = fmt.Sprintf("the context is read %d bytes before its start", -at)
		}
		finding.Help = argumentHelp(c, at)
		w.found(w.f, i, NoArgument, finding)
		return value{}, false
	case at%8 != 0:
		w.found(w.f, i, ArgumentWidth, Finding{Detail: fmt.Sprintf("offset %d is within argument %d; each argument takes 8 bytes", at, n), Note: w.protoNote(), Help: fmt.Sprintf("read %s at offset %d", w.paramName(int(n)), n*8)})
		return value{}, false
	}
	param := c.Params[n]
	if isPointer(param.Type) {
		if size != 8 {
			w.found(w.f, i, ArgumentWidth, Finding{Detail: fmt.Sprintf("%s is a pointer and is read %d bytes wide", w.paramName(int(n)), size), Note: w.protoNote(), Help: "load pointers as DW"})
			return value{}, false
		}
		return w.argument(int(n), param), true
	}
	// The kernel passes every argument in 8 bytes and knows nothing of the
	// upper ones, so a narrow read is what bounds the value.
	if size < 8 {
		return upTo(1<<(8*size) - 1), true
	}
	return anyNumber, true
}

// argumentHelp lists the arguments that there are.
func argumentHelp(c *Context, at int64) string {
	if len(c.Params) == 0 {
		return c.Member + " has no arguments"
	}
	var names []string
	for i, p := range c.Params {
		name := fmt.Sprint(i)
		if p.Name != "" {
			name += " (" + p.Name + ")"
		}
		names = append(names, fmt.Sprintf("%s at offset %d", name, 8*i))
	}
	help := "arguments are counted from 0: " + strings.Join(names, ", ")
	if last := len(c.Params) - 1; at == int64(8*len(c.Params)) {
		help += fmt.Sprintf("; did you mean offset %d?", 8*last)
	}
	return help
}

// argument is a pointer argument. Only pointers to structs of the target are
// followed further.
func (w *walk) argument(n int, param Param) value {
	name := btf.PointedTo(param.Type)
	if name == "" || w.target.BTF == nil {
		return value{kind: unknown}
	}
	id, err := w.target.BTF.Composite(name)
	if err != nil { // only declared in this BTF
		return value{kind: unknown}
	}
	v := value{kind: object, typ: id, nullable: param.Nullable, param: int8(min(n, math.MaxInt8))}
	if param.Ref && w.refs.on {
		return w.given(n, v)
	}
	return v
}

func (w *walk) mayBeNil(i int, base value) {
	name := w.paramName(int(base.param))
	w.found(w.f, i, MaybeNil, Finding{Detail: fmt.Sprintf("%s may be nil and is used by %q before it was compared with 0", name, w.f.item(i)),
		Note: w.protoNote(), Help: "jump elsewhere when it is 0: JEQ64Imm(reg, 0, …)"})
}

func (w *walk) paramName(n int) string {
	c := w.target.Context
	if c != nil && n < len(c.Params) && c.Params[n].Name != "" {
		return fmt.Sprintf("argument %d (%s)", n, c.Params[n].Name)
	}
	return fmt.Sprintf("argument %d", n)
}
