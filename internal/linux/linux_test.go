package linux

import (
	"strconv"
	"strings"
	"testing"
)

// TestHelpersAreWellFormed: each row has what users of the table rely on. Names are unique, arguments fit into a call, and a
// size follows its memory.
func TestHelpersAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for n := range helpers {
		h := &helpers[n]
		if seen[h.Name] {
			t.Errorf("%s has two rows", h.Name)
		}
		seen[h.Name] = true
		if n == 0 {
			continue
		}
		_, _, integer := Integer(h.C)
		switch {
		case !strings.HasPrefix(h.Name, "bpf_"):
			t.Errorf("row %d has no name of a helper: %q", n, h.Name)
		case !h.Since.valid() || h.Summary == "" || strings.HasSuffix(h.Summary, "."):
			t.Errorf("%s: since when, or what does it do? A summary ends without a full stop", h.Name)
		case h.C != "void" && !strings.HasSuffix(h.C, "*") && !integer:
			t.Errorf("%s: the result has the unknown type %q: add it to integers", h.Name, h.C)
		case len(h.Args) > MostCallArguments:
			t.Errorf("%s has %d arguments", h.Name, len(h.Args))
		case (h.Held == "") != (len(h.Back) == 0 && h.Or == ""):
			t.Errorf("%s: Held must be set, and Back or Or, or none of them", h.Name)
		case h.Maps != 0 && h.Also != 0:
			t.Errorf("%s sets both Maps and Also; one is enough", h.Name)
		}
		hasMap := false
		for i, a := range h.Args {
			_, _, integer := a.Integer()
			switch {
			case a.Kind == ArgMore:
				if i != len(h.Args)-1 {
					t.Errorf("%s: arguments follow %q", h.Name, a.Decl)
				}
				continue
			case a.Name() == "" || a.Type() == "" || !integer && !a.IsPointer():
				t.Errorf("%s: %q is not the declaration of an argument", h.Name, a.Decl)
			case a.Kind.sized() && (i+1 == len(h.Args) || h.Args[i+1].Kind != ArgSize && h.Args[i+1].Kind != ArgSizeOrZero):
				t.Errorf("%s: no size follows %q", h.Name, a.Decl)
			case (a.Kind == ArgSize || a.Kind == ArgSizeOrZero) && (i == 0 || !h.Args[i-1].Kind.sized()):
				t.Errorf("%s: %q is the size of nothing", h.Name, a.Decl)
			case a.Kind.size() && !integer, a.Kind > ArgMore && !a.Kind.size() && integer:
				t.Errorf("%s: %q is not what its kind says", h.Name, a.Decl)
			case a.Kind >= ArgKey && a.Kind <= ArgValueRoom && !hasMap:
				t.Errorf("%s: %q belongs to a map that comes after it", h.Name, a.Decl)
			}
			hasMap = hasMap || a.Kind == ArgMap
		}
	}
}

// valid reports whether a release is written as 6.18.
func (v Version) valid() bool {
	major, minor, ok := strings.Cut(string(v), ".")
	_, err := strconv.ParseUint(major, 10, 8)
	_, err2 := strconv.ParseUint(minor, 10, 8)
	return ok && err == nil && err2 == nil
}

// sized reports whether the next argument is the size of this one.
func (k ArgKind) sized() bool { return k >= ArgRead && k <= ArgUpdate }

// size reports whether the argument is a number of bytes.
func (k ArgKind) size() bool { return k == ArgSize || k == ArgSizeOrZero || k == ArgConstant }

func TestHelperLookup(t *testing.T) {
	if id, ok := HelperID("bpf_cgrp_storage_delete"); !ok || id != 211 || HelperByID(id).Name != "bpf_cgrp_storage_delete" {
		t.Errorf("bpf_cgrp_storage_delete is %d, %v", id, ok)
	}
	for _, id := range []int32{-1, 0, int32(HelperCount), 1 << 30} {
		if HelperByID(id) != nil {
			t.Errorf("there is a row of helper %d", id)
		}
	}
	if _, ok := HelperID("bpf_unspec"); ok {
		t.Error("bpf_unspec may be called")
	}
	if got, want := helpers[12].Prototype(), "long bpf_tail_call(void *ctx, struct bpf_map *prog_array_map, u32 index)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestArguments(t *testing.T) {
	for _, test := range []struct {
		arg         Arg
		ctype, name string
		bits        int
		signed      bool
	}{
		{Arg{ArgKey, "const void *key"}, "const void *", "key", 0, false},
		{Arg{ArgAny, "u64 flags"}, "u64", "flags", 64, false},
		{Arg{ArgSize, "unsigned long buf_len"}, "unsigned long", "buf_len", 64, false},
		{Arg{ArgAny, "int delta"}, "int", "delta", 32, true},
		{Arg{ArgMore, "..."}, "...", "", 0, false},
	} {
		bits, signed, _ := test.arg.Integer()
		if test.arg.Type() != test.ctype || test.arg.Name() != test.name || bits != test.bits || signed != test.signed {
			t.Errorf("%q is %q %q, %d bits, sign %v", test.arg.Decl, test.arg.Type(), test.arg.Name(), bits, signed)
		}
	}
}

// TestTypesAreWellFormed: each number has a row with a unique name, and names are found again.
func TestTypesAreWellFormed(t *testing.T) {
	check := func(what string, n int, name string, since Version, seen map[string]bool) {
		if name == "" || seen[name] || n > 0 && !since.valid() {
			t.Errorf("%s %d: %q: a unique name is missing, or since when it is there", what, n, name)
		}
		seen[name] = true
	}
	seen := map[string]bool{}
	for n := range mapTypes {
		check("map type", n, mapTypes[n].Name, mapTypes[n].Since, seen)
		if got, ok := ParseMapType(mapTypes[n].Name); ok != (n > 0) || ok && got != MapType(n) {
			t.Errorf("map type %d is found as %d", n, got)
		}
	}
	seen = map[string]bool{}
	for n := range progTypes {
		p := &progTypes[n]
		check("program type", n, p.Name, p.Since, seen)
		if got, ok := ParseProgType(p.Name); ok != (n > 0) || ok && got != ProgType(n) {
			t.Errorf("program type %d is found as %d", n, got)
		}
		if p.Place != 0 && !p.Place.Info().Types.Has(ProgType(n)) {
			t.Errorf("%s is for %v, where others are attached", p.Name, p.Place)
		}
		if a := p.Access; a != nil && a.Context != nil {
			for _, field := range append(append([]string{}, a.Hidden...), a.Writable...) {
				if !strings.Contains(fieldsOf(a.Context), " "+field+" ") {
					t.Errorf("%s: %s has no field %s", p.Name, a.Context.Name, field)
				}
			}
			if a.Context.Name != p.Context || a.Context.Size != a.Size {
				t.Errorf("%s: its context is %s, and what is known is of %s", p.Name, p.Context, a.Context.Name)
			}
		}
	}
	seen = map[string]bool{}
	for n := range linkTypes {
		check("link type", n, linkTypes[n].Name, linkTypes[n].Since, seen)
	}
	seen = map[string]bool{}
	for n := range attachTypes {
		check("attach type", n+1, attachTypes[n].Name, attachTypes[n].Since, seen)
		if attachTypes[n].Types == 0 {
			t.Errorf("%s is for no type of programs", attachTypes[n].Name)
		}
	}
}

func fieldsOf(c *Context) string {
	text := " "
	for _, f := range c.Fields {
		text += f.Name + " "
	}
	return text
}

func TestSections(t *testing.T) {
	for _, test := range []struct {
		name string
		want Section
	}{
		{"xdp", Section{Type: ProgTypeXDP, Attach: AttachXDP, HasAttach: true}},
		{"xdp.frags/devmap", Section{Type: ProgTypeXDP, Attach: AttachXDPDevMap, HasAttach: true, Fragments: true}},
		{"socket", Section{Type: ProgTypeSocketFilter}},
		{"fentry.s/tcp_v4_rcv", Section{Type: ProgTypeTracing, Attach: AttachTraceFEntry, Target: "tcp_v4_rcv", HasAttach: true,
			Sleepable: true}},
		{"tcx/ingress", Section{Type: ProgTypeSchedCls, Attach: AttachTCXIngress, HasAttach: true}},
		{"tp/sched/sched_switch", Section{Type: ProgTypeTracepoint, Target: "sched/sched_switch"}},
		{"raw_tp.w", Section{Type: ProgTypeRawTracepointWritable}},
		{"struct_ops/ssthresh", Section{Type: ProgTypeStructOps, Target: "ssthresh"}},
		{"lsm_cgroup/file_open", Section{Type: ProgTypeLSM, Attach: AttachLSMCgroup, Target: "file_open", HasAttach: true}},
		{"kprobe.multi/tcp_*", Section{Type: ProgTypeKprobe, Attach: AttachTraceKprobeMulti, Target: "tcp_*", HasAttach: true}},
	} {
		if got, ok := ParseSection(test.name); !ok || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", test.name, got, ok, test.want)
		}
	}
	for _, name := range []string{"", "xdpx", ".text", "license", "xdp/eth0", "socket/any", "tcx/ingres", "cgroup/sock/x", "syscall/f"} {
		if got, ok := ParseSection(name); ok {
			t.Errorf("%q is a section of programs: %+v", name, got)
		}
	}
}

// TestSectionsAreRead: ParseSection reads each name that Sections has.
func TestSectionsAreRead(t *testing.T) {
	for name := range Sections() {
		if _, ok := ParseSection(name); !ok {
			t.Errorf("%s is not read", name)
		}
	}
	for a := range AttachTypes() {
		if got, ok := ParseAttachType(a.String()); !ok || got != a {
			t.Errorf("%v is read as %v, %v", a, got, ok)
		}
	}
}

func TestProgramsOf(t *testing.T) {
	if p, ok := ProgramsOf("xdp_md").One(); !ok || p != ProgTypeXDP {
		t.Errorf("xdp_md is the context of %v", p)
	}
	if s := ProgramsOf("__sk_buff"); !s.Has(ProgTypeSocketFilter) || !s.Has(ProgTypeSchedCls) || s.Has(ProgTypeXDP) {
		t.Errorf("__sk_buff is the context of %b", s)
	}
	if ProgramsOf("") != 0 || IsContext("tcp_sock") || !IsContext("pt_regs") {
		t.Error("not all contexts are told from other structs")
	}
}
