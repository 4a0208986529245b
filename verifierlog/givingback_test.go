package verifierlog

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// TestEachHoldingIsExplained: when something is held at the end, the report says for each call of the book how it is given back.
func TestEachHoldingIsExplained(t *testing.T) {
	checked := 0
	for name, h := range linux.Holdings() {
		checked++
		call := "0: (85) call " + name + "#65000\n1: (95) exit\n"
		if id, ok := linux.HelperID(name); ok {
			call = "0: (85) call " + name + "#" + strconv.Itoa(int(id)) + "\n1: (95) exit\n"
		}
		log := call + "Unreleased reference id=2 alloc_insn=0\n" +
			"BPF_EXIT instruction in main prog would lead to reference leak\n"
		if h.Section {
			log = call + "BPF_EXIT instruction in main prog cannot be used inside " + name +
				"-ed region\n"
		}
		r := Explain(log, Program{})
		for _, back := range h.Back {
			if !strings.Contains(r.Fix, back) && !strings.Contains(r.Fix, methodOf(back)) {
				t.Errorf("after %s, the report does not name %s: %s", name, back, r.Fix)
			}
		}
		if !strings.Contains(r.Fix, h.Or) || h.Section && !strings.Contains(r.Explanation, h.Thing) {
			t.Errorf("after %s: %s %s", name, r.Explanation, r.Fix)
		}
	}
	if checked < 45 {
		t.Errorf("only %d calls give something", checked)
	}
}

// methodOf is the method for a call.
func methodOf(call string) string {
	for _, w := range written {
		if w.call == call {
			return w.method
		}
	}
	return call
}

// TestMethodsMakeTheirCalls: the methods of packages dsl and maps make the calls for which the reports advise them.
func TestMethodsMakeTheirCalls(t *testing.T) {
	calls := map[string]map[string]bool{} // by the method: the texts in its body
	for _, pattern := range []string{"../dsl/*.go", "../maps/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Recv == nil {
					continue
				}
				if calls[f.Name.Name] == nil {
					calls[f.Name.Name] = map[string]bool{}
				}
				ast.Inspect(f, func(n ast.Node) bool {
					if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
						if value, err := strconv.Unquote(text.Value); err == nil {
							calls[f.Name.Name][value] = true
						}
					}
					return true
				})
			}
		}
	}
	for _, w := range written {
		_, method, _ := strings.Cut(w.method, ".")
		method, _, _ = strings.Cut(method, "(")
		if !calls[method][w.call] {
			t.Errorf("%s does not call %s", w.method, w.call)
		}
		if !linux.GivesBack(w.call) {
			t.Errorf("%s is not a call that gives something back", w.call)
		}
	}
}
