package howto_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/docs/internal/show"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/structops/structopstest"
)

// halve halves the window, but not below 2.
func halve(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) }

// listing prints halve for Linux 6.1 and an ISA level.
func listing(level isa.Level) {
	types, err := fixture.Open("6.1")
	if err != nil {
		fmt.Println(err)
		return
	}
	object, err := compile.Compile(dsl.Func("halve", halve), compile.Target{BTF: types, Level: level})
	if err != nil {
		show.Error(err)
		return
	}
	for _, ins := range object.Instructions {
		fmt.Println(ins)
	}
}

func Example_level() {
	for _, level := range []isa.Level{isa.V1, isa.V3} {
		fmt.Println("level", level, "since Linux", level.Since())
		listing(level)
	}
	// Output:
	// level v1 since Linux 3.18
	// r1 = *(u64 *)(r1 +0)
	// r0 = *(u32 *)(r1 +1776)
	// w0 >>= 1
	// if r0 >= 0x2 goto pc+1
	// r0 = 2
	// exit
	// level v3 since Linux 5.1
	// r1 = *(u64 *)(r1 +0)
	// r0 = *(u32 *)(r1 +1776)
	// w0 >>= 1
	// if w0 >= 0x2 goto pc+1
	// r0 = 2
	// exit
}

// careless reads how many timeouts there were.
var careless = implementation(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.TotalRto().U32().Max(2) })

func Example_careless() {
	for _, kernel := range []string{"6.1", "6.18"} {
		types, err := fixture.Open(kernel)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := structops.Validate(careless, compile.Target{BTF: types}); err != nil {
			show.Text("Linux " + kernel + ": " + err.Error())
			continue
		}
		fmt.Println("Linux", kernel+": nothing is wrong")
	}
	// Output:
	// Linux 6.1: example_test.go:62: ssthresh: tcp_sock.total_rto: no member "total_rto"
	//   help: if only some kernels have it, use it in f.IfField("tcp_sock", "total_rto", func() {...})
	// Linux 6.18: nothing is wrong
}

// timid begins again with two segments after the third timeout. A kernel that does not count timeouts halves the window.
var timid = implementation(func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
	f.IfField("tcp_sock", "total_rto", func() {
		f.If(tp.TotalRto().Ge(3), func() { f.Return(f.U32(2)) })
	})
	return halve(f, tp)
})

func TestTimid(t *testing.T) {
	for kernel, want := range map[string]uint64{"6.1": 10, "6.18": 2} {
		structopstest.On(t, []string{kernel}, timid, func(t *testing.T, ops *structopstest.Ops) {
			sk := ops.Sock()
			sk.Set("snd_cwnd", 20)
			if kernel != "6.1" {
				sk.Set("total_rto", 3)
			}
			if got := uint64(ops.Call("ssthresh", sk)); got != want {
				t.Errorf("the threshold is %d, want %d", got, want)
			}
		})
	}
}

// replace puts another implementation in the place of one that runs. Before Linux 6.4 the old one must end first.
func replace(running *structops.Link, by structops.Implementation) (*structops.Link, error) {
	err := running.Replace(by)
	if err == nil {
		return running, nil
	}
	if !errors.Is(err, structops.ErrNoLinks) {
		return nil, err
	}
	if err := running.Close(); err != nil {
		return nil, err
	}
	return structops.Register(by) // in between, new sockets cannot choose the name
}

func implementation(ssthresh func(*dsl.Fn, tcp.Sock) dsl.U32) tcp.CongestionOps {
	return tcp.CongestionOps{
		Name: "go_timid", License: "GPL",
		Ssthresh:  ssthresh,
		CongAvoid: func(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.CongAvoidAI(tp.SndCwnd(), acked) },
		UndoCwnd:  func(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) },
	}
}

// TestReplace replaces one that runs in the kernel of this machine.
func TestReplace(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	l, err := structops.Register(timid)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	again, err := replace(l, implementation(halve))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
