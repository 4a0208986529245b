package bpfsmith_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bpfsmith/bpfsmith/"

// layers says which of our packages each package may import: dependencies
// point one way. A package that is not listed is a tool or an example.
var layers = map[string][]string{
	"mistake":                    {},
	"internal/linux":             {},
	"isa":                        {"internal/linux"},
	"internal/spell":             {},
	"internal/hextext":           {},
	"internal/phrase":            {},
	"internal/compiler/ir":       {},
	"internal/callers":           {},
	"internal/compiler/opt":      {"internal/compiler/ir"},
	"internal/compiler/regalloc": {"isa"},
	"btf":                        {"internal/spell", "internal/phrase"},
	"objfile":                    {"isa", "btf", "internal/linux"},
	"internal/record":            {"isa", "mistake", "internal/compiler/ir"},
	"dsl": {"mistake", "isa", "internal/linux", "internal/compiler/ir", "internal/record", "internal/callers",
		"internal/phrase"},
	"syscall":            {"internal/linux"},
	"verifierlog":        {"mistake", "isa", "internal/linux"},
	"verifierlog/page":   {"verifierlog"},
	"internal/loaderlog": {"verifierlog", "internal/linux"},
	"compile": {"mistake", "internal/place", "isa", "dsl", "btf", "internal/record", "internal/compiler/ir",
		"internal/compiler/opt", "internal/compiler/regalloc", "internal/spell", "internal/phrase", "internal/verify", "internal/linux"},
	"internal/place":  {"mistake", "btf", "internal/linux", "internal/spell", "internal/phrase"},
	"internal/verify": {"mistake", "isa", "btf", "internal/place", "internal/linux", "internal/phrase"},
	"helper":          {"dsl"},
	"dsl/arg":         {"dsl", "internal/record"},
	"kernel/tcp":      {"dsl", "dsl/arg"},
	"kernel/scx":      {"dsl", "dsl/arg"},
	"kernel/ctx":      {"dsl", "dsl/arg"},
	"maps":            {"mistake", "dsl", "btf", "syscall", "internal/usermap", "internal/linux", "internal/phrase"},
	"prog": {"mistake", "internal/place", "isa", "dsl", "btf", "compile", "maps", "syscall", "verifierlog",
		"internal/host", "internal/refusal", "internal/attachment", "internal/linux", "internal/phrase"},
	"link": {"mistake", "internal/linux", "isa", "prog", "structops", "syscall", "internal/host", "internal/refusal",
		"internal/attachment", "internal/holder"},
	"structops": {"mistake", "internal/place", "isa", "dsl", "btf", "compile", "maps", "syscall", "verifierlog",
		"internal/spell", "internal/phrase", "prog", "internal/refusal", "internal/attachment", "internal/holder",
		"internal/host", "internal/linux"},
	"vm": {"mistake", "isa", "btf", "compile", "dsl", "maps", "internal/usermap", "internal/linux",
		"internal/phrase"},
	"vm/debug":         {"mistake", "isa", "vm"},
	"vm/cover":         {"mistake", "vm", "internal/phrase"},
	"internal/usermap": {"dsl", "internal/linux"},
	"btf/fixture":      {"btf", "internal/test/fixture"},
	"structops/structopstest": {"isa", "btf", "btf/fixture", "compile", "structops", "vm", "vm/cover",
		"internal/opsrun", "internal/passing"},
	"structops/tcpsim": {"isa", "btf", "btf/fixture", "compile", "structops", "vm", "internal/opsrun"},
	"internal/opsrun":  {"compile", "structops", "vm", "internal/linux", "internal/passing"},
	"progtest": {"isa", "btf", "btf/fixture", "compile", "dsl", "prog", "vm", "vm/cover", "syscall", "internal/linux", "internal/passing",
		"internal/place"},
	"internal/passing":      {"btf", "vm", "internal/place", "internal/phrase"},
	"internal/refusal":      {},
	"internal/attachment":   {},
	"internal/holder":       {"syscall"},
	"internal/host":         {"isa", "syscall"},
	"internal/test/fixture": {"btf"},
	"internal/playground": {"mistake", "isa", "dsl", "maps", "verifierlog", "verifierlog/page", "vm", "vm/debug", "internal/verify",
		"internal/place", "internal/linux", "internal/hextext", "internal/loaderlog", "internal/phrase"},
	"internal/gen/btfgen": {"dsl", "btf", "structops", "internal/linux"},
}

// outside is what library packages may import besides the standard library.
var outside = []string{"golang.org/x/sys/unix", "github.com/cilium/ebpf/btf"}

// testsMore is what their tests may import as well; peers are measured beside
// us and serve as witnesses.
var testsMore = []string{"github.com/google/go-cmp/cmp", "github.com/cilium/ebpf/asm", "github.com/gopacket/gopacket",
	"github.com/gopacket/gopacket/layers"}

// TestImports holds the house rules: which way dependencies point, and that
// library packages stay free of others' code.
func TestImports(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(file))
		allowed, library := layers[pkg]
		if !library {
			return nil
		}
		checked++
		test := strings.HasSuffix(file, "_test.go")
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			inner, ours := strings.CutPrefix(name, module)
			switch {
			case ours && (slices.Contains(allowed, inner) || test):
			case ours:
				t.Errorf("%s imports %s: %s may import %v", file, inner, pkg, allowed)
			case !strings.Contains(strings.Split(name, "/")[0], "."): // the standard library
				if name == "unsafe" && pkg != "syscall" && !test {
					t.Errorf("%s imports unsafe: only syscall may", file)
				}
			case slices.Contains(outside, name) || test && slices.Contains(testsMore, name):
			default:
				t.Errorf("%s imports %s: library packages take %v", file, name, outside)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 50 {
		t.Errorf("only %d files were read", checked)
	}
}

// templates are what a program should not carry that only loads others: the page of verifierlog is made with them.
var templates = []string{"html/template", "text/template", module + "verifierlog/page"}

// TestLoadersCarryNoTemplates asks the go command for all that they depend on.
func TestLoadersCarryNoTemplates(t *testing.T) {
	for _, pkg := range []string{"verifierlog", "prog", "structops", "link", "compile", "maps"} {
		out, err := exec.Command("go", "list", "-deps", "./"+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		if !slices.Contains(deps, module+pkg) {
			t.Fatalf("go list -deps ./%s does not list the package itself", pkg)
		}
		for _, name := range templates {
			if slices.Contains(deps, name) {
				t.Errorf("%s depends on %s", pkg, name)
			}
		}
	}
}

// TestEveryLibraryPackageTeaches: each public package has a doc.go.
func TestEveryLibraryPackageTeaches(t *testing.T) {
	for pkg := range layers {
		if strings.HasPrefix(pkg, "internal/") {
			continue
		}
		for _, file := range []string{"doc.go", "example_test.go"} {
			if matches, err := filepath.Glob(path.Join(pkg, file)); err != nil || len(matches) == 0 {
				t.Errorf("%s has no %s", pkg, file)
			}
		}
	}
}
