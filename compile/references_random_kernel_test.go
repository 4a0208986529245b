package compile

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
)

// TestRandomReferences: of random programs that acquire and give back, whatever the check finds something in, the kernel refuses.
func TestRandomReferences(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 14)
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	ring := maps.NewRingBuf("ring", 4096)
	t.Cleanup(func() { ring.Close() })
	programs := 3000
	if testing.Short() {
		programs = 300
	}
	found, taken, left := 0, 0, 0
	for seed := range programs {
		items := randomReferences(rand.New(rand.NewPCG(uint64(seed), 4)), ring)
		findings, ok, log := verdicts(t, types, dsl.Assembly("p", items...), tc)
		switch {
		case ok && len(findings) > 0:
			t.Fatalf("seed %d: the kernel takes it, but: %v\n%v", seed, findings, items)
		case ok:
			taken++
		case len(findings) > 0:
			found++
		default:
			left++
			if testing.Verbose() && left < 5 {
				t.Logf("seed %d is left to the kernel:\n%v\n%s", seed, items, log)
			}
		}
	}
	t.Logf("%d programs taken, %d found and refused, %d left to the kernel", taken, found, left)
}

// randomReferences are steps on the registers R6 to R9 and two places of the stack, with jumps forward, and then a tail that is
// more often right than chance has it.
func randomReferences(r *rand.Rand, ring *maps.RingBuf) []dsl.Item {
	look := dsl.Assembly("look", dsl.Proto("u32", "u64 p"), dsl.Mov64Imm(isa.R0, 0), dsl.JEQ64Imm(isa.R1, 0, "none"),
		dsl.Mov64Imm(isa.R0, 1),
		dsl.Label("none"), dsl.Exit())
	drop := dsl.Assembly("drop", dsl.Proto("u32", "u64 p"), dsl.JEQ64Imm(isa.R1, 0, "none"), dsl.Mov64Imm(isa.R2, 0), dsl.CallHelper(133),
		dsl.Label("none"), dsl.Mov64Imm(isa.R0, 0), dsl.Exit())
	var items []dsl.Item
	add := func(more ...dsl.Item) { items = append(items, more...) }
	variable := func() isa.Register { return isa.R6 + isa.Register(r.IntN(4)) }
	slot := func() int16 { return -8 * int16(1+r.IntN(3)) }
	add(dsl.Mov64Imm(isa.R6, 0), dsl.Mov64Imm(isa.R7, 0), dsl.Mov64Imm(isa.R8, 0), dsl.CallHelper(7), dsl.Mov64Reg(isa.R9, isa.R0),
		dsl.StoreImm(isa.DW, isa.R10, -8, 0), dsl.StoreImm(isa.DW, isa.R10, -16, 0), dsl.StoreImm(isa.DW, isa.R10, -24, 0))
	looped := r.IntN(3) == 0
	if looped {
		add(dsl.Label("top"))
	}
	labels := 0
	steps := 3 + r.IntN(14)
	open := map[int][]string{} // labels to come, by step
	forward := func(step int) string {
		labels++
		name := fmt.Sprint("l", labels)
		to := step + 1 + r.IntN(4)
		open[to] = append(open[to], name)
		return name
	}
	var pointers []isa.Register
	for step := range steps {
		for _, name := range open[step] {
			add(dsl.Label(name))
		}
		delete(open, step)
		switch v := variable(); r.IntN(24) {
		case 0, 1, 2:
			add(reserve(ring)...)
			if r.IntN(5) > 0 {
				add(dsl.JEQ64Imm(isa.R0, 0, forward(step)))
			}
			add(dsl.Mov64Reg(v, isa.R0))
			pointers = append(pointers, v)
		case 3, 4, 5:
			if len(pointers) > 0 {
				v = pointers[r.IntN(len(pointers))]
			}
			if r.IntN(2) == 0 {
				add(dsl.JEQ64Imm(v, 0, forward(step)))
			}
			add(submit(v)...)
		case 6, 7:
			add(dsl.JNE64Imm(v, 0, forward(step)))
		case 8:
			add(dsl.Mov64Reg(v, variable()))
		case 9:
			add(dsl.StoreMem(isa.DW, isa.R10, slot(), v))
		case 10:
			add(dsl.LoadMem(isa.DW, v, isa.R10, slot()))
		case 11:
			add(dsl.CallHelper(7), dsl.Mov64Reg(v, isa.R0))
		case 12:
			add(dsl.JSGT64Imm(v, int32(r.IntN(5)-1), forward(step)))
		case 13:
			add(dsl.JLT64Imm(v, int32(r.IntN(4)), forward(step)))
		case 14:
			add(dsl.And64Imm(v, int32(r.IntN(8))))
		case 15:
			add(dsl.JEQ32Imm(v, int32(r.IntN(3)), forward(step)))
		case 16:
			add(dsl.CallKernel([]string{"bpf_rcu_read_lock", "bpf_rcu_read_unlock"}[r.IntN(2)]))
		case 17:
			add(dsl.Mov32Reg(v, variable()))
		case 18:
			add(dsl.JLE64Reg(v, variable(), forward(step)))
		case 20:
			add(dsl.Mov64Reg(isa.R1, v), dsl.Call(look), dsl.JEQ64Imm(isa.R0, 0, forward(step)))
		case 21:
			add(dsl.Mov64Reg(isa.R1, v), dsl.Call(drop))
		case 22:
			add(dsl.LoadMem(isa.W, isa.R0, v, 0))
		case 23:
			add(dsl.StoreImm(isa.W, v, 4, 1), dsl.StoreImm(isa.W, isa.R10, slot(), 1))
		case 19:
			add(dsl.Mov64Reg(isa.R1, isa.R10), dsl.Add64Imm(isa.R1, -32),
				dsl.CallKernel([]string{"bpf_local_irq_save", "bpf_local_irq_restore"}[r.IntN(2)]))
		}
	}
	for step := range steps + 8 {
		for _, name := range open[step] {
			add(dsl.Label(name))
		}
	}
	if looped {
		add(dsl.MayGoto("done"), dsl.Jump("top"), dsl.Label("done"))
	}
	for _, v := range pointers {
		if r.IntN(3) > 0 {
			labels++
			add(dsl.JEQ64Imm(v, 0, fmt.Sprint("end", labels)))
			add(submit(v)...)
			add(dsl.Label(fmt.Sprint("end", labels)))
		}
	}
	add(dsl.Mov64Imm(isa.R0, 0), dsl.Exit())
	return items
}
