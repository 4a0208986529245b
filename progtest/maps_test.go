package progtest_test

import (
	"errors"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
)

// TestEachTestHasNewMaps: a handle that is a variable of the package does not carry what one test counts into the next. Programs of one
// test share it.
func TestEachTestHasNewMaps(t *testing.T) {
	packets := maps.NewGlobal("packets", uint64(0))
	counter := func() *dsl.Program {
		return dsl.Func("count", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
			packets.In(f).U64("").AtomicAdd(1)
			return f.U32(ctx.XDPPass)
		})
	}
	for range 2 {
		t.Run("test", func(t *testing.T) {
			first := progtest.New(t, counter(), prog.Options{License: "GPL"})
			t.Run("inner", func(t *testing.T) {
				progtest.New(t, counter(), prog.Options{License: "GPL"}).Send(progtest.IPv4{})
			})
			first.Send(progtest.IPv4{})
			if n, err := packets.Load(); n != 2 || err != nil {
				t.Errorf("%d packets are counted, %v; want 2", n, err)
			}
		})
	}
	if _, err := packets.Load(); !errors.Is(err, maps.ErrNotCreated) {
		t.Errorf("after the tests: %v", err)
	}
}
