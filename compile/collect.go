package compile

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// collect finds the functions of the object.
func collect(u *unit) {
	byProgram := make(map[*dsl.Program]*function)
	reach := func(p *dsl.Program) *function {
		f := byProgram[p]
		if f == nil {
			f = &function{program: p, items: u.items(p)}
			byProgram[p] = f
			u.funcs = append(u.funcs, f)
		}
		return f
	}
	reach(u.program)
	for i := 0; i < len(u.funcs); i++ {
		u.collectFunction(u.funcs[i], reach)
	}
	u.findRecursion()
}

// collectFunction makes instructions from a program's items.
func (u *unit) collectFunction(f *function, reach func(*dsl.Program) *function) {
	if proto := f.program.Proto; proto != nil && proto.Err != nil && !f.program.Structured() {
		u.found(f, -1, mistake.BadProto, mistake.Finding{Position: proto.Pos, Detail: proto.Err.Error()})
	}
	code := make([]instr, len(f.items)) // this is too long if there are labels, which are not instructions
	f.labels.grow(len(f.items) / 10)    // a guess, so that less is copied while they grow
	f.jumps = make([]int32, 0, len(f.items)/10)
	var numbers map[*function]int32 // the numbers of callees
	next, slot := int32(0), int32(0)
	for i := range f.items {
		item := &f.items[i]
		in := &code[next]
		if item.Kind == record.Plain && item.Ins == (isa.Instruction{}) && item.Site() == (ir.Site{}) {
			u.found(f, -1, mistake.BadInstruction, mistake.Finding{Position: f.program.Pos,
				Detail: fmt.Sprintf("item %d is the zero Item, which is no instruction", i),
				Help:   "make it with a function of package dsl, such as dsl.Mov64Imm, or leave it out"})
			continue
		}
		switch item.Kind {
		case record.Plain:
			if mayRefer(item.Ins.Op) {
				u.collectNumbered(f, item, next, in)
			}
		case record.LabelHere:
			n := f.labels.of(item.Name())
			if f.labels.at[n] != nowhere {
				u.foundItem(f, item, mistake.DuplicateLabel,
					mistake.Finding{Detail: "the label " + quote(item.Name()) + " is defined twice"})
			}
			f.labels.at[n], f.labels.item[n] = next, int32(i)
			continue
		case record.JumpTo:
			in.to, in.flags = f.labels.of(item.Name()), labelled
			f.jumps = append(f.jumps, next)
		case record.SubCall, record.SubAddress:
			if item.To() == nil {
				u.foundItem(f, item, mistake.EmptyProgram, mistake.Finding{Detail: "the called program is nil"})
				continue
			}
			sub := reach(item.To().(*dsl.Program))
			n, known := numbers[sub]
			if !known {
				if numbers == nil {
					numbers = make(map[*function]int32)
				}
				n = int32(len(f.callees))
				numbers[sub] = n
				f.callees = append(f.callees, sub)
			}
			in.to, in.flags = n, calling
			f.calls = append(f.calls, next)
		case record.MapAddress, record.MapValueAddress:
			u.collectMap(f, item)
		default:
			u.names = true
		}
		if !in.is(labelled | calling) {
			in.to = nowhere
		}
		in.Instruction = item.Ins
		in.item = int32(i)
		in.site = u.sites.of(item.Site())
		in.slot = slot
		slot += int32(item.Ins.Slots())
		next++
	}
	f.code = code[:next]
	f.size = int(slot)
	if len(f.code) == 0 && !f.program.Structured() { // for a Go function, there is a finding already
		u.found(f, -1, mistake.EmptyProgram,
			mistake.Finding{Detail: "the program has no instructions", Help: "the shortest one is Mov64Imm(R0, 0), Exit()"})
	}
}

// mayRefer reports whether instructions with an opcode may refer to other code.
func mayRefer(op isa.Opcode) bool {
	class := op.Class()
	return class == isa.ClassJMP || class == isa.ClassJMP32 || class == isa.ClassLD
}

// collectNumbered finds out whether an instruction that has its final form already refers to other code by a distance.
func (u *unit) collectNumbered(f *function, item *record.Item, index int32, in *instr) {
	if _, _, ok := item.Ins.Displacement(); ok {
		in.flags = numbered
		f.numbers = append(f.numbers, index)
	}
	u.fixed = u.fixed || item.Ins.Op == isa.GotoX(0).Op
}

// findRecursion refuses functions that call themselves: the kernel has no limit for their stack (kernel/bpf/verifier.c,
// check_max_stack_depth).
func (u *unit) findRecursion() {
	const (
		unseen = iota
		open
		done
	)
	state := make(map[*function]int, len(u.funcs))
	var visit func(f *function)
	visit = func(f *function) {
		state[f] = open
		for _, i := range f.calls {
			switch sub := f.callee(int(i)); {
			case state[sub] == open:
				u.found(f, int(i), mistake.Recursion,
					mistake.Finding{Detail: "the call of " + quote(sub.program.Name) + " is recursive", Help: "write a loop"})
			case state[sub] == unseen:
				visit(sub)
			}
		}
		state[f] = done
	}
	visit(u.funcs[0])
}
