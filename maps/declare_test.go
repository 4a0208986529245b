package maps_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/maps"
)

// flow is a key with padding and network order.
type flow struct {
	Source   dsl.BE32
	Port     dsl.BE16
	Protocol uint8
	_        [1]uint8
}

// counts is a value with all that a value may have.
type counts struct {
	Lock    dsl.SpinLock
	Last    int32
	Packets uint64
	Sizes   [4]uint16
	Name    [7]uint8
	Seen    bool
}

// variables is what programs and user space share.
type variables struct {
	Last    int32
	_       [4]uint8
	Packets uint64
	Sizes   [3]uint16
	Seen    bool
	_       uint8
}

func TestMapsThatCannotBe(t *testing.T) {
	t.Parallel()
	type hole struct {
		A uint8
		B uint32
	}
	type private struct{ a uint32 }
	_ = private{}.a
	type nested struct{ In counts }
	type two struct{ A, B dsl.Timer }
	for _, tt := range []struct {
		m interface {
			Create() error
			Spec() *dsl.MapSpec
		}
		want string
	}{
		{maps.NewHash[hole, uint32]("h", 1), "key maps_test.hole: a hole of 3 bytes"},
		{maps.NewHash[uint32, hole]("h", 1), "value maps_test.hole: a hole of 3 bytes"},
		{maps.NewArray[string]("a", 1), "value string: string has no fixed layout"},
		{maps.NewArray[private]("a", 1), "value maps_test.private: field a is not exported"},
		{maps.NewHash[counts, uint32]("h", 1), "the key contains a bpf_spin_lock (Lock): only values may"},
		{maps.NewArray[nested]("a", 1), "In.Lock is a bpf_spin_lock: the kernel looks for it among the value's own fields only"},
		{maps.NewArray[two]("a", 1), "A and B are both a bpf_timer"},
		{maps.NewArray[dsl.SpinLock]("a", 1), "the value is a bpf_spin_lock: it must be a struct"},
		{maps.NewLPMTrie[uint32, uint32]("t", 1), "key uint32: it must be a struct"},
		{maps.NewQueue[[]byte]("q", 1), "value []uint8"},
		{maps.NewRingBuf("r", 5000), "must be a power of two"},
		{maps.NewRing[uint64]("r", 5000), "must be a power of two"},
		{maps.NewRing[string]("r", 4096), "record string: string has no fixed layout"},
		{maps.NewRing[hole]("r", 4096), "record maps_test.hole: a hole of 3 bytes"},
		{maps.NewRing[[4090]uint8]("r", 4096), "no room for a record, which takes 4104 with its header"},
		{maps.NewUserRingBuf("r", 0), "must be a power of two"},
		{maps.NewArrayOf("o", 1, nil), "the inner map is missing"},
		{maps.NewHashOf[uint32]("o", 1, maps.NewArrayOf("i", 1, maps.NewArray[uint32]("a", 1).Spec()).Spec()),
			"the kernel allows one level"},
		{maps.NewArena("a", 0), "at least one page"},
		{maps.NewGlobal("g", 1.5), "BPF has no floating point"},
		{maps.NewGlobal("g", counts{}), "Lock is a bpf_spin_lock: the kernel does not map such values"},
		{maps.New(nil), "the declaration is nil"},
	} {
		err := tt.m.Create()
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "declare_test.go:") {
			t.Errorf("got %v, want … %s", err, tt.want)
		}
		if tt.m.Spec().Err == nil {
			t.Errorf("%s: the spec has no error", tt.want)
		}
	}
}

func TestPositionsAreTheCallers(t *testing.T) {
	for _, m := range []maps.Handle{
		maps.NewHash[flow, counts]("", 1), maps.NewLRUHash[flow, counts]("", 1), maps.NewArray[counts]("", 1),
		maps.NewPerCPUHash[flow, variables]("", 1), maps.NewLRUPerCPUHash[flow, variables]("", 1), maps.NewPerCPUArray[variables]("", 1),
		maps.NewLPMTrie[maps.IPv4Prefix, uint32]("", 1), maps.NewQueue[flow]("", 1), maps.NewStack[flow]("", 1),
		maps.NewRingBuf("", 4096), maps.NewRing[flow]("", 4096), maps.NewUserRingBuf("", 4096),
		maps.NewSkStorage[counts](""), maps.NewTaskStorage[counts](""), maps.NewCgroupStorage[counts](""),
		maps.NewInodeStorage[counts](""),
		maps.NewProgArray("", 1), maps.NewArrayOf("", 1, &dsl.MapSpec{}), maps.NewHashOf[flow]("", 1, &dsl.MapSpec{}),
		maps.NewGlobal("", variables{}), maps.NewReadOnly("", variables{}), maps.NewArena("", 1),
	} {
		spec := m.Spec()
		if !strings.HasSuffix(spec.Pos.Func, "TestPositionsAreTheCallers") || spec.Err != nil {
			t.Errorf("%v is from %v in %s: %v", spec.Type, spec.Pos, spec.Pos.Func, spec.Err)
		}
		if maps.HandleOf(spec) == nil || maps.New(spec) != maps.HandleOf(spec) {
			t.Errorf("%v has no handle", spec.Type)
		}
	}
}

// TestUsingWhatCannotBe: errors, and no panics.
func TestUsingWhatCannotBe(t *testing.T) {
	h, p, q := maps.NewHash[string, string]("h", 1), maps.NewPerCPUArray[string]("p", 1), maps.NewQueue[string]("q", 1)
	g, r := maps.NewGlobal("g", "text"), maps.NewReadOnly("r", "text")
	var errs [4]error
	for range h.All(&errs[0]) {
	}
	for range p.All(&errs[1]) {
	}
	for range h.Drain(&errs[2]) {
	}
	_, errs[3] = g.Uint64("")
	all := errs[:]
	note := func(_ any, err error) { all = append(all, err) }
	note(h.Lookup("a"))
	note(h.Take("a"))
	note(h.PutAll([]string{"a"}, []string{"b"}))
	note(h.DeleteAll([]string{"a"}))
	note(p.Lookup(0))
	note(q.Pop())
	note(g.Load())
	note(h.Info())
	note(h.FD())
	all = append(all, h.Put("a", "b"), h.Delete("a"), p.Put(0, nil), q.Push("a"), g.Store("b"), h.Create(), p.Create(), q.Create(),
		g.Create(), r.Create(), h.Pin("/x"), h.Open("/x"))
	for i, err := range all {
		if err == nil {
			t.Errorf("%d: no error", i)
		}
	}
	if err := errors.Join(h.Close(), p.Close(), q.Close(), g.Close(), r.Close()); err != nil {
		t.Error(err)
	}
}

func TestPrefixes(t *testing.T) {
	p := netip.MustParsePrefix("10.1.2.3/12")
	if k, err := maps.IPv4(p); err != nil || fmt.Sprint(k) != "{12 [10 0 0 0]}" || k.Prefix() != p.Masked() {
		t.Errorf("%v is %v, %v", p, k, err)
	}
	six := netip.MustParsePrefix("2001:db8::1/32")
	if k, err := maps.IPv6(six); err != nil || k.Bits != 32 || k.Prefix() != six.Masked() {
		t.Errorf("%v is %v, %v", six, k, err)
	}
	if _, err := maps.IPv4(six); err == nil {
		t.Error("an IPv6 network is none of IPv4")
	}
	if _, err := maps.IPv6(netip.Prefix{}); err == nil {
		t.Error("no network at all")
	}
}
