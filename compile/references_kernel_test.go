package compile

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// locked is a value of a map with a lock in it.
type locked struct {
	Lock dsl.SpinLock
	_    [4]uint8
	N    uint64
}

// A referenceCase is a program that acquires something, what the check finds in it first, and whether the kernel takes it.
type referenceCase struct {
	name  string
	typ   syscall.ProgType
	rule  mistake.Kind // of the first finding; "" for none
	quiet bool         // the kernel refuses it, and the check leaves that to the kernel
	items [][]dsl.Item
}

// TestReferencesAsTheKernel takes programs that acquire something past the check, and asks the kernel: it refuses exactly what is found.
func TestReferencesAsTheKernel(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 14) // bpf_local_irq_save
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	ring := maps.NewRingBuf("ring", 4096)
	values := maps.NewHash[uint32, locked]("values", 4)
	numbers := maps.NewHash[uint32, uint64]("numbers", 4)
	constants := maps.NewReadOnly("constants", uint64(1))
	programs := maps.NewProgArray("programs", 1)
	for _, m := range []interface{ Close() error }{ring, values, numbers, constants, programs} {
		t.Cleanup(func() { m.Close() })
	}
	cases := slices.Concat(pointerCases(ring), stackCases(ring), sectionCases(values.Spec(), numbers.Spec()),
		certainCases(ring, numbers.Spec(), constants.Spec(), programs.Spec()))
	found, passed, quiet := 0, 0, 0
	for _, tt := range cases {
		p := dsl.Assembly("p", slices.Concat(tt.items...)...)
		if tt.typ == syscall.ProgTypeSyscall {
			p.Sleepable = true
		}
		findings, taken, log := verdicts(t, types, p, tt.typ)
		switch {
		case tt.rule == mistake.None && len(findings) > 0:
			t.Errorf("%s: the check finds %v", tt.name, findings)
		case tt.rule != mistake.None && (len(findings) == 0 || findings[0].Kind != tt.rule):
			t.Errorf("%s: want a finding of the rule %s first, got %v", tt.name, tt.rule, findings)
		case taken != (tt.rule == mistake.None && !tt.quiet):
			t.Errorf("%s: the kernel takes it: %v\n%s", tt.name, taken, log)
		case tt.quiet:
			quiet++
		case taken:
			passed++
		default:
			found++
		}
	}
	t.Logf("%d found and refused, %d passed and taken, %d left to the kernel", found, passed, quiet)
}

// verdicts are what the check finds, and whether the kernel takes it even so.
func verdicts(t *testing.T, types *btf.Types, p *dsl.Program, typ syscall.ProgType) (mistake.Findings, bool, string) {
	t.Helper()
	u := &unit{program: p, target: Target{BTF: types, ByteOrder: isa.Native, Place: &Place{Type: typ}}}
	for _, pass := range []func(*unit){collect, resolve, stretch, layout, check, verifyCode} {
		pass(u)
	}
	findings := u.findings
	u.findings = nil
	encode(u)
	if u.err != nil {
		t.Fatalf("%v", u.err)
	}
	var held maps.OpenSet
	defer held.Close()
	code, err := u.object.CodeWithMaps(held.Open)
	if err != nil {
		t.Fatal(err)
	}
	attr := syscall.ProgLoadAttr{Type: typ, Name: "p", License: "GPL", Instructions: code, FuncInfo: u.object.FuncInfo,
		FuncInfoRecSize: FuncInfoSize, LineInfo: u.object.LineInfo, LineInfoRecSize: LineInfoSize}
	if attr.BTF, err = syscall.BTFLoad(u.object.BTF); err != nil {
		t.Fatal(err)
	}
	defer attr.BTF.Close()
	if p.Sleepable {
		attr.Flags |= syscall.ProgSleepable
	}
	fd, err := syscall.ProgLoad(&attr)
	var refused *syscall.LoadError
	switch {
	case err == nil:
		fd.Close()
		return findings, true, ""
	case errors.As(err, &refused):
		lines := strings.Split(strings.TrimSpace(refused.Log), "\n")
		return findings, false, strings.Join(lines[max(0, len(lines)-6):], "\n")
	}
	t.Fatal(err)
	return nil, false, ""
}

const (
	tc   = syscall.ProgTypeSchedCls
	sys  = syscall.ProgTypeSyscall
	dw   = isa.DW
	w32  = isa.W
	rz   = isa.R0
	none = mistake.None
)

func list(items ...dsl.Item) []dsl.Item { return items }

// done ends a program.
func done() []dsl.Item { return list(dsl.Mov64Imm(rz, 0), dsl.Exit()) }

// lookUp looks a socket up, with the context in R1 or R6.
func lookUp(keep isa.Register) []dsl.Item {
	return list(dsl.StoreImm(dw, isa.R10, -8, 0), dsl.StoreImm(dw, isa.R10, -16, 0), dsl.Mov64Reg(isa.R1, keep),
		dsl.Mov64Reg(isa.R2, isa.R10), dsl.Add64Imm(isa.R2, -16),
		dsl.Mov64Imm(isa.R3, 12), dsl.Mov64Imm(isa.R4, -1), dsl.Mov64Imm(isa.R5, 0), dsl.CallHelper(84))
}

func reserve(ring *maps.RingBuf) []dsl.Item {
	return list(dsl.LoadMap(isa.R1, ring.Spec()), dsl.Mov64Imm(isa.R2, 8), dsl.Mov64Imm(isa.R3, 0), dsl.CallHelper(131))
}

// give calls a helper that takes back what a register has.
func give(helper int32, r isa.Register) []dsl.Item {
	return list(dsl.Mov64Reg(isa.R1, r), dsl.Mov64Imm(isa.R2, 0), dsl.CallHelper(helper))
}

func submit(r isa.Register) []dsl.Item  { return give(132, r) }
func release(r isa.Register) []dsl.Item { return give(86, r) }

func giveFunction(name string, r isa.Register) []dsl.Item {
	return list(dsl.Mov64Reg(isa.R1, r), dsl.CallKernel(name))
}

// pointerCases are about references in registers.
func pointerCases(ring *maps.RingBuf) []referenceCase {
	const r6, r7, r8, r9, fp = isa.R6, isa.R7, isa.R8, isa.R9, isa.R10
	keepContext := list(dsl.Mov64Reg(r9, isa.R1))
	out := list(dsl.Label("out"))
	task := list(dsl.Mov64Imm(isa.R1, 1), dsl.CallKernel("bpf_task_from_pid"))
	keep := list(dsl.Mov64Reg(r6, rz))
	nilOut := list(dsl.JEQ64Imm(r6, 0, "out"))
	prandom := list(dsl.CallHelper(7))
	type l = [][]dsl.Item
	return []referenceCase{
		{"socket, released", tc, none, false, l{keepContext, lookUp(r9), keep, nilOut, release(r6), out, done()}},
		{"socket, never released", tc, mistake.UnreleasedReference, false, l{keepContext, lookUp(r9), done()}},
		{"socket, not released where it is not nil", tc, mistake.UnreleasedReference, false,
			l{keepContext, lookUp(r9), keep, nilOut, done(), out, done()}},
		{"socket, released though it may be nil", tc, mistake.MaybeNil, false, l{keepContext, lookUp(r9), release(rz), done()}},
		{"socket, released where it is nil", tc, mistake.ArgumentType, false,
			l{keepContext, lookUp(r9), keep, list(dsl.JNE64Imm(r6, 0, "out")), release(r6), done(), out, release(r6), done()}},
		{"socket, checked in a copy", tc, none, false,
			l{keepContext, lookUp(r9), keep, list(dsl.JEQ64Imm(rz, 0, "out")), release(r6), out, done()}},
		{"socket, the branch the other way round", tc, none, false,
			l{keepContext, lookUp(r9), keep, list(dsl.JNE64Imm(rz, 0, "have")), done(), list(dsl.Label("have")), release(r6), done()}},
		{"socket, released twice", tc, mistake.ReleasedTwice, false,
			l{keepContext, lookUp(r9), keep, nilOut, release(r6), release(r6), out, done()}},
		{"socket, read after it was released", tc, mistake.UsedAfterRelease, false,
			l{keepContext, lookUp(r9), keep, nilOut, release(r6), list(dsl.LoadMem(w32, r7, r6, 4)), out, done()}},
		{"socket, read before it was compared", tc, mistake.MaybeNil, false,
			l{keepContext, lookUp(r9), list(dsl.LoadMem(w32, r7, rz, 4)), done()}},
		{"socket, compared in 32 bits", tc, mistake.MaybeNil, false,
			l{keepContext, lookUp(r9), keep, list(dsl.JEQ32Imm(r6, 0, "out")), release(r6), out, done()}},
		{"socket, spilled and released", tc, none, false, l{keepContext, lookUp(r9),
			list(dsl.StoreMem(dw, fp, -24, rz), dsl.JEQ64Imm(rz, 0, "out"), dsl.LoadMem(dw, r8, fp, -24)), release(r8), out, done()}},
		{"socket, spilled and compared when it is back", tc, none, false, l{keepContext, lookUp(r9),
			list(dsl.StoreMem(dw, fp, -24, rz), dsl.LoadMem(dw, r8, fp, -24), dsl.JEQ64Imm(r8, 0, "out")), release(r8), out, done()}},
		{"socket, spilled and forgotten", tc, mistake.UnreleasedReference, false,
			l{keepContext, lookUp(r9), list(dsl.StoreMem(dw, fp, -24, rz), dsl.JEQ64Imm(rz, 0, "out")), out, done()}},
		{"socket, spilled and released twice", tc, mistake.ReleasedTwice, false, l{keepContext, lookUp(r9), list(dsl.StoreMem(dw, fp, -24,
			rz), dsl.Mov64Reg(r7, rz), dsl.JEQ64Imm(rz, 0, "out"), dsl.LoadMem(dw, r8, fp, -24)), release(r8), release(r7), out, done()}},
		{"socket, written over", tc, mistake.UnreleasedReference, false,
			l{keepContext, lookUp(r9), list(dsl.Mov64Imm(rz, 0), dsl.Exit())}},
		{"two sockets, one released", tc, mistake.UnreleasedReference, false, l{keepContext, lookUp(r9), keep, nilOut, lookUp(r9),
			list(dsl.Mov64Reg(r7, rz)), release(r6), list(dsl.JEQ64Imm(r7, 0, "out")), out, done()}},
		{"two sockets, both released", tc, none, false, l{keepContext, lookUp(r9), keep, nilOut, lookUp(r9), list(dsl.Mov64Reg(r7, rz)),
			release(r6), list(dsl.JEQ64Imm(r7, 0, "out")), release(r7), out, done()}},
		{"sockets in a loop, each released", tc, none, false,
			l{keepContext, list(dsl.Mov64Imm(r8, 0), dsl.Label("again")), lookUp(r9), keep, list(dsl.JEQ64Imm(r6, 0, "next")), release(r6),
				list(dsl.Label("next"), dsl.Add64Imm(r8, 1), dsl.JLT64Imm(r8, 4, "again")), done()}},
		{"sockets in a loop, left with one", tc, mistake.UnreleasedReference, false,
			l{keepContext, list(dsl.Mov64Imm(r8, 0), dsl.Label("again")), lookUp(r9), keep, list(dsl.JEQ64Imm(r6, 0, "next")), prandom,
				list(dsl.JEQ64Imm(rz, 7, "out")), release(r6),
				list(dsl.Label("next"), dsl.Add64Imm(r8, 1), dsl.JLT64Imm(r8, 4, "again")), out, done()}},
		{"socket, a function looks at it", tc, none, false, l{keepContext, lookUp(r9), keep, nilOut, list(dsl.Mov64Reg(isa.R1, r6),
			dsl.Call(dsl.Assembly("look", dsl.Proto("u32", "u64 s"), dsl.LoadMem(w32, rz, isa.R1, 4), dsl.Exit()))),
			release(r6), out, done()}},
		{"socket, a function looks at it and nobody releases", tc, mistake.UnreleasedReference, false,
			l{keepContext, lookUp(r9), keep, nilOut, list(dsl.Mov64Reg(isa.R1, r6),
				dsl.Call(dsl.Assembly("look", dsl.Proto("u32", "u64 s"), dsl.LoadMem(w32, rz, isa.R1, 4), dsl.Exit()))), out, done()}},
		{"socket, a function compares it", tc, none, false,
			l{keepContext, lookUp(r9), keep, list(dsl.Mov64Reg(isa.R1, r6), dsl.Call(dsl.Assembly("have", dsl.Proto("u32", "u64 s"),
				dsl.Mov64Imm(rz, 0), dsl.JEQ64Imm(isa.R1, 0, "none"), dsl.Mov64Imm(rz, 1), dsl.Label("none"), dsl.Exit())),
				dsl.JEQ64Imm(rz, 0, "out")), release(r6), out, done()}},
		{"socket, a function releases it", tc, none, false, l{keepContext, lookUp(r9), keep, nilOut, list(dsl.Mov64Reg(isa.R1, r6),
			dsl.Call(dsl.Assembly("drop", dsl.Proto("u32", "u64 s"), dsl.CallHelper(86), dsl.Mov64Imm(rz, 0), dsl.Exit()))), out, done()}},
		{"socket, as a full one and released as that", tc, none, false,
			l{keepContext, lookUp(r9), keep, nilOut, list(dsl.Mov64Reg(isa.R1, r6), dsl.CallHelper(95), dsl.Mov64Reg(r7, rz),
				dsl.JEQ64Imm(r7, 0, "small")), release(r7), done(), list(dsl.Label("small")), release(r6), out, done()}},
		{"release of a number", tc, mistake.ArgumentType, false, l{list(dsl.Mov64Imm(r6, 5)), release(r6), done()}},
		{"release of the stack", tc, mistake.ArgumentType, false, l{list(dsl.Mov64Reg(r6, fp)), release(r6), done()}},
		{"record, submitted", tc, none, false, l{reserve(ring), keep, nilOut, list(dsl.StoreImm(dw, r6, 0, 1)), submit(r6), out, done()}},
		{"record, submitted after a store through another register", tc, none, false, l{reserve(ring), keep, nilOut,
			list(dsl.Mov64Reg(r7, r6), dsl.Add64Imm(r7, 4), dsl.StoreImm(w32, r7, 0, 1)), submit(r6), out, done()}},
		{"record, never submitted", tc, mistake.UnreleasedReference, false,
			l{reserve(ring), keep, nilOut, list(dsl.StoreImm(dw, r6, 0, 1)), out, done()}},
		{"record, written without a check", tc, mistake.MaybeNil, false, l{reserve(ring), list(dsl.StoreImm(dw, rz, 0, 1)), done()}},
		{"record, written after it was submitted", tc, mistake.UsedAfterRelease, false,
			l{reserve(ring), keep, nilOut, submit(r6), list(dsl.StoreImm(dw, r6, 0, 1)), out, done()}},
		{"record, submitted or discarded", tc, none, false, l{reserve(ring), keep, nilOut, prandom, list(dsl.JGT64Imm(rz, 9, "drop")),
			submit(r6), done(), list(dsl.Label("drop")), give(133, r6), out, done()}},
		{"record, not discarded on one way", tc, mistake.UnreleasedReference, false,
			l{reserve(ring), keep, nilOut, prandom, list(dsl.JGT64Imm(rz, 9, "out")), submit(r6), done(), out, done()}},
		{"packet loaded with a record held", syscall.ProgTypeSocketFilter, mistake.UnreleasedReference, false,
			l{keepContext, reserve(ring), keep, nilOut,
				list(dsl.Mov64Reg(r7, r6), dsl.Mov64Reg(r6, r9), dsl.Raw(isa.Instruction{Op: 0x30})), submit(r7), out, done()}},
		{"task, released", sys, none, false, l{task, keep, nilOut, giveFunction("bpf_task_release", r6), out, done()}},
		{"task, never released", sys, mistake.UnreleasedReference, false, l{task, keep, nilOut, out, done()}},
		{"task, released though it may be nil", sys, mistake.MaybeNil, false, l{task, giveFunction("bpf_task_release", rz), done()}},
		{"task, read without a check", sys, mistake.MaybeNil, false, l{task, list(dsl.LoadField(rz, rz, "task_struct", "pid")), done()}},
		{"task, released twice", sys, mistake.ReleasedTwice, false,
			l{task, keep, nilOut, giveFunction("bpf_task_release", r6), giveFunction("bpf_task_release", r6), out, done()}},
		{"task, acquired from another", sys, none, false,
			l{task, keep, nilOut, giveFunction("bpf_task_acquire", r6), list(dsl.Mov64Reg(r7, rz)), giveFunction("bpf_task_release", r6),
				list(dsl.JEQ64Imm(r7, 0, "out")), giveFunction("bpf_task_release", r7), out, done()}},
		{"task, acquired from another and kept", sys, mistake.UnreleasedReference, false,
			l{task, keep, nilOut, giveFunction("bpf_task_acquire", r6), giveFunction("bpf_task_release", r6), out, done()}},
		{"task, given to a function that only looks", sys, none, false,
			l{task, keep, nilOut, giveFunction("bpf_task_release", r6), out, done()}},
		{"CPU mask, used and released", sys, none, false,
			l{list(dsl.CallKernel("bpf_cpumask_create")), keep, nilOut, list(dsl.Mov64Imm(isa.R1, 1), dsl.Mov64Reg(isa.R2, r6),
				dsl.CallKernel("bpf_cpumask_set_cpu")), giveFunction("bpf_cpumask_release", r6), out, done()}},
		{"CPU mask, used and forgotten", sys, mistake.UnreleasedReference, false, l{list(dsl.CallKernel("bpf_cpumask_create")), keep,
			nilOut, list(dsl.Mov64Imm(isa.R1, 1), dsl.Mov64Reg(isa.R2, r6), dsl.CallKernel("bpf_cpumask_set_cpu")), out, done()}},
		{"CPU mask, acquired again: never nil", sys, mistake.UnreleasedReference, false,
			l{list(dsl.CallKernel("bpf_cpumask_create")), keep, nilOut, giveFunction("bpf_cpumask_acquire", r6),
				list(dsl.Mov64Reg(r7, rz)), giveFunction("bpf_cpumask_release", r7), out, done()}},
	}
}

// stackCases are about what is held in a place on the stack.
func stackCases(ring *maps.RingBuf) []referenceCase {
	const r6, fp = isa.R6, isa.R10
	type l = [][]dsl.Item
	place := func(r isa.Register, off int32) []dsl.Item { return list(dsl.Mov64Reg(r, fp), dsl.Add64Imm(r, off)) }
	begin := func(off int32) []dsl.Item {
		return slices.Concat(place(isa.R1, off),
			list(dsl.Mov64Imm(isa.R2, 0), dsl.Mov64Imm(isa.R3, 10), dsl.CallKernel("bpf_iter_num_new")))
	}
	next := func(off int32) []dsl.Item {
		return slices.Concat(place(isa.R1, off), list(dsl.CallKernel("bpf_iter_num_next")))
	}
	destroy := func(off int32) []dsl.Item {
		return slices.Concat(place(isa.R1, off), list(dsl.CallKernel("bpf_iter_num_destroy")))
	}
	save := func(off int32) []dsl.Item {
		return slices.Concat(place(isa.R1, off), list(dsl.CallKernel("bpf_local_irq_save")))
	}
	restore := func(off int32) []dsl.Item {
		return slices.Concat(place(isa.R1, off), list(dsl.CallKernel("bpf_local_irq_restore")))
	}
	dynptr := func(off int32) []dsl.Item {
		return slices.Concat(list(dsl.LoadMap(isa.R1, ring.Spec()), dsl.Mov64Imm(isa.R2, 8), dsl.Mov64Imm(isa.R3, 0)), place(isa.R4, off),
			list(dsl.CallHelper(198)))
	}
	finish := func(off int32) []dsl.Item {
		return slices.Concat(place(isa.R1, off), list(dsl.Mov64Imm(isa.R2, 0), dsl.CallHelper(199)))
	}
	loop := slices.Concat(list(dsl.Label("again")), next(-8),
		list(dsl.JEQ64Imm(rz, 0, "end"), dsl.LoadMem(w32, r6, rz, 0), dsl.Jump("again"), dsl.Label("end")))
	return []referenceCase{
		{"iterator, a loop", tc, none, false, l{begin(-8), loop, destroy(-8), done()}},
		{"iterator, not destroyed", tc, mistake.UnreleasedReference, false, l{begin(-8), loop, done()}},
		{"iterator, left in the middle", tc, mistake.UnreleasedReference, false,
			l{begin(-8), list(dsl.Label("again")), next(-8), list(dsl.JEQ64Imm(rz, 0, "end"), dsl.LoadMem(w32, r6, rz, 0),
				dsl.JEQ64Imm(r6, 5, "out"), dsl.Jump("again"), dsl.Label("end")), destroy(-8), list(dsl.Label("out")), done()}},
		{"iterator, never begun", tc, mistake.NotHeld, false, l{next(-8), done()}},
		{"iterator, begun twice", tc, mistake.NotHeld, false, l{begin(-8), begin(-8), destroy(-8), done()}},
		{"iterator, destroyed twice", tc, mistake.NotHeld, false, l{begin(-8), destroy(-8), destroy(-8), done()}},
		{"iterator, one in the other", tc, none, false,
			l{begin(-8), list(dsl.Label("outer")), next(-8), list(dsl.JEQ64Imm(rz, 0, "done")), begin(-16), list(dsl.Label("inner")),
				next(-16), list(dsl.JNE64Imm(rz, 0, "inner")), destroy(-16), list(dsl.Jump("outer"), dsl.Label("done")),
				destroy(-8), done()}},
		{"iterator, the inner one not destroyed", tc, mistake.NotHeld, false,
			l{begin(-8), list(dsl.Label("outer")), next(-8), list(dsl.JEQ64Imm(rz, 0, "done")), begin(-16), list(dsl.Label("inner")),
				next(-16), list(dsl.JNE64Imm(rz, 0, "inner"), dsl.Jump("outer"), dsl.Label("done")), destroy(-8), done()}},
		{"iterator, its address in a register", tc, none, false,
			l{place(r6, -8), list(dsl.Mov64Reg(isa.R1, r6), dsl.Mov64Imm(isa.R2, 0), dsl.Mov64Imm(isa.R3, 10),
				dsl.CallKernel("bpf_iter_num_new"), dsl.Mov64Reg(isa.R1, r6), dsl.CallKernel("bpf_iter_num_destroy")), done()}},
		{"iterator, a function goes on with it", tc, none, false, l{begin(-8), place(isa.R1, -8), list(dsl.Call(dsl.Assembly("end",
			dsl.Proto("u32", "u64 it"), dsl.CallKernel("bpf_iter_num_destroy"), dsl.Mov64Imm(rz, 0), dsl.Exit()))), done()}},
		{"interrupts, restored", tc, none, false, l{save(-8), restore(-8), done()}},
		{"interrupts, not restored", tc, mistake.LockHeld, false, l{save(-8), done()}},
		{"interrupts, restored in order", tc, none, false, l{save(-8), save(-16), restore(-16), restore(-8), done()}},
		{"interrupts, restored out of order", tc, mistake.NotHeld, false, l{save(-8), save(-16), restore(-8), restore(-16), done()}},
		{"interrupts, never saved", tc, mistake.NotHeld, false, l{list(dsl.StoreImm(dw, fp, -8, 0)), restore(-8), done()}},
		{"dynptr, submitted", tc, none, false, l{dynptr(-16), finish(-16), done()}},
		{"dynptr, submitted though it failed", tc, none, false,
			l{dynptr(-16), list(dsl.JEQ64Imm(rz, 0, "have"), dsl.Label("have")), finish(-16), done()}},
		{"dynptr, not submitted where it failed", tc, mistake.UnreleasedReference, false,
			l{dynptr(-16), list(dsl.JNE64Imm(rz, 0, "out")), finish(-16), list(dsl.Label("out")), done()}},
		{"dynptr, forgotten", tc, mistake.UnreleasedReference, false, l{dynptr(-16), done()}},
		{"dynptr, submitted twice", tc, mistake.NotHeld, false, l{dynptr(-16), finish(-16), finish(-16), done()}},
		{"dynptr, written over", tc, mistake.UnreleasedReference, false,
			l{dynptr(-16), list(dsl.StoreImm(dw, fp, -8, 0)), finish(-16), done()}},
	}
}

// sectionCases are about locks.
func sectionCases(values, numbers *dsl.MapSpec) []referenceCase {
	const r6, r7, fp = isa.R6, isa.R7, isa.R10
	type l = [][]dsl.Item
	value := list(dsl.StoreImm(w32, fp, -4, 0), dsl.Mov64Reg(isa.R2, fp), dsl.Add64Imm(isa.R2, -4), dsl.LoadMap(isa.R1, values),
		dsl.CallHelper(1), dsl.JEQ64Imm(rz, 0, "out"), dsl.Mov64Reg(r6, rz))
	lock, unlock := give(93, r6), give(94, r6)
	call := func(name string) []dsl.Item { return list(dsl.CallKernel(name)) }
	out := list(dsl.Label("out"))
	prandom := list(dsl.CallHelper(7))
	return []referenceCase{
		{"lock and unlock", tc, none, false, l{value, lock, list(dsl.StoreImm(dw, r6, 8, 1)), unlock, out, done()}},
		{"lock only", tc, mistake.LockHeld, false, l{value, lock, out, done()}},
		{"locked twice", tc, mistake.ForbiddenWithLock, false, l{value, lock, lock, unlock, out, done()}},
		{"unlock only", tc, mistake.NotHeld, false, l{value, unlock, out, done()}},
		{"a call under a lock", tc, mistake.ForbiddenWithLock, false, l{value, lock, prandom, unlock, out, done()}},
		{"locked on one way", tc, mistake.LockHeld, false,
			l{value, prandom, list(dsl.JEQ64Imm(rz, 3, "skip")), lock, list(dsl.Label("skip")), out, done()}},
		{"unlocked on both ways", tc, none, false, l{value, lock, list(dsl.LoadMem(dw, r7, r6, 8), dsl.JEQ64Imm(r7, 3, "skip")), unlock,
			done(), list(dsl.Label("skip")), unlock, out, done()}},
		{"unlocked by a function", tc, none, false, l{value, lock, list(dsl.Mov64Reg(isa.R1, r6),
			dsl.Call(dsl.Assembly("unlock", dsl.Proto("u32", "u64 v"), dsl.CallHelper(94), dsl.Mov64Imm(rz, 0), dsl.Exit()))), out,
			done()}},
		{"RCU", tc, none, false, l{call("bpf_rcu_read_lock"), prandom, call("bpf_rcu_read_unlock"), done()}},
		{"RCU, not unlocked", tc, mistake.LockHeld, false, l{call("bpf_rcu_read_lock"), prandom, done()}},
		{"RCU, not locked", tc, mistake.NotHeld, false, l{call("bpf_rcu_read_unlock"), done()}},
		{"RCU, not unlocked on one way", tc, mistake.LockHeld, false,
			l{call("bpf_rcu_read_lock"), prandom, list(dsl.JEQ64Imm(rz, 3, "out")), call("bpf_rcu_read_unlock"), done(), out, done()}},
		{"RCU, a helper waits", sys, mistake.MaySleep, false,
			l{call("bpf_rcu_read_lock"), list(dsl.Mov64Reg(isa.R1, fp), dsl.Add64Imm(isa.R1, -8), dsl.Mov64Imm(isa.R2, 8),
				dsl.Mov64Imm(isa.R3, 0), dsl.CallHelper(148)), call("bpf_rcu_read_unlock"), done()}},
		{"a helper waits outside", sys, none, false, l{call("bpf_rcu_read_lock"), call("bpf_rcu_read_unlock"), list(dsl.Mov64Reg(isa.R1,
			fp), dsl.Add64Imm(isa.R1, -8), dsl.Mov64Imm(isa.R2, 8), dsl.Mov64Imm(isa.R3, 0), dsl.CallHelper(148)), done()}},
		{"preemption", tc, none, false,
			l{call("bpf_preempt_disable"), call("bpf_preempt_disable"), call("bpf_preempt_enable"), call("bpf_preempt_enable"), done()}},
		{"preemption, disabled once too often", tc, mistake.LockHeld, false,
			l{call("bpf_preempt_disable"), call("bpf_preempt_disable"), call("bpf_preempt_enable"), done()}},
		{"preemption, enabled once too often", tc, mistake.NotHeld, false,
			l{call("bpf_preempt_disable"), call("bpf_preempt_enable"), call("bpf_preempt_enable"), done()}},
		{"preemption, a helper waits", sys, mistake.MaySleep, false,
			l{call("bpf_preempt_disable"), list(dsl.Mov64Reg(isa.R1, fp), dsl.Add64Imm(isa.R1, -8), dsl.Mov64Imm(isa.R2, 8),
				dsl.Mov64Imm(isa.R3, 0), dsl.CallHelper(148)), call("bpf_preempt_enable"), done()}},
	}
}

// certainCases are about which paths there are.
func certainCases(ring *maps.RingBuf, numbers, constants, programs *dsl.MapSpec) []referenceCase {
	const r2, r3, r6, r7, r8, r9, fp = isa.R2, isa.R3, isa.R6, isa.R7, isa.R8, isa.R9, isa.R10
	type l = [][]dsl.Item
	keep := list(dsl.Mov64Reg(r6, rz), dsl.JEQ64Imm(r6, 0, "out"))
	prandom := list(dsl.CallHelper(7), dsl.Mov64Reg(r7, rz))
	out := list(dsl.Label("out"))
	context := list(dsl.Mov64Reg(r9, isa.R1))
	// flag reserves a record where r7 is above 5, and gives it back where it is above a bound.
	flag := func(number []dsl.Item, again ...dsl.Item) [][]dsl.Item {
		return l{number, list(dsl.Mov64Imm(r6, 0), dsl.JLE64Imm(r7, 5, "skip")), reserve(ring), keep, list(dsl.Label("skip")), again,
			submit(r6), out, done()}
	}
	check := func(bytes int32) []dsl.Item {
		return list(dsl.LoadMem(w32, r2, r9, 76), dsl.LoadMem(w32, r3, r9, 80), dsl.Mov64Reg(r8, r2), dsl.Add64Imm(r8, bytes),
			dsl.JGT64Reg(r8, r3, "out"))
	}
	return []referenceCase{
		{"the same comparison twice", tc, none, false, flag(prandom, dsl.JLE64Imm(r7, 5, "out"))},
		{"the same comparison, signed", tc, none, false, l{prandom, list(dsl.Mov64Imm(r6, 0), dsl.JSLE64Imm(r7, 5, "skip")), reserve(ring),
			keep, list(dsl.Label("skip"), dsl.JSLE64Imm(r7, 5, "out")), submit(r6), out, done()}},
		{"the same comparison of a copy", tc, none, false,
			flag(slices.Concat(prandom, list(dsl.Mov64Reg(r8, r7))), dsl.JLE64Imm(r8, 5, "out"))},
		{"the same comparison of a spilled number", tc, none, false,
			flag(slices.Concat(prandom, list(dsl.StoreMem(dw, fp, -8, r7))), dsl.LoadMem(dw, r7, fp, -8), dsl.JLE64Imm(r7, 5, "out"))},
		{"a mask that decides", tc, none, false, l{prandom, reserve(ring), keep, list(dsl.Or64Imm(r7, 8), dsl.JEQ64Imm(r7, 3, "leak")),
			submit(r6), done(), list(dsl.Label("leak")), done(), out, done()}},
		{"a byte that is never so large", tc, none, false, l{context, reserve(ring), keep, list(dsl.LoadMem(isa.B, r7, r9, 0),
			dsl.JEQ64Imm(r7, 300, "leak")), submit(r6), done(), list(dsl.Label("leak")), done(), out, done()}},
		{"a constant of a read-only map", tc, none, false, l{list(dsl.LoadMapData(r7, constants, 0), dsl.LoadMem(dw, r7, r7, 0)),
			reserve(ring), keep, list(dsl.JEQ64Imm(r7, 7, "leak")), submit(r6), done(), list(dsl.Label("leak")), done(), out, done()}},
		{"a constant that was spilled", tc, none, false, l{list(dsl.StoreImm(dw, fp, -8, 1)), reserve(ring), keep, list(dsl.LoadMem(dw, r7,
			fp, -8), dsl.JEQ64Imm(r7, 7, "leak")), submit(r6), done(), list(dsl.Label("leak")), done(), out, done()}},
		{"a number that was compared with nothing", tc, mistake.UnreleasedReference, false, l{prandom, reserve(ring), keep,
			list(dsl.JEQ64Imm(r7, 7, "leak")), submit(r6), done(), list(dsl.Label("leak")), done(), out, done()}},
		{"a field of the packet's", tc, mistake.UnreleasedReference, false, l{context, reserve(ring), keep, list(dsl.LoadMem(w32, r7, r9,
			0), dsl.JGT64Imm(r7, 100, "leak")), submit(r6), done(), list(dsl.Label("leak")), done(), out, done()}},
		{"the end of a packet", tc, mistake.UnreleasedReference, false,
			l{context, reserve(ring), keep, list(dsl.LoadMem(w32, r2, r9, 76), dsl.LoadMem(w32, r3, r9, 80), dsl.Mov64Reg(r8, r2),
				dsl.Add64Imm(r8, 14), dsl.JGT64Reg(r8, r3, "leak")), submit(r6), done(), list(dsl.Label("leak")), done(), out, done()}},
		{"behind two checks of a packet", tc, mistake.UnreleasedReference, false,
			l{context, check(14), list(dsl.LoadMem(isa.H, r7, r2, 12), dsl.JNE64Imm(r7, 8, "out"), dsl.Mov64Reg(r8, r2),
				dsl.Add64Imm(r8, 34), dsl.JGT64Reg(r8, r3, "out")), reserve(ring), list(dsl.JEQ64Imm(rz, 0, "out"), dsl.Label("leak")),
				done(), out, done()}},
		{"a look-up fails with a record held", tc, mistake.UnreleasedReference, false,
			l{reserve(ring), keep, list(dsl.StoreImm(w32, fp, -4, 0), dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -4),
				dsl.LoadMap(isa.R1, numbers), dsl.CallHelper(1), dsl.JEQ64Imm(rz, 0, "out")), submit(r6), out, done()}},
		{"a number of a map", tc, mistake.UnreleasedReference, false,
			l{list(dsl.StoreImm(w32, fp, -4, 0), dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -4), dsl.LoadMap(isa.R1, numbers),
				dsl.CallHelper(1), dsl.JEQ64Imm(rz, 0, "out"), dsl.LoadMem(dw, r7, rz, 0)), reserve(ring), keep,
				list(dsl.JNE64Imm(r7, 1, "out")), submit(r6), out, done()}},
		{"a tail call", tc, mistake.UnreleasedReference, false, l{context, reserve(ring), keep,
			list(dsl.Mov64Reg(isa.R1, r9), dsl.LoadMap(r2, programs), dsl.Mov64Imm(r3, 0), dsl.CallHelper(12)), submit(r6), out, done()}},
		{"a tail call with nothing held", tc, none, false, l{context, reserve(ring), keep, submit(r6),
			list(dsl.Mov64Reg(isa.R1, r9), dsl.LoadMap(r2, programs), dsl.Mov64Imm(r3, 0), dsl.CallHelper(12)), out, done()}},
	}
}
