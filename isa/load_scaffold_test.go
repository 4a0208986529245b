package isa_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"strconv"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	. "github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// trials are the programs for a form.
func (s *stand) trials(t *testing.T, f Info) []trial {
	switch f.Mnemonic {
	case "ADDR_SPACE_CAST":
		return s.casts(t)
	case "MOV_PERCPU":
		b := newBatch()
		b.unknown(R3, 0)
		b.do(MovPerCPU(R5, R3))
		return []trial{b.trial("")}
	case "JA":
		return gotos(1<<15-1, func(off int) Instruction { return Jump(int16(off)) })
	case "JA32":
		return gotos(40000, func(off int) Instruction { return JumpLong(int32(off)) })
	case "MAY_GOTO":
		return s.budgets()
	case "GOTOX":
		b := newBatch()
		b.unknown(R3, 0)
		b.do(GotoX(R3))
		return []trial{b.trial("")}
	case "CALLX":
		b := newBatch()
		b.unknown(R3, 0)
		b.do(CallX(R3))
		return []trial{b.trial("")}
	case "CALL_HELPER":
		return helpers()
	case "CALL_PCREL":
		return calls()
	case "CALL_KFUNC":
		return s.kernelCalls(t)
	case "EXIT":
		return exits()
	case "LDDW":
		return wideConstants()
	case "LDDW_MAP_FD":
		return []trial{s.lookups(nil, func(dst Register) Instruction { return LoadMapFD(dst, int32(s.data.Int())) })}
	case "LDDW_MAP_VALUE":
		return []trial{s.values(nil, func(dst Register, off uint32) Instruction { return LoadMapValue(dst, int32(s.data.Int()), off) })}
	case "LDDW_BTF_ID":
		return s.symbols(t)
	case "LDDW_FUNC":
		return s.callbacks()
	case "LDDW_MAP_IDX":
		var list []trial
		for _, index := range []int{0, 1, 5000} {
			list = append(list, s.lookups(s.array(index), func(dst Register) Instruction { return LoadMapIndex(dst, int32(index)) }))
		}
		return list
	case "LDDW_MAP_IDX_VALUE":
		var list []trial
		for _, index := range []int{0, 1, 5000} {
			list = append(list, s.values(s.array(index),
				func(dst Register, off uint32) Instruction { return LoadMapIndexValue(dst, int32(index), off) }))
		}
		return list
	}
	switch class := f.Op.Class(); {
	case class == ClassALU || class == ClassALU64:
		return calculations(f)
	case class == ClassJMP || class == ClassJMP32:
		return branches(f)
	case class == ClassLD:
		return s.packets(f)
	case class == ClassLDX || f.Op.Mode() == ModeATOMIC && f.Imm.Value == AtomicOpLoadAcquire:
		return loads(f)
	case class == ClassSTX && f.Op.Mode() == ModeATOMIC && f.Imm.Value != AtomicOpStoreRelease:
		return atomics(f)
	}
	return stores(f)
}

// gotos are jumps without a condition: to the next instruction, over one, back, and far.
func gotos(far int, jump func(off int) Instruction) []trial {
	b := newBatch()
	b.do(Mov64Imm(R8, 0), jump(0), Add64Imm(R8, 1))
	b.note(R8, 1, "a jump by 0")
	b.unknown(R0, 0)
	b.do(Mov64Imm(R8, 1), JEQ64Imm(R0, 1, 1), jump(1), Mov64Imm(R8, 2))
	b.note(R8, 1, "a jump by 1")
	b.do(Mov64Imm(R8, 1), jump(2), Mov64Imm(R8, 2), jump(1), jump(-3))
	b.note(R8, 2, "a jump by -3")
	return []trial{b.trial("near jumps"), long(far, true, jump)}
}

// budgets are the trials of may_goto: it goes on while there is budget, and leaves an endless loop in the end.
func (s *stand) budgets() []trial {
	b := newBatch()
	b.do(Mov64Imm(R8, 1), MayGoto(1), Mov64Imm(R8, 2))
	b.note(R8, 2, "may_goto over an instruction")
	over := b.trial("over an instruction")
	b = newBatch()
	if s.linux.AtLeast(KernelVersion{Major: 6, Minor: 18}) { // 6.12 refuses it as useless
		b.do(MayGoto(0))
	}
	b.do(Mov64Imm(R8, 1), Jump(2), Mov64Imm(R8, 2), Jump(1), MayGoto(-3))
	b.note(R8, 1, "may_goto back")
	b.do(MayGoto(2), Mov64Imm(R8, 3), Jump(-3))
	b.note(R8, 3, "may_goto out of an endless loop")
	return []trial{over, b.trial("loops")}
}

// Numbers of helpers (include/uapi/linux/bpf.h, ___BPF_FUNC_MAPPER).
const (
	helperMapLookup  = 1
	helperKtime      = 5
	helperRandom     = 7
	helperProcessor  = 8
	helperTailCall   = 12
	helperThisCPUPtr = 154
	helperLoop       = 181
)

// helpers calls functions whose results are known: a random number keeps r6 to r9, the clock is not 0.
func helpers() []trial {
	b := newBatch()
	b.unknown(R9, numbers[15])
	b.do(CallHelper(helperRandom), CallHelper(helperProcessor))
	b.note(R9, numbers[15], "r9 after calls")
	b.do(CallHelper(helperKtime), Mov64Imm(R8, 1), JNE64Imm(R0, 0, 1), Mov64Imm(R8, 0))
	b.note(R8, 1, "the clock runs")
	return []trial{b.trial("helpers")}
}

// calls calls functions behind the program: the first of them calls one behind it, which calls one before it.
func calls() []trial {
	b := newBatch()
	b.unknown(R9, 5)
	b.do(Mov64Imm(R1, 7))
	b.do(CallRel(3)) // over the note and what trial adds, to middle
	b.note(R0, 36, "the functions' result")
	return []trial{b.trial("functions",
		// middle:
		Mov64Reg(R6, R1), CallRel(4), Add64Reg(R0, R6), Exit(),
		// first:
		Mov64Imm(R0, 9), Exit(),
		// last:
		CallRel(-3), Add64Imm(R0, 20), Exit(),
	)}
}

// kernelCalls calls kernel functions: those that Linux 6.1 has are for congestion control, and only programs for its interface may
// call them.
func (s *stand) kernelCalls(t *testing.T) []trial {
	ops := s.lookup(t, btf.KindStruct, "tcp_congestion_ops")
	set, err := s.types.Decode(ops)
	if err != nil {
		t.Fatal(err)
	}
	attr := syscall.ProgLoadAttr{Type: syscall.ProgTypeStructOps, AttachBTFID: uint32(ops)}
	for i, m := range set.Type(ops).(*cbtf.Struct).Members {
		if m.Name == "ssthresh" {
			attr.ExpectedAttachType = syscall.AttachType(i)
		}
	}
	var list []trial
	for _, name := range []string{"tcp_reno_ssthresh", "tcp_reno_undo_cwnd"} {
		id := s.lookup(t, btf.KindFunc, name)
		list = append(list, trial{what: name, attr: attr, code: []Instruction{LoadMem(DW, R1, R1, 0), CallKfunc(int32(id), 0), Exit()}})
	}
	for _, index := range []int16{1, 300} {
		if id, module := s.moduleFunction(t, "tcp_dctcp", "dctcp_ssthresh"); module != nil {
			attr := attr
			attr.FDArray = make([]int32, index+1)
			attr.FDArray[index] = int32(module.Int())
			list = append(list, trial{what: "dctcp_ssthresh", attr: attr,
				code: []Instruction{LoadMem(DW, R1, R1, 0), CallKfunc(int32(id), index), Exit()}})
		}
	}
	if s.linux.AtLeast(KernelVersion{Major: 6, Minor: 2}) {
		b := newBatch()
		b.unknown(R9, numbers[15])
		b.do(CallKfunc(int32(s.lookup(t, btf.KindFunc, "bpf_rcu_read_lock")), 0),
			CallKfunc(int32(s.lookup(t, btf.KindFunc, "bpf_rcu_read_unlock")), 0))
		b.note(R9, numbers[15], "r9 after calls")
		list = append(list, b.trial("bpf_rcu_read_lock"))
	}
	return list
}

// exits are the trials of exit: the result is r0.
func exits() []trial {
	var list []trial
	for _, v := range numbers {
		attr := syscall.ProgLoadAttr{Type: syscall.ProgTypeSyscall, Flags: syscall.ProgSleepable}
		list = append(list, gives(attr, nil, uint32(v), LoadImm64(R0, int64(v)), Exit()))
	}
	return list
}

// gives is a trial of a program whose result is known.
func gives(attr syscall.ProgLoadAttr, packet []byte, want uint32, code ...Instruction) trial {
	return trial{attr: attr, code: code, run: func(t *testing.T, prog *syscall.FD) int {
		t.Helper()
		result, err := syscall.ProgTestRun(&syscall.TestRunAttr{Prog: prog, DataIn: packet})
		if err != nil {
			t.Fatal(err)
		}
		if result.RetVal != want {
			t.Errorf("the result is %#x, want %#x, of %v", result.RetVal, want, code)
		}
		return 1
	}}
}

func wideConstants() []trial {
	b := newBatch()
	for n, v := range numbers {
		r := free[n%len(free)]
		b.do(LoadImm64(r, int64(v)))
		b.note(r, v, "%v = %#x", r, v)
	}
	return []trial{b.trial("constants")}
}

// array is an fd_array with the map of numbers at an index.
func (s *stand) array(index int) []int32 {
	fds := make([]int32, index+1)
	fds[index] = int32(s.data.Int())
	return fds
}

// lookups look the only element of the map of numbers up.
func (s *stand) lookups(fds []int32, load func(dst Register) Instruction) trial {
	b := newBatch()
	b.attr.FDArray = fds
	for n, r := range []Register{R1, R0, R5, R9} {
		b.do(load(r), Mov64Reg(R1, r), StoreImm(W, R10, -4, 0), Mov64Reg(R2, R10), Add64Imm(R2, -4), CallHelper(helperMapLookup))
		b.do(Mov64Imm(R8, 0), JEQ64Imm(R0, 0, 1), LoadMem(DW, R8, R0, int16(8*n+8)))
		b.note(R8, numbers[n+1], "the map through %v", r)
	}
	return b.trial("look-ups")
}

// values read the map of numbers through the address of its element.
func (s *stand) values(fds []int32, load func(dst Register, off uint32) Instruction) trial {
	b := newBatch()
	b.attr.FDArray = fds
	for n, v := range numbers {
		r := free[n%len(free)]
		b.do(load(r, uint32(8*n)), LoadMem(DW, r, r, 0))
		b.note(r, v, "number %d through %v", n, r)
	}
	return b.trial("values")
}

// symbols are the trials of kernel variables, and, since Linux 6.4, of kernel functions. A kernel without CONFIG_KALLSYMS_ALL finds
// only the latter. What is loaded is the address that /proc/kallsyms has.
func (s *stand) symbols(t *testing.T) []trial {
	text, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		t.Fatal(err)
	}
	b := newBatch()
	for _, symbol := range []struct {
		kind btf.Kind
		name string
	}{{btf.KindVar, "bpf_prog_active"}, {btf.KindVar, "runqueues"}, {btf.KindFunc, "bpf_rcu_read_lock"},
		{btf.KindFunc, "bpf_rcu_read_unlock"}} {
		if symbol.kind == btf.KindFunc && !s.linux.AtLeast(KernelVersion{Major: 6, Minor: 4}) {
			continue
		}
		name := bytes.Index(text, []byte(" "+symbol.name+"\n"))
		if name < 0 {
			continue
		}
		digits, _, _ := bytes.Cut(text[bytes.LastIndexByte(text[:name], '\n')+1:], []byte(" "))
		address, err := strconv.ParseUint(string(digits), 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		id := s.lookup(t, symbol.kind, symbol.name)
		for _, r := range []Register{R1, R0, R5, R9} {
			b.do(LoadBTFID(r, int32(id), 0))
			b.note(r, address, "%s through %v", symbol.name, r)
			if symbol.name == "bpf_prog_active" { // a small number
				b.do(Mov64Reg(R1, r), CallHelper(helperThisCPUPtr), LoadMem(W, R8, R0, 0), Rsh64Imm(R8, 8))
				b.note(R8, 0, "what is at %s through %v", symbol.name, r)
			}
		}
	}
	if len(b.wants) == 0 {
		t.Error("no symbol is known to try it with")
	}
	return []trial{b.trial("symbols")}
}

// callbacks give a function to bpf_loop.
func (s *stand) callbacks() []trial {
	var list []trial
	for _, r := range []Register{R2, R0, R5, R9} {
		b := newBatch()
		b.do(StoreImm(DW, R10, -8, 100), Mov64Imm(R1, 5))
		at := len(b.code)
		b.do(LoadFunc(r, 0), Mov64Reg(R2, r), Mov64Reg(R3, R10), Add64Imm(R3, -8), Mov64Imm(R4, 0), CallHelper(helperLoop))
		b.note(R0, 5, "rounds")
		b.do(LoadMem(DW, R8, R10, -8))
		b.note(R8, 100+0+1+2+3+4, "the sum of the indices")
		entry := len(b.code) + 2 // behind what trial adds
		b.code[at] = LoadFunc(r, int32(entry-at))
		b.attr.BTF = s.btf
		for _, v := range []uint32{0, uint32(s.entry), uint32(entry) + 1, uint32(s.callback)} { // the load has two slots
			b.attr.FuncInfo = binary.NativeEndian.AppendUint32(b.attr.FuncInfo, v)
		}
		list = append(list, b.trial("bpf_loop through "+r.String(),
			LoadMem(DW, R3, R2, 0), Add64Reg(R3, R1), StoreMem(DW, R2, 0, R3), Mov64Imm(R0, 0), Exit()))
	}
	return list
}

// casts are the trials of casts between the kernel's and the process's addresses of an arena.
func (s *stand) casts(t *testing.T) []trial {
	b := newBatch()
	if s.arena == nil { // it is refused anyway
		b.unknown(R3, 1)
		b.do(AddrSpaceCast(R5, R3, 1))
		return []trial{b.trial("without an arena")}
	}
	b.do(LoadMapFD(R1, int32(s.arena.Int())))
	for n, v := range numbers {
		dst, src := pair(n)
		b.unknown(src, v)
		b.do(AddrSpaceCast(dst, src, 1<<16))
		user := uint64(uint32(v))
		if user != 0 {
			user |= arenaAt
		}
		b.note(dst, user, "%v of %#x", AddrSpaceCast(dst, src, 1<<16), v)
		b.unknown(src, v)
		b.do(AddrSpaceCast(dst, src, 1))
		b.note(dst, uint64(uint32(v)), "%v of %#x", AddrSpaceCast(dst, src, 1), v)
	}
	return []trial{b.trial("numbers"), s.pages(t)}
}

// pages uses memory of an arena through a cast.
func (s *stand) pages(t *testing.T) trial {
	b := newBatch()
	for _, r := range []Register{R1, R0, R5, R9} {
		b.do(LoadMapFD(R1, int32(s.arena.Int())), Mov64Imm(R2, 0), Mov64Imm(R3, 1), Mov64Imm(R4, -1), Mov64Imm(R5, 0))
		b.do(CallKfunc(int32(s.lookup(t, btf.KindFunc, "bpf_arena_alloc_pages")), 0))
		b.do(Mov64Reg(R6, R0), AddrSpaceCast(r, R0, 1))
		b.unknown(R8, numbers[14])
		b.do(StoreMem(DW, r, 8, R8), StoreImm(W, r, 16, -5), LoadMem(DW, R8, r, 8))
		b.note(R8, numbers[14], "memory through %v", r)
		b.do(LoadMem(W, R8, r, 16))
		b.note(R8, 0xffff_fffb, "a constant in memory through %v", r)
		b.do(LoadMapFD(R1, int32(s.arena.Int())), Mov64Reg(R2, R6), Mov64Imm(R3, 1))
		b.do(CallKfunc(int32(s.lookup(t, btf.KindFunc, "bpf_arena_free_pages")), 0))
	}
	return b.trial("pages")
}

// packets are the trials of packet access. A run of a socket filter takes the Ethernet header off; the load has the byte order of
// the network.
func (s *stand) packets(f Info) []trial {
	packet := make([]byte, 64)
	for i := range packet {
		packet[i] = byte(37*i + 200)
	}
	const header, linkLayer = 14, -0x200000 // SKF_LL_OFF (include/uapi/linux/filter.h)
	b := newBatch()
	b.attr = syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter}
	b.notes, b.data = s.notes, packet
	b.code = []Instruction{Mov64Reg(R6, R1), LoadMapValue(R7, int32(s.notes.Int()), 0)}
	size := f.Size.Bytes()
	for n, at := range []int{0, 1, 2, 3, 7, len(packet) - header - size, linkLayer, linkLayer + 13} {
		imm := at
		src := [...]Register{R0, R9, R5, R1, R8}[n%5]
		if f.Src.Kind == OperandRead {
			imm = [...]int{at, at - 3, 0, at + 1}[n%4]
			b.set(n%4 == 3, src, uint64(at-imm))
		}
		ins, _ := construct(f.Mnemonic, 0, src, 0, int32(imm), 0)
		b.do(ins)
		from := at + header
		if at < 0 {
			from = at - linkLayer
		}
		value := uint64(0)
		for _, c := range packet[from : from+size] {
			value = value<<8 | uint64(c)
		}
		b.note(R0, value, "%v at %d", ins, at)
	}
	list := []trial{b.trial("in the packet")}
	// Behind its end, the program ends with 0.
	for _, imm := range []int32{int32(len(packet) - header - size + 1), 1<<31 - 1, -1 << 31, -1} {
		ins, _ := construct(f.Mnemonic, 0, R9, 0, imm, 0)
		list = append(list, gives(b.attr, packet, 0, Mov64Reg(R6, R1), Mov64Imm(R9, 0), ins, Mov64Imm(R0, 1), Exit()))
	}
	return list
}
