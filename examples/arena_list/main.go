// Command arena_list sorts numbers in the kernel, in a list of an arena. An arena is memory that programs and a process share: a program
// may follow its pointers without proving anything, and the process sees the same list.
//
//	go run -exec sudo ./examples/arena_list
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A node is an element of the list.
type node struct{ Next, Value uint64 } // the address of the next one, 0 at the end

var arena = maps.NewArena("nodes", 1)                     // a page: 256 nodes
var numbers = [...]uint64{30, 10, 40, 10, 50, 90, 20, 60} // the values of the first nodes

// A list is what the program returns: the address of the first node.
type list struct{ First uint64 }

// sort links the nodes in the order of their values.
var sort = dsl.Func("sort", func(f *dsl.Fn, l dsl.ContextOf[list]) dsl.S32 {
	f.For(len(numbers), func(i dsl.U32) {
		fresh := maps.InArena[node](arena.At(f, i.U64().Mul(16)))
		previous, at := f.U64(0).Var(), l.U64("First").Get().Var()
		f.While(func() dsl.Bool { return at.Ne(0) }, func() { // up to the first one that is larger
			n := maps.InArena[node](at.Get())
			f.If(n.U64("Value").Gt(fresh.U64("Value")), f.Break)
			previous.Set(at)
			at.Set(n.U64("Next"))
		})
		fresh.U64("Next").Set(at)
		f.If(previous.Eq(0), func() { l.U64("First").Set(fresh.ArenaAddress()) }).Else(func() {
			maps.InArena[node](previous.Get()).U64("Next").Set(fresh.ArenaAddress())
		})
	})
	return f.S32(0)
})

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(stdout io.Writer) error {
	defer arena.Close()
	p, err := prog.Load(sort, prog.Options{License: "GPL", Type: syscall.ProgTypeSyscall})
	if err != nil {
		return err
	}
	defer p.Close()
	memory, err := arena.Memory()
	for i, number := range numbers {
		err = errors.Join(err, memory.Store64(i*16+8, number))
	}
	out, wrong := p.Run(prog.Input{Context: make([]byte, 8)})
	if err = errors.Join(err, wrong); err != nil {
		return err
	}
	l, err := maps.Decode[list](out.Context)
	for at := l.First; at != 0 && err == nil; { // the process follows the pointers that the program set
		offset, _ := arena.Offset(at)
		value, _ := memory.Load64(offset + 8)
		fmt.Fprintln(stdout, value)
		at, err = memory.Load64(offset)
	}
	return err
}
