//go:build linux

package verify_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestTakenByTheKernel has programs that the kernel accepts and that the check once refused. Random programs showed them.
func TestTakenByTheKernel(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	list := places(t)
	at := func(name string) *place {
		for _, p := range list {
			if p.name == name {
				return p
			}
		}
		t.Fatal("no place ", name)
		return nil
	}
	mapOf := func(kind string, locked bool) int32 {
		for _, m := range list[0].maps {
			if m.Type.String() == kind && (m.Fields != nil) == locked {
				return m.fd
			}
		}
		t.Fatal("no map ", kind)
		return 0
	}
	tcp := at("struct_ops init")
	scratch, err := tcp.program.Types.Field("inet_connection_sock", "icsk_ca_priv")
	if err != nil {
		t.Fatal(err)
	}
	irq := func(name string) isa.Instruction { return isa.CallKfunc(tcp.functions[name], 0) }
	kerneltest.WithCapabilities(t, []int{unix.CAP_BPF, unix.CAP_NET_ADMIN}, func() {
		p := *at("socket_filter")
		p.program.NoPerfmon = true
		findings, _, err := p.load([]isa.Instruction{ // a key of 8 bytes; only its lower half was written
			isa.StoreImm(isa.W, isa.R10, -64, 0), isa.LoadMapFD(isa.R1, mapOf("hash", false)), isa.Mov64Reg(isa.R2, isa.R10),
			isa.Add64Imm(isa.R2, -64), isa.CallHelper(1),
			isa.Mov64Imm(isa.R0, 0), isa.Exit(),
		}, nil)
		if err != nil || len(findings) > 0 {
			t.Errorf("half a slot without CAP_PERFMON: the kernel: %v, the check: %v", err, findings)
		}
	})
	for name, tt := range map[string]struct {
		place string
		code  []isa.Instruction
		funcs []verify.Function
	}{
		"memory of a global function has no alignment": {"socket_filter", []isa.Instruction{
			isa.Mov64Imm(isa.R1, 1), isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -16), isa.CallRel(2), isa.Mov64Imm(isa.R0, 0),
			isa.Exit(),
			isa.Mov64Imm(isa.R0, 0), isa.JEQ64Imm(isa.R2, 0, 1), isa.LoadMem(isa.DW, isa.R3, isa.R2, 3), isa.Exit(),
		}, []verify.Function{{}, {Slot: 6, Global: true, Args: pairArguments}}},
		"a global function that is called only in code that is never reached": {"socket_filter", []isa.Instruction{
			isa.StoreImm(isa.W, isa.R10, -8, 3), isa.LoadMapFD(isa.R1, mapOf("array", false)), isa.Mov64Reg(isa.R2, isa.R10),
			isa.Add64Imm(isa.R2, -8), isa.CallHelper(1),
			isa.JNE64Imm(isa.R0, 0, 3), isa.Mov64Imm(isa.R1, 1), isa.Mov64Imm(isa.R2, 0), isa.CallRel(2), isa.Mov64Imm(isa.R0, 0),
			isa.Exit(),
			isa.Exit(),
		}, []verify.Function{{}, {Slot: 12, Global: true, Args: pairArguments}}},
		"a loop without a turn": {"socket_filter", []isa.Instruction{
			isa.Mov64Imm(isa.R1, 0), isa.LoadFunc(isa.R2, 6), isa.Mov64Imm(isa.R3, 0), isa.Mov64Imm(isa.R4, 0), isa.CallHelper(181),
			isa.Mov64Imm(isa.R0, 0), isa.Exit(),
			isa.Exit(),
		}, []verify.Function{{}, {Slot: 8}}},
		"an array of numbers in a struct is read across": {"struct_ops init", []isa.Instruction{
			isa.LoadMem(isa.DW, isa.R7, isa.R1, 0), isa.LoadMem(isa.DW, isa.R8, isa.R7, int16(scratch.Offset)+5), isa.Exit(),
		}, nil},
		"a record of negative size": {"socket_filter", []isa.Instruction{
			isa.LoadMapFD(isa.R1, mapOf("ringbuf", false)), isa.Mov64Imm(isa.R2, -8), isa.Mov64Imm(isa.R3, 0), isa.CallHelper(131),
			isa.JEQ64Imm(isa.R0, 0, 4),
			isa.LoadMem(isa.DW, isa.R8, isa.R0, 0), isa.Mov64Reg(isa.R1, isa.R0), isa.Mov64Imm(isa.R2, 0), isa.CallHelper(132),
			isa.Mov64Imm(isa.R0, 0), isa.Exit(),
		}, nil},
		"r10 for the flags below it": {"struct_ops init", []isa.Instruction{
			isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, -8), irq("bpf_local_irq_save"), isa.Mov64Reg(isa.R1, isa.R10),
			irq("bpf_local_irq_restore"), isa.Exit(),
		}, nil},
		"a pointer that was in a slot": {"socket_filter", []isa.Instruction{
			isa.Mov64Reg(isa.R0, isa.R10), isa.StoreMem(isa.DW, isa.R10, -8, isa.R0), isa.Mov64Imm(isa.R1, 0),
			isa.AtomicCmpXchg64(isa.R10, -8, isa.R1), isa.LoadMem(isa.DW, isa.R1, isa.R0, -8), isa.Mov64Imm(isa.R0, 0), isa.Exit(),
		}, nil},
		"signed limits around zero and an unsigned one": {"socket_filter", []isa.Instruction{
			isa.CallHelper(7), isa.And32Imm(isa.R0, -1), isa.JGT32Imm(isa.R0, -0x7ffffffd, 4), isa.JSLT32Imm(isa.R0, -3, 3),
			isa.JSGT32Imm(isa.R0, 5, 2), isa.JLE32Imm(isa.R0, 5, 1), isa.Mov64Imm(isa.R10, 0), isa.Mov64Imm(isa.R0, 0), isa.Exit(),
		}, nil},
		"a dynptr of a map's value": {"sched_cls", dynptrCalls(mapOf("array", false), isa.Mov64Imm(isa.R0, 0)), nil},
		"a path ends where it throws": {"sched_cls", []isa.Instruction{
			isa.Mov64Imm(isa.R1, 0), irq("bpf_throw"), isa.Mov64Reg(isa.R0, isa.R6), isa.Exit(),
		}, nil},
		"a packet compared twice": {"xdp", []isa.Instruction{
			isa.LoadMem(isa.W, isa.R2, isa.R1, 0), isa.LoadMem(isa.W, isa.R3, isa.R1, 4), isa.Mov64Reg(isa.R4, isa.R2),
			isa.JLT64Reg(isa.R4, isa.R3, 1), isa.JLT64Reg(isa.R4, isa.R3, 1), isa.Mov64Imm(isa.R0, 2), isa.Mov64Imm(isa.R0, 2), isa.Exit(),
		}, nil},
		"half a pointer minus half a number": {"syscall", []isa.Instruction{
			isa.Mov64Imm(isa.R7, 1), {Op: isa.ClassALU | isa.OpSub | isa.SrcX, Dst: isa.R7, Src: isa.R1}, isa.Mov64Imm(isa.R0, 0),
			isa.Exit(),
		}, nil},
		"a class that is read without a packet": {"socket_filter", []isa.Instruction{
			isa.CallHelper(7), isa.CallHelper(17), isa.Mov64Imm(isa.R0, 0), isa.Exit(),
		}, nil},
		"a function that is called under a lock": {"sched_cls", []isa.Instruction{
			isa.StoreImm(isa.W, isa.R10, -4, 0), isa.LoadMapFD(isa.R1, mapOf("array", true)), isa.Mov64Reg(isa.R2, isa.R10),
			isa.Add64Imm(isa.R2, -4), isa.CallHelper(1), isa.JEQ64Imm(isa.R0, 0, 7),
			isa.Mov64Reg(isa.R6, isa.R0), isa.Mov64Reg(isa.R1, isa.R0), isa.Add64Imm(isa.R1, 8), isa.CallHelper(93), isa.CallRel(5),
			isa.Mov64Reg(isa.R1, isa.R6), isa.Add64Imm(isa.R1, 8),
			isa.CallHelper(94), isa.Mov64Imm(isa.R0, 0), isa.Exit(),
			isa.Mov64Imm(isa.R0, 0), isa.Exit(),
		}, []verify.Function{{}, {Slot: 17}}},
	} {
		p := at(tt.place)
		findings, complete, err := p.load(tt.code, tt.funcs)
		if err != nil {
			t.Errorf("%s: the kernel: %v", name, err)
		}
		if len(findings) > 0 || !complete {
			t.Errorf("%s: %v", name, findings)
		}
	}
}

// dynptrCalls makes a dynptr of a map's value at r10-24 and, after some code, reads it.
func dynptrCalls(m int32, between ...isa.Instruction) []isa.Instruction {
	code := []isa.Instruction{
		isa.StoreImm(isa.W, isa.R10, -4, 0), isa.LoadMapFD(isa.R1, m), isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -4),
		isa.CallHelper(1), isa.JEQ64Imm(isa.R0, 0, int16(len(between)+14)), isa.Mov64Reg(isa.R1, isa.R0), isa.Mov64Imm(isa.R2, 8),
		isa.Mov64Imm(isa.R3, 0), isa.Mov64Reg(isa.R4, isa.R10), isa.Add64Imm(isa.R4, -24), isa.CallHelper(197),
	}
	code = append(code, between...)
	return append(code, isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, -8), isa.Mov64Imm(isa.R2, 8),
		isa.Mov64Reg(isa.R3, isa.R10), isa.Add64Imm(isa.R3, -24),
		isa.Mov64Imm(isa.R4, 0), isa.Mov64Imm(isa.R5, 0), isa.CallHelper(201), isa.Mov64Imm(isa.R0, 0), isa.Exit())
}

// TestDynptrIsLost: what is written over a dynptr ends it, for the kernel and the check.
func TestDynptrIsLost(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	p := places(t)[0]
	var fd int32
	for _, m := range p.maps {
		if m.Type.String() == "array" && m.Fields == nil && m.Flags == 0 {
			fd = m.fd
		}
	}
	for name, between := range map[string][]isa.Instruction{
		"a store": {isa.StoreImm(isa.DW, isa.R10, -16, 0)},
		"a helper that writes": {isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, -24), isa.Mov64Imm(isa.R2, 8),
			isa.Mov64Imm(isa.R3, 0), isa.CallHelper(115)},
	} {
		q := p
		if name != "a store" {
			q = places(t)[3]
		}
		findings, _, err := q.load(dynptrCalls(fd, between...), nil)
		if err == nil || len(findings) != 1 {
			t.Errorf("%s: the kernel: %v, the check: %v", name, err, findings)
		}
	}
}
