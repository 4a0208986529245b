package cc

import (
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/internal/opsrun"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// BenchmarkCongAvoid compares a call of CUBIC's cong_avoid in package vm with one in the kernel, which its compiler has made native code.
// The kernel counts the time of each call itself, during a transfer; its reading of the clock is part of that.
func BenchmarkCongAvoid(b *testing.B) {
	b.Run("kernel", func(b *testing.B) {
		kerneltest.RequireTUN(b)
		before := newestProgram(b)
		register(b, Cubic("b_jit_cubic", 250))
		stats, err := syscall.EnableStats()
		if err != nil {
			b.Fatal(err)
		}
		defer stats.Close()
		lab, err := netlab.New(b.Context(), netlab.Link{Rate: 20_000_000, Delay: 5 * time.Millisecond, Queue: 40})
		if err != nil {
			b.Fatal(err)
		}
		defer lab.Close()
		options := netlab.TransferOptions{CongestionControl: "b_jit_cubic", Duration: 2 * time.Second}
		for b.Loop() {
			if _, err := lab.Transfer(b.Context(), options); err != nil {
				b.Fatal(err)
			}
		}
		took, calls := programTime(b, before, "cong_avoid")
		if calls == 0 {
			b.Fatal("the kernel did not call it")
		}
		b.ReportMetric(float64(took.Nanoseconds())/float64(calls), "ns/call")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("vm", func(b *testing.B) {
		kernels := fixture.Kernels()
		types, err := fixture.Open(kernels[len(kernels)-1])
		if err != nil {
			b.Fatal(err)
		}
		ops, err := opsrun.New(Cubic("b_vm_cubic", 250), compile.Target{BTF: types, ByteOrder: isa.LittleEndian})
		if err != nil {
			b.Fatal(err)
		}
		sk := vm.NewStruct(types, "tcp_sock")
		addr, err := ops.Pass("cong_avoid", 0, sk)
		if err != nil {
			b.Fatal(err)
		}
		for path, value := range map[string]int64{"snd_cwnd": 60, "snd_ssthresh": 50, "snd_cwnd_clamp": 1 << 30, "is_cwnd_limited": 1} {
			sk.Set(path, value)
		}
		now := uint64(1e12)
		ops.Machine.HZ, ops.Machine.Now = 250, func() uint64 { return now }
		avoid, ssthresh := ops.Member("cong_avoid"), ops.Member("ssthresh")
		steps := uint64(0)
		for b.Loop() {
			now += 1_200_000 // an acknowledgement of two segments at 20 Mbit/s
			if _, err := avoid.Call(b.Context(), addr, 0, 2); err != nil {
				b.Fatal(err)
			}
			steps += ops.Machine.Steps()
			if sk.Get("snd_cwnd") > 90 { // a loss
				left, err := ssthresh.Call(b.Context(), addr)
				if err != nil {
					b.Fatal(err)
				}
				sk.Set("snd_cwnd", left)
			}
		}
		b.ReportMetric(float64(steps)/float64(b.N), "instructions")
	})
}

// newestProgram is the largest id of a program.
func newestProgram(b *testing.B) (newest uint32) {
	b.Helper()
	for {
		id, err := syscall.ProgNextID(newest)
		if err != nil {
			return newest
		}
		newest = id
	}
}

// programTime is the time that the kernel has counted for the program with a name, among those that are newer than another one.
func programTime(b *testing.B, after uint32, name string) (took time.Duration, calls uint64) {
	b.Helper()
	for id := after; ; {
		var err error
		if id, err = syscall.ProgNextID(id); err != nil {
			return took, calls
		}
		fd, err := syscall.ProgFDByID(id)
		if err != nil {
			continue // it is gone
		}
		info, err := syscall.ProgInfoByFD(fd)
		fd.Close()
		if err == nil && info.Name == name && info.RunCount > calls {
			took, calls = info.RunTime, info.RunCount
		}
	}
}
