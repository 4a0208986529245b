//go:build linux

package vm_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

const (
	memorySize = 64 // bytes of the context, and of each part of the stack: one for stores, below it one for atomic operations
	scalars    = 8  // r0 to r7 have numbers; r8 points to the context
	differFrom = 1  // the first seed
)

// TestRandomCodeDoesWhatTheKernelDoes: random instructions of all forms that compute, jump and access memory have the kernel's result, and
// leave the kernel's memory.
func TestRandomCodeDoesWhatTheKernelDoes(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 1)
	kerneltest.NoLeaks(t)
	major, minor, _ := kerneltest.Linux(t)
	forms := usableForms(host.Ask().Level, isa.KernelVersion{Major: uint8(major), Minor: uint8(minor)})
	seen := make(map[isa.Form]bool)
	begin, refused := time.Now(), 0
	total := programs(t, 3000)
	for seed := uint64(differFrom); seed < differFrom+total; seed++ {
		g := &codeGenerator{rand: rand.New(rand.NewPCG(seed, 0)), forms: forms, seen: seen}
		code := g.program()
		encoded, err := isa.Append(nil, isa.LittleEndian, code...)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		kernel, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSyscall, Flags: syscall.ProgSleepable, Name: "random",
			License: "GPL", Instructions: encoded})
		if err != nil {
			var load *syscall.LoadError
			if refused++; !errors.As(err, &load) || refused > int(total)/100+1 {
				t.Fatalf("seed %d: %v\n%s", seed, err, isa.Format(code, isa.Kernel))
			}
			continue
		}
		before := make([]byte, memorySize)
		for n := range before {
			before[n] = byte(g.rand.Uint32())
		}
		want := bytes.Clone(before)
		result, err := syscall.ProgTestRun(&syscall.TestRunAttr{Prog: kernel, CtxIn: want})
		if err = errors.Join(err, kernel.Close()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		p, err := vm.Load(encoded, vm.Options{Mode: vm.Linux})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got := bytes.Clone(before)
		m := vm.New(p)
		if own, err := m.Run(t.Context(), got); err != nil || uint32(own) != result.RetVal || !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %#x, %v; the kernel has %#x\nfrom %x\nhere %x\nthere %x\n%s", seed, uint32(own), err, result.RetVal, before,
				got, want, isa.Format(code, isa.Kernel))
		}
	}
	t.Logf("%d programs from seed %d, %d refused, %d of %d forms, in %v", total, differFrom, refused, len(seen), len(forms),
		time.Since(begin).Round(time.Millisecond))
	if len(seen) < len(forms) && total >= 1000 {
		for _, f := range forms {
			if !seen[f] {
				t.Errorf("%v was in no program", f)
			}
		}
	}
}

// usableForms are the forms that programs of this test have.
func usableForms(level isa.Level, kernel isa.KernelVersion) []isa.Form {
	var forms []isa.Form
	for f := range isa.Forms() {
		i := f.Info()
		switch class := i.Op.Class(); {
		case i.Level > level || !kernel.AtLeast(i.Since):
		case class == isa.ClassLD && i.Name != "LoadImm64":
		case i.Name == "AddrSpaceCast" || i.Name == "MovPerCPU" || i.Name == "GotoX" || strings.HasPrefix(i.Name, "Call"):
		case i.Name == "Exit" || i.Name == "MayGoto" || i.Name == "JumpLong":
		default:
			forms = append(forms, f)
		}
	}
	return forms
}

// A codeGenerator makes programs that the verifier takes.
type codeGenerator struct {
	rand  *rand.Rand
	forms []isa.Form
	seen  map[isa.Form]bool
}

// program is a program of a main part, which calls a function.
func (g *codeGenerator) program() []isa.Instruction {
	code := []isa.Instruction{isa.Mov64Reg(isa.R8, isa.R1)}
	for at := int16(8); at <= memorySize; at += 8 {
		code = append(code, isa.LoadMem(isa.DW, isa.R0, isa.R8, at-8), isa.StoreMem(isa.DW, isa.R10, -at, isa.R0))
	}
	code = append(append(code, unknown(isa.R0)...), g.begin()...)
	code = append(code, g.body(12+g.rand.IntN(20))...)
	code = append(code, isa.Mov64Reg(isa.R6, isa.R0), isa.CallRel(0))
	call := len(code) - 1
	code = append(code, isa.Xor64Reg(isa.R0, isa.R6), isa.Xor64Reg(isa.R0, isa.R7))
	code = append(code, isa.Mov64Reg(isa.R1, isa.R0), isa.Rsh64Imm(isa.R1, 32), isa.Xor64Reg(isa.R0, isa.R1))
	for at := int16(8); at <= memorySize; at += 8 {
		code = append(code, isa.LoadMem(isa.DW, isa.R1, isa.R10, -at), isa.LoadMem(isa.DW, isa.R2, isa.R8, at-8),
			isa.Xor64Reg(isa.R1, isa.R2), isa.LoadMem(isa.DW, isa.R2, isa.R10, -memorySize-at), isa.Xor64Reg(isa.R1, isa.R2),
			isa.StoreMem(isa.DW, isa.R8, at-8, isa.R1))
	}
	code = append(code, isa.Exit())
	code[call].Imm = int64(slots(code[call+1:]))
	code = append(code, isa.Mov64Imm(isa.R0, int32(g.rand.Uint32())), isa.Mov64Imm(isa.R6, 6), isa.Mov64Imm(isa.R7, 7))
	for at := int16(8); at <= memorySize; at += 8 {
		code = append(code, isa.StoreMem(isa.DW, isa.R10, -at, isa.R1+isa.Register(at/16)))
	}
	code = append(append(code, unknown(isa.R0)...), isa.Mov64Reg(isa.R8, isa.R10), isa.Add64Imm(isa.R8, -memorySize))
	return append(append(code, g.body(5+g.rand.IntN(10))...), isa.Exit())
}

// unknown fills the part of the stack for atomic operations in pieces, so that the verifier knows nothing about it. If an atomic operation
// reads a number that the verifier knows, from a register that was stored as a whole, Linux 6.18 may give a wrong result: it forgets that
// the number decides a later branch, cuts another path short, and removes code that is reached.
func unknown(r isa.Register) (code []isa.Instruction) {
	for at := int16(2); at <= memorySize; at += 2 {
		code = append(code, isa.StoreMem(isa.H, isa.R10, -memorySize-at, r))
	}
	return code
}

func slots(code []isa.Instruction) (n int) {
	for _, i := range code {
		n += i.Slots()
	}
	return n
}

// begin gives all registers a number: a constant, or one that the verifier does not know.
func (g *codeGenerator) begin() (code []isa.Instruction) {
	for r := range isa.Register(scalars) {
		if g.rand.IntN(2) == 0 {
			code = append(code, isa.LoadImm64(r, g.number()))
		} else {
			code = append(code, isa.LoadMem(isa.DW, r, isa.R8, int16(8*g.rand.IntN(memorySize/8))))
		}
	}
	return code
}

// number is often one at the edge of some width.
func (g *codeGenerator) number() int64 {
	n := int64(g.rand.Uint64())
	switch g.rand.IntN(4) {
	case 0:
		return n >> (g.rand.IntN(8) * 8)
	case 1:
		return int64(1)<<g.rand.IntN(64) - int64(g.rand.IntN(3))
	case 2:
		return int64(g.rand.IntN(8)) - 4
	}
	return n
}

// body is n instructions of any form. Jumps go forward, and not beyond its end.
func (g *codeGenerator) body(n int) []isa.Instruction {
	code := make([]isa.Instruction, n)
	jumps := 0
	for at := range code {
		if at > 0 && code[at-1].Op == isa.AtomicCmpXchg32(0, 0, 0).Op && code[at-1].Imm == isa.AtomicOpCmpXchg {
			// Linux 6.18 on x86 may leave the upper half of r0 as it was when the values are equal: it does not see that the half is read,
			// and adds no zero extension.
			code[at] = isa.Mov32Reg(isa.R0, isa.R0)
			continue
		}
		for {
			form := g.forms[g.rand.IntN(len(g.forms))]
			i := g.instruction(form)
			if at == n-1 && i.Imm == isa.AtomicOpCmpXchg { // see above
				continue
			}
			if i.IsJump() {
				if jumps == 6 {
					continue
				}
				jumps++
			}
			g.seen[form] = true
			code[at] = i
			break
		}
	}
	for at, i := range code {
		if i.IsConditional() { // goto would leave code that nothing reaches, so it goes to the next instruction
			over := g.rand.IntN(min(n-at, 6))
			code[at].Off = int16(slots(code[at+1 : at+1+over]))
		}
	}
	return code
}

// instruction fills in a form.
func (g *codeGenerator) instruction(form isa.Form) isa.Instruction {
	info := form.Info()
	i := isa.Instruction{Op: info.Op, Dst: g.register(info.Dst), Src: g.register(info.Src)}
	switch info.Off.Kind {
	case isa.OperandFixed:
		i.Off = int16(info.Off.Value)
	case isa.OperandOffset:
		size := i.Op.Size().Bytes()
		base := &i.Src
		if info.Dst.Kind == isa.OperandAddress {
			base = &i.Dst
		}
		i.Off = int16(size * g.rand.IntN(memorySize/size))
		*base = isa.R8
		ordered := info.Imm.Value == isa.AtomicOpLoadAcquire || info.Imm.Value == isa.AtomicOpStoreRelease
		switch atomic := i.Op.Mode() == isa.ModeATOMIC; { // the kernel has none of them on a context
		case atomic && !ordered:
			*base = isa.R10
			i.Off -= 2 * memorySize
		case atomic || g.rand.IntN(2) == 0:
			*base = isa.R10
			i.Off -= memorySize
		}
	}
	switch info.Imm.Kind {
	case isa.OperandFixed:
		i.Imm = info.Imm.Value
	case isa.OperandS32:
		i.Imm = int64(int32(g.number()))
	case isa.OperandDivisor:
		for i.Imm == 0 {
			i.Imm = int64(int32(g.number()))
		}
	case isa.OperandShift32:
		i.Imm = int64(g.rand.IntN(32))
	case isa.OperandShift64:
		i.Imm = int64(g.rand.IntN(64))
	case isa.OperandConst64:
		i.Imm = g.number()
	}
	return i
}

func (g *codeGenerator) register(o isa.Operand) isa.Register {
	if o.Kind.IsRegister() {
		return isa.Register(g.rand.IntN(scalars))
	}
	return isa.Register(o.Value)
}
