package eight_test

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/vm"
)

var runs = maps.NewGlobal("runs", uint64(0))

// remember counts how often it runs.
func remember(f *dsl.Fn) dsl.U32 {
	runs.In(f).U64("").AtomicAdd(1)
	return f.U32(0)
}

// machine compiles a program and returns a function that runs it with arguments.
func machine(p *dsl.Program) (func(args ...uint64) error, error) {
	object, err := compile.Compile(p, compile.Target{})
	if err != nil {
		return nil, err
	}
	program, err := vm.LoadObject(object, nil, vm.Options{}) // creates the maps
	if err != nil {
		return nil, err
	}
	m := vm.New(program)
	return func(args ...uint64) error {
		var memory []byte
		for _, arg := range args {
			memory = binary.LittleEndian.AppendUint64(memory, arg)
		}
		_, err := m.Run(context.Background(), memory)
		return err
	}, nil
}

func Example_variable() {
	defer runs.Close()
	run, err := machine(dsl.Func("remember", remember))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		if err := run(); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(runs.Load())
	// Output:
	// 3 <nil>
}

var counts = maps.NewHash[uint64, uint64]("counts", 1000)

// count counts how often it sees a number.
func count(f *dsl.Fn, n dsl.U64) dsl.U32 {
	seen := counts.In(f).Lookup(n)
	f.If(seen.NotNil(), func() {
		seen.U64("").AtomicAdd(1)
	}).Else(func() {
		f.If(counts.In(f).Put(n, 1).Ne(0), f.ReturnConst(1)) // the map is full
	})
	return f.U32(0)
}

func Example_count() {
	defer counts.Close()
	run, err := machine(dsl.Func("count", count))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range []uint64{7, 9, 7, 7} {
		if err := run(n); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(counts.Lookup(7))
	fmt.Println(counts.Lookup(9))
	fmt.Println(counts.Lookup(5))
	// Output:
	// 3 <nil>
	// 1 <nil>
	// 0 map "counts": map lookup: no such file or directory (ENOENT): the key does not exist
}

func Example_userSpace() {
	stock := maps.NewHash[uint32, int64]("stock", 10)
	defer stock.Close()
	sell, err := machine(dsl.Func("sell", func(f *dsl.Fn, article dsl.U32) dsl.U32 {
		left := stock.In(f).Lookup(article)
		f.If(left.NotNil(), func() { left.S64("").AtomicAdd(-1) })
		return f.U32(0)
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(stock.Put(1, 50), stock.Put(2, 8), stock.Delete(1))
	fmt.Println(sell(2), sell(3))
	for article, left := range stock.All(&err) {
		fmt.Println("article", article, "left", left)
	}
	fmt.Println(err)
	// Output:
	// <nil> <nil> <nil>
	// <nil> <nil>
	// article 2 left 7
	// <nil>
}
