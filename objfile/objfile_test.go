package objfile_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/objfile"
)

func read(t testing.TB, name string) *objfile.Object {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	o, err := objfile.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func programOf(t testing.TB, o *objfile.Object, name string) *objfile.Program {
	t.Helper()
	for _, p := range o.Programs {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no program %s", name)
	return nil
}

// testKernel is Linux 6.18 with the types of the fixture.
func testKernel(t testing.TB) *objfile.Kernel {
	t.Helper()
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	return &objfile.Kernel{Types: types, Version: 0x061200, Config: func(string) (string, bool) { return "", false }}
}

func listing(t *testing.T, o *objfile.Object, code *objfile.Code) string {
	t.Helper()
	ins, err := isa.Decode(code.Raw, o.Order)
	if err != nil {
		t.Fatal(err)
	}
	return string(isa.AppendListing(nil, ins, isa.Kernel))
}

// TestVariables: sections of variables are maps, the weak map is a map, and the function that is called back comes after its caller.
func TestVariables(t *testing.T) {
	o := read(t, "variables.o")
	var names []string
	for _, m := range o.Maps {
		names = append(names, m.Name+" "+m.Type.String())
	}
	want := []string{"counts hash", ".rodata array", ".bss.locked array", ".bss array"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if m := o.Maps[1]; !m.Frozen || m.Flags&uint32(linux.MapReadOnlyProg) == 0 || string(m.Contents) != "\x07\x00\x00\x00" {
		t.Errorf("%+v", m)
	}
	if o.License != "" {
		t.Errorf("the licence is %q", o.License)
	}
	p := programOf(t, o, "sum")
	code, err := o.Link(p, testKernel(t))
	if err != nil {
		t.Fatal(err)
	}
	var functions []string
	for _, f := range code.Functions {
		functions = append(functions, f.Name)
	}
	if diff := cmp.Diff([]string{"sum", "walk", "add"}, functions); diff != "" {
		t.Error(diff)
	}
	if line := code.Lines[0]; line.Line == 0 || !strings.HasSuffix(line.File, "variables.c") {
		t.Errorf("the first line is %+v", line)
	}
}

// TestInterface: programs of several types, with the member that each is for.
func TestInterface(t *testing.T) {
	o := read(t, "interface.o")
	type place struct{ Name, Section, Struct, Member string }
	var places []place
	for _, p := range o.Programs {
		places = append(places, place{p.Name, p.Section, p.Struct, p.Member})
	}
	want := []place{
		{"half", "struct_ops/anything", "tcp_congestion_ops", "ssthresh"},
		{"undo", "struct_ops/anything", "tcp_congestion_ops", "undo_cwnd"},
		{"avoid", "struct_ops", "tcp_congestion_ops", "cong_avoid"},
		{"alone", "struct_ops", "", ""},
		{"connects", "cgroup/connect4", "", ""},
		{"enters", "fentry.s/tcp_slow_start", "", ""},
		{"elsewhere", "nothing/known", "", ""},
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Error(diff)
	}
}

// TestMissing: what a program needs and the kernel lacks is an error of that program alone.
func TestMissing(t *testing.T) {
	o := read(t, "missing.o")
	_, err := o.Link(programOf(t, o, "needs"), testKernel(t))
	var missing *objfile.MissingError
	if !errors.As(err, &missing) || missing.Name != "no_such_function" || missing.What != "kernel function" || missing.Slot != 0 {
		t.Errorf("%v", err)
	}
	if _, err := o.Link(programOf(t, o, "fine"), testKernel(t)); err != nil {
		t.Error(err)
	}
	asks := read(t, "kernel.o")
	if _, err := asks.Link(programOf(t, asks, "asks"), &objfile.Kernel{}); !errors.Is(err, objfile.ErrNeedsTypes) {
		t.Errorf("without types: %v", err)
	}
}

// TestSettings: the version is known; a weak setting that the kernel lacks is 0.
func TestSettings(t *testing.T) {
	o := read(t, "kernel.o")
	for _, m := range o.Maps {
		contents, known := o.ContentsFor(m, testKernel(t))
		if want := "\x00\x12\x06\x00\x00"; m.Name == ".kconfig" && (!known || string(contents) != want) {
			t.Errorf("%q %v, want %q", contents, known, want)
		}
		if _, known := o.ContentsFor(m, &objfile.Kernel{}); m.Name == ".kconfig" && known {
			t.Error("settings of a kernel that is not known")
		}
	}
}

// numbers are what differs between loaders and kernels in a listing.
var numbers = regexp.MustCompile(`fd:\d+|kernel-function#\d+|0xffffffff[0-9a-f]{8}|unknown#20020000\d\d`)

// TestListings compares code with what libbpf 1.5 passed to Linux 6.18 for the same object (testdata/*.libbpf), apart from the numbers of
// maps, functions and addresses.
func TestListings(t *testing.T) {
	for _, tt := range []struct {
		object, program string
		kernel          *objfile.Kernel
	}{
		{"arena", "count", &objfile.Kernel{}}, // the fixture has no functions of arenas
		{"kernel", "asks", testKernel(t)},
		{"variables", "sum", testKernel(t)},
	} {
		want, err := os.ReadFile("testdata/" + tt.object + ".libbpf")
		if err != nil {
			t.Fatal(err)
		}
		o := read(t, tt.object+".o")
		code, err := o.Link(programOf(t, o, tt.program), tt.kernel)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), numbers.ReplaceAllString(listing(t, o, code), "_")); diff != "" {
			t.Errorf("%s: %s", tt.object, diff)
		}
	}
}
