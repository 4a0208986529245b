package vm_test

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/random"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// programs is how many random programs a test tries: BPFSMITH_RANDOM, or what is usual.
func programs(t *testing.T, usual int) uint64 {
	text := os.Getenv("BPFSMITH_RANDOM")
	if text == "" {
		return uint64(usual)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("BPFSMITH_RANDOM=%s: %v", text, err)
	}
	return n
}

// TestRandomProgramsDoWhatGoDoes: random functions, compiled for each level, have the result of Go's own operators, and leave the memory
// that Go leaves.
func TestRandomProgramsDoWhatGoDoes(t *testing.T) {
	for seed := range programs(t, 100) {
		p := random.Generate(seed)
		for level := isa.Level(p.Level); level <= isa.V4; level++ {
			target := compile.Target{Level: level, ByteOrder: isa.LittleEndian, Place: &compile.Place{Type: linux.ProgTypeSyscall}}
			object, err := compile.Compile(p.Build(), target)
			if err != nil {
				continue // package compile's own test tells
			}
			program, err := vm.LoadObject(object, nil, vm.Options{Mode: vm.Linux, Level: level})
			if err != nil {
				t.Fatalf("seed %d at %v: %v", seed, level, err)
			}
			got := random.Context(seed)
			want := bytes.Clone(got)
			result, err := vm.New(program).Run(t.Context(), got)
			mask := uint64(math.MaxUint64)
			if n := p.Funcs[0].Type.Bytes(); n < 8 {
				mask = 1<<(8*n) - 1
			}
			if wanted := p.Run(want) & mask; err != nil || result&mask != wanted || !bytes.Equal(got, want) {
				t.Fatalf("seed %d at %v: %#x, %v; want %#x\n% x\n% x\n%v", seed, level, result&mask, err, wanted, got, want, p)
			}
		}
	}
}
