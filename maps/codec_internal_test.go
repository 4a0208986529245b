package maps

import (
	"bytes"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/cilium/ebpf/btf"
)

type benchmarked struct {
	Source, Destination dsl.BE32
	Packets, Bytes      uint64
	Last                int64
}

// BenchmarkCodec measures what it costs to convert a value. A command takes 300 ns and more.
func BenchmarkCodec(b *testing.B) {
	b.Run("number", func(b *testing.B) { benchmarkCodec(b, uint64(7)) })
	b.Run("struct of five", func(b *testing.B) { benchmarkCodec(b, benchmarked{}) })
	b.Run("bytes", func(b *testing.B) { benchmarkCodec(b, [256]uint8{}) })
}

func benchmarkCodec[T any](b *testing.B, v T) {
	c, err := newCodec[T]()
	if err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, c.size())
	b.ReportAllocs()
	for b.Loop() {
		c.put(buffer, &v)
		c.get(buffer, &v)
	}
}

type named uint16

type generic[T any] struct {
	Value T
	Name  named
	Flags [2]bool
	Port  dsl.BE16
	_     [2]uint8
}

// TestTypesOfAMap has cilium read the BTF.
func TestTypesOfAMap(t *testing.T) {
	d, err := describe(NewHash[uint32, generic[uint32]]("h", 1).Spec())
	if err != nil {
		t.Fatal(err)
	}
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(d.blob))
	if err != nil {
		t.Fatal(err)
	}
	value, err := spec.TypeByID(btf.TypeID(d.value))
	if err != nil {
		t.Fatal(err)
	}
	s, ok := value.(*btf.Struct)
	if !ok || s.Name != "generic_uint32_" || s.Size != 12 || len(s.Members) != 4 {
		t.Fatalf("the value is %+v", value)
	}
	for i, want := range []string{"Value:u32", "Name:named", "Flags:", "Port:__be16"} {
		if m := s.Members[i]; m.Name+":"+m.Type.TypeName() != want {
			t.Errorf("member %d is %s:%s, want %s", i, m.Name, m.Type.TypeName(), want)
		}
	}
	if key, err := spec.TypeByID(btf.TypeID(d.key)); err != nil || key.TypeName() != "u32" {
		t.Errorf("the key is %v, %v", key, err)
	}
	for _, m := range []Handle{NewRingBuf("r", 4096), NewProgArray("p", 1),
		New(&dsl.MapSpec{Type: dsl.MapHash, KeySize: 4, ValueSize: 4})} {
		if d, err := describe(m.Spec()); err != nil || d.blob != nil {
			t.Errorf("%v has types: %v", m.Spec().Type, err)
		}
	}
}
