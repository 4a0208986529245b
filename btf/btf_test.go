package btf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
)

// open gives a fixture's types, and the same blob read by cilium/ebpf, which
// shares no code with us.
func open(t *testing.T, kernel string) (*btf.Types, *cbtf.Spec) {
	t.Helper()
	types, err := fixture.Open(kernel)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := fixture.Raw(kernel)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := cbtf.LoadSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return types, spec
}

func eachKernel(t *testing.T, f func(t *testing.T, types *btf.Types, spec *cbtf.Spec)) {
	for _, kernel := range fixture.Kernels() {
		t.Run(kernel, func(t *testing.T) {
			t.Parallel()
			types, spec := open(t, kernel)
			f(t, types, spec)
		})
	}
}

// witness finds a field with cilium's types: its offset in bits, or false.
func witness(t cbtf.Type, path []string) (offset uint32, m cbtf.Member, ok bool) {
	var members []cbtf.Member
	switch s := cbtf.UnderlyingType(t).(type) {
	case *cbtf.Struct:
		members = s.Members
	case *cbtf.Union:
		members = s.Members
	}
	for _, m := range members {
		if m.Name == path[0] {
			if len(path) == 1 {
				return uint32(m.Offset), m, true
			}
			off, found, ok := witness(m.Type, path[1:])
			return uint32(m.Offset) + off, found, ok
		}
		if m.Name == "" {
			if off, found, ok := witness(m.Type, path); ok {
				return uint32(m.Offset) + off, found, true
			}
		}
	}
	return 0, cbtf.Member{}, false
}

func TestEveryFieldOfTCPSockets(t *testing.T) {
	eachKernel(t, func(t *testing.T, types *btf.Types, spec *cbtf.Spec) {
		fields := 0
		for _, name := range []string{"tcp_sock", "inet_connection_sock", "sock", "rate_sample"} {
			var s *cbtf.Struct
			if err := spec.TypeByName(name, &s); err != nil {
				t.Fatal(err)
			}
			for _, m := range s.Members {
				paths := [][]string{{m.Name}}
				if inner, ok := cbtf.UnderlyingType(m.Type).(*cbtf.Struct); ok {
					for _, im := range inner.Members {
						if im.Name != "" {
							paths = append(paths, []string{m.Name, im.Name})
						}
					}
				}
				for _, path := range paths {
					if path[0] == "" {
						continue
					}
					want, wm, ok := witness(s, path)
					if !ok {
						t.Fatalf("the witness finds no %v", path)
					}
					got, err := types.Field(name, strings.Join(path, "."))
					if err != nil {
						t.Errorf("%s.%s: %v", name, strings.Join(path, "."), err)
						continue
					}
					fields++
					if at := got.Offset*8 + got.BitOffset; at != want {
						t.Errorf("%s.%s is at bit %d, want %d", name, got.Path, at, want)
					}
					if got.BitSize != uint32(wm.BitfieldSize) {
						t.Errorf("%s.%s has %d bits, want %d", name, got.Path, got.BitSize, wm.BitfieldSize)
					}
					if size, err := cbtf.Sizeof(wm.Type); wm.BitfieldSize == 0 && (err != nil || uint32(size) != got.Size) {
						t.Errorf("%s.%s has %d bytes, want %d (%v)", name, got.Path, got.Size, size, err)
					}
				}
			}
		}
		if fields < 400 {
			t.Errorf("only %d fields were compared", fields)
		}
	})
}

func TestField(t *testing.T) {
	types, _ := open(t, "6.18")
	for _, tt := range []struct {
		root, path string
		want       btf.Field
	}{
		// Offsets from pahole-made BTF, read with bpftool btf dump.
		{"tcp_sock", "snd_cwnd", btf.Field{Offset: 1444, Size: 4, Kind: btf.KindInt}},
		{"tcp_sock", "is_cwnd_limited", btf.Field{Offset: 1463, Size: 1, Kind: btf.KindInt, BitOffset: 3, BitSize: 1}},
		{"tcp_sock", "inet_conn.icsk_inet.sk", btf.Field{Offset: 0, Size: 784, Kind: btf.KindStruct}},
		{"inet_connection_sock", "icsk_ca_priv", btf.Field{Offset: 1296, Size: 104, Kind: btf.KindArray}},
		{"inet_connection_sock", "icsk_ca_priv[2]", btf.Field{Offset: 1312, Size: 8, Kind: btf.KindInt}},
	} {
		got, err := types.Field(tt.root, tt.path)
		if err != nil {
			t.Errorf("%s.%s: %v", tt.root, tt.path, err)
			continue
		}
		got.Struct, got.Path, got.Type = "", "", 0
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s.%s (-want +got):\n%s", tt.root, tt.path, diff)
		}
	}
}

func TestFieldErrors(t *testing.T) {
	types, _ := open(t, "6.18")
	for _, tt := range []struct{ root, path, want string }{
		{"tcp_sok", "snd_cwnd", "tcp_sok.snd_cwnd: this kernel has no struct tcp_sok; did you mean tcp_sock?"},
		{"tcp_sock", "snd_cwdn", `tcp_sock.snd_cwdn: no member "snd_cwdn"; did you mean snd_cwnd?`},
		{"tcp_sock", "", "tcp_sock.: the path is empty"},
		{"tcp_sock", "rack.", "tcp_sock.rack.: the path ends with a dot"},
		{"tcp_sock", "snd_cwnd.x", `tcp_sock.snd_cwnd.x: "x" is looked up in an int`},
		{"tcp_sock", "snd_cwnd[0]", `tcp_sock.snd_cwnd[0]: "snd_cwnd" is an int, not an array`},
		{"inet_connection_sock", "icsk_ca_priv[13]",
			`inet_connection_sock.icsk_ca_priv[13]: index 13 is past the 13 elements of "icsk_ca_priv"`},
		{"inet_connection_sock", "icsk_ca_priv[x]",
			`inet_connection_sock.icsk_ca_priv[x]: "icsk_ca_priv[x]" needs an index: a number in brackets`},
	} {
		_, err := types.Field(tt.root, tt.path)
		if err == nil || err.Error() != tt.want {
			t.Errorf("Field(%s, %s):\n got %v\nwant %s", tt.root, tt.path, err, tt.want)
		}
		if !errors.Is(err, btf.ErrNotFound) {
			t.Errorf("Field(%s, %s): %v is not ErrNotFound", tt.root, tt.path, err)
		}
	}
}

func TestFieldAtNamesFields(t *testing.T) {
	eachKernel(t, func(t *testing.T, types *btf.Types, _ *cbtf.Spec) {
		root, err := types.Composite("tcp_sock")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"snd_cwnd", "snd_ssthresh", "max_packets_out", "rack.mstamp"} {
			f, err := types.Field("tcp_sock", path)
			if err != nil {
				t.Fatal(err)
			}
			if got := types.FieldAt(root, f.Offset); got != path {
				t.Errorf("at %d: %q, want %q", f.Offset, got, path)
			}
		}
		pacing, err := types.Field("sock", "sk_pacing_rate")
		if err != nil {
			t.Fatal(err)
		}
		if got := types.FieldAt(root, pacing.Offset+3); got != "sk_pacing_rate" {
			t.Errorf("within sk_pacing_rate: %q", got)
		}
	})
}

// TestDecodeAgrees compares decoded types, and their ids, with cilium's.
func TestDecodeAgrees(t *testing.T) {
	eachKernel(t, func(t *testing.T, types *btf.Types, spec *cbtf.Spec) {
		for _, name := range []string{"tcp_congestion_ops", "tcp_sock", "bpf_dummy_ops", "bpf_struct_ops_tcp_congestion_ops"} {
			id, err := types.Lookup(btf.KindStruct, name)
			if err != nil {
				t.Fatal(err)
			}
			set, err := types.Decode(id)
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			for other := btf.ID(1); ; other++ {
				want, err := spec.TypeByID(other)
				if err != nil {
					break
				}
				got := set.Type(other)
				if got == nil {
					continue
				}
				compared++
				declared := strings.NewReplacer("Fwd:", "Struct:") // targets of pointers are only declared
				if g, w := declared.Replace(fmt.Sprint(got)), declared.Replace(fmt.Sprint(want)); g != w {
					t.Errorf("type %d:\n got %s\nwant %s", other, g, w)
				}
				if back, ok := set.ID(got); !ok || back != other {
					t.Errorf("type %d has the id %d", other, back)
				}
			}
			if compared != set.Len() || compared < 5 {
				t.Errorf("%s: %d of %d types were compared", name, compared, set.Len())
			}
		}
	})
}

func TestDecodeCutsBehindPointers(t *testing.T) {
	types, _ := open(t, "6.18")
	ops, err := types.Lookup(btf.KindStruct, "tcp_congestion_ops")
	if err != nil {
		t.Fatal(err)
	}
	sock, err := types.Lookup(btf.KindStruct, "sock")
	if err != nil {
		t.Fatal(err)
	}
	first := func(set *btf.Set) cbtf.Type { // struct sock, as ssthresh takes it
		proto := set.Type(ops).(*cbtf.Struct).Members[0].Type.(*cbtf.Pointer).Target.(*cbtf.FuncProto)
		return proto.Params[0].Type.(*cbtf.Pointer).Target
	}
	set, err := types.Decode(ops)
	if err != nil {
		t.Fatal(err)
	}
	if fwd, ok := first(set).(*cbtf.Fwd); !ok || fwd.Name != "sock" {
		t.Errorf("ssthresh takes %v, want a declaration of sock", first(set))
	}
	set, err = types.Decode(ops, sock)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := first(set).(*cbtf.Struct); !ok || len(s.Members) == 0 {
		t.Errorf("asked for, sock is %v, want the struct", first(set))
	}
}

func TestPrototypesInC(t *testing.T) {
	for _, tt := range []struct{ kernel, member, want string }{
		{"6.1", "ssthresh", "u32 (*ssthresh)(struct sock *)"},
		{"6.1", "cong_avoid", "void (*cong_avoid)(struct sock *, u32, u32)"},
		{"6.1", "cong_control", "void (*cong_control)(struct sock *, const struct rate_sample *)"},
		{"6.12", "cong_control", "void (*cong_control)(struct sock *, u32, int, const struct rate_sample *)"},
		{"6.18", "cwnd_event", "void (*cwnd_event)(struct sock *, enum tcp_ca_event)"},
		{"6.18", "get_info", "size_t (*get_info)(struct sock *, u32, int *, union tcp_cc_info *)"},
		{"6.18", "name", "char name[16]"},
		{"6.18", "owner", "struct module *owner"},
	} {
		types, _ := open(t, tt.kernel)
		id, err := types.Lookup(btf.KindStruct, "tcp_congestion_ops")
		if err != nil {
			t.Fatal(err)
		}
		set, err := types.Decode(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range set.Type(id).(*cbtf.Struct).Members {
			if m.Name != tt.member {
				continue
			}
			if got := btf.Declaration(m.Type, m.Name); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.kernel, got, tt.want)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	types, _ := open(t, "6.18")
	if got := types.Nearest(btf.KindFunc, "tcp_reno_sstresh"); got != "tcp_reno_ssthresh" {
		t.Errorf("got %q", got)
	}
}

// TestForeignByteOrder reads a blob of a machine with the other byte order.
func TestForeignByteOrder(t *testing.T) {
	raw, err := fixture.Raw("6.18")
	if err != nil {
		t.Fatal(err)
	}
	foreign := bytes.Clone(raw)
	binary.NativeEndian.PutUint16(foreign, bits.ReverseBytes16(binary.NativeEndian.Uint16(foreign)))
	swap := func(b []byte) {
		for i := 0; i+4 <= len(b); i += 4 {
			binary.NativeEndian.PutUint32(b[i:], bits.ReverseBytes32(binary.NativeEndian.Uint32(b[i:])))
		}
	}
	header := binary.NativeEndian.Uint32(raw[4:])
	records := binary.NativeEndian.Uint32(raw[12:])
	swap(foreign[4:24])
	swap(foreign[header : header+records])
	types, err := btf.Parse(foreign)
	if err != nil {
		t.Fatal(err)
	}
	f, err := types.Field("tcp_sock", "snd_cwnd")
	if err != nil || f.Offset != 1444 {
		t.Errorf("snd_cwnd at %d, %v; want 1444", f.Offset, err)
	}
}

func TestMalformed(t *testing.T) {
	raw, err := fixture.Raw("6.18")
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int, b ...byte) []byte {
		c := bytes.Clone(raw)
		copy(c[at:], b)
		return c
	}
	for _, tt := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"empty", nil, "0 bytes, a header has 24"},
		{"magic", change(0, 1, 2), "magic"},
		{"version", change(2, 9), "version 9"},
		{"section past the end", change(12, 0xff, 0xff, 0xff, 0x7f), "type section"},
		{"kind", change(24+7, 0x1f), "unknown kind 31"},
		{"vlen past the end", change(24+4, 0xff, 0xff, 0, 4), ""},
		{"cut off", raw[:len(raw)-1], "string section"},
	} {
		types, err := btf.Parse(tt.raw)
		if err == nil {
			_, err = types.Len()
		}
		if tt.want == "" {
			continue // what follows is read as other types, so only a panic would be wrong
		}
		if !errors.Is(err, btf.ErrMalformed) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestCarvedAnswersAlike carves one type again and finds the same in it.
func TestCarvedAnswersAlike(t *testing.T) {
	eachKernel(t, func(t *testing.T, types *btf.Types, _ *cbtf.Spec) {
		id, err := types.Lookup(btf.KindStruct, "tcp_sock")
		if err != nil {
			t.Fatal(err)
		}
		blob, err := types.Carve(id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cbtf.LoadSpecFromReader(bytes.NewReader(blob)); err != nil {
			t.Errorf("cilium refuses the carved blob: %v", err)
		}
		carved, err := btf.Parse(blob)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"snd_cwnd", "is_cwnd_limited", "inet_conn.icsk_ca_priv[3]", "rack.mstamp"} {
			want, err := types.Field("tcp_sock", path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := carved.Field("tcp_sock", path)
			want.Type, got.Type = 0, 0
			if err != nil || got != want {
				t.Errorf("%s: %+v, %v; want %+v", path, got, err, want)
			}
		}
	})
}

func TestFixturesAreSmall(t *testing.T) {
	for _, kernel := range fixture.Kernels() {
		if raw, err := fixture.Raw(kernel); err != nil || len(raw) > 100_000 {
			t.Errorf("%s has %d bytes (%v)", kernel, len(raw), err)
		}
	}
}

// TestBuilderIsRead has cilium read what the builder writes.
func TestBuilderIsRead(t *testing.T) {
	var b btf.Builder
	word := b.Int("unsigned long long", 8, false)
	ctx := b.Pointer(word)
	b.Func("ssthresh", b.FuncProto(word, btf.Param{Name: "ctx", Type: ctx}), btf.Global)
	first := b.String("reno.go")
	if again := b.String("reno.go"); again != first {
		t.Errorf("equal strings have two offsets, %d and %d", first, again)
	}
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := cbtf.LoadSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var f *cbtf.Func
	if err := spec.TypeByName("ssthresh", &f); err != nil {
		t.Fatal(err)
	}
	if got := btf.Declaration(f, ""); got != "unsigned long long ssthresh(unsigned long long *ctx)" {
		t.Errorf("got %q", got)
	}
	if f.Linkage != cbtf.GlobalFunc {
		t.Errorf("linkage %v", f.Linkage)
	}
}

// TestSplit reads a module's BTF. Its ids and strings continue those of its base. cilium reads the same bytes, for comparison.
func TestSplit(t *testing.T) {
	baseRaw, err := fixture.Raw("6.18")
	if err != nil {
		t.Fatal(err)
	}
	base, baseSpec := open(t, "6.18")
	sock, err := base.Lookup(btf.KindStruct, "sock")
	if err != nil {
		t.Fatal(err)
	}
	n, err := base.Len()
	if err != nil {
		t.Fatal(err)
	}
	names := binary.NativeEndian.Uint32(baseRaw[20:]) // length of the base's strings
	var records []byte
	for _, w := range []uint32{
		0, 2 << 24, uint32(sock), // pointer to sock, in the base
		names + 1, 4<<24 | 1, 16, // struct module_state, one member
		names + 14, uint32(n), 64, // its member sk, 8 bytes in
	} {
		records = binary.NativeEndian.AppendUint32(records, w)
	}
	text := []byte("\x00module_state\x00sk\x00")
	var raw []byte
	raw = binary.NativeEndian.AppendUint16(raw, 0xeb9f)
	raw = append(raw, 1, 0)
	for _, w := range []int{24, 0, len(records), len(records), len(text)} {
		raw = binary.NativeEndian.AppendUint32(raw, uint32(w))
	}
	raw = append(append(raw, records...), text...)

	split, err := cbtf.LoadSplitSpecFromReader(bytes.NewReader(raw), baseSpec)
	if err != nil {
		t.Fatal(err)
	}
	var want *cbtf.Struct
	if err := split.TypeByName("module_state", &want); err != nil {
		t.Fatal(err)
	}
	module, err := btf.ParseSplit(raw, base)
	if err != nil {
		t.Fatal(err)
	}
	f, err := module.Field("module_state", "sk")
	if err != nil || f.Offset != want.Members[0].Offset.Bytes() || f.Kind != btf.KindPointer {
		t.Errorf("sk: %+v, %v", f, err)
	}
	if f, err := module.Field("tcp_sock", "snd_cwnd"); err != nil || f.Offset != 1444 {
		t.Errorf("a field of the base: %+v, %v", f, err)
	}
	id, err := module.Lookup(btf.KindStruct, "module_state")
	if wantID, werr := split.TypeID(want); err != nil || werr != nil || id != wantID {
		t.Errorf("id %d, %v; want %d, %v", id, err, wantID, werr)
	}
	set, err := module.Decode(id)
	if err != nil {
		t.Fatal(err)
	}
	if got := btf.Declaration(set.Type(id).(*cbtf.Struct).Members[0].Type, "sk"); got != "struct sock *sk" {
		t.Errorf("got %q", got)
	}
	if err := module.Find("module_state", "nothing_of_that_name"); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, kernel := range fixture.Kernels() {
		raw, err := fixture.Raw(kernel)
		if err != nil {
			f.Fatal(err)
		}
		types, err := btf.Parse(raw)
		if err != nil {
			f.Fatal(err)
		}
		id, err := types.Lookup(btf.KindStruct, "rate_sample")
		if err != nil {
			f.Fatal(err)
		}
		small, err := types.Carve(id)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(small)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		types, err := btf.Parse(raw)
		if err != nil {
			return
		}
		n, err := types.Len()
		if err != nil {
			return
		}
		for id := range n {
			set, err := types.Decode(btf.ID(id))
			if err == nil && set.Type(btf.ID(id)) != nil {
				_ = btf.Declaration(set.Type(btf.ID(id)), "x")
			}
			_, _ = types.Size(btf.ID(id))
			_ = types.FieldAt(btf.ID(id), 3)
			_, _ = types.FieldOf(btf.ID(id), "s", "a.b[1]")
			if blob, err := types.Carve(btf.ID(id)); err == nil {
				if _, err := btf.Parse(blob); err != nil {
					t.Errorf("the carved blob of type %d is refused: %v", id, err)
				}
			}
		}
	})
}
