package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// writeFunctions writes a Go function for each helper.
func writeFunctions(b *bytes.Buffer) {
	b.WriteString("package helper\n\nimport \"github.com/bpfsmith/bpfsmith/dsl\"\n")
	for _, h := range linux.Helpers() {
		result, method := goResult(h.C)
		writeDoc(b, h)
		params, args := goParams(h)
		fmt.Fprintf(b, "func %s(%s) %s {\n", camel(h.Name), params, result)
		if result != "" {
			b.WriteString("return ")
		}
		fmt.Fprintf(b, "f.Helper(%s)%s\n}\n", args, method)
	}
}

func writeDoc(b *bytes.Buffer, h *linux.Helper) {
	fmt.Fprintf(b, "\n// %s %s.\n//\n//\t%s\n//\n// Linux %v.", camel(h.Name), h.Summary, h.Prototype(), h.Since)
	if h.GPL {
		b.WriteString(" For programs under a GPL-compatible license.")
	}
	b.WriteString("\n")
}

// goResult is the type of the Go function's result, and the method that makes it of a dsl.Result. Both are "" if there is no result.
func goResult(ctype string) (typ, method string) {
	if target, ok := strings.CutSuffix(ctype, "*"); ok {
		name, _ := strings.CutPrefix(strings.TrimSpace(target), "struct ")
		if name == "void" {
			name = ""
		}
		return "dsl.Ptr", fmt.Sprintf(".Ptr(%q)", name)
	}
	bits, signed, ok := linux.Integer(ctype)
	if !ok {
		return "", ""
	}
	name := fmt.Sprintf("U%d", bits)
	if signed {
		name = fmt.Sprintf("S%d", bits)
	}
	return "dsl." + name, "." + name + "()"
}

// goParams returns the parameters of the Go function, and the arguments that it passes to Fn.Helper.
func goParams(h *linux.Helper) (params, args string) {
	var types []string
	declared := []string{"f *dsl.Fn"}
	names := []string{fmt.Sprintf("%q", h.Name)}
	more := false
	for _, a := range h.Args {
		name, typ := goName(a.Name()), "dsl.Operand"
		switch {
		case a.Kind == linux.ArgMap:
			name, typ = "m", "dsl.AnyMap"
		case a.Kind == linux.ArgFunction:
			typ = "*dsl.Program"
		case a.Kind == linux.ArgMore:
			name, typ, more = "args", "...dsl.Operand", true
		case a.Kind != linux.ArgAddress && a.IsPointer():
			typ = "dsl.StructPtr"
		}
		if n := len(types); n > 0 && types[n-1] == typ {
			declared[n] = strings.TrimSuffix(declared[n], " "+typ)
		}
		declared, types = append(declared, name+" "+typ), append(types, typ)
		if !more {
			names = append(names, name)
		}
	}
	args = strings.Join(names, ", ")
	if more {
		args = fmt.Sprintf("%s, append([]dsl.Operand{%s}, args...)...", names[0], strings.Join(names[1:], ", "))
	}
	return strings.Join(declared, ", "), args
}

// camel turns bpf_ktime_get_ns into KtimeGetNs.
func camel(name string) string {
	var b strings.Builder
	for _, word := range strings.Split(strings.TrimPrefix(name, "bpf_"), "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// goName turns the name of a C parameter into a Go name.
func goName(name string) string {
	switch name {
	case "len":
		return "length"
	case "fmt":
		return "format"
	case "type":
		return "typ"
	}
	c := camel(name)
	if c == "" {
		return ""
	}
	return strings.ToLower(c[:1]) + c[1:]
}
