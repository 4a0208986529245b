package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A loop is a program that all machines run.
type loop struct {
	name   string
	text   string
	result uint64
	goal   float64 // how many times as long as ours the time of a plain switch should be; 0 for no goal
}

var loops = []loop{
	{"ALU", `
		r0 = 0
		r1 = 1000
	again:
		r0 += r1
		r0 ^= 0x5555
		r0 *= 3
		r2 = r0
		r2 >>= 7
		r0 -= r2
		w0 += w2
		r1 -= 1
		if r1 != 0 goto again
		exit`, 1165021852, 0.8},
	{"memory", `
		r0 = 0
		r3 = 1000
	again:
		*(u64 *)(r10 -8) = r3
		r2 = *(u64 *)(r10 -8)
		*(u32 *)(r1 +4) = r2
		r4 = *(u32 *)(r1 +4)
		r5 = *(u16 *)(r1 +4)
		r0 += r5
		r3 -= 1
		if r3 != 0 goto again
		exit`, 500500, 0},
	{"primes", `
		r0 = 0
		r1 = 2
	next:
		r2 = 2
	divide:
		if r2 >= r1 goto prime
		r3 = r1
		r3 %= r2
		if r3 == 0 goto composite
		r2 += 1
		goto divide
	prime:
		r0 += 1
	composite:
		r1 += 1
		if r1 < 200 goto next
		exit`, 46, 0},
}

// A contestant runs a loop some times, and says how long that took and what the last result was.
type contestant struct {
	name string
	goal float64 // how many times as long as ours its time should be
	run  func(turns int) (time.Duration, uint64, error)
}

const (
	machineRounds = 200
	roundTurns    = 20
)

// machines compares package vm with a plain loop in Go and with machines of others, on loops.
func machines() []row {
	ctx := context.Background()
	drivers := make(map[string]string) // of the peers, by name
	for _, p := range peerMachines {
		driver, err := p.build(ctx)
		switch {
		case errors.Is(err, errNotAtHand):
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
		case err != nil:
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
			os.Exit(1)
		default:
			drivers[p.name] = driver
		}
	}
	var rows []row
	for _, l := range loops {
		more, err := l.race(ctx, drivers)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", l.name, err)
			os.Exit(1)
		}
		rows = append(rows, more...)
	}
	return append(rows, newMachine())
}

// code is the loop as a program.
func (l loop) code() []isa.Instruction {
	ins, err := isa.Parse(l.text, isa.Kernel)
	if err != nil {
		panic(fmt.Sprint("the benchmark's program is wrong: ", err))
	}
	return ins
}

// race measures a loop. All take turns, and the fastest round of each counts: so other work on the machine changes the ratios little.
func (l loop) race(ctx context.Context, drivers map[string]string) ([]row, error) {
	ins := l.code()
	code, err := isa.Append(nil, isa.LittleEndian, ins...)
	if err != nil {
		return nil, err
	}
	program, err := vm.LoadInstructions(ins, vm.Options{})
	if err != nil {
		return nil, err
	}
	machine, memory, stack, own := vm.New(program), make([]byte, 64), new([512]byte), plainCode(ins)
	list := []contestant{
		{name: "vm", run: func(turns int) (took time.Duration, result uint64, err error) {
			begin := time.Now()
			for range turns {
				if result, err = machine.Run(ctx, memory); err != nil {
					return 0, 0, err
				}
			}
			return time.Since(begin), result, nil
		}},
		{name: "a plain switch", goal: l.goal, run: func(turns int) (time.Duration, uint64, error) {
			begin, result := time.Now(), uint64(0)
			for range turns {
				result = plain(own, memory, stack)
			}
			return time.Since(begin), result, nil
		}},
	}
	for _, p := range peerMachines {
		if drivers[p.name] == "" {
			continue
		}
		child, err := startPeer(ctx, drivers[p.name], hex.EncodeToString(code))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		defer child.close()
		list = append(list, contestant{p.name, p.goal, child.run})
	}
	fastest := make([]time.Duration, len(list))
	for range machineRounds {
		for n, c := range list {
			took, result, err := c.run(roundTurns)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if result != l.result {
				return nil, fmt.Errorf("%s: the result is %d, want %d", c.name, result, l.result)
			}
			if fastest[n] == 0 || took < fastest[n] {
				fastest[n] = took
			}
		}
	}
	run := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := machine.Run(ctx, memory)
			check(b, err)
		}
	})
	perInstruction := roundTurns * float64(machine.Steps())
	var rows []row
	for n, c := range list[1:] {
		r := row{what: "vm: " + l.name + ", beside " + c.name, unit: "ns/insn", ours: float64(fastest[0]) / perInstruction,
			peer: float64(fastest[n+1]) / perInstruction, bytes: run.AllocedBytesPerOp(), alloc: run.AllocsPerOp()}
		r.missed = r.alloc > 0
		if c.goal > 0 {
			r.goal = fmt.Sprintf("≥ %g×, allocates nothing", c.goal)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// newMachine measures how long it takes to make a machine for a program.
func newMachine() row {
	program, err := vm.LoadInstructions(loops[0].code(), vm.Options{})
	if err != nil {
		panic(fmt.Sprint("the benchmark's program is wrong: ", err))
	}
	r := best(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			vm.New(program)
		}
	})
	return row{what: "vm: make a machine", unit: "µs", ours: float64(perOp(r)) / 1e3, bytes: r.AllocedBytesPerOp(), alloc: r.AllocsPerOp(),
		goal: "≤ 2 µs, ≤ 2 allocations", missed: r.AllocsPerOp() > 2}
}
