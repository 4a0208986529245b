package maps_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
)

// Flow is who sends to whom.
type Flow struct {
	Source, Destination         [4]uint8
	SourcePort, DestinationPort dsl.BE16
	Protocol                    uint8
	_                           [3]uint8 // no holes: NewHash would say where one is
}

func ExampleNewHash() {
	flows := maps.NewHash[Flow, uint64]("flows", 10_000)
	fmt.Println(flows.Spec(), flows.Spec().KeySize, flows.Spec().ValueSize, flows.Spec().Err)

	type careless struct {
		Protocol uint8
		Port     uint16
	}
	fmt.Println(maps.NewHash[careless, uint64]("flows", 10_000).Spec().Err)
	// Output:
	// map "flows" 16 8 <nil>
	// key maps_test.careless: a hole of 1 byte at offset 1, before Port: put _ [1]uint8 between Protocol and Port
}

// One handle serves both sides. A program that uses the handle names its Spec, and loading the program creates the map.
func ExampleGlobal_In() {
	runs := maps.NewGlobal("runs", uint64(0))
	count := dsl.Func("count", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		runs.In(f).U64("").AtomicAdd(1)
		return f.U32(ctx.XDPPass)
	})
	for spec := range count.Maps() {
		fmt.Println(spec)
	}
	// Output:
	// map "runs"
}

func ExampleRing_Read() {
	type event struct{ PID, Signal uint32 }
	events := maps.NewRing[event]("events", 1<<20)
	if err := events.Create(); err != nil {
		log.Fatal(err)
	}
	defer events.Close()
	for {
		e, err := events.Read(context.Background()) // until a program writes one
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.PID, e.Signal)
	}
}

func ExampleIPv4() {
	key, err := maps.IPv4(netip.MustParsePrefix("192.0.2.0/24"))
	fmt.Println(key, err)
	// Output:
	// {24 [192 0 2 0]} <nil>
}
