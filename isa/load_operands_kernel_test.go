package isa_test

import (
	"encoding/binary"
	"errors"
	"regexp"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	. "github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestKernelReadsAndWritesTheSameRegisters holds Reads and Writes against the verifier: it refuses a program that reads a register
// without a value, and one that writes r10.
func TestKernelReadsAndWritesTheSameRegisters(t *testing.T) {
	kerneltest.Require(t)
	s := newStand(t, runningLinux(t))
	programs := 0
	for f := range Forms() {
		info := f.Info()
		if !s.linux.AtLeast(info.Since) || notForUsers(info.Mnemonic) != "" || info.Mnemonic == "GOTOX" {
			continue // TestKernelTakesEveryForm has them
		}
		t.Run(info.Mnemonic, func(t *testing.T) {
			e := examination{stand: s, info: info}
			ins := e.instruction(t, R3, R4)
			if why := e.refusal(t, ins, -1, -1); why != "" {
				t.Fatalf("%v is refused: %s", ins, why)
			}
			for r := R0; r <= R9; r++ {
				e.reads(t, ins, r)
				if !ins.IsExit() {
					e.writes(t, ins, r)
				}
			}
			e.frame(t)
			programs += e.programs
		})
	}
	t.Logf("%d programs", programs)
}

// An examination finds out what the verifier thinks of the registers of a form.
type examination struct {
	*stand
	info     Info
	programs int
}

// reads checks whether the instruction reads a register.
func (e *examination) reads(t *testing.T, ins Instruction, r Register) {
	t.Helper()
	why := e.refusal(t, ins, int(r), -1)
	if why != "" && !e.unset(why, r) {
		t.Errorf("%v without a value in %v: %s", ins, r, why)
	}
	if got, want := why != "", ins.Reads().Has(r); got != want {
		t.Errorf("%v: Linux reads %v: %v, Reads says %v", ins, r, got, want)
	}
}

// writes checks whether the instruction gives a register a value, or takes it away.
func (e *examination) writes(t *testing.T, ins Instruction, r Register) {
	t.Helper()
	lost := e.unset(e.refusal(t, ins, -1, int(r)), r)
	given := !ins.Reads().Has(r) && e.refusal(t, ins, int(r), int(r)) == ""
	if ins.Reads().Has(r) && !lost {
		return // whether it was written can't be seen; frame looks at it
	}
	if got, want := lost || given, ins.Writes().Has(r); got != want {
		t.Errorf("%v: Linux writes %v: %v, Writes says %v", ins, r, got, want)
	}
}

// frame checks which operands may be r10.
func (e *examination) frame(t *testing.T) {
	t.Helper()
	for _, operand := range []struct {
		is       OperandKind
		dst, src Register
	}{{e.info.Dst.Kind, R10, R4}, {e.info.Src.Kind, R3, R10}} {
		if !operand.is.IsRegister() {
			continue
		}
		ins := e.instruction(t, operand.dst, operand.src)
		got := regexp.MustCompile("frame pointer is read only").MatchString(e.refusal(t, ins, -1, -1))
		if want := ins.Writes().Has(R10); got != want {
			t.Errorf("%v: Linux writes r10: %v, Writes says %v", ins, got, want)
		}
	}
}

// unset reports whether a refusal is for a register without a value.
func (e *examination) unset(why string, r Register) bool {
	return regexp.MustCompile(`(?m)^R` + r.String()[1:] + ` !read_ok$`).MatchString(why)
}

// instruction is the form with the operands that a program can have: no offset, constants of 1, what there is on the stand.
func (e *examination) instruction(t *testing.T, dst, src Register) Instruction {
	t.Helper()
	imm, off, fd := int32(1), int16(0), int32(e.data.Int())
	switch e.info.Mnemonic {
	case "LDDW_MAP_FD", "LDDW_MAP_VALUE":
		imm = fd
	case "LDDW_BTF_ID":
		imm = int32(e.loadable(t))
	case "LDDW", "JA32":
		imm = 0
	case "CALL_HELPER":
		imm = helperKtime
	case "CALL_KFUNC":
		if !e.linux.AtLeast(KernelVersion{Major: 6, Minor: 2}) {
			kerneltest.Missing(t, "before Linux 6.2 there is no kernel function that every program may call")
		}
		imm = int32(e.lookup(t, btf.KindFunc, "bpf_rcu_read_lock"))
	case "MAY_GOTO":
		off = 1
	}
	ins, ok := construct(e.info.Mnemonic, dst, src, off, imm, 0)
	if !ok {
		t.Fatalf("no constructor for %s", e.info.Mnemonic)
	}
	return ins
}

// loadable is a symbol for LoadBTFID.
func (e *examination) loadable(t *testing.T) btf.ID {
	t.Helper()
	if e.linux.AtLeast(KernelVersion{Major: 6, Minor: 4}) {
		return e.lookup(t, btf.KindFunc, "bpf_rcu_read_lock")
	}
	return e.lookup(t, btf.KindVar, "bpf_prog_active")
}

// refusal loads a program around the instruction and gives the verifier's log if it is refused. All registers and the stack have
// values; the register without is left without; the register after is read after the instruction. Either may be -1.
func (e *examination) refusal(t *testing.T, ins Instruction, without, after int) string {
	t.Helper()
	attr := syscall.ProgLoadAttr{Type: syscall.ProgTypeSyscall, Flags: syscall.ProgSleepable, FDArray: e.array(1)}
	var code []Instruction
	packet := e.info.Op.Class() == ClassLD && e.info.Op.Mode() != ModeIMM
	if packet {
		attr.Type, attr.Flags = syscall.ProgTypeSocketFilter, 0
	}
	if e.info.Mnemonic == "ADDR_SPACE_CAST" {
		code = append(code, LoadMapFD(R2, int32(e.arena.Int())))
	}
	code = append(code, StoreImm(DW, R10, -8, 1), StoreImm(DW, R10, -16, 1))
	if without != int(R6) {
		code = append(code, Mov64Reg(R6, R1))
	}
	if without >= int(R1) && without <= int(R5) {
		code = append(code, CallHelper(helperKtime)) // takes the value away that r1 has on entry
	}
	for r := R0; r <= R9; r++ {
		address := r == ins.Dst && e.info.Dst.Kind == OperandAddress || r == ins.Src && e.info.Src.Kind == OperandAddress
		switch {
		case int(r) == without || r == R6 && packet: // r6 has the context
		case address && e.info.Mnemonic != "ADDR_SPACE_CAST":
			code = append(code, Mov64Reg(r, R10), Add64Imm(r, -16))
		default:
			code = append(code, Mov64Imm(r, 1))
		}
	}
	at := len(code)
	code = append(code, ins)
	switch e.info.Mnemonic {
	case "MAY_GOTO":
		code = append(code, Jump(0))
	case "CALL_KFUNC":
		code = append(code, CallKfunc(int32(e.lookup(t, btf.KindFunc, "bpf_rcu_read_unlock")), 0))
	}
	if after >= 0 {
		code = append(code, Mov64Reg(R8, Register(after)))
	}
	if !ins.IsExit() {
		code = append(code, Mov64Imm(R0, 0), Exit())
	}
	switch e.info.Mnemonic {
	case "CALL_PCREL", "LDDW_FUNC":
		code[at].Imm = int64(len(code) - at - 1)
		attr.BTF = e.btf
		entry := uint32(len(code))
		if ins.IsWide() {
			code[at].Imm, entry = int64(len(code)-at), entry+1
		}
		for _, v := range []uint32{0, uint32(e.entry), entry, uint32(e.callback)} {
			attr.FuncInfo = binary.NativeEndian.AppendUint32(attr.FuncInfo, v)
		}
		code = append(code, Mov64Imm(R0, 0), Exit())
	}
	prog, err := load(t, attr, code)
	prog.Close()
	e.programs++
	var refused *syscall.LoadError
	if errors.As(err, &refused) {
		return refused.Log
	}
	if err != nil {
		t.Fatal(err)
	}
	return ""
}
