//go:build linux

package verify_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/test/random"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A seedProgram is one that others are made of.
type seedProgram struct {
	name  string
	place *place
	code  []isa.Instruction
	funcs []verify.Function
}

// seeds are small functions of the compiler's random programs, and the recorded programs beside this project.
func seeds(t testing.TB, list []*place) []seedProgram {
	placeOf := func(name string) *place {
		for _, p := range list {
			if p.name == name {
				return p
			}
		}
		return nil
	}
	var all []seedProgram
	for n := range uint64(60) {
		p := random.Generate(n)
		o, err := compile.Compile(p.Build(), compile.Target{Level: max(isa.Level(p.Level), isa.V3), ByteOrder: isa.Native})
		if err != nil {
			continue
		}
		code, err := isa.Decode(o.Code, isa.Native)
		if err == nil && len(code) < 150 {
			all = append(all, seedProgram{fmt.Sprint("random ", n), placeOf("syscall"), code, nil})
		}
	}
	return append(all, recordedSeeds(t, placeOf)...)
}

// recordedSeeds are the programs of the recorded verdicts, with this kernel's functions and the maps at hand.
func recordedSeeds(t testing.TB, placeOf func(string) *place) []seedProgram {
	old := recorded.OpenTypes(t)
	var all []seedProgram
	for _, e := range recorded.Open(t).Programs {
		name := e.ProgType
		switch _, target, _ := strings.Cut(e.Target, ":"); e.ProgType {
		case "struct_ops":
			name += " " + e.Member
		case "tracing":
			name = "tp_btf " + strings.TrimPrefix(target, "btf_trace_")
		}
		p := placeOf(name)
		raw, err := hex.DecodeString(e.Insns)
		if p == nil || err != nil || e.License != "GPL" {
			continue
		}
		code, err := isa.Decode(raw, isa.LittleEndian)
		if err != nil {
			continue
		}
		old.Renumber(code)
		known := true
		for i := range code {
			in := &code[i]
			switch {
			case in.IsKfuncCall():
				id, err := p.program.Types.Lookup(btf.KindFunc, old.Name(btf.ID(uint32(in.Imm))))
				known = known && err == nil
				in.Imm = int64(int32(id))
			case in.IsWide() && (in.Src == isa.PseudoMapFD || in.Src == isa.PseudoMapValue):
				was, ok := e.Maps[strconv.Itoa(int(int32(in.Imm)))]
				n := slices.IndexFunc(p.maps, func(m createdMap) bool {
					return ok && m.Type.String() == was.Type &&
						len(m.Fields) == len(was.Fields)
				})
				known = known && n >= 0
				if n >= 0 {
					in.Imm = in.Imm&^(1<<32-1) | int64(p.maps[n].fd)
				}
			}
		}
		if known && e.Name != "too_many_insns" { // it takes seconds
			all = append(all, seedProgram{e.Name, p, code, localFunctions(code)})
		}
	}
	return all
}

// localFunctions finds where functions begin, as in func_info. None of them is global.
func localFunctions(code []isa.Instruction) []verify.Function {
	starts, slot := []int{0}, 0
	for _, in := range code {
		if in.IsSubprogramCall() || in.IsWide() && in.Src == isa.PseudoFunc {
			starts = append(starts, slot+1+int(int32(in.Imm)))
		}
		slot += in.Slots()
	}
	slices.Sort(starts)
	var list []verify.Function
	for _, s := range slices.Compact(starts) {
		list = append(list, verify.Function{Slot: s})
	}
	return list
}

// mutate changes an instruction or two.
func mutate(r *rand.Rand, code []isa.Instruction) []isa.Instruction {
	code = slices.Clone(code)
	for range 1 + r.IntN(3) {
		i := r.IntN(len(code))
		in := &code[i]
		switch r.IntN(10) {
		case 0:
			in.Dst = isa.Register(r.IntN(11))
		case 1:
			if !in.IsCall() && !in.IsWide() {
				in.Src = isa.Register(r.IntN(11))
			}
		case 2, 3:
			if !in.IsCall() {
				in.Imm = []int64{0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 255, 4096, -1, -8, -16, 1<<31 - 1, -1 << 31, in.Imm + 1,
					in.Imm - 1, in.Imm * 2}[r.IntN(22)]
			}
		case 4:
			in.Off = []int16{0, 1, 2, -1, 4, 8, -8, -16, -512, -520, 16, in.Off + 1, in.Off - 8, in.Off + 8}[r.IntN(14)]
		case 5: // another comparison
			if in.IsConditional() && in.Op.Operation() != isa.OpJCOND {
				ops := [...]isa.Opcode{isa.OpJEQ, isa.OpJNE, isa.OpJGT, isa.OpJGE, isa.OpJLT, isa.OpJLE, isa.OpJSGT, isa.OpJSGE,
					isa.OpJSLT, isa.OpJSLE, isa.OpJSET}
				in.Op = in.Op&^0xf0 | ops[r.IntN(len(ops))]
				if r.IntN(3) == 0 {
					in.Op ^= isa.ClassJMP ^ isa.ClassJMP32
				}
			}
		case 6: // another operation
			if c := in.Op.Class(); (c == isa.ClassALU || c == isa.ClassALU64) && in.Off == 0 && in.Op.Operation() != isa.OpEnd &&
				in.Op.Operation() != isa.OpNeg {
				ops := [...]isa.Opcode{isa.OpAdd, isa.OpSub, isa.OpMul, isa.OpAnd, isa.OpOr, isa.OpXor, isa.OpLsh, isa.OpRsh, isa.OpArsh,
					isa.OpMov, isa.OpDiv, isa.OpMod}
				in.Op = in.Op&^0xf0 | ops[r.IntN(len(ops))]
				if r.IntN(3) == 0 {
					in.Op ^= isa.ClassALU ^ isa.ClassALU64
				}
			}
		case 7: // a copy of another
			other := code[r.IntN(len(code))]
			if other.Slots() == in.Slots() {
				*in = other
			}
		case 8: // another width
			switch in.Op.Class() {
			case isa.ClassLDX, isa.ClassST, isa.ClassSTX:
				if in.Op.Mode() == isa.ModeMEM {
					in.Op = in.Op&^0x18 | isa.Opcode(r.IntN(4))<<3
				}
			}
		case 9:
			if in.Slots() == 1 {
				*in = isa.Mov64Imm(isa.Register(r.IntN(10)), int32(r.IntN(100)))
			}
		}
	}
	return code
}

// An agreement counts verdicts.
type agreement struct{ taken, wrong, refused, found, place, unfinished int }

func (a agreement) String() string {
	return fmt.Sprintf("%d taken, %d of them refused by the check; %d refused, %d of them found (%.1f %%), %d at the kernel's "+
		"instruction; %d unfinished", a.taken, a.wrong, a.refused, a.found,
		100*float64(a.found)/float64(max(a.refused, 1)), a.place, a.unfinished)
}

// TestCheckRefusesNothingThatTheKernelTakes gives random programs to the kernel and to the check. Some are from a generator, others are
// good and bad programs that were changed. BPFSMITH_RANDOM is their number, BPFSMITH_SEED the seed.
func TestCheckRefusesNothingThatTheKernelTakes(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	list := places(t)
	kerneltest.NoLeaks(t)
	total, seed := setting(t, "BPFSMITH_RANDOM", 600), setting(t, "BPFSMITH_SEED", 1)
	old := seeds(t, list)
	r := rand.New(rand.NewPCG(uint64(seed), 2))
	var next func() seedProgram
	n := 0
	next = func() seedProgram {
		var s seedProgram
		switch {
		case n < len(old):
			return old[n]
		case n%3 == 0:
			s = old[r.IntN(len(old))]
			s.code = mutate(r, s.code)
			if s.funcs != nil {
				s.funcs = localFunctions(s.code)
			}
		default:
			p := list[r.IntN(len(list))]
			s.name, s.place = "generated for "+p.name, p
			s.code, s.funcs = generatedWith(r, p)
			if n%3 == 1 && r.IntN(3) == 0 {
				s.code = mutate(r, s.code)
			}
		}
		return s
	}
	var sum agreement
	missed := map[string]int{}
	for ; n < total; n++ {
		s := next()
		if only := os.Getenv("BPFSMITH_PLACE"); only != "" && s.place.name != only {
			continue
		}
		compareVerdicts(t, s, n, &sum, missed)
	}
	t.Log(sum)
	if sum.refused > 200 && sum.found < sum.refused*85/100 {
		t.Errorf("fewer than 85 %% of what the kernel refuses is found")
	}
	logMissed(t, missed)
}

// TestCheckWithoutPerfmon does the same with fewer capabilities.
func TestCheckWithoutPerfmon(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	list := places(t)
	kerneltest.NoLeaks(t)
	total, seed := setting(t, "BPFSMITH_RANDOM", 150), setting(t, "BPFSMITH_SEED", 1)
	var sum agreement
	missed := map[string]int{}
	r := rand.New(rand.NewPCG(uint64(seed), 3))
	kerneltest.WithCapabilities(t, []int{unix.CAP_BPF, unix.CAP_NET_ADMIN}, func() {
		for n := range total {
			p := list[r.IntN(4)]
			if p.name == "syscall" {
				continue
			}
			q := *p
			q.functions = nil
			q.program.NoPerfmon = true
			s := seedProgram{name: "generated for " + p.name + " without CAP_PERFMON", place: &q}
			s.code, s.funcs = generatedWith(r, &q)
			compareVerdicts(t, s, n, &sum, missed)
		}
	})
	t.Log(sum)
	logMissed(t, missed)
}

func setting(t testing.TB, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func logMissed(t *testing.T, missed map[string]int) {
	if !testing.Verbose() {
		return
	}
	reasons := make([]string, 0, len(missed))
	for reason := range missed {
		reasons = append(reasons, reason)
	}
	slices.SortFunc(reasons, func(a, b string) int { return missed[b] - missed[a] })
	for _, reason := range reasons {
		t.Logf("missed %d: %s", missed[reason], reason)
	}
}

// compareVerdicts asks both about a program. One that only the check refuses is made smaller before it is shown.
func compareVerdicts(t *testing.T, s seedProgram, n int, sum *agreement, missed map[string]int) {
	begin := time.Now()
	findings, complete, err := s.place.load(s.code, s.funcs)
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Logf("%s, round %d, took %v", s.name, n, took)
	}
	if !complete {
		sum.unfinished++
		return
	}
	if err == nil {
		sum.taken++
		if len(findings) > 0 {
			if sum.wrong++; sum.wrong <= 5 {
				code := smaller(s)
				findings, _, _ = s.place.load(code, s.funcs)
				var text strings.Builder
				_ = isa.Disassemble(&text, code, isa.Kernel)
				t.Errorf("%s, round %d: the kernel accepts it, but: %v\n%s", s.name, n, findings, withoutNothing(text.String()))
			}
		}
		return
	}
	var load *syscall.LoadError
	if !errors.As(err, &load) {
		return // it cannot be encoded
	}
	sum.refused++
	reason := load.Error()
	switch {
	case len(findings) > 0:
		sum.found++
		if r := verifierlog.Explain(load.Log, verifierlog.Program{Errno: load.Errno.Error()}); r.Insn < 0 || slices.ContainsFunc(findings,
			func(f mistake.Finding) bool { return f.Insn == r.Insn }) {
			sum.place++
		}
	case complete:
		missed[reason]++
		if pattern := os.Getenv("BPFSMITH_MISSED"); pattern != "" && strings.Contains(reason, pattern) {
			t.Logf("%s, round %d:\n%s", s.name, n, load.Log)
		}
	}
}

// smaller replaces instructions by nothing as long as the kernel accepts the program and the check refuses it.
func smaller(s seedProgram) []isa.Instruction {
	code := slices.Clone(s.code)
	for again := true; again; {
		again = false
		for i := len(code) - 1; i >= 0; i-- {
			was := code[i]
			if was == isa.Jump(0) || was.Slots() > 1 {
				continue
			}
			code[i] = isa.Jump(0)
			if findings, _, err := s.place.load(code, s.funcs); err == nil && len(findings) > 0 {
				again = true
				continue
			}
			code[i] = was
		}
	}
	return code
}

func withoutNothing(listing string) string {
	var lines []string
	for _, line := range strings.Split(listing, "\n") {
		if !strings.Contains(line, "goto +0") && !strings.Contains(line, "goto pc+0") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
