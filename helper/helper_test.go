package helper_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

var counts = &dsl.MapSpec{Name: "counts", Type: dsl.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}

var turn = dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, data dsl.Ptr) dsl.S64 { return f.S64(0) })

// Each line with a want has that mistake. No other line has one.
func mistaken(f *dsl.Fn, p dsl.Ptr, n dsl.U32) {
	helper.MapLookupElem(f, nil, p)          // want: argument 1 of bpf_map_lookup_elem is a Go nil; expected a map
	helper.MapUpdateElem(f, counts, p, p, n) // want: argument 4 of bpf_map_update_elem is a U32; expected a U64
	helper.Redirect(f, p, 0)                 // want: argument 1 of bpf_redirect is a pointer; expected a U32
	helper.Redirect(f, -1, 0)                // want: argument 1 of bpf_redirect: -1 does not fit a U32
	helper.XdpAdjustHead(f, p, n)            // want: argument 2 of bpf_xdp_adjust_head is a U32; expected an S32
	helper.Redirect(f, n.Eq(0), 0)           // want: argument 1 of bpf_redirect is a Bool; expected a U32
	helper.Redirect(f, 1.5, 0)               // want: argument 1 of bpf_redirect is a Go float64; expected a U32
	helper.Loop(f, 3, nil, p, 0)             // want: argument 2 of bpf_loop is a nil program; expected a function made with dsl.Func
	helper.ProbeReadKernel(f, p, 8, n)       // want: argument 3 of bpf_probe_read_kernel is a U32; expected a U64

	f.Helper("bpf_ktime_get_ns", 1)                 // want: bpf_ktime_get_ns needs 0 arguments, but is called with 1
	f.Helper("bpf_trace_printk", p)                 // want: bpf_trace_printk needs at least 2 arguments, but is called with 1
	f.Helper("bpf_map_lookup_elem", counts, n)      // want: argument 2 of bpf_map_lookup_elem is a U32; expected a pointer
	f.Helper("bpf_map_lookup_elem", 7, p)           // want: argument 1 of bpf_map_lookup_elem is the constant 7; expected a map
	f.Helper("bpf_map_lookup_elem", counts, counts) // want: argument 2 of bpf_map_lookup_elem is a map; expected a pointer

	f.Helper("bpf_loop", 1, p, p, 0)           // want: argument 2 of bpf_loop is a pointer; expected a function made with dsl.Func
	f.Helper("bpf_tail_call", p, counts, turn) // want: argument 3 of bpf_tail_call is a function; expected a U32

	f.Helper("bpf_ringbuf_reserve", counts, uint64(1)<<63, int64(-1)) // want: argument 3 of bpf_ringbuf_reserve: -1 does not fit a U64
}

// sound calls helpers correctly.
func sound(f *dsl.Fn, p dsl.Ptr, n dsl.U32) {
	helper.MapLookupElem(f, counts, p)
	helper.MapLookupElem(f, p, p) // a map found in a map
	helper.SkStorageGet(f, counts, p, nil, 1)
	helper.TracePrintk(f, p, 8, n, p, 3)
	helper.ProbeReadKernel(f, p, 8, p)
	helper.ProbeReadKernel(f, p, 8, p.Address())
	helper.Loop(f, n, turn, p, 0)
	helper.Loop(f, n.Var(), turn, nil, 0)
	helper.ProbeReadKernel(f, p, 8, uint64(1)<<63)
	helper.SkbVlanPush(f, p, n.U16(), 0)
	helper.RingbufDiscard(f, p, 0)
}

// TestWrongKinds compares the mistakes with the comments at the lines.
func TestWrongKinds(t *testing.T) {
	source, err := os.ReadFile("helper_test.go")
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[int]string)
	for n, line := range strings.Split(string(source), "\n") {
		if _, text, ok := strings.Cut(line, "// want: "); ok && strings.HasPrefix(line, "\t") && !strings.Contains(line, "Cut(") {
			want[n+1] = text
		}
	}
	for _, m := range dsl.Func("mistaken", mistaken).Body(false).Mistakes() {
		if w, ok := want[m.Position.Line]; !ok || w != m.Detail || !strings.HasSuffix(m.Position.File, "helper_test.go") {
			t.Errorf("%v: %s\nwant %s", m.Position, m.Detail, w)
		}
		delete(want, m.Position.Line)
	}
	for line, text := range want {
		t.Errorf("line %d: no mistake, want %s", line, text)
	}
}

func TestSoundCallsAreNoMistakes(t *testing.T) {
	for _, m := range dsl.Func("sound", sound).Body(false).Mistakes() {
		t.Errorf("%v: %s", m.Position, m.Detail)
	}
}

// Compiling reports mistakes as findings, each with its kind.
func TestMistakesAreFindings(t *testing.T) {
	_, err := compile.Compile(dsl.Func("wide", func(f *dsl.Fn) dsl.U64 {
		helper.Redirect(f, helper.KtimeGetNs(f), 0)
		return helper.KtimeGetNs(f)
	}), compile.Target{})
	var findings mistake.Findings
	if !errors.As(err, &findings) || !strings.Contains(err.Error(), "argument 1 of bpf_redirect is a U64; expected a U32") {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(findings[0].Help, ".U32()") {
		t.Errorf("help: %s", findings[0].Help)
	}
}

// A wrapper calls the helper with its number, and returns the helper's result.
func TestWrappersCallTheirHelpers(t *testing.T) {
	object, err := compile.Compile(dsl.Func("now", func(f *dsl.Fn) dsl.U64 { return helper.KtimeGetBootNs(f) }), compile.Target{})
	if err != nil {
		t.Fatal(err)
	}
	id, _ := isa.HelperID("bpf_ktime_get_boot_ns")
	if got := object.Instructions[0]; got.Imm != int64(id) || !strings.Contains(got.String(), "ktime_get_boot_ns") {
		t.Errorf("the first instruction is %v", got)
	}
}
