package main

import (
	"bytes"
	"fmt"
	"strings"
)

// writeSignatures writes what each helper takes.
func writeSignatures(b *bytes.Buffer, helpers []helper) error {
	b.WriteString("package dsl\n\n")
	b.WriteString("// helperSignatures has a letter for each parameter of each helper, by its number; see\n// helperKinds for what they mean.\n")
	b.WriteString("var helperSignatures = [...]string{\n")
	for _, h := range helpers {
		fmt.Fprintf(b, "%d: %q, // %s\n", h.id, h.signature(), h.name)
	}
	b.WriteString("}\n")
	return nil
}

// writeCounts writes how many arguments each helper takes, and which want a license.
func writeCounts(b *bytes.Buffer, helpers []helper) error {
	b.WriteString("package verify\n\n")
	b.WriteString("// helperCounts has the number of arguments of each helper, by its number, 100 for any; of those that only programs\n// under a license compatible with the GPL may call, -1 less it.\n")
	b.WriteString("var helperCounts = [...]int8{\n")
	for _, h := range helpers {
		n := len(h.params)
		if n > 0 && h.params[n-1].kind == kindMore {
			n = 100
		}
		if h.gpl {
			n = -1 - n
		}
		fmt.Fprintf(b, "%d: %d, // %s\n", h.id, n, h.name)
	}
	b.WriteString("}\n")
	return nil
}

// writeFunctions writes a Go function for each helper.
func writeFunctions(b *bytes.Buffer, helpers []helper) error {
	b.WriteString("package helper\n\nimport \"github.com/bpfsmith/bpfsmith/dsl\"\n")
	for _, h := range helpers {
		result, method, err := h.goResult()
		if err != nil {
			return err
		}
		writeDoc(b, &h)
		params, args := h.goParams()
		fmt.Fprintf(b, "func %s(%s) %s {\n", camel(h.name), params, result)
		if result != "" {
			b.WriteString("return ")
		}
		fmt.Fprintf(b, "f.Helper(%s)%s\n}\n", args, method)
	}
	return nil
}

func writeDoc(b *bytes.Buffer, h *helper) {
	fmt.Fprintf(b, "\n// %s %s.\n//\n//\t%s\n//\n// Linux %s.", camel(h.name), h.summary, h.proto, h.since)
	if h.gpl {
		b.WriteString(" For programs under a GPL-compatible license.")
	}
	b.WriteString("\n")
}

// goResult is the type of the Go function's result, and how to make it of a
// dsl.Result; both are "" when there is none.
func (h *helper) goResult() (typ, method string, err error) {
	if h.result == "void" {
		return "", "", nil
	}
	if target, ok := strings.CutSuffix(h.result, "*"); ok {
		name, _ := strings.CutPrefix(strings.TrimSpace(target), "struct ")
		if name == "void" {
			name = ""
		}
		return "dsl.Ptr", fmt.Sprintf(".Ptr(%q)", name), nil
	}
	for _, n := range numbers {
		if n.ctype == h.result {
			return "dsl." + n.goes, fmt.Sprintf(".%s()", n.goes), nil
		}
	}
	return "", "", fmt.Errorf("%s: the result has the unknown type %q: add it to numbers", h.name, h.result)
}

// goParams are the parameters of the Go function, and the arguments of Fn.Helper.
func (h *helper) goParams() (params, args string) {
	var types []string
	declared := []string{"f *dsl.Fn"}
	names := []string{fmt.Sprintf("%q", h.name)}
	more := ""
	for _, p := range h.params {
		name := goName(p.name)
		typ := "dsl.Operand"
		switch p.kind {
		case kindMap:
			name, typ = "m", "dsl.AnyMap"
		case kindPointer:
			typ = "dsl.StructPtr"
		case kindFunction:
			typ = "*dsl.Program"
		case kindMore:
			more = name
			typ = "...dsl.Operand"
		}
		if n := len(types); n > 0 && types[n-1] == typ {
			declared[n] = strings.TrimSuffix(declared[n], " "+typ)
		}
		declared, types = append(declared, name+" "+typ), append(types, typ)
		if more == "" {
			names = append(names, name)
		}
	}
	args = strings.Join(names, ", ")
	if more != "" {
		args = fmt.Sprintf("%s, append([]dsl.Operand{%s}, %s...)...", names[0], strings.Join(names[1:], ", "), more)
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

// goName turns the name of a C parameter into that of a Go one.
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
	return strings.ToLower(c[:1]) + c[1:]
}
