package ten_test

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/vm"
)

// machine compiles a program and returns a function that passes a system call of a process to it.
func machine(p *dsl.Program) (func(process, call uint32) error, error) {
	object, err := compile.Compile(p, compile.Target{})
	if err != nil {
		return nil, err
	}
	program, err := vm.LoadObject(object, nil, vm.Options{})
	if err != nil {
		return nil, err
	}
	m := vm.New(program)
	return func(process, call uint32) error {
		m.Current = &vm.Task{Process: process, Thread: process}
		memory := binary.LittleEndian.AppendUint64(make([]byte, 8), uint64(call))
		_, err := m.Run(context.Background(), memory)
		return err
	}, nil
}

func Example_watch() {
	defer events.Close()
	defer only.Close()
	pass, err := machine(dsl.Func("watch", watch))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("watch process 12:", only.Store(12))
	fmt.Println(pass(12, 39), pass(77, 0), pass(12, 1))
	for {
		e, ok, err := events.TryRead()
		if err != nil || !ok {
			fmt.Println(err)
			return
		}
		fmt.Println("process", e.Process, "call", e.Call)
	}
	// Output:
	// watch process 12: <nil>
	// <nil> <nil> <nil>
	// process 12 call 39
	// process 12 call 1
	// <nil>
}
