package progtest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// TestContexts: programs with other contexts than packets read and write their fields.
func TestContexts(t *testing.T) {
	redirect := dsl.Func("redirect", func(f *dsl.Fn, x ctx.SockAddr) dsl.U32 {
		f.If(x.UserPort().Ne(0x5000), f.ReturnConst(0)) // port 80
		x.SetUserIp4(f.U32(0x0100007f))
		return f.U32(1)
	})
	p := progtest.New(t, redirect, prog.Options{AttachType: syscall.AttachCgroupInet4Connect, License: "GPL"})
	address := p.Struct("bpf_sock_addr")
	if got := p.Call(address); got != 0 {
		t.Errorf("port 0: %d", got)
	}
	address.Set("user_port", 0x5000)
	if got := p.Call(address); got != 1 || address.Get("user_ip4") != 0x0100007f {
		t.Errorf("port 80: %d, address %#x", got, address.Get("user_ip4"))
	}
	for _, tt := range []struct {
		arg any
		say string
	}{
		{p.Struct("bpf_sysctl"), "the context is a bpf_sock_addr, not a bpf_sysctl"},
		{p.Struct("bpf_sock_adr"), "did you mean bpf_sock_addr?"},
		{"80", "must be a *vm.Struct or a []byte, not a string"},
	} {
		if _, err := p.Try(tt.arg); err == nil || !strings.Contains(err.Error(), tt.say) {
			t.Errorf("%v, want %q", err, tt.say)
		}
	}
	if _, err := p.TryRun(make([]byte, 60)); err == nil || !strings.Contains(err.Error(), "do not get packets") {
		t.Errorf("%v", err)
	}
}

// TestPacketPrograms: the fields that a test sets are those that the program reads, and its own are read back.
func TestPacketPrograms(t *testing.T) {
	mark := dsl.Func("mark", func(f *dsl.Fn, x ctx.SKB) dsl.U32 {
		x.SetMark(x.Priority().Add(1))
		return f.U32(2)
	})
	p := progtest.New(t, mark, prog.Options{Type: syscall.ProgTypeSchedCls, License: "GPL"})
	p.Set("priority", 6)
	result := p.Send(progtest.IPv6{}, progtest.TCP{})
	if mark, ok := result.Context("mark"); result.Verdict != "TC_ACT_SHOT" || mark != 7 || !ok {
		t.Errorf("%s, mark %d, %t", result.Verdict, mark, ok)
	}
	if _, err := p.Try(p.Struct("__sk_buff")); err == nil || !strings.Contains(err.Error(), "use Send or Run") {
		t.Errorf("%v", err)
	}
	p.Set("data", 6)
	if _, err := p.TryRun(make([]byte, 60)); err == nil || !strings.Contains(err.Error(), "__sk_buff.data follows from the packet") {
		t.Errorf("%v", err)
	}
}

// TestBeyondThePacket: an access that the kernel's verifier would refuse ends the run with the line of Go.
func TestBeyondThePacket(t *testing.T) {
	read := dsl.Func("read", func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return x.Data().At(60).U32().Get() })
	p := progtest.New(t, read, prog.Options{License: "GPL", Unchecked: true})
	_, err := p.TryRun(make([]byte, 60))
	var fault *vm.Fault
	if !errors.As(err, &fault) || fault.Kind != vm.OutOfBounds || !strings.HasSuffix(fault.Pos.File, "call_test.go") ||
		!strings.Contains(fault.Detail, "byte 60 of the packet, which has 60 bytes") {
		t.Errorf("%v", err)
	}
}

// TestTracepoints: arguments of a raw tracepoint, and of a function that returns.
func TestTracepoints(t *testing.T) {
	raw := dsl.Func("raw", func(f *dsl.Fn, x dsl.Context) dsl.U32 { return x.At(8).U64().Get().U32() })
	p := progtest.New(t, raw, prog.Options{Type: syscall.ProgTypeRawTracepoint, License: "GPL"})
	if got := p.Call(5, 77); got != 77 {
		t.Errorf("%d", got)
	}

	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	name := "tcp_slow_start"
	if _, err := types.Lookup(btf.KindFunc, name); err != nil {
		t.Fatal(err)
	}
	used := maps.NewGlobal("used", uint32(0))
	result := dsl.Func("result", func(f *dsl.Fn, tp dsl.Ptr, acked dsl.U32, left dsl.U32) dsl.U32 {
		used.In(f).U32("").Set(acked.Sub(left))
		return f.U32(0)
	})
	p = progtest.For(t, compile.Target{BTF: types}, result, prog.Options{Type: syscall.ProgTypeTracing, AttachTo: name,
		AttachType: syscall.AttachTraceFExit, License: "GPL"})
	sk := p.Struct("tcp_sock")
	p.Call(sk, 9, 2)
	if got, err := used.Load(); got != 7 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := p.Try(sk, 9); err == nil || !strings.Contains(err.Error(), "the kernel passes 3") {
		t.Errorf("%v", err)
	}
	if _, err := p.Try(p.Struct("sock"), 1, 1); err == nil || !strings.Contains(err.Error(), "expected a tcp_sock, not a sock") {
		t.Errorf("%v", err)
	}
}
