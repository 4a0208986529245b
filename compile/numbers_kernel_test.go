package compile_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/test/random"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Where the tables have what: two numbers, a count for shifts in each width, and from resultsAt on 16 bytes for each expression.
const (
	xAt       = 0
	yAt       = 8
	countAt   = 16
	resultsAt = 64
)

// A sheet is a program that computes a list of expressions, and the numbers that it is run on.
type sheet struct {
	what   string
	exprs  []*random.Expr
	inputs [][6]uint64 // x, y, and the count as U8, U16, U32 and U64
	folded bool        // the compiler knows all numbers
}

func constantExpr(t random.Type, n uint64, raw bool) *random.Expr {
	return &random.Expr{Op: random.Const, Type: t, Value: n, Raw: raw}
}

func cellExpr(t random.Type, off int) *random.Expr {
	return &random.Expr{Op: random.Cell, Type: t, Place: &random.Place{Off: off}}
}

// binaryExprs are all operators of two numbers of a type; conditions as a number that is computed, and as a branch.
func binaryExprs(t random.Type, x, y *random.Expr) []*random.Expr {
	var list []*random.Expr
	for op := random.Add; op <= random.Max; op++ {
		list = append(list, &random.Expr{Op: op, Type: t, Args: []*random.Expr{x, y}})
	}
	for op := random.Eq; op <= random.Has; op++ {
		cond := &random.Expr{Op: op, Type: random.Bool, Args: []*random.Expr{x, y}}
		not := &random.Expr{Op: random.NotBool, Type: random.Bool, Args: []*random.Expr{cond}}
		list = append(list,
			&random.Expr{Op: random.Number, Type: random.U8, Args: []*random.Expr{cond}},
			&random.Expr{Op: random.Number, Type: random.U32, Args: []*random.Expr{not}},
			&random.Expr{Op: random.Pick, Type: t, Args: []*random.Expr{cond, y, x}},
			&random.Expr{Op: random.Pick, Type: random.U16,
				Args: []*random.Expr{not, constantExpr(random.U16, 1, false), constantExpr(random.U16, 2, false)}})
	}
	return list
}

// unaryExprs are all operators of one number of a type, conversions to all types and back too.
func unaryExprs(t random.Type, x *random.Expr) []*random.Expr {
	var list []*random.Expr
	for op := random.Neg; op <= random.Swap; op++ {
		list = append(list, &random.Expr{Op: op, Type: t, Args: []*random.Expr{x}})
	}
	for to := random.U8; to <= random.S64; to++ {
		there := &random.Expr{Op: random.Convert, Type: to, Args: []*random.Expr{x}}
		list = append(list, there, &random.Expr{Op: random.Convert, Type: t, Args: []*random.Expr{there}})
	}
	return list
}

func shiftExprs(t random.Type, x, count *random.Expr) []*random.Expr {
	return []*random.Expr{{Op: random.Shl, Type: t, Args: []*random.Expr{x, count}},
		{Op: random.Shr, Type: t, Args: []*random.Expr{x, count}}}
}

// sheets are the tables for a type: numbers that are known when the program is compiled, and others, in all combinations.
func sheets(t random.Type) []sheet {
	x, y := cellExpr(t, xAt), cellExpr(t, yAt)
	edges := random.Edges(t)
	var pairs, singles [][6]uint64
	for _, a := range edges {
		singles = append(singles, [6]uint64{a})
		for _, b := range edges {
			pairs = append(pairs, [6]uint64{a, b})
		}
	}
	list := []sheet{{"two numbers", binaryExprs(t, x, y), pairs, false}, {"one number", unaryExprs(t, x), singles, false},
		{"twice the same number", binaryExprs(t, x, x), singles, false}}
	for _, n := range edges {
		c := constantExpr(t, n, true)
		exprs := append(binaryExprs(t, x, c), binaryExprs(t, constantExpr(t, n, false), x)...)
		list = append(list, sheet{fmt.Sprintf("a number and %v", c), exprs, singles, false})
		exprs = unaryExprs(t, constantExpr(t, n, false))
		for _, m := range edges {
			exprs = append(exprs, binaryExprs(t, constantExpr(t, n, false), constantExpr(t, m, true))...)
		}
		list = append(list, sheet{fmt.Sprintf("%v and a constant", c), exprs, singles[:1], true})
	}
	var shifts []*random.Expr
	var counted [][6]uint64
	for kind := random.U8; kind <= random.U64; kind++ {
		shifts = append(shifts, shiftExprs(t, x, cellExpr(kind, countAt+8*int(kind)))...)
	}
	for _, a := range edges {
		for _, n := range random.Counts(random.U64) {
			counted = append(counted, [6]uint64{a, 0, n, n, n, n})
		}
	}
	list = append(list, sheet{"shifts by a number", shifts, counted, false})
	shifts = nil
	for kind := random.U8; kind <= random.U64; kind++ {
		for _, n := range random.Counts(kind) {
			shifts = append(shifts, shiftExprs(t, x, constantExpr(kind, n, true))...)
			shifts = append(shifts, shiftExprs(t, constantExpr(t, edges[len(edges)-1], false), constantExpr(kind, n, true))...)
		}
	}
	return append(list, sheet{"shifts by a constant", shifts, singles, false})
}

// program computes the sheet's expressions: each as what it is, and widened to 64 bits.
func (s *sheet) program() (p *random.Program, size int) {
	f := &random.Func{Type: random.U32, Result: constantExpr(random.U32, 0, true)}
	at := resultsAt
	for n, e := range s.exprs {
		wide := &random.Expr{Op: random.Convert, Type: random.U64, Args: []*random.Expr{{Op: random.Name, Type: e.Type, ID: n + 1}}}
		f.Body = append(f.Body, &random.Stmt{Kind: random.Let, Type: e.Type, ID: n + 1, X: e},
			&random.Stmt{Kind: random.Store, Type: e.Type, Place: &random.Place{Off: at},
				X: &random.Expr{Op: random.Name, Type: e.Type, ID: n + 1}},
			&random.Stmt{Kind: random.Store, Type: random.U64, Place: &random.Place{Off: at + 8}, X: wide})
		at += 16
	}
	return &random.Program{Funcs: []*random.Func{f}, Level: 1, IDs: len(s.exprs)}, at
}

// TestNumbersAreGos compares every operator, for every type and every conversion, with Go's: at the edges of ranges, for each ISA level.
// It is what stands behind the table in docs/language.md. Where few random programs are to be tried, each sheet is at one of the levels.
func TestNumbersAreGos(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 1)
	short := randomPrograms(t) < longRandom
	for kind := random.U8; kind <= random.S64; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			compared := 0
			for n, s := range sheets(kind) {
				for level := isa.V1; level <= host.Ask().Level; level++ {
					if (s.folded || short) && int(level-isa.V1) != n%4 {
						continue // what the compiler computes is the same at all levels
					}
					compared += s.compare(t, level)
				}
			}
			t.Logf("%d results", compared)
		})
	}
}

// compare runs the sheet on its inputs, and gives how many results were compared.
func (s *sheet) compare(t *testing.T, level isa.Level) (compared int) {
	p, size := s.program()
	o, err := compileRandom(p, level)
	if err != nil {
		t.Fatalf("%s at %v: %v", s.what, level, err)
	}
	prog, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSyscall, Flags: syscall.ProgSleepable, Name: "numbers",
		License: "GPL", Instructions: o.Code})
	if err != nil {
		t.Fatalf("%s at %v: %+v\n%s", s.what, level, err, o.AppendListing(nil))
	}
	defer prog.Close()
	got, want := make([]byte, size), make([]byte, size)
	for _, in := range s.inputs {
		clear(got)
		for i, n := range in {
			binary.NativeEndian.PutUint64(got[8*i:], n)
		}
		copy(want, got)
		if _, err := syscall.ProgTestRun(&syscall.TestRunAttr{Prog: prog, CtxIn: got}); err != nil {
			t.Fatal(err)
		}
		p.Run(want)
		compared += 2 * len(s.exprs)
		if bytes.Equal(got, want) {
			continue
		}
		for i, e := range s.exprs {
			at := resultsAt + 16*i
			if g, w := got[at:at+16], want[at:at+16]; !bytes.Equal(g, w) {
				t.Errorf("%s at %v: %v with %#x: % x and % x widened, want % x and % x", s.what, level, e, in, g[:8], g[8:], w[:8], w[8:])
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	return compared
}
