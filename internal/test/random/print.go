package random

import (
	"fmt"
	"strings"
)

// String is the program in a form that is nearly Go, for reading.
func (p *Program) String() string {
	w := &printer{p: p}
	for n, f := range p.Funcs {
		var params []string
		if n == 0 {
			params = append(params, "context *[256]byte")
		} else if f.Pointer {
			params = append(params, "pointed *record")
		}
		for _, param := range f.Params {
			params = append(params, fmt.Sprintf("x%d %v%s", param.ID, param.Type, map[bool]string{true: " /* variable */"}[param.Var]))
		}
		w.line("func %s(%s) %v {", functionName(n), strings.Join(params, ", "), f.Type)
		w.n, w.depth = n, 1
		for i := range f.Locals {
			w.line("var local%d record", i+1)
		}
		w.statements(f.Body)
		w.line("return %s", w.expr(f.Result))
		w.depth = 0
		w.line("}")
	}
	return w.b.String()
}

// String is the expression in Go.
func (e *Expr) String() string { return new(printer).expr(e) }

type printer struct {
	p     *Program
	b     strings.Builder
	n     int
	depth int
}

func (w *printer) line(format string, args ...any) {
	w.b.WriteString(strings.Repeat("\t", w.depth))
	fmt.Fprintf(&w.b, format+"\n", args...)
}

func (w *printer) statements(list []*Stmt) {
	for _, s := range list {
		w.statement(s)
	}
}

func (w *printer) body(list []*Stmt) {
	w.depth++
	w.statements(list)
	w.depth--
}

var atomicNames = [...]string{AtomicAdd: "AtomicAdd", AtomicAnd: "AtomicAnd", AtomicOr: "AtomicOr", AtomicXor: "AtomicXor",
	Exchange: "Exchange", CompareExchange: "CompareExchange"}

func (w *printer) statement(s *Stmt) {
	switch s.Kind {
	case Nothing:
		w.line("_ = 0")
	case Helper:
		w.line("random(%d)", s.N)
	case Let:
		w.line("x%d := %s", s.ID, w.expr(s.X))
	case Declare:
		w.line("var x%d %v = %s", s.ID, s.Type, w.expr(s.X))
	case Set:
		w.line("x%d = %s", s.ID, w.expr(s.X))
	case Inc:
		w.line("x%d += %s", s.ID, w.expr(s.X))
	case Store:
		w.line("%s = %s", w.place(s.Type, s.Place), w.expr(s.X))
	case StoreInc:
		w.line("%s += %s", w.place(s.Type, s.Place), w.expr(s.X))
	case If:
		w.branches(s)
	case Switch:
		w.line("switch %s {", w.expr(s.X))
		for i, body := range s.Bodies {
			if i < len(s.Cases) {
				w.line("case %s:", values(s.X.Type, s.Cases[i]))
			} else {
				w.line("default:")
			}
			w.body(body)
		}
		w.line("}")
	case For, ForUpTo, While:
		switch s.Kind {
		case For:
			w.line("for x%d := range %d {", s.ID, s.N)
		case ForUpTo:
			w.line("for x%d := range min(%d, %s) {", s.ID, s.N, w.expr(s.X))
		default:
			w.line("for x%d = 0; x%d < %d && %s; {", s.ID, s.ID, s.N, w.expr(s.Conds[0]))
			w.line("\tx%d++", s.ID)
		}
		w.body(s.Bodies[0])
		w.line("}")
	case Block:
		w.line("block%d: {", s.ID)
		w.body(s.Bodies[0])
		w.line("}")
	case Leave:
		w.line("leave block%d", s.ID)
	case Break:
		w.line("break")
	case Continue:
		w.line("continue")
	case Return:
		w.line("return %s", w.expr(s.X))
	case Call:
		var args []string
		if s.Place != nil {
			args = append(args, "&"+w.object(s.Place.Object))
		}
		for _, a := range s.Args {
			args = append(args, w.expr(a))
		}
		w.line("x%d := %s(%s)", s.ID, functionName(s.Sub), strings.Join(args, ", "))
	case Copy:
		w.line("copy(%s[%d:], %s[%d:%d])", w.object(s.Place.Object), s.Place.Off, w.object(s.From.Object), s.From.Off, s.From.Off+s.N)
	default:
		args := []string{w.expr(s.X)}
		for _, a := range s.Args {
			args = append(args, "expected "+w.expr(a))
		}
		w.line("x%d := %s(&%s, %s)", s.ID, atomicNames[s.Kind], w.place(s.Type, s.Place), strings.Join(args, ", "))
	}
}

func (w *printer) branches(s *Stmt) {
	for i, body := range s.Bodies {
		switch {
		case i == 0:
			w.line("if %s {", w.expr(s.Conds[0]))
		case i < len(s.Conds):
			w.line("} else if %s {", w.expr(s.Conds[i]))
		default:
			w.line("} else {")
		}
		w.body(body)
	}
	w.line("}")
}

func values(t Type, list []uint64) string {
	var text []string
	for _, v := range list {
		text = append(text, fmt.Sprint(goNumber(t, v)))
	}
	return strings.Join(text, ", ")
}

func (w *printer) object(n int) string {
	switch {
	case n > 0:
		return fmt.Sprint("local", n)
	case w.n == 0:
		return "context"
	}
	return "pointed"
}

func (w *printer) place(t Type, p *Place) string {
	object := w.object(p.Object)
	switch {
	case p.Index != nil:
		return strings.TrimSuffix(fmt.Sprintf("%s.%s[%s %% %d].%s", object, p.Array, w.expr(p.Index), p.Count, p.In), ".")
	case p.Path != "":
		return object + "." + p.Path
	}
	return fmt.Sprintf("%s.%v%s[%d]", object, t, map[bool]string{true: "BE"}[p.Big], p.Off)
}

var opNames = [...]string{Add: "+", Sub: "-", Mul: "*", Div: "/", Mod: "%", And: "&", Or: "|", Xor: "^", Min: "min", Max: "max", Shl: "<<",
	Shr: ">>", Neg: "-", Not: "^", Swap: "swap",
	Eq: "==", Ne: "!=", Lt: "<", Le: "<=", Gt: ">", Ge: ">=", Has: "has", Both: "and", Either: "or", NotBool: "!", AndThen: "&&",
	OrElse: "||"}

func (w *printer) expr(e *Expr) string {
	arg := func(i int) string { return w.expr(e.Args[i]) }
	switch e.Op {
	case Const:
		if e.Raw {
			return fmt.Sprint(goNumber(e.Type, e.Value))
		}
		return fmt.Sprintf("%v(%v)", e.Type, goNumber(e.Type, e.Value))
	case Name:
		return fmt.Sprint("x", e.ID)
	case Cell:
		return w.place(e.Type, e.Place)
	case Neg, Not, NotBool:
		return opNames[e.Op] + arg(0)
	case Swap:
		return fmt.Sprintf("swap(%s)", arg(0))
	case Convert, Number:
		return fmt.Sprintf("%v(%s)", e.Type, arg(0))
	case Pick:
		return fmt.Sprintf("pick(%s, %s, %s)", arg(0), arg(1), arg(2))
	case Min, Max:
		return fmt.Sprintf("%s(%s, %s)", opNames[e.Op], arg(0), arg(1))
	}
	return fmt.Sprintf("(%s %s %s)", arg(0), opNames[e.Op], arg(1))
}
