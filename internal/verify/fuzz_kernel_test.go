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

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/random"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A seedProgram is one that random ones are made of.
type seedProgram struct {
	name string
	code []isa.Instruction
	kind syscall.ProgType
	text string // as verify has it
}

// seeds are programs that the kernel takes, and some that it refuses: small functions of random ones, and what is recorded for
// types that need no target.
func seeds(t testing.TB) []seedProgram {
	var list []seedProgram
	for n := range uint64(60) {
		p := random.Generate(n)
		o, err := compile.Compile(p.Build(), compile.Target{Level: max(isa.Level(p.Level), isa.V3), ByteOrder: isa.Native})
		if err != nil {
			continue
		}
		code, err := isa.Decode(o.Code, isa.Native)
		if err == nil && len(code) < 150 {
			list = append(list, seedProgram{fmt.Sprint("random ", n), code, syscall.ProgTypeSyscall, "syscall"})
		}
	}
	for _, e := range recordedEntries() {
		if len(e.Maps) > 0 || e.ProgType != "socket_filter" && e.ProgType != "xdp" && e.ProgType != "sched_cls" || e.CapBPFOnly {
			continue
		}
		raw, err := hex.DecodeString(e.Insns)
		if err != nil {
			continue
		}
		code, err := isa.Decode(raw, isa.LittleEndian)
		if err != nil || slices.ContainsFunc(code, isa.Instruction.IsKfuncCall) {
			continue
		}
		kind := map[string]syscall.ProgType{"socket_filter": syscall.ProgTypeSocketFilter, "xdp": syscall.ProgTypeXDP, "sched_cls": syscall.ProgTypeSchedCls}[e.ProgType]
		list = append(list, seedProgram{e.Name, code, kind, e.ProgType})
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
				in.Imm = []int64{0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 255, 4096, -1, -8, -16, 1<<31 - 1, -1 << 31, in.Imm + 1, in.Imm - 1, in.Imm * 2}[r.IntN(22)]
			}
		case 4:
			in.Off = []int16{0, 1, 2, -1, 4, 8, -8, -16, -512, -520, 16, in.Off + 1, in.Off - 8, in.Off + 8}[r.IntN(14)]
		case 5: // another comparison
			if in.IsConditional() && in.Op.Operation() != isa.OpJCOND {
				ops := [...]isa.Opcode{isa.OpJEQ, isa.OpJNE, isa.OpJGT, isa.OpJGE, isa.OpJLT, isa.OpJLE, isa.OpJSGT, isa.OpJSGE, isa.OpJSLT, isa.OpJSLE, isa.OpJSET}
				in.Op = in.Op&^0xf0 | ops[r.IntN(len(ops))]
				if r.IntN(3) == 0 {
					in.Op ^= isa.ClassJMP ^ isa.ClassJMP32
				}
			}
		case 6: // another operation
			if c := in.Op.Class(); (c == isa.ClassALU || c == isa.ClassALU64) && in.Off == 0 && in.Op.Operation() != isa.OpEnd && in.Op.Operation() != isa.OpNeg {
				ops := [...]isa.Opcode{isa.OpAdd, isa.OpSub, isa.OpMul, isa.OpAnd, isa.OpOr, isa.OpXor, isa.OpLsh, isa.OpRsh, isa.OpArsh, isa.OpMov, isa.OpDiv, isa.OpMod}
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

// TestCheckRefusesNothingThatTheKernelTakes changes programs at random and shows them to the kernel and to the check. BPFSMITH_RANDOM says how many.
func TestCheckRefusesNothingThatTheKernelTakes(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	kerneltest.NoLeaks(t)
	total := 1500
	if text := os.Getenv("BPFSMITH_RANDOM"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		total = n
	}
	list := seeds(t)
	r := rand.New(rand.NewPCG(1, 2))
	taken, refused, found, missed, unfinished, wrong := 0, 0, 0, map[string]int{}, 0, 0
	for n := range total {
		s := list[n%len(list)]
		code := s.code
		if n >= len(list) {
			code = mutate(r, s.code)
		}
		raw, err := isa.Append(nil, isa.Native, code...)
		if err != nil {
			continue
		}
		attr := &syscall.ProgLoadAttr{Type: s.kind, Name: "fuzz", License: "GPL", Instructions: raw}
		if s.kind == syscall.ProgTypeSyscall {
			attr.Flags = syscall.ProgSleepable
		}
		prog, err := syscall.ProgLoad(attr)
		findings, complete := verify.Check(verify.Program{Code: code, Type: s.text, Sleepable: s.text == "syscall"})
		if !complete {
			unfinished++
		}
		if err == nil {
			prog.Close()
			taken++
			if len(findings) > 0 {
				wrong++
				if wrong <= 3 {
					var text strings.Builder
					_ = isa.Disassemble(&text, code, isa.Kernel)
					t.Errorf("%s, round %d: the kernel takes it, but %v\n%s", s.name, n, findings, text.String())
				}
			}
			continue
		}
		var load *syscall.LoadError
		if !errors.As(err, &load) {
			t.Fatal(err)
		}
		refused++
		if len(findings) > 0 {
			found++
		} else if complete {
			missed[load.Error()]++
		}
	}
	t.Logf("%d taken, %d of them refused by the check; %d refused, %d of them found (%.0f %%); %d unfinished", taken, wrong, refused, found, 100*float64(found)/float64(max(refused, 1)), unfinished)
	if testing.Verbose() {
		for reason, n := range missed {
			t.Logf("missed %d: %s", n, reason)
		}
	}
}
