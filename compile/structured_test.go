package compile_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
)

// sock is a pointer to the kernel's struct tcp_sock.
type sock struct{ dsl.Ptr }

func (sock) StructName() string { return "tcp_sock" }

func (s sock) cwnd() dsl.U32 { return s.Field("snd_cwnd").U32() }

func goSsthresh(f *dsl.Fn, tp sock) dsl.U32 { return tp.cwnd().Shr(1).Max(2) }

func goCongAvoid(f *dsl.Fn, tp sock, ack dsl.U32, acked dsl.VarU32) {
	limited := tp.Field("is_cwnd_limited").Bool()
	f.If(limited.Not(), f.Exit)
	f.If(tp.cwnd().Lt(tp.Field("snd_ssthresh").U32()), func() {
		acked.Set(f.Kernel("tcp_slow_start", tp, acked).U32())
		f.If(acked.Eq(0), f.Exit)
	})
	f.Kernel("tcp_cong_avoid_ai", tp, tp.cwnd(), acked)
}

func TestStructuredListing(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	for name, fn := range map[string]any{"ssthresh": goSsthresh, "cong_avoid": goCongAvoid} {
		p := dsl.Func(name, fn)
		t.Log("\n" + p.Body(false).IR.String())
		o, err := compile.Compile(p, compile.Target{BTF: types, ByteOrder: isa.LittleEndian, Verify: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("\n%s", o.AppendListing(nil))
	}
}
