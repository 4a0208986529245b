package dsl_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
)

type port struct {
	Number dsl.BE16
	Open   bool
	_      uint8
}

type flow struct {
	Lock  dsl.SpinLock
	Delta int32
	Count [2]uint64
	Ports [2]port
	Timer dsl.Timer
}

func TestLayoutIsC(t *testing.T) {
	l, err := dsl.LayoutFor[flow]()
	if err != nil {
		t.Fatal(err)
	}
	if l.Size != 48 || l.Align != 8 || l.Kind != dsl.LayoutStruct {
		t.Errorf("size %d, align %d, want 48 and 8", l.Size, l.Align)
	}
	if native := int(reflect.TypeFor[flow]().Size()); native != l.Size && reflect.TypeFor[uint64]().Align() == 8 {
		t.Errorf("Go's own size is %d", native)
	}
	var got []string
	for path, f := range l.Leaves() {
		text := fmt.Sprintf("%s@%d:%d", path, f.Offset, f.Size)
		if f.Signed {
			text += " signed"
		}
		if f.BigEndian {
			text += " big-endian"
		}
		got = append(got, text+f.Kernel)
		if again, err := l.Field(path); err != nil || again.Offset != f.Offset || again.Size != f.Size {
			t.Errorf("Field(%q) is %+v, %v", path, again, err)
		}
	}
	want := []string{"Lock@0:4bpf_spin_lock", "Delta@4:4 signed", "Count[0]@8:8", "Count[1]@16:8", "Ports[0].Number@24:2 big-endian",
		"Ports[0].Open@26:1", "Ports[1].Number@28:2 big-endian", "Ports[1].Open@30:1", "Timer@32:16bpf_timer"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("leaves\n%v, want\n%v", got, want)
	}
}

func TestHolesAreNamed(t *testing.T) {
	type inner struct {
		A uint8
		B uint32
	}
	for _, tt := range []struct{ err, want string }{
		{layoutError[inner](), "inner: a hole of 3 bytes at offset 1, before B: put _ [3]uint8 between A and B"},
		{layoutError[struct {
			A uint64
			B uint8
		}](), "a hole of 7 bytes at offset 9, the end: put _ [7]uint8 after B"},
		{layoutError[struct{ In [2]inner }](), "field In[]: a hole of 3 bytes at offset 1, before B: put _ [3]uint8 between A and B"},
		{layoutError[struct {
			A uint8
			B uint16
		}](), "a hole of 1 byte at offset 1, before B: put _ [1]uint8 between A and B"},
		{layoutError[struct {
			A uint32
			B uint64 // aligned to 8 bytes, also where Go aligns it to 4
		}](), "a hole of 4 bytes at offset 4, before B: put _ [4]uint8 between A and B"},
	} {
		if !strings.HasSuffix(tt.err, tt.want) {
			t.Errorf("got  %s\nwant %s", tt.err, tt.want)
		}
	}
}

func layoutError[T any]() string {
	_, err := dsl.LayoutFor[T]()
	return fmt.Sprint(err)
}

func TestTypesWithoutALayout(t *testing.T) {
	for _, tt := range []struct{ err, want string }{
		{layoutError[int](), "int: int has no fixed layout; its size depends on the machine: use int32 or int64"},
		{layoutError[uintptr](), "use uint64"},
		{layoutError[*uint32](), "use the type that it points to"},
		{layoutError[struct{ Name string }](), "field Name: string has no fixed layout; it is an address: use an array of bytes"},
		{layoutError[struct{ A struct{ B []uint8 } }](), "field A.B: []uint8 has no fixed layout; it is an address: use an array"},
		{layoutError[map[uint32]uint32](), "use a map of package maps"},
		{layoutError[float64](), "BPF has no floating point"},
		{layoutError[chan int](), "use a ring buffer or a queue"},
		{layoutError[func()](), "use a program array"},
		{layoutError[any](), "use a type of fixed size"},
		{layoutError[struct{}](), "has no bytes"},
		{layoutError[[0]uint8](), "has no bytes"},
		{layoutError[[1<<27 + 1]uint64](), "more than 1073741824 bytes"},
		{fmt.Sprint(func() error { _, err := dsl.LayoutOf(nil); return err }()), "the type is missing"},
	} {
		if !strings.Contains(tt.err, tt.want) {
			t.Errorf("got %s, want … %s", tt.err, tt.want)
		}
	}
}

func TestPathsIntoALayout(t *testing.T) {
	l, err := dsl.LayoutFor[flow]()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"Ports":       "24",
		"Ports[1]":    "28",
		"":            "0",
		"ports":       `"ports": dsl_test.flow has no field "ports"; it has Lock, Delta, Count, Ports, Timer`,
		"Count[2]":    `"Count[2]": [2]uint64 has elements 0 to 1`,
		"Count[-1]":   `elements 0 to 1`,
		"Count[x]":    `expected a number and ]`,
		"Count[0":     `expected a number and ]`,
		"Delta[0]":    `int32 is not an array`,
		"Delta.A":     `int32 has no field "A"; it has none`,
		"Ports[0]._":  `has no field "_"; it has Number, Open`,
		"Ports..Open": `has no field ""`,
	} {
		f, err := l.Field(path)
		got := fmt.Sprint(f.Offset)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != want || err != nil && !strings.Contains(got, want) {
			t.Errorf("Field(%q) is %s, want %s", path, got, want)
		}
	}
}

func TestNetworkOrder(t *testing.T) {
	if n := dsl.NetworkOrder16(80); n.Get() != 80 {
		t.Errorf("80 became %d", n.Get())
	}
	if n := dsl.NetworkOrder32(0x7f000001); n.Get() != 0x7f000001 {
		t.Errorf("127.0.0.1 became %x", n.Get())
	}
	if n := dsl.NetworkOrder64(1 << 60); n.Get() != 1<<60 {
		t.Errorf("1<<60 became %x", n.Get())
	}
}
