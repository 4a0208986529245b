package usermap_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/usermap"
)

func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// TestHashIsAMap: after any changes, a hash has what Go's map has. An LRU map forgets the keys that were used longest ago.
func TestHashIsAMap(t *testing.T) {
	for _, kind := range []dsl.MapType{dsl.MapHash, dsl.MapLRUHash} {
		rng := rand.New(rand.NewPCG(1, 2))
		m, err := usermap.New(&dsl.MapSpec{Name: "m", Type: kind, KeySize: 4, ValueSize: 4, MaxEntries: 8})
		if err != nil {
			t.Fatal(err)
		}
		want := map[uint32]uint32{}
		var used []uint32 // the key that was used last is the last
		use := func(key uint32) {
			used = append(slices.DeleteFunc(used, func(k uint32) bool { return k == key }), key)
		}
		for range 20000 {
			key, value := rng.Uint32N(12), rng.Uint32()
			_, exists := want[key]
			switch rng.IntN(3) {
			case 0:
				err := m.Update(le32(key), le32(value), 0, usermap.AllCPUs)
				full := len(want) == 8 && !exists
				if full && kind == dsl.MapHash {
					if !errors.Is(err, syscall.E2BIG) {
						t.Fatalf("a full map takes a key: %v", err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if full {
					delete(want, used[0])
					used = used[1:]
				}
				want[key] = value
				use(key)
			case 1:
				if err := m.Delete(le32(key)); (err == nil) != exists {
					t.Fatalf("%v", err)
				}
				delete(want, key)
				used = slices.DeleteFunc(used, func(k uint32) bool { return k == key })
			case 2:
				at, ok := m.Find(le32(key), 0)
				if ok != exists || ok && binary.LittleEndian.Uint32(m.Values()[at:]) != want[key] {
					t.Fatalf("key %d: %v, want %v", key, ok, exists)
				}
				if ok {
					use(key)
				}
			}
			if m.Len() != len(want) {
				t.Fatalf("%d elements, want %d", m.Len(), len(want))
			}
		}
		seen := 0
		for key, at := range m.All() {
			seen++
			if want[binary.LittleEndian.Uint32(key)] != binary.LittleEndian.Uint32(m.Values()[at:]) {
				t.Errorf("key % x", key)
			}
		}
		if seen != len(want) {
			t.Errorf("%d elements were visited, want %d", seen, len(want))
		}
	}
}

// TestLongestPrefix: a trie finds what trying all prefixes finds.
func TestLongestPrefix(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	m, err := usermap.New(&dsl.MapSpec{Name: "m", Type: dsl.MapLPMTrie, KeySize: 6, ValueSize: 4, MaxEntries: 40, Flags: 1})
	if err != nil {
		t.Fatal(err)
	}
	key := func(bits uint32, address uint16) []byte { return binary.BigEndian.AppendUint16(le32(bits), address) }
	want := map[[2]uint32]uint32{}
	for n := range uint32(40) {
		bits, address := rng.Uint32N(17), uint16(rng.Uint32())
		if err := m.Update(key(bits, address), le32(n), 0, usermap.AllCPUs); err != nil {
			t.Fatal(err)
		}
		want[[2]uint32{bits, uint32(address) >> (16 - bits)}] = n
	}
	if err := m.Update(key(17, 0), le32(0), 0, usermap.AllCPUs); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a prefix that is too long: %v", err)
	}
	for range 10000 {
		address := rng.Uint32N(1 << 16)
		value, exists := uint32(0), false
		for bits := uint32(0); bits <= 16; bits++ {
			if v, ok := want[[2]uint32{bits, address >> (16 - bits)}]; ok {
				value, exists = v, true
			}
		}
		at, ok := m.Find(key(16, uint16(address)), 0)
		if ok != exists || ok && binary.LittleEndian.Uint32(m.Values()[at:]) != value {
			t.Fatalf("%#x: %v, want %v", address, ok, exists)
		}
	}
}

// TestTypesThatAreMissing: an error names the type.
func TestTypesThatAreMissing(t *testing.T) {
	_, err := usermap.New(&dsl.MapSpec{Name: "m", Type: linux.MapTypeDevMap, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err == nil {
		t.Error("a devmap was made")
	}
}
