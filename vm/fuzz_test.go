package vm_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Any bytes and any memory: code is refused, or runs to a result or a fault; traced it does the same.
func FuzzRun(f *testing.F) {
	for _, text := range []string{
		"r0 = 0\nexit",
		"r0 = *(u64 *)(r1 +0)\nexit",
		"r0 = 1 ll\nr0 = atomic64_fetch_add((u64 *)(r10 -8), r0)\nexit",
		"r1 = 5\nagain: r0 += 1\nr1 -= 1\nif r1 != 0 goto again\nexit",
		"r2 = subprog[+3]\ncallx r2\nr0 += 1\nexit\ngotox r2",
		"again: r0 /= 3\nr1 /= 3\nif r1 != 1 goto again",
		"call pc+1\nexit\nmay_goto +1\ncall 5\nexit",
		"r6 = r1\nr0 = *(u32 *)skb[0]\nr1 = r10\nr1 -= r6\nr0 s%= r1\nexit",
	} {
		ins, err := isa.Parse(text, isa.Kernel)
		if err != nil {
			f.Fatal(err)
		}
		code, err := isa.Append(nil, isa.LittleEndian, ins...)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(code, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	}
	f.Fuzz(func(t *testing.T, code, memory []byte) {
		for _, mode := range []vm.Mode{vm.Conformant, vm.Linux} {
			p, err := vm.Load(code, vm.Options{Mode: mode})
			if err != nil {
				continue
			}
			run := func(traced bool) (uint64, uint64, *vm.Fault, []byte) {
				m, copied := vm.New(p), bytes.Clone(memory)
				m.StepLimit = 10000
				if err := m.SetHelper("bpf_ktime_get_ns", func(*vm.Machine) (uint64, error) { return 1, nil }); err != nil {
					t.Fatal(err)
				}
				if traced {
					m.Trace = func(vm.Step) {}
				}
				m.SetPacket(bytes.Clone(memory))
				result, err := m.Run(t.Context(), copied)
				var fault *vm.Fault
				if err != nil && !errors.As(err, &fault) {
					t.Fatalf("%v is not a fault", err)
				}
				if fault != nil && (fault.Report() == "" || fault.Slot < 0 || fault.Slot > len(code)/8) {
					t.Fatalf("%+v", fault)
				}
				return result, m.Steps(), fault, copied
			}
			result, steps, fault, after := run(false)
			again, stepsAgain, faultAgain, afterAgain := run(true)
			if fault != nil && faultAgain != nil && fault.Kind == vm.StepLimit && faultAgain.Kind == vm.StepLimit {
				continue // the limit is compared at jumps, and more often when the program is traced
			}
			if result != again || steps != stepsAgain || !bytes.Equal(after, afterAgain) || (fault == nil) != (faultAgain == nil) ||
				fault != nil && (fault.Kind != faultAgain.Kind || fault.Slot != faultAgain.Slot) {
				t.Fatalf("%x, %d steps, %v; traced %x, %d steps, %v", result, steps, fault, again, stepsAgain, faultAgain)
			}
		}
	})
}
