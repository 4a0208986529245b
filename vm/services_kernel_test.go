//go:build linux

package vm_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// opaque are the bytes of a dynptr or an iterator in the frame.
type opaque struct{ Words [2]uint64 }

// bytes32 is memory for dynptrs.
type bytes32 struct{ Bytes [32]uint8 }

// servicePrograms use services of the kernel, and return a number that tells what these did. Those with a map get a new one each time.
func servicePrograms(cells *maps.Array[bytes32], ring *maps.RingBuf) map[string]func(f *dsl.Fn) dsl.Operand {
	all := map[string]func(f *dsl.Fn) dsl.Operand{}
	for name, span := range map[string][2]int32{"some": {3, 9}, "none": {5, 5}, "backwards": {7, 2}, "negative": {-4, 3},
		"too many": {-1 << 30, 1 << 30}} {
		all["numbers "+name] = func(f *dsl.Fn) dsl.Operand {
			it, sum := dsl.Local[[8]uint8](f), f.S32(0).Var()
			sum.Set(f.Kernel("bpf_iter_num_new", it, f.S32(span[0]), f.S32(span[1])).S32())
			f.While(func() dsl.Bool {
				next := f.Kernel("bpf_iter_num_next", it).Ptr("")
				f.If(next.NotNil(), func() { sum.Set(sum.Mul(3).Add(next.At(0).S32())) })
				return next.NotNil()
			}, func() { sum.Inc(1) })
			f.Kernel("bpf_iter_num_destroy", it)
			return sum.Get()
		}
	}
	for name, size := range map[string]uint32{"all": 32, "a part": 12, "too long": 1 << 24} {
		for offset := uint32(0); offset < 40; offset += 9 {
			all["dynptr "+name+string(rune('0'+offset/9))] = func(f *dsl.Fn) dsl.Operand {
				cell := cells.In(f).Lookup(f.U32(0))
				f.If(cell.IsNil(), f.ReturnConst(-100))
				cell.Part("Bytes").At(8).U64().Set(f.U64(0x1122334455667788))
				d, word := dsl.Local[opaque](f), dsl.Local[uint64](f)
				got := helper.DynptrFromMem(f, cell, f.U32(min(size, 32)), f.U64(uint64(size>>24)), d).S32().Var()
				got.Set(got.Mul(7).Add(helper.DynptrWrite(f, d, f.U32(offset), word, f.U32(2), f.U64(0)).S32()))
				got.Set(got.Mul(7).Add(helper.DynptrRead(f, word, f.U32(8), d, f.U32(offset), f.U64(0)).S32()))
				got.Set(got.Mul(7).Add(word.U64("").Get().S32()))
				data := helper.DynptrData(f, d, f.U32(4), f.U32(8))
				f.If(data.NotNil(), func() { got.Set(got.Add(data.At(4).S32())) })
				return got.Get()
			}
		}
	}
	all["ring"] = func(f *dsl.Fn) dsl.Operand {
		d := dsl.Local[opaque](f)
		got := helper.RingbufReserveDynptr(f, ring.Spec(), f.U32(24), f.U64(0), d).S32().Var()
		got.Set(got.Add(helper.DynptrWrite(f, d, f.U32(20), dsl.Local[uint32](f), f.U32(4), f.U64(0)).S32()))
		got.Set(got.Mul(3).Add(helper.DynptrWrite(f, d, f.U32(21), dsl.Local[uint32](f), f.U32(4), f.U64(0)).S32()))
		helper.RingbufSubmitDynptr(f, d, f.U64(0))
		return got.Get()
	}
	all["ring too small"] = func(f *dsl.Fn) dsl.Operand {
		d := dsl.Local[opaque](f)
		got := helper.RingbufReserveDynptr(f, ring.Spec(), f.U32(8192), f.U64(0), d).S32()
		helper.RingbufDiscardDynptr(f, d, f.U64(0))
		return got
	}
	return all
}

// TestServicesAreTheKernels: iterators and dynptrs give what those of the kernel give.
func TestServicesAreTheKernels(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 9)
	host, err := prog.Host()
	if err != nil {
		t.Fatal(err)
	}
	defer host.BTF.Close()
	names := servicePrograms(nil, nil)
	for name := range names {
		build := func() (*prog.Plan, error) {
			cells, ring := maps.NewArray[bytes32]("cells", 1), maps.NewRingBuf("ring", 4096)
			t.Cleanup(func() { cells.Close(); ring.Close() })
			p := dsl.Func("p", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 { return f.VarS32(servicePrograms(cells, ring)[name](f)).Get() })
			return prog.Prepare(p, prog.Options{Type: syscall.ProgTypeSchedCls, License: "GPL"}, host)
		}
		there, err := build()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		loaded, err := there.Load()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := loaded.Run(prog.Input{Data: make([]byte, 64)})
		loaded.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		here, err := build()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := vm.LoadObject(here.Object, host.BTF, vm.Options{Mode: vm.Linux})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := vm.New(p).RunPacket(t.Context(), syscall.ProgTypeSchedCls, make([]byte, 64))
		if err != nil || uint32(got) != want.Result {
			t.Errorf("%s: %d, %v; the kernel has %d", name, int32(got), err, int32(want.Result))
		}
	}
}
