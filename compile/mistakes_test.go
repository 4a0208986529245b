package compile_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/english"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A want is a comment such as // want "a part of the finding" "of another one": what is to be found at its line.
type want struct {
	line int
	text string
	met  bool
}

// wants reads the comments of this package's functions that hold mistakes.
func wants(t *testing.T, file string) map[string][]*want {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	quoted := regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	all := make(map[string][]*want)
	for _, d := range parsed.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		for n := set.Position(fn.Pos()).Line; n <= set.Position(fn.End()).Line; n++ {
			_, comment, found := strings.Cut(lines[n-1], "// want ")
			if !found {
				continue
			}
			for _, q := range quoted.FindAllString(comment, -1) {
				part, err := strconv.Unquote(q)
				if err != nil {
					t.Fatal(err)
				}
				all[fn.Name.Name] = append(all[fn.Name.Name], &want{line: n, text: part})
			}
		}
	}
	return all
}

// TestMistakesAreFoundAtTheirLines compiles functions that are wrong: each mistake is found where it stands, all of them at
// once, and nothing else is.
func TestMistakesAreFoundAtTheirLines(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	wanted := make(map[string][]*want)
	for _, file := range []string{"mistakes_control_test.go", "mistakes_values_test.go", "mistakes_memory_test.go",
		"mistakes_dropped_test.go"} {
		for name, list := range wants(t, file) {
			wanted[name] = list
		}
	}
	for name, program := range mistakes() {
		t.Run(name, func(t *testing.T) {
			list := wanted[name]
			if list == nil {
				t.Fatal("nothing is wanted")
			}
			_, err := compile.Compile(program(), compile.Target{BTF: types, ByteOrder: isa.LittleEndian})
			var findings mistake.Findings
			if !errors.As(err, &findings) {
				t.Fatalf("no findings: %v", err)
			}
			if slips := english.Slips(findings.Error()); len(slips) > 0 {
				t.Errorf("%q in %v", slips, findings)
			}
			for _, f := range findings {
				if !meets(list, f) {
					t.Errorf("%s:%d: not wanted: %v", filepath.Base(f.Position.File), f.Position.Line, f)
				}
			}
			for _, w := range list {
				if !w.met {
					t.Errorf("line %d: nothing says %q", w.line, w.text)
				}
			}
		})
	}
}

func meets(list []*want, f mistake.Finding) bool {
	for _, w := range list {
		if !w.met && f.Position.Line == w.line && strings.HasPrefix(filepath.Base(f.Position.File), "mistakes_") &&
			strings.Contains(f.Error(), w.text) {
			w.met = true
			return true
		}
	}
	return false
}

// mistakes are the functions of the files beside this one.
func mistakes() map[string]func() *dsl.Program {
	return map[string]func() *dsl.Program{
		"nilBodies":                  nilBodies,
		"emptyBlocks":                emptyBlocks,
		"elseWithoutIf":              elseWithoutIf,
		"outsideLoops":               outsideLoops,
		"leaveOutsideBlock":          leaveOutsideBlock,
		"noBounds":                   noBounds,
		"noResult":                   noResult,
		"noResultAtTheEnd":           noResultAtTheEnd,
		"resultOfNothing":            resultOfNothing,
		"wrongResult":                wrongResult,
		"twoDefaults":                twoDefaults,
		"panics":                     panics,
		"panicsInABlock":             panicsInABlock,
		"noFunction":                 noFunction,
		"nilFunction":                nilFunction,
		"noFn":                       noFn,
		"goIntegers":                 goIntegers,
		"twoResults":                 twoResults,
		"variadic":                   variadic,
		"contextAndMore":             contextAndMore,
		"recursion":                  recursion,
		"otherFunctions":             otherFunctions,
		"usedAfterTheEnd":            usedAfterTheEnd,
		"outsideTheirBlock":          outsideTheirBlock,
		"mixedWidths":                mixedWidths,
		"constants":                  constants,
		"shifts":                     shifts,
		"zeroValues":                 zeroValues,
		"unusedResults":              unusedResults,
		"fields":                     fields,
		"fieldsThatAreSet":           fieldsThatAreSet,
		"layouts":                    layouts,
		"manyLocals":                 manyLocals,
		"largeLocal":                 largeLocal,
		"manyValues":                 manyValues,
		"argumentsOfCalls":           argumentsOfCalls,
		"argumentsOfKernelFunctions": argumentsOfKernelFunctions,
		"argumentsOfSubs":            argumentsOfSubs,
		"unknownHelper":              unknownHelper,
		"mistakesInTheOther":         mistakesInTheOther,
		"tracepointArgument":         tracepointArgument,
		"uncheckedTask":              uncheckedTask,
		"neverReached":               neverReached,
		"neverReachedInLoops":        neverReachedInLoops,
		"reachedAfterAll":            reachedAfterAll,
		"zeroVariable":               zeroVariable,
		"zeroCell":                   zeroCell,
		"zeroState":                  zeroState,
		"zeroPointer":                zeroPointer,
		"zeroFn":                     zeroFn,
		"zeroMap":                    zeroMap,
		"cases":                      cases,
		"unusedConditions":           unusedConditions,
		"unusedBody":                 unusedBody,
		"appendedItems":              appendedItems,
		"declaredTwice":              declaredTwice,
		"keysAndValues":              keysAndValues,
		"keysOfHelpers":              keysOfHelpers,
		"mapsInMaps":                 mapsInMaps,
		"records":                    records,
		"dataOfCallbacks":            dataOfCallbacks,
		"indices":                    indices,
		"updates":                    updates,
		"mapsThatCannotBe":           mapsThatCannotBe,
	}
}
