package dsl

import (
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/bpfsmith/bpfsmith/internal/callers"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

// A Fn is a function while it is written: what its Go function is given to
// write branches, loops, calls and results with. It is good for that one call
// of the Go function.
type Fn struct {
	program *Program
	body    *Body
	ir      *ir.Func
	at      ir.B   // the block that is written
	dead    bool   // nothing leads to it: a return stands before
	running bool   // the Go function runs
	entered bool   // and has written something
	ended   bool   // the Go function has returned
	scopes  []bool // blocks of Go, open or not: values made in one are not for others
	scope   int32
	loops   []loop
	result  CType
	pending *Branches // an If that may still get its Else

	sites map[uintptr]int32 // by program counter, the number in ir.Sites; 0 for those within the language itself
	line  int32             // the last one that was found
	names map[ir.Name]int32

	computed []ir.V // results of operators, which somebody is to use
	taken    []bool // by value: somebody did, rightly or not
}

// A Body is a written function, for package compile.
type Body struct {
	IR   *ir.Func
	Subs []*Program // what Aux of calls and of FuncAddr counts
	Maps []*MapSpec // what Aux of MapAddr and MapValue counts

	mu       sync.Mutex // values that are kept too long may bring mistakes at any time
	mistakes []Mistake

	Unfinished bool // the Go function panicked
}

// A Mistake is something that was wrong while a function was written.
type Mistake struct {
	Pos    Position
	Rule   string // as compile.Rule has it
	Detail string
	Help   string
}

// The rules of mistakes in structured functions; see package compile.
const (
	ruleNilBody     = "nil-body"
	ruleForeign     = "foreign-value"
	ruleEnded       = "ended-function"
	ruleOutOfScope  = "out-of-scope"
	ruleMixedWidths = "mixed-widths"
	ruleConstant    = "bad-constant"
	ruleNoResult    = "no-result"
	ruleEmptyBlock  = "empty-block"
	ruleMisplaced   = "misplaced"
	ruleNoBound     = "no-bound"
	ruleSignature   = "bad-signature"
	ruleArguments   = "bad-arguments"
	ruleLayout      = "bad-layout"
	ruleZeroValue   = "zero-value"
	rulePanic       = "panic"
	ruleUnused      = "unused-result"
)

// mistake notes something wrong at the line of Go that is being run.
func (f *Fn) mistake(rule, help, format string, args ...any) {
	f.mistakeAt(f.ir.Sites[f.site()], rule, help, format, args...)
}

func (f *Fn) mistakeAt(pc uintptr, rule, help, format string, args ...any) {
	f.body.note(Mistake{Pos: site(pc).position(), Rule: rule, Detail: fmt.Sprintf(format, args...), Help: help})
}

func (b *Body) note(m Mistake) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mistakes = append(b.mistakes, m)
}

// Mistakes lists what was wrong so far, in the order in which it was met.
func (b *Body) Mistakes() []Mistake {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mistakes)
}

// generated is how files end whose functions are not the lines that anybody
// wants to read of: wrappers that bpfsmith gen made.
const generated = "_btfgen.go"

// languagePackages are those whose functions are the language itself.
var languagePackages = [...]string{"github.com/bpfsmith/bpfsmith/dsl.", "github.com/bpfsmith/bpfsmith/maps.", "github.com/bpfsmith/bpfsmith/helper.", "github.com/bpfsmith/bpfsmith/kernel/"}

// entrySite is the number of the line where the Go function begins.
const entrySite = 1

// site is the number of the line of Go that is being run: the nearest caller
// outside the language. It is asked for each operation.
func (f *Fn) site() int32 {
	if f.running && !f.entered {
		f.entered = true
		f.correctEntry()
	}
	if !f.running && !f.ended {
		f.line = entrySite
		return entrySite
	}
	var pcs [32]uintptr
	f.line = 0
	for _, pc := range pcs[:callers.Returns(pcs[:])] {
		n, known := f.sites[pc]
		if !known {
			n = f.siteAt(pc)
			f.sites[pc] = n
		}
		if n != 0 {
			f.line = n
			break
		}
	}
	return f.line
}

// siteAt numbers the line of Go at a return address, or gives 0 for one in the
// language.
func (f *Fn) siteAt(pc uintptr) int32 {
	user := userPC(pc)
	if user == 0 {
		return 0
	}
	f.ir.Sites = append(f.ir.Sites, user)
	return int32(len(f.ir.Sites) - 1)
}

// userPC is the place outside the language at a return address: its own, or that
// of one of the functions around it, where some were inlined. It is 0 where all are of
// the language.
func userPC(pc uintptr) uintptr {
	// CallersFrames looks around an address for what was inlined when another follows; 0 is none.
	for frames := runtime.CallersFrames([]uintptr{pc, 0}); ; {
		frame, more := frames.Next()
		if !isLanguage(frame) {
			return frame.PC + 1
		}
		if !more {
			return 0
		}
	}
}

// isLanguage reports whether a frame is of the language itself: its function, or, as a
// closure that was inlined into its user's function bears the user's name, its
// file. What compilers write around methods counts too.
func isLanguage(frame runtime.Frame) bool {
	if strings.HasSuffix(frame.File, generated) || frame.File == "<autogenerated>" {
		return true
	}
	if strings.HasSuffix(frame.File, "_test.go") {
		return false
	}
	for _, p := range languagePackages {
		if strings.HasPrefix(frame.Function, p) {
			return true
		}
	}
	return strings.HasPrefix(frame.Function, "reflect.") || strings.HasPrefix(frame.Function, "runtime.") ||
		path.Base(path.Dir(frame.File)) == "dsl" && isOwnFile(frame.File)
}

// isOwnFile reports whether a file is one of this package.
func isOwnFile(file string) bool {
	_, here, _, _ := runtime.Caller(0)
	return path.Dir(file) == path.Dir(here)
}

// name numbers something that the target is asked for.
func (f *Fn) name(n ir.Name) int32 {
	number, known := f.names[n]
	if !known {
		number = int32(len(f.ir.Names))
		f.ir.Names = append(f.ir.Names, n)
		f.names[n] = number
	}
	return number
}

// emit adds a value to the block that is written.
func (f *Fn) emit(v ir.Value, args ...ir.V) ir.V {
	f.site()
	return f.emitHere(v, args...)
}

// emitHere is emit for what belongs to the line of what was written last.
func (f *Fn) emitHere(v ir.Value, args ...ir.V) ir.V {
	v.Site = f.line
	f.pending = nil
	return f.ir.Append(f.at, v, args...)
}

// usable reports whether anything may still be written, and notes when not. A
// value that was never made has no function, which is noted where it is used.
func (f *Fn) usable() bool {
	if f == nil {
		return false
	}
	if !f.ended {
		return true
	}
	// The function may be compiled at the same time: nothing of it is written any more.
	f.mistakeAt(userFrame(), ruleEnded, "values and f are good only while the Go function runs", "%s has ended", quoted(f.program.Name))
	return false
}

// userFrame is the nearest caller outside the language.
func userFrame() uintptr {
	var pcs [32]uintptr
	for _, pc := range pcs[:callers.Returns(pcs[:])] {
		if pc = userPC(pc); pc != 0 {
			return pc
		}
	}
	return 0
}

// terminate ends the block that is written, and goes on in one that nothing
// leads to.
func (f *Fn) terminate(kind ir.Kind, x ir.V) {
	f.pending = nil
	b := &f.ir.Blocks[f.at]
	b.Kind, b.X, b.Site = kind, x, f.site()
	f.begin(f.ir.NewBlock())
	f.dead = true
}

// begin goes on writing in a block.
func (f *Fn) begin(b ir.B) {
	f.at, f.dead = b, false
}

// jump ends the block that is written with a jump.
func (f *Fn) jump(to ir.B) {
	f.ir.Blocks[f.at].Site = f.line
	f.ir.Jump(f.at, to)
}

// branch ends the block that is written with a branch on a Bool.
func (f *Fn) branch(cond ir.V, yes, no ir.B) {
	b := &f.ir.Blocks[f.at]
	b.Kind, b.Cond, b.X, b.Site = ir.Branch, ir.NE, cond, f.line
	f.ir.Edge(f.at, yes)
	f.ir.Edge(f.at, no)
}

// inside runs a closure in a scope of its own.
func (f *Fn) inside(what string, body func()) {
	parent := f.scope
	f.scopes = append(f.scopes, true)
	f.scope = int32(len(f.scopes) - 1)
	if body == nil {
		f.mistake(ruleNilBody, "", "the body of %s is nil", what)
	} else {
		body()
	}
	f.scopes[f.scope] = false
	f.scope = parent
	f.pending = nil
}

// statements is inside for a closure that is to write something. One that wrote
// nothing is a mistake: a Go return leaves the closure, not the program.
func (f *Fn) statements(what string, body func()) {
	entry, values, blocks := f.at, len(f.ir.Values), len(f.ir.Blocks)
	mistakes := len(f.body.mistakes)
	f.inside(what, body)
	if body != nil && len(f.body.mistakes) == mistakes && len(f.ir.Values) == values && len(f.ir.Blocks) == blocks && f.at == entry && !f.ended {
		f.mistake(ruleEmptyBlock, "a Go return leaves only the Go function it stands in; f.Exit() and f.Return(v) leave the program", "the body of %s does nothing", what)
	}
}

// take checks that a value may be used here, and gives it.
func (f *Fn) take(from *Fn, v ir.V, scope int32, typ ir.Type) ir.V {
	if f.ended {
		f.usable() // notes it
		return 0
	}
	if from == f {
		f.taken = append(f.taken, make([]bool, max(0, int(v)+1-len(f.taken)))...)
		f.taken[v] = true
	}
	switch {
	case from != nil && from != f:
		f.mistake(ruleForeign, "pass it as an argument", "this value belongs to %s, and this is %s", quoted(from.program.Name), quoted(f.program.Name))
	case from == nil || v == 0:
		f.mistake(ruleZeroValue, "values come from parameters, fields, calls and f.U32(1) and its like", "this value was never made")
	case !f.scopes[scope]:
		f.mistake(ruleOutOfScope, "to carry a value out of a block, set a variable made before it (Var), or use Pick",
			"this value was made at %v, inside a block, and is used outside of it", site(f.ir.Sites[f.ir.Values[v].Site]).position())
	default:
		return v
	}
	return f.constant(typ, 0)
}

func (f *Fn) constant(typ ir.Type, n int64) ir.V {
	return f.emitHere(ir.Value{Op: ir.Const, Type: typ, Imm: n})
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }
