//go:build linux

package isa_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	. "github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A rewriting is a program that the verifier makes something else of.
type rewriting struct {
	trial
	name  string
	since KernelVersion // the first Linux that takes all of it, where 6.1 doesn't
	caps  []int         // the only capabilities to load it with; nil for all
}

// TestXlatedCodeIsReadBack loads programs and reads back what the verifier made of them: all of it is decoded, and encoded again it
// is the same. With BPFSMITH_RECORD=dir the dumps are written to files for
// TestXlatedDumpsAreRead.
func TestXlatedCodeIsReadBack(t *testing.T) {
	kerneltest.Require(t)
	linux := runningLinux(t)
	s := newStand(t, linux)
	dumps, slots := 0, 0
	for _, r := range s.rewritings(t) {
		if r.since != (KernelVersion{}) && !linux.AtLeast(r.since) {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			var prog *syscall.FD
			var err error
			if r.caps == nil {
				prog, err = load(t, r.attr, r.code)
			} else {
				kerneltest.WithCapabilities(t, r.caps, func() { prog, err = load(t, r.attr, r.code) })
			}
			if err != nil {
				t.Fatalf("%+v", err)
			}
			defer prog.Close()
			code, err := syscall.ProgXlated(prog)
			if err != nil {
				t.Fatal(err)
			}
			dumps, slots = dumps+1, slots+len(code)/8
			special := readBack(t, code, Native)
			if special != "" {
				t.Log(special)
			}
			if dir := os.Getenv("BPFSMITH_RECORD"); dir != "" {
				record(t, filepath.Join(dir, r.name+".hex"), fmt.Sprintf("Linux %v: %s", linux, r.what), special, code)
			}
		})
	}
	t.Logf("Linux %v: %d dumps with %d slots", linux, dumps, slots)
}

// record writes a dump as TestXlatedDumpsAreRead reads it.
func record(t *testing.T, file, about, special string, code []byte) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n# special: %s\n", about, special)
	for ; len(code) >= 8; code = code[8:] {
		fmt.Fprintf(&b, "% x\n", code[:8])
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// formOf is what the table says about an instruction.
func formOf(t *testing.T, i Instruction) Info {
	t.Helper()
	form, err := i.Form()
	if err != nil {
		t.Fatal(err)
	}
	return form.Info()
}

// rewritings are programs that use what the verifier rewrites.
func (s *stand) rewritings(t *testing.T) []rewriting {
	v := func(minor uint8) KernelVersion { return KernelVersion{Major: 6, Minor: minor} }
	return []rewriting{
		{name: "look-ups", trial: s.mapAccess(t)},
		{name: "helpers", trial: helpers()[0]},
		{name: "functions", trial: calls()[0]},
		{name: "kernel-functions", trial: s.kernelCalls(t)[0]},
		{name: "callbacks", trial: s.callbacks()[0]},
		{name: "symbols", trial: s.symbols(t)[0]},
		{name: "tail-calls", trial: s.tailCalls(t)},
		{name: "division", trial: divisions(false)},
		{name: "signed-division", since: v(6), trial: divisions(true)},
		{name: "packets", trial: s.packets(formOf(t, LoadAbs(H, 0)))[0]},
		{name: "kernel-memory", trial: s.walks(t, LoadMem)},
		{name: "kernel-memory-signed", since: v(6), trial: s.walks(t, LoadMemSX)},
		{name: "upper-halves", trial: upperHalves()},
		{name: "may-goto", since: v(9), trial: s.budgets()[0]},
		{name: "arena", since: v(10), trial: s.arenaAccess(t)},
		{name: "arena-signed", since: v(18), trial: s.arenaSigned(t)},
		{name: "speculation", caps: []int{unix.CAP_BPF}, trial: s.speculation()},
	}
}

// mapAccess looks up elements of maps whose look-up is inlined, or called without the helper.
func (s *stand) mapAccess(t *testing.T) trial {
	b := newBatch()
	for _, typ := range []syscall.MapType{syscall.MapTypeArray, syscall.MapTypeHash, syscall.MapTypeLRUHash, syscall.MapTypePerCPUArray} {
		m := s.create(t, syscall.MapCreateAttr{Type: typ, KeySize: 4, ValueSize: 8, MaxEntries: 3, Name: "map"})
		b.do(StoreImm(W, R10, -4, 2), LoadMapFD(R1, int32(m.Int())), Mov64Reg(R2, R10), Add64Imm(R2, -4), CallHelper(helperMapLookup))
		b.do(JEQ64Imm(R0, 0, 1), StoreImm(DW, R0, 0, 7))
	}
	b.do(LoadMapValue(R1, int32(s.data.Int()), 8))
	return b.trial("look-ups in maps")
}

// tailCalls ends in other programs: by a number that the verifier knows, and by one that it doesn't.
func (s *stand) tailCalls(t *testing.T) trial {
	m := s.create(t, syscall.MapCreateAttr{Type: syscall.MapTypeProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 3, Name: "programs"})
	code := []Instruction{Mov64Reg(R6, R1), LoadMem(W, R7, R1, 0)} // the length of the packet
	for _, index := range []Instruction{Mov64Imm(R3, 1), Mov64Reg(R3, R7)} {
		code = append(code, Mov64Reg(R1, R6), LoadMapFD(R2, int32(m.Int())), index, CallHelper(helperTailCall))
	}
	return trial{what: "tail calls", attr: syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter},
		code: append(code, Mov64Imm(R0, 0), Exit())}
}

// divisions are what the verifier guards against divisors of 0, and of -1 where there is a sign.
func divisions(signed bool) trial {
	b := newBatch()
	b.unknown(R2, 7)
	b.unknown(R3, 0)
	forms := []Instruction{Div64Reg(R2, R3), Mod64Reg(R2, R3), Div32Reg(R2, R3), Mod32Reg(R2, R3), Div64Imm(R2, 7), Mod32Imm(R2, 7)}
	if signed {
		forms = []Instruction{SDiv64Reg(R2, R3), SMod64Reg(R2, R3), SDiv32Reg(R2, R3), SMod32Reg(R2, R3), SDiv64Imm(R2, -1),
			SMod32Imm(R2, -1)}
	}
	b.do(forms...)
	return b.trial("division and remainder")
}

// walks follow pointers in the kernel that may lead nowhere.
func (s *stand) walks(t *testing.T, load func(size Size, dst, src Register, off int16) Instruction) trial {
	c := s.kernelCalls(t)[0]
	socket, err := s.types.Field("sock", "sk_socket")
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.types.Field("socket", "file")
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.types.Field("socket", "state")
	if err != nil {
		t.Fatal(err)
	}
	c.what = "loads through pointers in the kernel"
	c.code = []Instruction{LoadMem(DW, R1, R1, 0), LoadMem(DW, R2, R1, int16(socket.Offset)), LoadMem(DW, R3, R2, int16(file.Offset))}
	for _, size := range []Size{B, H, W} {
		c.code = append(c.code, load(size, R0, R2, int16(state.Offset)))
	}
	c.code = append(c.code, Exit())
	return c
}

// upperHalves is loaded with a flag that fills upper halves with random bits where nobody may look at them.
func upperHalves() trial {
	b := newBatch()
	b.attr.Flags |= syscall.ProgTestRndHi32
	b.unknown(R0, 1)
	b.unknown(R2, 2)
	b.do(StoreMem(DW, R10, -8, R2), AtomicCmpXchg32(R10, -8, R2), Mov32Reg(R3, R2), Add32Imm(R3, 1), LoadMem(W, R4, R7, 0),
		StoreMem(W, R7, 0, R3), StoreMem(W, R7, 4, R4))
	b.do(AtomicCmpXchg32(R10, -8, R2), StoreMem(DW, R7, 0, R0)) // here, the upper half of r0 matters
	return b.trial("operations on 32 bits, loaded with BPF_F_TEST_RND_HI32")
}

// inArena begins a batch with r6 pointing to a page of an arena.
func (s *stand) inArena(t *testing.T) *batch {
	b := newBatch()
	if s.arena == nil {
		return b // it is not loaded
	}
	b.do(LoadMapFD(R1, int32(s.arena.Int())), Mov64Imm(R2, 0), Mov64Imm(R3, 1), Mov64Imm(R4, -1), Mov64Imm(R5, 0))
	b.do(CallKfunc(int32(s.lookup(t, btf.KindFunc, "bpf_arena_alloc_pages")), 0), AddrSpaceCast(R6, R0, 1), AddrSpaceCast(R8, R6, 1<<16))
	return b
}

// arenaSigned loads with sign from the memory of an arena.
func (s *stand) arenaSigned(t *testing.T) trial {
	b := s.inArena(t)
	b.do(LoadMemSX(B, R2, R6, 8), LoadMemSX(H, R2, R6, 8), LoadMemSX(W, R2, R6, 8))
	return b.trial("loads with sign from an arena")
}

// arenaAccess loads and stores in the memory of an arena.
func (s *stand) arenaAccess(t *testing.T) trial {
	b := s.inArena(t)
	b.unknown(R1, 3)
	for _, size := range []Size{B, H, W, DW} {
		b.do(StoreImm(size, R6, 8, 1), StoreMem(size, R6, 16, R1), LoadMem(size, R2, R6, 8))
	}
	b.do(Mov64Imm(R0, 0), AtomicAdd32(R6, 8, R1), AtomicFetchAdd64(R6, 16, R1), AtomicXchg32(R6, 8, R1), AtomicCmpXchg64(R6, 16, R1))
	if s.linux.AtLeast(KernelVersion{Major: 6, Minor: 18}) {
		for _, size := range []Size{B, H, W, DW} {
			b.do(LoadAcquire(size, R2, R6, 8), StoreRelease(size, R6, 16, R1))
		}
	}
	return b.trial("memory of an arena")
}

// speculation is loaded without CAP_PERFMON, so the verifier guards it against what the processor might do ahead of time.
func (s *stand) speculation() trial {
	return trial{what: "a pointer plus a number, and pointers on the stack, loaded without CAP_PERFMON",
		attr: syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter},
		code: []Instruction{
			Mov64Reg(R6, R1), LoadMapValue(R7, int32(s.data.Int()), 0), LoadMem(W, R3, R6, 0), And64Imm(R3, 15),
			Add64Reg(R7, R3), LoadMem(B, R0, R7, 0),
			StoreMem(DW, R10, -8, R6), LoadMem(DW, R2, R10, -8), StoreMem(DW, R10, -16, R3), LoadMem(DW, R2, R10, -16),
			JGT64Imm(R3, 5, 1), LoadMem(B, R0, R7, 1), Exit(),
		}}
}
