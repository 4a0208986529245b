package vm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/vm"
)

func openTypes(t *testing.T, kernel string) *btf.Types {
	t.Helper()
	types, err := fixture.Open(kernel)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// TestStructFields: fields of all kinds, on each kernel. The offsets are the kernel's.
func TestStructFields(t *testing.T) {
	for _, kernel := range fixture.Kernels() {
		types := openTypes(t, kernel)
		sk := vm.NewStruct(types, "tcp_sock")
		for path, value := range map[string]int64{
			"snd_cwnd":                               1<<32 - 1,
			"inet_conn.icsk_ack.pending":             5, // nested
			"icsk_ca_priv[1]":                        -3,
			"sk_pacing_rate":                         1 << 40, // of sock, with which a tcp_sock begins
			"is_cwnd_limited":                        1,       // a bit field
			"inet_conn.icsk_ca_state":                3,       // a bit field beside others
			"inet_conn.icsk_inet.sk.sk_pacing_shift": 200,
		} {
			sk.Set(path, value)
			if got := sk.Get(path); got != value {
				t.Errorf("%s: %s is %d, want %d", kernel, path, got, value)
			}
		}
		sk.Set("icsk_ca_setsockopt", 1)
		if state := sk.Get("icsk_ca_state"); state != 3 {
			t.Errorf("%s: a neighbour changed a bit field to %d", kernel, state)
		}
		if err := sk.Err(); err != nil {
			t.Errorf("%s: %v", kernel, err)
		}
		f, err := types.Field("tcp_sock", "snd_cwnd")
		if err != nil {
			t.Fatal(err)
		}
		for n, b := range sk.Bytes("")[f.Offset-1 : f.Offset+4] {
			if want := n > 0; (b == 0xff) != want {
				t.Errorf("%s: byte %d is %#x", kernel, n-1, b)
			}
		}
		rs := vm.NewStruct(types, "rate_sample")
		rs.Set("rtt_us", -7)
		if got := rs.Get("rtt_us"); got != -7 || rs.Err() != nil {
			t.Errorf("%s: rtt_us is %d, %v", kernel, got, rs.Err())
		}
	}
}

// TestStructMistakes: the first mistake is kept, and says what is right.
func TestStructMistakes(t *testing.T) {
	types := openTypes(t, "6.18")
	for _, tt := range []struct {
		say  string
		make func() *vm.Struct
	}{
		{"did you mean tcp_sock?", func() *vm.Struct { return vm.NewStruct(types, "tcp_sok") }},
		{"the types are nil", func() *vm.Struct { return vm.NewStruct(nil, "tcp_sock") }},
		{"did you mean snd_cwnd?", func() *vm.Struct {
			s := vm.NewStruct(types, "tcp_sock")
			s.Set("snd_cwd", 1)
			s.Set("snd_cwn", 1)
			return s
		}},
		{"expected 0 to 4294967295", func() *vm.Struct {
			s := vm.NewStruct(types, "tcp_sock")
			s.Set("snd_cwnd", -1)
			return s
		}},
		{"expected 0 to 1", func() *vm.Struct {
			s := vm.NewStruct(types, "tcp_sock")
			s.Set("is_cwnd_limited", 2)
			return s
		}},
		{"is not a number", func() *vm.Struct {
			s := vm.NewStruct(types, "tcp_sock")
			s.Set("icsk_ca_priv", 2)
			return s
		}},
		{"is not a pointer", func() *vm.Struct {
			s := vm.NewStruct(types, "tcp_sock")
			s.Point("snd_cwnd", s)
			return s
		}},
	} {
		s := tt.make()
		if s.Err() == nil || !strings.Contains(s.Err().Error(), tt.say) {
			t.Errorf("%v, want %q", s.Err(), tt.say)
		}
		if _, err := vm.New(parse(t, "exit", vm.Options{})).Object(s); !errors.Is(err, s.Err()) {
			t.Errorf("a machine takes it: %v", err)
		}
	}
}

// TestStructPointers: programs follow pointers from object to object, and write only what they may.
func TestStructPointers(t *testing.T) {
	types := openTypes(t, "6.18")
	sk, ops := vm.NewStruct(types, "tcp_sock"), vm.NewStruct(types, "tcp_congestion_ops")
	sk.Point("icsk_ca_ops", ops)
	ops.Set("flags", 6)
	ops.Point("owner", nil)
	pointer, err := types.Field("tcp_sock", "inet_conn.icsk_ca_ops")
	if err != nil {
		t.Fatal(err)
	}
	flags, err := types.Field("tcp_congestion_ops", "flags")
	if err != nil {
		t.Fatal(err)
	}
	m := vm.New(parse(t, "r1 += r2\nr4 = *(u64 *)(r1 +0)\nr4 += r3\nr0 = *(u32 *)(r4 +0)\n*(u32 *)(r4 +0) = 1\nexit", vm.Options{}))
	addr, err := m.Object(sk)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Call(t.Context(), addr, uint64(pointer.Offset), uint64(flags.Offset))
	var fault *vm.Fault
	if !errors.As(err, &fault) || fault.Kind != vm.ReadOnly || !strings.Contains(fault.Detail, "tcp_congestion_ops.flags") {
		t.Fatalf("%v", err)
	}
	if fault.Registers[4].Points != "the tcp_congestion_ops, flags" {
		t.Errorf("r4 points to %q", fault.Registers[4].Points)
	}
	ops.AllowWrites("flags")
	got, err := m.Call(t.Context(), addr, uint64(pointer.Offset), uint64(flags.Offset))
	if got != 6 || err != nil || ops.Get("flags") != 1 {
		t.Errorf("%d, %v, and flags are %d", got, err, ops.Get("flags"))
	}
	other := vm.New(parse(t, "exit", vm.Options{}))
	if _, err := other.Object(ops); err == nil {
		t.Error("an object belongs to two machines")
	}
}
