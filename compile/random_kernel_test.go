package compile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/test/random"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// firstSeed is where random programs begin; each seed is a program.
const firstSeed = 1

// contexts is on how many contexts each program runs.
const contexts = 5

// TestRandomProgramsDoWhatGoDoes compares the compiler with Go: random functions, compiled for each ISA level and run in the kernel, leave
// the memory that Go leaves. BPFSMITH_RANDOM=100000 tries that many.
func TestRandomProgramsDoWhatGoDoes(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 1)
	kerneltest.NoLeaks(t)
	total := randomPrograms(t)
	var next, objects, instructions, complex, failed atomic.Int64
	begin := time.Now()
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := next.Add(1); n <= int64(total) && failed.Load() < 3; n = next.Add(1) {
				seed := uint64(firstSeed - 1 + n)
				p := random.Generate(seed)
				for level := isa.Level(p.Level); level <= host.Ask().Level; level++ {
					slots, failure := tryRandom(p, seed, level)
					objects.Add(1)
					instructions.Add(int64(slots))
					if failure == nil {
						continue
					}
					if failure.kind == tooComplex {
						complex.Add(1)
						t.Logf("seed %d at %v: %v", seed, level, failure.detail)
						continue
					}
					failed.Add(1)
					reportRandom(t, p, seed, level, failure)
					break
				}
			}
		})
	}
	workers.Wait()
	took := time.Since(begin)
	t.Logf("%d programs, %d objects, %d instructions, %d too complex for the verifier, in %v: %.0f programs/s",
		min(next.Load(), int64(total)), objects.Load(), instructions.Load(),
		complex.Load(), took.Round(time.Millisecond), float64(total)/took.Seconds())
	if n := complex.Load(); n*100 > objects.Load() {
		t.Errorf("%d of %d objects are too complex for the verifier: more than one in a hundred", n, objects.Load())
	}
}

// TestRandomProgramsThatFailed once, by seed and level: each taught us something about the verifier or the optimiser.
func TestRandomProgramsThatFailed(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 1)
	kerneltest.NoLeaks(t)
	for _, was := range []struct {
		seed  uint64
		level isa.Level
	}{
		{51278, isa.V1}, // an index in a case that cannot be
		{81957, isa.V4}, // may_goto makes the verifier forget what was compared before the loop
		{84379, isa.V3}, // and a remainder of 32 bits has 64 for it
	} {
		if was.level > host.Ask().Level {
			continue
		}
		p := random.Generate(was.seed)
		if _, failure := tryRandom(p, was.seed, was.level); failure != nil {
			reportRandom(t, p, was.seed, was.level, failure)
		}
	}
}

// failureKind tells failures apart: a program is made smaller as long as its failure is of the same kind.
type failureKind string

const (
	notCompiled failureKind = "it does not compile"
	refused     failureKind = "the verifier refuses it"
	tooComplex  failureKind = "it is too complex for the verifier"
	otherResult failureKind = "the kernel has another result than Go"
)

type randomFailure struct {
	kind   failureKind
	detail string
	object *compile.Object
}

// tryRandom compiles, loads and runs a program. It gives the size of its code.
func tryRandom(p *random.Program, seed uint64, level isa.Level) (slots int, failure *randomFailure) {
	o, err := compileRandom(p, level)
	if err != nil {
		if strings.Contains(err.Error(), "bytes of stack") {
			return 0, &randomFailure{kind: tooComplex, detail: err.Error()}
		}
		return 0, &randomFailure{kind: notCompiled, detail: err.Error()}
	}
	prog, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSyscall, Flags: syscall.ProgSleepable, Name: "random",
		License: "GPL", Instructions: o.Code})
	if err != nil {
		return o.Slots(), verdict(o, err)
	}
	defer prog.Close()
	for n := range uint64(contexts) {
		got := random.Context(seed*contexts + n)
		want, before := bytes.Clone(got), bytes.Clone(got)
		result, err := syscall.ProgTestRun(&syscall.TestRunAttr{Prog: prog, CtxIn: got})
		if err != nil {
			return o.Slots(), &randomFailure{kind: otherResult, detail: err.Error(), object: o}
		}
		wantResult := p.Run(want) & resultMask(p)
		if gotResult := uint64(result.RetVal) & resultMask(p); gotResult != wantResult || !bytes.Equal(got, want) {
			detail := fmt.Sprintf("context %d:\n%sresult %#x, want %#x\n%s", n, hexBytes(before), gotResult, wantResult,
				differences(got, want))
			return o.Slots(), &randomFailure{kind: otherResult, detail: detail, object: o}
		}
	}
	return o.Slots(), nil
}

// resultMask has the bits of the result that the kernel gives back.
func resultMask(p *random.Program) uint64 {
	if n := p.Funcs[0].Type.Bytes(); n < 4 {
		return 1<<(8*n) - 1
	}
	return math.MaxUint32
}

// verdict is what the verifier says. Programs of which it says that they are too much for it cannot be helped.
func verdict(o *compile.Object, err error) *randomFailure {
	failure := &randomFailure{kind: refused, detail: err.Error(), object: o}
	var load *syscall.LoadError
	if !errors.As(err, &load) {
		return failure
	}
	for _, limit := range []string{"BPF program is too large", "jumps is too complex", "combined stack size", "too many subsequent",
		"infinite loop detected"} {
		if strings.Contains(load.Log, limit) {
			return &randomFailure{kind: tooComplex, detail: err.Error(), object: o}
		}
	}
	const most = 4000
	log := load.Log
	if len(log) > most {
		log = "…" + log[len(log)-most:]
	}
	failure.detail += "\n" + log
	return failure
}

func hexBytes(b []byte) string {
	var text strings.Builder
	for at := 0; at < len(b); at += 32 {
		fmt.Fprintf(&text, "\t%3d: % x\n", at, b[at:min(at+32, len(b))])
	}
	return text.String()
}

// differences lists the words of eight bytes that differ.
func differences(got, want []byte) string {
	var text strings.Builder
	for at := 0; at < len(got); at += 8 {
		if g, w := got[at:at+8], want[at:at+8]; !bytes.Equal(g, w) {
			fmt.Fprintf(&text, "\tcontext[%d:]: % x, want % x\n", at, g, w)
		}
	}
	return text.String()
}

// reportRandom makes a program that fails small, and shows it.
func reportRandom(t *testing.T, p *random.Program, seed uint64, level isa.Level, first *randomFailure) {
	small := random.Shrink(p, 4000, func(smaller *random.Program) bool {
		_, failure := tryRandom(smaller, seed, level)
		return failure != nil && failure.kind == first.kind
	})
	_, failure := tryRandom(small, seed, level)
	if failure == nil { // it does not fail each time
		small, failure = p, first
	}
	listing := ""
	if failure.object != nil {
		listing = string(failure.object.AppendListing(nil))
	}
	t.Errorf("seed %d at %v: %s: %s\n%v\n%s", seed, level, failure.kind, failure.detail, small, listing)
}
