package compile_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/random"
	"github.com/bpfsmith/bpfsmith/isa"
)

// usualRandom is how many random programs an ordinary run of the tests tries. Under the race detector, which makes compiling ten times
// as slow, there are at most underRaceRandom. "make long" tries longRandom of them.
const (
	usualRandom     = 400
	underRaceRandom = 200
	longRandom      = 2000
)

// randomPrograms is how many random programs are tried. BPFSMITH_RANDOM says how many in place of usualRandom.
func randomPrograms(t testing.TB) int {
	text := os.Getenv("BPFSMITH_RANDOM")
	if text == "" && underRace {
		return underRaceRandom
	}
	if text == "" {
		return usualRandom
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("BPFSMITH_RANDOM=%s: %v", text, err)
	}
	return n
}

// compileRandom compiles a random program. That the compiler panics is an error too.
func compileRandom(p *random.Program, level isa.Level) (o *compile.Object, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return compile.Compile(p.Build(),
		compile.Target{Level: level, ByteOrder: isa.Native, Place: &compile.Place{Type: linux.ProgTypeSyscall}})
}

// TestRandomProgramsCompile needs no kernel; see TestRandomProgramsDoWhatGoDoes for the other half.
func TestRandomProgramsCompile(t *testing.T) {
	seeds := uint64(100)
	if testing.Short() {
		seeds = 25
	}
	for seed := range seeds {
		p := random.Generate(seed)
		for level := isa.Level(p.Level); level <= isa.V4; level++ {
			o, err := compileRandom(p, level)
			if err != nil {
				t.Errorf("seed %d at %v: %v\n%v", seed, level, err, p)
				continue
			}
			again, err := compileRandom(p, level)
			if err != nil || !slices.Equal(o.Code, again.Code) {
				t.Errorf("seed %d at %v: compiled again it is another program: %v", seed, level, err)
			}
		}
	}
}

// TestRandomProgramsAreTheirSeeds: a failure in another run can be had again.
func TestRandomProgramsAreTheirSeeds(t *testing.T) {
	for seed := range uint64(20) {
		first, firstContext := random.Generate(seed).String(), random.Context(seed)
		if random.Generate(seed).String() != first || !slices.Equal(random.Context(seed), firstContext) {
			t.Errorf("seed %d gives different programs", seed)
		}
	}
}
