package dsl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/english"
	"github.com/bpfsmith/bpfsmith/isa"
)

type packets struct {
	Packets uint64
	Ports   [4]dsl.BE16
}

type traffic struct {
	Dropped uint32
	_       [4]uint8
	Passed  packets
}

// text compiles a function and returns its instructions in hexadecimal.
func text(t *testing.T, fn any) string {
	t.Helper()
	o, err := compile.Compile(dsl.Func("p", fn), compile.Target{ByteOrder: isa.LittleEndian})
	if err != nil {
		t.Fatal(err)
	}
	code, err := isa.Append(nil, isa.LittleEndian, o.Instructions...)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("% x", code)
}

// TestAtIsTheNamedField: a field named by a Go function is the same as the field named by its path.
func TestAtIsTheNamedField(t *testing.T) {
	for name, pair := range map[string][2]func(r dsl.Ref[traffic]) dsl.U64{
		"nested": {
			func(r dsl.Ref[traffic]) dsl.U64 {
				return dsl.At(r, func(t *traffic) *uint64 { return &t.Passed.Packets }).U64("").Get()
			},
			func(r dsl.Ref[traffic]) dsl.U64 { return r.U64("Passed.Packets").Get() },
		},
		"element in network order": {
			func(r dsl.Ref[traffic]) dsl.U64 {
				return dsl.At(r, func(t *traffic) *dsl.BE16 { return &t.Passed.Ports[2] }).U16("").U64()
			},
			func(r dsl.Ref[traffic]) dsl.U64 { return r.U16("Passed.Ports[2]").U64() },
		},
		"struct": {
			func(r dsl.Ref[traffic]) dsl.U64 {
				return dsl.At(r, func(t *traffic) *packets { return &t.Passed }).U64("Packets").Get()
			},
			func(r dsl.Ref[traffic]) dsl.U64 { return r.U64("Passed.Packets").Get() },
		},
		"first": {
			func(r dsl.Ref[traffic]) dsl.U64 {
				return dsl.At(r, func(t *traffic) *uint32 { return &t.Dropped }).U32("").U64()
			},
			func(r dsl.Ref[traffic]) dsl.U64 { return r.U32("Dropped").U64() },
		},
	} {
		program := func(read func(dsl.Ref[traffic]) dsl.U64) any {
			return func(f *dsl.Fn, c dsl.ContextOf[traffic]) dsl.U64 { return read(c.Ref) }
		}
		if got, want := text(t, program(pair[0])), text(t, program(pair[1])); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestAtRefusesOtherAddresses: an address outside of the struct is a finding.
func TestAtRefusesOtherAddresses(t *testing.T) {
	other := new(uint64)
	for name, part := range map[string]func(*traffic) *uint64{
		"nil function": nil,
		"nil":          func(*traffic) *uint64 { return nil },
		"another":      func(*traffic) *uint64 { return other },
	} {
		_, err := compile.Compile(dsl.Func("p", func(f *dsl.Fn, c dsl.ContextOf[traffic]) dsl.U64 {
			return dsl.At(c.Ref, part).U64("").Get()
		}), compile.Target{ByteOrder: isa.LittleEndian})
		if err == nil || !strings.Contains(err.Error(), "function of At") || !strings.Contains(err.Error(), "part_test.go:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type portNumber uint16

// TestNamedIntegersAreOperands: a value of a named type is its number. A value in network order is the number that it stands for.
func TestNamedIntegersAreOperands(t *testing.T) {
	const http portNumber = 80
	program := func(o dsl.Operand) any {
		return func(f *dsl.Fn, c dsl.ContextOf[traffic]) dsl.U64 {
			f.If(c.U16("Passed.Ports[0]").Eq(o), func() { f.Return(1) })
			return f.U64(0)
		}
	}
	want := text(t, program(80))
	for _, o := range []dsl.Operand{http, dsl.NetworkOrder16(80)} {
		if got := text(t, program(o)); got != want {
			t.Errorf("%T:\n%s\nwant\n%s", o, got, want)
		}
	}
	for _, o := range []dsl.Operand{uintptr(80), 80.0, "80"} {
		if _, err := compile.Compile(dsl.Func("p", program(o)), compile.Target{ByteOrder: isa.LittleEndian}); err == nil {
			t.Errorf("a %T was taken for an integer", o)
		}
	}
}

// TestBoolParameters: functions have Bools as parameters and results, and an argument must be a Bool.
func TestBoolParameters(t *testing.T) {
	not := dsl.Func("not", func(f *dsl.Fn, b dsl.Bool) dsl.Bool { return b.Not() })
	if got := not.Proto.String(); got != "bool (bool)" {
		t.Errorf("the prototype is %s", got)
	}
	text(t, func(f *dsl.Fn, c dsl.ContextOf[traffic]) dsl.U32 {
		return f.Call(not, c.U32("Dropped").Eq(2)).Bool().U32()
	})
	_, err := compile.Compile(dsl.Func("p", func(f *dsl.Fn, c dsl.ContextOf[traffic]) dsl.U32 {
		return f.Call(not, c.U32("Dropped")).U32()
	}), compile.Target{ByteOrder: isa.LittleEndian})
	if err == nil || !strings.Contains(err.Error(), "bool") {
		t.Errorf("a U32 was taken for a Bool: %v", err)
	}
	text(t, func(f *dsl.Fn, c dsl.ContextOf[traffic]) dsl.U32 { // a result that is a Bool need not be used
		f.Call(not, c.U32("Dropped").Eq(2)).Bool()
		return f.U32(0)
	})
}

// TestPrintfFormats: a value that does not fit its verb is a finding. The others compile.
func TestPrintfFormats(t *testing.T) {
	for _, tt := range []struct {
		format string
		values func(c dsl.ContextOf[traffic]) []dsl.Operand
		want   string // of the finding; "" for none
	}{
		{"plain", func(dsl.ContextOf[traffic]) []dsl.Operand { return nil }, ""},
		{"100 %%", func(dsl.ContextOf[traffic]) []dsl.Operand { return nil }, ""},
		{"%d %08x %p", func(c dsl.ContextOf[traffic]) []dsl.Operand {
			return []dsl.Operand{c.U32("Dropped"), uint64(1) << 63, c.Ptr}
		}, ""},
		{"%d %d %d %d", func(c dsl.ContextOf[traffic]) []dsl.Operand {
			return []dsl.Operand{1, -2, c.U32("Dropped").Eq(1), c.U16("Passed.Ports[1]")}
		}, ""},
		{"%d", func(dsl.ContextOf[traffic]) []dsl.Operand { return nil }, "has 1 verb, but Printf is called with 0 values"},
		{"no verb", func(dsl.ContextOf[traffic]) []dsl.Operand { return []dsl.Operand{1} },
			"has 0 verbs, but Printf is called with 1 value"},
		{"%f", func(dsl.ContextOf[traffic]) []dsl.Operand { return []dsl.Operand{1} }, "there is no verb %f"},
		{"%s", func(dsl.ContextOf[traffic]) []dsl.Operand { return []dsl.Operand{1} }, "%s prints a pointer"},
		{"%d", func(c dsl.ContextOf[traffic]) []dsl.Operand { return []dsl.Operand{c.Ptr} }, "%d prints a number"},
		{"%d", func(dsl.ContextOf[traffic]) []dsl.Operand { return []dsl.Operand{"x"} }, "a Go string"},
		{"%", func(dsl.ContextOf[traffic]) []dsl.Operand { return nil }, "ends with %"},
		{strings.Repeat("x", 600), func(dsl.ContextOf[traffic]) []dsl.Operand { return nil }, "the format has 601 bytes"},
	} {
		_, err := compile.Compile(dsl.Func("p", func(f *dsl.Fn, c dsl.ContextOf[traffic]) dsl.U32 {
			f.Printf(tt.format, tt.values(c)...)
			return f.U32(0)
		}), compile.Target{ByteOrder: isa.LittleEndian})
		if err != nil && len(english.Slips(err.Error())) > 0 {
			t.Errorf("%q in %v", english.Slips(err.Error()), err)
		}
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%.20q: %v, want %q", tt.format, err, tt.want)
		}
	}
}
