//go:build linux

package prog_test

import (
	"errors"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// node is an element of a list in an arena.
type node struct {
	Next  uint64 // address of the next one; 0 at the end
	Value uint64
}

// TestAPageThatNobodyAllocated: what a program writes there is lost, as the documentation says, until user space has touched the page.
func TestAPageThatNobodyAllocated(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	t.Parallel()
	arena := made(t, maps.NewArena("pages", 1))
	write := loaded(t, dsl.Func("write", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		at := maps.InArena[node](arena.At(f, 0)).U64("Value")
		at.Set(at.Get().Add(7))
		return at.Get().U32().S32()
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls})
	result(t, write)
	memory, err := arena.Memory()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := memory.Load64(8); n != 0 || err != nil { // this touches it
		t.Errorf("user space reads %d, %v; want 0", n, err)
	}
	result(t, write)
	if n, err := memory.Load64(8); n != 7 || err != nil {
		t.Errorf("after that it reads %d, %v; want 7", n, err)
	}
}

// list is what the program that makes lists is told, and what it answers.
type list struct{ Pages, Nodes, Head uint64 }

// TestListsInAnArena: a program takes pages and makes a list in them, user space
// follows its pointers and adds a node, and another program walks it all.
func TestListsInAnArena(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	t.Parallel()
	const nodes = 300 // of 16 bytes: two pages
	arena := made(t, maps.NewArena("nodes", 4))
	build := dsl.Func("build", func(f *dsl.Fn, ask dsl.ContextOf[list]) dsl.S32 {
		page := arena.Alloc(f, ask.U64("Pages").U32())
		f.If(page.Eq(0), f.ReturnConst(-1))
		head := f.U64(0).Var()
		f.For(nodes, func(i dsl.U32) {
			at := page.Add(i.U64().Mul(16))
			n := maps.InArena[node](at)
			n.U64("Next").Set(head)
			n.U64("Value").Set(i.U64())
			head.Set(n.ArenaAddress())
		})
		ask.U64("Nodes").Set(nodes)
		ask.U64("Head").Set(head)
		return f.S32(0)
	})
	builder := loaded(t, build, prog.Options{License: "GPL", Type: syscall.ProgTypeSyscall})
	in, err := maps.Encode(list{Pages: 2})
	if err != nil {
		t.Fatal(err)
	}
	out, err := builder.Run(prog.Input{Context: in})
	if err != nil || out.Result != 0 {
		t.Fatalf("result %d, %v", int32(out.Result), err)
	}
	made, err := maps.Decode[list](out.Context)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := arena.Memory()
	if err != nil {
		t.Fatal(err)
	}
	sum, length := uint64(0), 0
	for address := made.Head; address != 0; length++ {
		at, err := arena.Offset(address)
		if err != nil {
			t.Fatal(err)
		}
		value, err := memory.Load64(at + 8)
		if err != nil {
			t.Fatal(err)
		}
		sum += value
		if address, err = memory.Load64(at); err != nil {
			t.Fatal(err)
		}
	}
	if length != nodes || sum != nodes*(nodes-1)/2 {
		t.Errorf("user space finds %d nodes, sum %d, want %d and %d", length, sum, nodes, nodes*(nodes-1)/2)
	}

	const last = 3 << 12 // a page that user space takes by touching it
	if err := errors.Join(memory.Store64(last+8, 1_000_000), memory.Store64(last, made.Head)); err != nil {
		t.Fatal(err)
	}
	walk := dsl.Func("walk", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		at, sum := arena.At(f, last).Var(), f.U64(0).Var()
		f.While(func() dsl.Bool { return at.Ne(0) }, func() {
			n := maps.InArena[node](at.Get())
			sum.Inc(n.U64("Value"))
			at.Set(n.U64("Next"))
		})
		return sum.U32().S32()
	})
	if got := result(t, loaded(t, walk, prog.Options{License: "GPL",
		Type: syscall.ProgTypeSchedCls})); got != 1_000_000+nodes*(nodes-1)/2 {
		t.Errorf("a program finds the sum %d, want %d", got, 1_000_000+nodes*(nodes-1)/2)
	}

	release := dsl.Func("release", func(f *dsl.Fn, ask dsl.ContextOf[list]) dsl.S32 {
		arena.Free(f, ask.U64("Head").Get(), 2)
		return f.S32(0)
	})
	first, err := arena.Offset(made.Head &^ 0xfff)
	if err != nil {
		t.Fatal(err)
	}
	first -= 1 << 12 // the head is in the second page
	if in, err = maps.Encode(list{Head: memory.Address() + uint64(first)}); err != nil {
		t.Fatal(err)
	}
	if _, err := loaded(t, release, prog.Options{License: "GPL", Type: syscall.ProgTypeSyscall}).Run(prog.Input{Context: in}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{first, first + 1<<12} { // what is touched again is new
		if n, err := memory.Load64(at + 8 + 16); n != 0 || err != nil {
			t.Errorf("a page that was given back holds %d, %v", n, err)
		}
	}

	if _, err := arena.Offset(made.Head + 1<<32); err == nil {
		t.Error("an address outside the arena has an offset")
	}
	old := dsl.Func("old", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		return maps.InArena[node](arena.At(f, 0)).U64("Value").U32().S32()
	})
	_, err = compile.Compile(old, compile.Target{ByteOrder: isa.LittleEndian, Level: isa.V3})
	var findings mistake.Findings
	if !errors.As(err, &findings) || findings[0].Kind != mistake.NeedsLevel {
		t.Errorf("at level 3: %v", err)
	}
}
