//go:build linux

package verify_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A place is where programs are attached: once in the form for the kernel, once in the form for the check.
type place struct {
	name      string
	attr      syscall.ProgLoadAttr
	program   verify.Program
	maps      []createdMap
	functions map[string]int32 // of the kernel, by name
	info      bool             // programs come with func_info
	static    btf.ID           // types of the program's functions
	global    btf.ID
	number    func(*generator, isa.Register) // reads a number from the context, r6
	special   func(*generator)               // does something with the object that the context points to
	steady    int32                          // a map whose value stands for a random number, so that runs are the same; 0: none
}

// A createdMap is a map of the kernel.
type createdMap struct {
	verify.Map
	fd     int32
	values bool // a look-up returns a value
	handle *syscall.FD
}

// pairArguments are those of the global functions of random programs: int (int, struct pair *).
var pairArguments = []verify.Argument{{Kind: verify.ArgumentNumber}, {Kind: verify.ArgumentMemory, Size: 16, Nullable: true}}

// createMaps makes one map of each kind that random programs use.
func createMaps(t testing.TB) []createdMap {
	var list []createdMap
	add := func(text string, kind syscall.MapType, key, value, most uint32, flags syscall.MapFlags, values bool,
		attr syscall.MapCreateAttr, fields []verify.Field) {
		attr.Type, attr.KeySize, attr.ValueSize, attr.MaxEntries, attr.Flags, attr.Name = kind, key, value, most, flags, "fuzz"
		fd, err := syscall.MapCreate(&attr)
		if err != nil {
			t.Fatal(text, err)
		}
		t.Cleanup(func() { fd.Close() })
		m := verify.Map{Name: text, Type: kind, Key: key, Value: value, Max: most, Flags: uint32(flags), Fields: fields}
		list = append(list, createdMap{m, int32(fd.Int()), values, fd})
	}
	none := syscall.MapCreateAttr{}
	add("array", syscall.MapTypeArray, 4, 64, 4, 0, true, none, nil)
	add("array", syscall.MapTypeArray, 4, 8, 1, 0, true, none, nil)
	add("hash", syscall.MapTypeHash, 8, 48, 16, 0, true, none, nil)
	add("percpu_array", syscall.MapTypePerCPUArray, 4, 32, 2, 0, true, none, nil)
	add("percpu_hash", syscall.MapTypePerCPUHash, 4, 16, 8, 0, true, none, nil)
	add("lru_hash", syscall.MapTypeLRUHash, 4, 24, 8, 0, true, none, nil)
	add("array", syscall.MapTypeArray, 4, 16, 2, syscall.MapReadOnlyProg, true, none, nil)
	add("hash", syscall.MapTypeHash, 4, 16, 2, syscall.MapWriteOnlyProg, true, none, nil)
	add("ringbuf", syscall.MapTypeRingBuf, 0, 0, 4096, 0, false, none, nil)
	add("prog_array", syscall.MapTypeProgArray, 4, 4, 2, 0, false, none, nil)
	add("queue", syscall.MapTypeQueue, 0, 16, 4, 0, false, none, nil)
	add("perf_event_array", syscall.MapTypePerfEventArray, 4, 4, 2, 0, false, none, nil)
	add("stack_trace", syscall.MapTypeStackTrace, 4, 8, 2, 0, false, none, nil)
	add("cgroup_array", syscall.MapTypeCgroupArray, 4, 4, 2, 0, false, none, nil)
	add("devmap", syscall.MapTypeDevMap, 4, 4, 2, 0, false, none, nil)
	add("bloom_filter", syscall.MapTypeBloomFilter, 0, 8, 4, 0, false, none, nil)
	add("user_ringbuf", syscall.MapTypeUserRingBuf, 0, 0, 4096, 0, false, none, nil)
	add("lpm_trie", syscall.MapTypeLPMTrie, 8, 8, 4, syscall.MapNoPrealloc, true, none, nil)
	add("sockmap", syscall.MapTypeSockMap, 4, 4, 2, 0, false, none, nil)

	number := &cbtf.Int{Name: "int", Size: 4, Encoding: cbtf.Signed}
	lock := &cbtf.Struct{Name: "bpf_spin_lock", Size: 4, Members: []cbtf.Member{{Name: "val", Type: number}}}
	value := &cbtf.Struct{Name: "locked", Size: 24, Members: []cbtf.Member{{Name: "a", Type: number}, {Name: "lock",
		Type: lock, Offset: 8 * 8}, {Name: "b", Type: number, Offset: 16 * 8}}}
	b, err := cbtf.NewBuilder([]cbtf.Type{number, value}, nil)
	if err != nil {
		t.Fatal(err)
	}
	types := loadTypes(t, b)
	key, _ := b.Add(number)
	val, _ := b.Add(value)
	storage := syscall.MapCreateAttr{BTF: types, BTFKeyTypeID: uint32(key), BTFValueTypeID: uint32(key)}
	add("task_storage", syscall.MapTypeTaskStorage, 4, 4, 0, syscall.MapNoPrealloc, false, storage, nil)
	add("sk_storage", syscall.MapTypeSKStorage, 4, 4, 0, syscall.MapNoPrealloc, false, storage, nil)
	add("cgrp_storage", syscall.MapTypeCgrpStorage, 4, 4, 0, syscall.MapNoPrealloc, false, storage, nil)
	add("array", syscall.MapTypeArray, 4, 24, 2, 0, true, syscall.MapCreateAttr{BTF: types, BTFKeyTypeID: uint32(key),
		BTFValueTypeID: uint32(val)}, []verify.Field{{Name: "bpf_spin_lock", Offset: 8}})
	return list
}

func loadTypes(t testing.TB, b *cbtf.Builder) *syscall.FD {
	raw, err := b.Marshal(nil, cbtf.KernelMarshalOptions())
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.BTFLoad(raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fd.Close() })
	return fd
}

// places are all places for which random programs are loaded.
func places(t testing.TB) []*place {
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { types.Close() })
	maps := createMaps(t)

	number := &cbtf.Int{Name: "int", Size: 4, Encoding: cbtf.Signed}
	long := &cbtf.Int{Name: "long", Size: 8, Encoding: cbtf.Signed}
	pair := &cbtf.Struct{Name: "pair", Size: 16, Members: []cbtf.Member{{Name: "a", Type: long}, {Name: "b", Type: long, Offset: 64}}}
	static := &cbtf.Func{Name: "local", Linkage: cbtf.StaticFunc, Type: &cbtf.FuncProto{Return: number}}
	global := &cbtf.Func{Name: "open", Linkage: cbtf.GlobalFunc, Type: &cbtf.FuncProto{Return: number, Params: []cbtf.FuncParam{{Name: "n",
		Type: number}, {Name: "p", Type: &cbtf.Pointer{Target: pair}}}}}
	b, err := cbtf.NewBuilder([]cbtf.Type{static, global}, nil)
	if err != nil {
		t.Fatal(err)
	}
	own := loadTypes(t, b)
	staticID, _ := b.Add(static)
	globalID, _ := b.Add(global)

	functions := map[string]int32{}
	for _, name := range []string{"bpf_rcu_read_lock", "bpf_rcu_read_unlock", "bpf_preempt_disable", "bpf_preempt_enable",
		"bpf_local_irq_save", "bpf_local_irq_restore", "bpf_throw", "bpf_iter_num_new",
		"bpf_iter_num_next", "bpf_iter_num_destroy", "bpf_task_acquire", "bpf_task_release", "bpf_task_from_pid", "tcp_slow_start",
		"tcp_cong_avoid_ai", "tcp_reno_ssthresh", "tcp_reno_undo_cwnd", "tcp_reno_cong_avoid"} {
		id, err := types.Lookup(btf.KindFunc, name)
		if err != nil {
			t.Logf("this kernel has no %s", name)
			continue
		}
		functions[name] = int32(id)
	}

	var list []*place
	add := func(p *place, kind syscall.ProgType, text string) *place {
		p.attr.Type, p.attr.Name, p.attr.License = kind, "fuzz", "GPL"
		p.program.Type, p.program.Types = kind, types
		p.program.Maps = map[int32]verify.Map{}
		for _, m := range maps {
			p.program.Maps[m.fd] = m.Map
		}
		p.maps, p.functions, p.info, p.static, p.global = maps, functions, true, btf.ID(staticID), btf.ID(globalID)
		p.attr.BTF = own
		if p.name == "" {
			p.name = text
		}
		list = append(list, p)
		return p
	}
	word := func(offsets ...int64) func(*generator, isa.Register) {
		return func(g *generator, dst isa.Register) {
			g.emit(isa.LoadMem(isa.W, dst, isa.R6, int16(g.pick(offsets...))))
		}
	}
	add(&place{number: word(0, 4, 8, 16, 48)}, syscall.ProgTypeSocketFilter, "socket_filter")
	add(&place{number: word(12, 16), special: func(g *generator) { g.packet(0, 4) }}, syscall.ProgTypeXDP, "xdp")
	add(&place{number: word(0, 4, 8, 16, 48), special: func(g *generator) { g.packet(76, 80) }}, syscall.ProgTypeSchedCls, "sched_cls")
	add(&place{attr: syscall.ProgLoadAttr{Flags: syscall.ProgSleepable}, program: verify.Program{Sleepable: true}, number: word(0, 4, 8)},
		syscall.ProgTypeSyscall, "syscall")

	for _, member := range []string{"init", "ssthresh", "cong_avoid", "set_state", "cwnd_event", "undo_cwnd", "pkts_acked",
		"cong_control"} {
		list[len(list)-1].info = list[len(list)-1].info && true
		ops, err := structops.ReadInterface(types, "tcp_congestion_ops")
		if err != nil {
			t.Fatal(err)
		}
		m, ok := ops.Member(member)
		if !ok {
			t.Fatal("no member ", member)
		}
		p := add(&place{name: "struct_ops " + member}, syscall.ProgTypeStructOps, "struct_ops")
		p.attr.AttachBTFID, p.attr.ExpectedAttachType = uint32(ops.ID), syscall.AttachType(m.Index)
		p.program.Place = *ops.Place(m)
		p.special = func(g *generator) { g.socket(types, len(m.Params)) }
		if len(m.Params) > 1 {
			p.number = func(g *generator, dst isa.Register) { g.emit(isa.LoadMem(isa.DW, dst, isa.R6, 8)) }
		}
	}
	for _, point := range []string{"task_newtask", "sched_switch", "sched_process_exit"} {
		id, err := types.Lookup(btf.KindTypedef, "btf_trace_"+point)
		if err != nil {
			t.Logf("this kernel has no tracepoint %s", point)
			continue
		}
		p := add(&place{name: "tp_btf " + point}, syscall.ProgTypeTracing, "tracing")
		p.attr.AttachBTFID, p.attr.ExpectedAttachType = uint32(id), syscall.AttachTraceRawTP
		p.program.Hook, p.program.Attach = syscall.AttachTraceRawTP, point
		task := int16(0)
		if point == "sched_switch" {
			task = 8
		}
		p.special = func(g *generator) { g.task(types, task) }
	}
	return list
}

// load gives a program to the kernel, and then to the check.
func (p *place) load(code []isa.Instruction, funcs []verify.Function) (findings []mistake.Finding, complete bool, err error) {
	prog, findings, complete, err := p.open(code, funcs)
	if prog != nil {
		prog.Close()
	}
	return findings, complete, err
}

// open is load for a program that is run; prog is nil if the kernel does not take it.
func (p *place) open(code []isa.Instruction, funcs []verify.Function) (prog *syscall.FD, findings []mistake.Finding, complete bool,
	err error) {
	raw, bad := isa.Append(nil, isa.Native, code...)
	if bad != nil {
		return nil, nil, true, bad
	}
	attr := p.attr
	attr.Instructions = raw
	program := p.program
	program.Code = code
	program.Steps = 4000 // more steps take too long
	program.NotGPL = attr.License != "GPL"
	if p.info && funcs != nil {
		var info bytes.Buffer
		for _, f := range funcs {
			id := p.static
			if f.Global {
				id = p.global
			}
			_ = binary.Write(&info, binary.NativeEndian, [2]uint32{uint32(f.Slot), uint32(id)})
		}
		attr.FuncInfo = info.Bytes()
		program.Functions = funcs
	} else {
		attr.BTF = nil
	}
	if findings, complete = verify.Check(program); !complete {
		return nil, nil, false, nil // the kernel would need seconds
	}
	for _, f := range findings {
		if strings.Contains(f.Note, "crashes") {
			return nil, nil, false, nil
		}
	}
	prog, err = syscall.ProgLoad(&attr)
	return prog, findings, complete, err
}

// socket does something with the struct sock that is an argument of a member of tcp_congestion_ops.
func (g *generator) socket(types *btf.Types, params int) {
	k := g.keeper()
	g.emit(isa.LoadMem(isa.DW, k, isa.R6, 0))
	g.kinds[k] = guessObject
	field := func(structName, path string) (int16, isa.Size) {
		f, err := types.Field(structName, path)
		if err != nil {
			return 0, isa.W
		}
		return int16(f.Offset), map[uint32]isa.Size{1: isa.B, 2: isa.H, 4: isa.W, 8: isa.DW}[f.Size]
	}
	numbers := []string{"snd_cwnd", "snd_ssthresh", "snd_cwnd_cnt", "packets_out", "srtt_us", "delivered", "max_packets_out"}
	at, size := field("tcp_sock", numbers[g.r.IntN(len(numbers))])
	switch g.r.IntN(9) {
	case 0, 1:
		g.emit(isa.LoadMem(size, isa.R2, k, at))
		g.kinds[2] = guessNumber
		for _, n := range []isa.Register{isa.R7, isa.R8, isa.R9} {
			if n != k && g.one(2) {
				g.emit(isa.Mov64Reg(n, isa.R2))
				g.kinds[n] = guessNumber
			}
		}
	case 2:
		if !g.careless() {
			at, size = field("tcp_sock", []string{"snd_cwnd", "snd_ssthresh", "snd_cwnd_cnt", "snd_cwnd_stamp"}[g.r.IntN(4)])
		}
		g.emit(isa.Mov64Imm(isa.R2, 10), isa.StoreMem(size, k, at, isa.R2))
	case 3:
		at, _ := field("inet_connection_sock", "icsk_ca_priv")
		g.touch2(k, at, 104)
	case 4:
		g.emit(isa.Mov64Reg(isa.R1, k))
		g.number(isa.R2)
		g.call(isa.CallKfunc(g.place.functions[[]string{"tcp_slow_start", "tcp_reno_ssthresh", "tcp_reno_undo_cwnd"}[g.r.IntN(3)]], 0))
	case 5:
		g.number(isa.R9)
		g.emit(isa.Mov64Reg(isa.R1, k), isa.Mov64Imm(isa.R2, 4), isa.Mov64Reg(isa.R3, isa.R9))
		g.call(isa.CallKfunc(g.place.functions[[]string{"tcp_cong_avoid_ai", "tcp_reno_cong_avoid"}[g.r.IntN(2)]], 0))
	case 6: // on to another struct
		at, size := field("sock", []string{"__sk_common.skc_prot", "sk_dst_cache", "sk_socket", "sk_net.net"}[g.r.IntN(4)])
		g.emit(isa.LoadMem(size, isa.R1, k, at), isa.LoadMem(isa.W, isa.R2, isa.R1, int16(g.pick(0, 8, 16))))
		g.kinds[2] = guessNumber
	case 7:
		if params > 1 && g.one(2) {
			g.emit(isa.LoadMem(g.size(), isa.R3, isa.R6, int16(8*g.r.IntN(params+1))))
		}
		g.emit(isa.LoadMem(g.size(), isa.R2, k, int16(g.r.IntN(900))))
	case 8:
		g.emit(isa.Mov64Reg(isa.R1, k), isa.Add64Imm(isa.R1, int32(at)), isa.LoadMem(isa.W, isa.R2, isa.R1, 0), isa.Mov64Imm(isa.R2, 1))
		if g.one(2) {
			g.emit(isa.StoreMem(isa.W, isa.R1, 0, isa.R2))
		}
	}
}

// touch2 is touch, but begins at an offset.
func (g *generator) touch2(r isa.Register, at int16, size int64) {
	from := len(g.code)
	g.touch(r, size)
	for i := from; i < len(g.code); i++ {
		switch g.code[i].Op.Class() {
		case isa.ClassLDX, isa.ClassST, isa.ClassSTX:
			g.code[i].Off += at
		}
	}
}

// task does something with the task that is an argument of a tracepoint.
func (g *generator) task(types *btf.Types, arg int16) {
	k := g.keeper()
	g.emit(isa.LoadMem(isa.DW, k, isa.R6, arg))
	g.kinds[k] = guessObject
	field := func(path string) (int16, isa.Size) {
		f, err := types.Field("task_struct", path)
		if err != nil {
			return 0, isa.W
		}
		return int16(f.Offset), map[uint32]isa.Size{1: isa.B, 2: isa.H, 4: isa.W, 8: isa.DW}[f.Size]
	}
	switch g.r.IntN(6) {
	case 0, 1:
		at, size := field([]string{"pid", "tgid", "flags", "prio"}[g.r.IntN(4)])
		g.emit(isa.LoadMem(size, isa.R2, k, at))
		g.kinds[2] = guessNumber
	case 2:
		at, size := field([]string{"real_parent", "group_leader", "mm", "last_wakee", "parent"}[g.r.IntN(5)])
		g.emit(isa.LoadMem(size, isa.R1, k, at))
		if g.one(2) {
			g.out(isa.JEQ64Imm(isa.R1, 0, 0))
		}
		at, size = field("pid")
		g.emit(isa.LoadMem(size, isa.R2, isa.R1, at))
		if g.one(4) {
			g.call(isa.CallKfunc(g.place.functions["bpf_task_acquire"], 0))
		}
	case 3:
		g.emit(isa.Mov64Reg(isa.R1, k))
		g.call(isa.CallKfunc(g.place.functions["bpf_task_acquire"], 0))
		g.within(isa.JEQ64Imm(isa.R0, 0, 0), func() {
			g.emit(isa.Mov64Reg(isa.R9, isa.R0))
			at, size := field("pid")
			g.emit(isa.LoadMem(size, isa.R2, isa.R9, at))
			g.kinds[9] = guessNothing
			if g.one(3) {
				outs := len(g.outs)
				g.some(1)
				g.outs = g.outs[:outs]
			}
			if !g.careless() {
				g.emit(isa.Mov64Reg(isa.R1, isa.R9))
				g.call(isa.CallKfunc(g.place.functions["bpf_task_release"], 0))
			}
		})
	case 4:
		g.number(isa.R1)
		g.call(isa.CallKfunc(g.place.functions["bpf_task_from_pid"], 0))
		g.nilOut(isa.R0, func() {
			g.emit(isa.Mov64Reg(isa.R1, isa.R0))
			g.call(isa.CallKfunc(g.place.functions["bpf_task_release"], 0))
		})
	case 5:
		g.emit(isa.LoadMem(g.size(), isa.R2, k, int16(g.r.IntN(3000))))
		if g.careless() {
			g.emit(isa.StoreImm(isa.W, k, 0, 0))
		}
	}
}
