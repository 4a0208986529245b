//go:build linux

package misuse

import (
	"context"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
)

// created makes a map for the time of the test.
func created[M maps.Handle](t *testing.T, m M) M {
	t.Helper()
	h := maps.HandleOf(m.Spec())
	if err := h.Create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return m
}

// TestTables: maps in user space.
func TestTables(t *testing.T) {
	kerneltest.RequireExactly(t, 6, 18)
	array := created(t, maps.NewArray[uint64]("array", 4))
	hash := created(t, maps.NewHash[uint32, uint64]("hash", 2))
	queue := created(t, maps.NewQueue[uint64]("queue", 1))
	routes := created(t, maps.NewLPMTrie[maps.IPv4Prefix, uint64]("routes", 8))
	global := created(t, maps.NewGlobal("global", counts{}))
	constant := created(t, maps.NewReadOnly("constant", uint32(7)))
	events := created(t, maps.NewRingBuf("events", 1<<16))
	orders := created(t, maps.NewUserRingBuf("orders", 4096))
	tails := created(t, maps.NewProgArray("tails", 4))
	outer := created(t, maps.NewHashOf[uint32]("outer", 4, maps.NewArray[uint64]("inner", 4).Spec()))
	xdp := load(t, passing(), prog.Options{})
	bpffs, folder := kerneltest.BPFFS(t), t.TempDir()
	for k := range uint32(2) {
		if err := hash.Put(k, 1); err != nil {
			t.Fatal(err)
		}
	}
	compare(t, "tables", []row{
		{name: "looked up before it was created", code: func() error {
			_, err := maps.NewArray[uint64]("early", 4).Lookup(0)
			return err
		}},
		{name: "looked up after it was closed", code: func() error {
			m := maps.NewArray[uint64]("late", 4)
			if err := m.Create(); err != nil {
				return err
			}
			m.Close()
			_, err := m.Lookup(0)
			return err
		}},
		{name: "key that is not there", code: func() error { _, err := hash.Lookup(99); return err }},
		{name: "index outside of the array", code: func() error { _, err := array.Lookup(4); return err }},
		{name: "value outside of the array", code: func() error { return array.Put(4, 1) }},
		{name: "hash is full", code: func() error { return hash.Put(99, 1) }},
		{name: "key that must be new", code: func() error { return hash.Update(1, 1, maps.NoExist) }},
		{name: "key that must exist", code: func() error { return hash.Update(99, 1, maps.Exist) }},
		{name: "unknown flag", code: func() error { return hash.Update(1, 1, 1<<10) }},
		{name: "lock without a lock", code: func() error { _, err := hash.LookupLocked(1); return err }},
		{name: "deleted twice", code: func() error { hash.Delete(0); return hash.Delete(0) }},
		{name: "more values than keys", code: func() error { _, err := hash.PutAll([]uint32{1}, []uint64{1, 2}); return err }},
		{name: "queue is empty", code: func() error { _, err := queue.Pop(); return err }},
		{name: "queue is full", code: func() error { queue.Push(1); return queue.Push(2) }},
		{name: "network of the other version", code: func() error {
			_, err := maps.IPv4(netip.MustParsePrefix("2001:db8::/32"))
			return err
		}},
		{name: "no network", code: func() error { _, err := maps.IPv4(netip.Prefix{}); return err }},
		{name: "prefix longer than an address", code: func() error { return routes.Put(maps.IPv4Prefix{Bits: 33}, 1) }},
		{name: "misspelt field", code: func() error { _, err := global.Uint64("Pakets"); return err }},
		{name: "field of another width", code: func() error { _, err := global.Uint32("Packets"); return err }},
		{name: "constant is changed", code: func() error { return constant.Set(8) }},
		{name: "record that is too short", code: func() error { _, err := maps.Decode[event]([]byte{1, 2, 3}); return err }},
		{name: "record of a type without a layout", code: func() error { _, err := maps.Decode[string]([]byte("abc")); return err }},
		{name: "no event in time", code: func() error {
			soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			_, err := events.Read(soon)
			return err
		}},
		{name: "record longer than the buffer", code: func() error { return orders.Write(make([]byte, 8192)) }},
		{name: "program outside of the array", code: func() error { return tails.Put(4, xdp.FD()) }},
		{name: "no program", code: func() error { return tails.Put(0, nil) }},
		{name: "map that is not like the inner map", code: func() error { return outer.Put(1, hash) }},
		{name: "map that was not created", code: func() error { return outer.Put(1, maps.NewArray[uint64]("other", 4)) }},
		{name: "map is nil", code: func() error { return outer.Put(1, nil) }},
		{name: "pin outside of a BPF file system", code: func() error { return array.Pin(filepath.Join(folder, "array")) }},
		{name: "pin before it was created", code: func() error {
			return maps.NewArray[uint64]("early", 4).Pin(filepath.Join(bpffs, "early"))
		}},
		{name: "pin that is not there", code: func() error {
			return maps.NewArray[uint64]("array", 4).Open(filepath.Join(bpffs, "no_such_map"))
		}},
		{name: "pin of a map with other values", code: func() error {
			path := filepath.Join(bpffs, "array")
			if err := array.Pin(path); err != nil {
				return err
			}
			return maps.NewArray[uint32]("array", 4).Open(path)
		}},
	})
}
