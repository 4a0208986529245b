package tcp_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// compiler returns Go's type checker, with this module's packages as go build has them.
func compiler(t *testing.T) func(source string) []string {
	t.Helper()
	const format = "{{.ImportPath}}={{.Export}}"
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", format, "github.com/bpfsmith/bpfsmith/kernel/tcp",
		"github.com/bpfsmith/bpfsmith/kernel/scx").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		exports[name] = file
	}
	files := token.NewFileSet()
	imports := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s is not among the packages", path)
		}
		return os.Open(exports[path])
	})
	return func(source string) (found []string) {
		file, err := parser.ParseFile(files, "snippet.go", source, 0)
		if err != nil {
			return []string{err.Error()}
		}
		config := types.Config{Importer: imports, Error: func(err error) { found = append(found, err.(types.Error).Msg) }}
		config.Check("snippet", files, []*ast.File{file}, nil) // its error is the first of those found
		return found
	}
}

// TestGoBuildRefuses: Go's compiler finds mistakes in a struct of functions.
func TestGoBuildRefuses(t *testing.T) {
	if testing.Short() {
		t.Skip("the go command may have to build the packages first")
	}
	const source = `package snippet

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

func ssthresh(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) }
func congAvoid(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.CongAvoidAI(tp.SndCwnd(), acked) }
func enqueue(f *dsl.Fn, p scx.Task, flags dsl.U64) { p.Dispatch(scx.DSQGlobal, scx.SliceDfl, flags) }

var _, _, _ = ssthresh, congAvoid, enqueue
var _ = `
	check := compiler(t)
	for _, tt := range []struct {
		name, code string
		want       string // "" for none
	}{
		{"none", `tcp.CongestionOps{Name: "x", License: "GPL", Ssthresh: ssthresh, UndoCwnd: ssthresh, CongAvoid: congAvoid}`, ""},
		{"a member that is misspelt", `tcp.CongestionOps{Sstresh: ssthresh}`, "unknown field Sstresh in struct literal of type " +
			"tcp.CongestionOps"},
		{"a member that BPF cannot implement", `tcp.CongestionOps{GetInfo: ssthresh}`, "unknown field GetInfo"},
		{"the function of another member", `tcp.CongestionOps{CongAvoid: ssthresh}`,
			"cannot use ssthresh (value of type func(f *dsl.Fn, tp tcp.Sock) dsl.U32) as func(f *dsl.Fn, sk tcp.Sock, ack dsl.U32, " +
				"acked dsl.U32) value"},
		{"a parameter too few", `tcp.CongestionOps{CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32) {}}`,
			"ack dsl.U32, acked dsl.U32) value in struct literal"},
		{"a parameter too many", `tcp.CongestionOps{Init: func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32) {}}`,
			"as func(f *dsl.Fn, sk tcp.Sock) value"},
		{"a parameter of another width", `tcp.CongestionOps{SetState: func(f *dsl.Fn, tp tcp.Sock, state dsl.U32) {}}`,
			"as func(f *dsl.Fn, sk tcp.Sock, newState dsl.U8) value"},
		{"a parameter of another sign",
			`tcp.CongestionOps{CongControl: func(f *dsl.Fn, tp tcp.Sock, ack, flag dsl.U32, rs tcp.RateSample) {}}`, "flag dsl.S32"},
		{"another struct", `tcp.CongestionOps{PktsAcked: func(f *dsl.Fn, tp tcp.Sock, rs tcp.RateSample) {}}`, "sample tcp.AckSample"},
		{"the signature before 6.10", `tcp.CongestionOps{CongControl: func(f *dsl.Fn, tp tcp.Sock, rs tcp.RateSample) {}}`,
			"flag dsl.S32, rs tcp.RateSample) value"},
		{"no result", `tcp.CongestionOps{Ssthresh: func(f *dsl.Fn, tp tcp.Sock) {}}`, "as func(f *dsl.Fn, sk tcp.Sock) dsl.U32 value"},
		{"a result that nobody takes", `tcp.CongestionOps{Init: ssthresh}`, "as func(f *dsl.Fn, sk tcp.Sock) value"},
		{"a number where a function belongs", `tcp.CongestionOps{Init: 7}`, "cannot use 7"},
		{"a function where data belongs", `tcp.CongestionOps{Flags: ssthresh}`, "as uint32 value"},
		{"flags that do not fit", `tcp.CongestionOps{Flags: 1 << 32}`, "overflows"},
		{"a name that is no text", `tcp.CongestionOps{Name: 7}`, "cannot use 7"},
		{"a scheduler's function", `tcp.CongestionOps{Init: enqueue}`, "cannot use enqueue"},
		{"a scheduler", `scx.Ops{Enqueue: enqueue, TimeoutMs: 5000, Sleepable: scx.SleepableOps{Init: true}}`, ""},
		{"a callback that must not sleep", `scx.Ops{Sleepable: scx.SleepableOps{Enqueue: true}}`,
			"unknown field Enqueue in struct literal of type scx.SleepableOps"},
		{"a negative time", `scx.Ops{TimeoutMs: -1}`, "cannot use -1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := check(source + tt.code + "\n")
			if tt.want == "" {
				if len(found) > 0 {
					t.Errorf("refused: %q", found)
				}
				return
			}
			if len(found) != 1 || !strings.Contains(found[0], tt.want) {
				t.Errorf("found %q, want one with %q", found, tt.want)
			}
		})
	}
}
