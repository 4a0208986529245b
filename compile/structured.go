package compile

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/compiler/opt"
	"github.com/bpfsmith/bpfsmith/internal/compiler/regalloc"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// write compiles the functions that were written in Go to instructions with
// labels, from where on they are like those written as such.
func write(u *unit) {
	programs := u.program.Programs()
	if !slices.ContainsFunc(programs, (*dsl.Program).Structured) {
		return
	}
	if err := u.prefetch(); err != nil {
		u.unreadable(err)
		return
	}
	for i, p := range programs {
		if p.Structured() {
			u.writeFunction(p, p.Body(i > 0))
		}
	}
}

// items are a program's, written or compiled.
func (u *unit) items(p *dsl.Program) []dsl.Item {
	if p.Structured() {
		return u.written[p]
	}
	return p.Items
}

// writeFunction takes a function through its own passes:
//
//	lower     names and variables → SSA form on the target's terms
//	optimise  less code (package opt has its own list)
//	select    operations → instructions on virtual registers
//	allocate  virtual registers → registers and slots of the frame
//	emit      blocks → items in a row, with labels
func (u *unit) writeFunction(p *dsl.Program, body *dsl.Body) {
	mistakes := body.Mistakes()
	for _, m := range mistakes {
		u.note(p, m.Kind, m)
	}
	if p.Proto.Err != nil {
		u.note(p, mistake.BadProto, mistake.Finding{Position: p.Proto.Pos, Insn: -1, Detail: p.Proto.Err.Error()})
	}
	if body.Unfinished || p.Proto.Err != nil {
		return
	}
	before := len(u.findings)
	f := u.lower(p, body) // also with mistakes: what the target lacks is found together with them
	if len(mistakes) > 0 || len(u.findings) > before || u.err != nil {
		return
	}
	opt.Run(f, opt.Config{SignedLoads: u.target.has(isa.V4), NarrowJumps: u.target.has(isa.V3)})
	s := u.selectInstructions(p, body, f)
	result, err := regalloc.Allocate(s.machine)
	if err == nil && u.target.Verify {
		err = regalloc.Check(s.machine, result)
	}
	if err != nil {
		u.unreadable(fmt.Errorf("%s: allocating registers: %w", p.Name, err))
		return
	}
	if u.written == nil {
		u.written = make(map[*dsl.Program][]dsl.Item)
	}
	u.written[p] = withoutIdle(s.emit(result))
}

// withoutIdle leaves out may_goto to the instruction that follows, of a loop that
// has nothing left in it: Linux takes that only since 6.14.
func withoutIdle(items []dsl.Item) []dsl.Item {
	kept := 0
	for i := range items {
		if item := &items[i]; item.Kind == dsl.JumpTo && isMayGoto(item.Ins) && leadsOn(item.Name, items[i+1:]) {
			continue
		}
		if kept < i {
			items[kept] = items[i]
		}
		kept++
	}
	return items[:kept]
}

// leadsOn reports whether a label stands before the next instruction.
func leadsOn(label string, items []dsl.Item) bool {
	for i := 0; i < len(items) && items[i].Kind == dsl.LabelHere; i++ {
		if items[i].Name == label {
			return true
		}
	}
	return false
}

// has reports whether the target takes instructions of a level.
func (t *Target) has(level isa.Level) bool { return t.Level == 0 || t.Level >= level }
