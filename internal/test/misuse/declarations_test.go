package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
)

// TestDeclarations: maps that no kernel creates.
func TestDeclarations(t *testing.T) {
	compare(t, "declarations", []row{
		{name: "no room", code: func() error {
			return maps.NewHash[uint64, uint64]("flows", 0).Create() // here
		}},
		{name: "no room, found with the program", code: func() error {
			flows := maps.NewHash[uint32, uint64]("flows", 0)
			return filter(func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				flows.In(f).Put(0, 1) // here
				return f.U32(ctx.XDPPass)
			})
		}},
		{name: "int as key", code: func() error {
			return maps.NewHash[int, uint64]("flows", 10).Create() // here
		}},
		{name: "string as key", code: func() error {
			return maps.NewHash[string, uint64]("flows", 10).Create() // here
		}},
		{name: "slice as value", code: func() error {
			return maps.NewHash[uint32, []byte]("flows", 10).Create() // here
		}},
		{name: "pointer as value", code: func() error {
			return maps.NewHash[uint32, *counts]("flows", 10).Create() // here
		}},
		{name: "float as value", code: func() error {
			return maps.NewArray[float64]("rates", 10).Create() // here
		}},
		{name: "hole in a key", code: func() error {
			type key struct {
				Protocol uint8
				Port     uint16
			}
			return maps.NewHash[key, uint64]("flows", 10).Create() // here
		}},
		{name: "hole at the end of a value", code: func() error {
			type value struct {
				Bytes uint64
				Flags uint8
			}
			return maps.NewHash[uint32, value]("flows", 10).Create() // here
		}},
		{name: "unexported field", code: func() error {
			type key struct{ address, port uint32 }
			_ = key{}.address
			_ = key{}.port
			return maps.NewHash[key, uint64]("flows", 10).Create() // here
		}},
		{name: "type without fields", code: func() error {
			return maps.NewHash[uint32, struct{}]("set", 10).Create() // here
		}},
		{name: "ring buffer of a round number", code: func() error {
			return maps.NewRingBuf("events", 1000).Create() // here
		}},
		{name: "ring buffer of many pages", code: func() error {
			return maps.NewRingBuf("events", 3*4096).Create() // here
		}},
		{name: "value for each CPU that is too long", asked: true, code: func() error {
			return maps.NewPerCPUArray[[40_000]uint8]("buffers", 1).Create() // here
		}},
		{name: "prefix without a length", code: func() error {
			return maps.NewLPMTrie[[4]uint8, uint64]("routes", 100).Create() // here
		}},
		{name: "variable of type int", code: func() error {
			return maps.NewGlobal("hits", 0).Create() // here
		}},
		{name: "variable of type string", code: func() error {
			return maps.NewGlobal("host", "localhost").Create() // here
		}},
		{name: "array of maps without an inner map", code: func() error {
			return maps.NewArrayOf("outer", 4, nil).Create() // here
		}},
		{name: "arena without pages", code: func() error {
			return maps.NewArena("heap", 0).Create() // here
		}},
		{name: "lock in a value of each CPU", asked: true, code: func() error {
			return maps.NewPerCPUArray[guarded]("values", 4).Create() // here
		}},
		{name: "two locks in a value", code: func() error {
			return maps.NewArray[struct{ A, B dsl.SpinLock }]("values", 4).Create() // here
		}},
		{name: "unknown flags", code: func() error {
			m := maps.NewArray[uint64]("values", 4) // here
			m.Spec().Flags = 1 << 30
			return m.Create()
		}},
		{name: "array without preallocation", code: func() error {
			m := maps.NewArray[uint64]("values", 4) // here
			m.Spec().Flags = 1
			return m.Create()
		}},
	})
}
