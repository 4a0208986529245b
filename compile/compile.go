package compile

import (
	"cmp"
	"errors"
	"slices"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// passes run in this order; each leaves a unit that the next may rely on.
var passes = [...]struct {
	name string
	run  func(*unit)
}{
	{"collect", collect}, // every function of the object is there, the entry first; none calls itself
	{"resolve", resolve}, // no field and no kernel function is known by name only
	{"layout", layout},   // every instruction has its slot; no label is left
	{"check", check},     // nothing is left that the kernel is known to refuse
	{"encode", encode},   // bytes, and what describes them to the kernel
}

// Compile turns a program, and those it calls, into an object for a target. It
// is pure: the same program and target give the same object, and neither is
// changed.
//
// Mistakes are returned all together as [Findings].
func Compile(p *dsl.Program, t Target) (*Object, error) {
	if p == nil {
		return nil, Findings{{Insn: -1, Rule: EmptyProgram, Detail: "the program is nil"}}
	}
	u := &unit{program: p, target: t}
	for _, pass := range passes {
		if pass.run(u); u.err != nil {
			return nil, u.err
		}
	}
	if len(u.findings) > 0 {
		slices.SortStableFunc(u.findings, inSourceOrder)
		return nil, u.findings
	}
	return u.object, nil
}

// inSourceOrder compares findings as a reader of the source meets them.
func inSourceOrder(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line))
}

// A unit is a program on its way through the passes.
type unit struct {
	program  *dsl.Program
	target   Target
	funcs    []*function // the entry first, then in the order of their first mention
	findings Findings
	kernel   map[btf.ID]kernelFunction // called kernel functions, by id
	object   *Object
	err      error // not a mistake in the program: BTF that cannot be read
}

// A function is one of a unit's functions.
type function struct {
	program *dsl.Program
	code    []instr
	labels  map[string]int // index into code of the instruction after the label
	first   int            // slot of the first instruction, after layout
	slots   []int          // slot of each instruction from the function's start, after layout
}

// An instr is an instruction with what is still to be filled in, and with the
// item that it comes from.
type instr struct {
	isa.Instruction
	item  *dsl.Item
	label string    // of a jump, "" when its displacement is final
	sub   *function // of a call of another function
	field btf.Field // of an access to a field by name
	vague bool      // an operand could not be resolved: do not judge it further
}

// found notes a mistake at an instruction of a function.
func (u *unit) found(f *function, index int, rule Rule, finding Finding) {
	finding.Rule = rule
	finding.Program = f.program.Name
	finding.Insn = -1
	finding.Pos = f.program.Pos
	if index >= 0 && index < len(f.code) {
		finding.Pos = f.code[index].item.Pos()
		if f.slots != nil {
			finding.Insn = f.first + f.slots[index]
		}
	}
	if c := u.target.Context; c != nil {
		finding.Member = c.Member
	}
	for _, old := range u.findings {
		if old == finding {
			return // reached on several paths
		}
	}
	u.findings = append(u.findings, finding)
}

// collect finds the functions of the object.
func collect(u *unit) {
	programs := u.program.Programs()
	byProgram := make(map[*dsl.Program]*function, len(programs))
	for _, p := range programs {
		f := &function{program: p}
		byProgram[p] = f
		u.funcs = append(u.funcs, f)
	}
	for _, f := range u.funcs {
		if proto := f.program.Proto; proto != nil && proto.Err != nil {
			u.found(f, -1, BadProto, Finding{Detail: proto.Err.Error()})
		}
		f.code = make([]instr, 0, len(f.program.Items)+len(f.program.Items)/8)
		f.labels = make(map[string]int)
		for i := range f.program.Items {
			item := &f.program.Items[i]
			switch item.Kind {
			case dsl.LabelHere:
				if _, twice := f.labels[item.Name]; twice {
					u.foundItem(f, item, DuplicateLabel, Finding{Detail: "the label " + quote(item.Name) + " stands here for the second time"})
				}
				f.labels[item.Name] = len(f.code)
				continue
			case dsl.SubCall, dsl.SubAddress:
				if item.Sub == nil {
					u.foundItem(f, item, EmptyProgram, Finding{Detail: "the called program is nil"})
					continue
				}
			}
			in := instr{Instruction: item.Ins, item: item, sub: byProgram[item.Sub]}
			if item.Kind == dsl.JumpTo {
				in.label = item.Name
			}
			f.code = append(f.code, in)
		}
		if len(f.code) == 0 {
			u.found(f, -1, EmptyProgram, Finding{Detail: "the program has no instructions", Help: "the shortest one is Mov64Imm(R0, 0), Exit()"})
		}
	}
	u.findRecursion()
}

// foundItem notes a mistake at an item that is no instruction.
func (u *unit) foundItem(f *function, item *dsl.Item, rule Rule, finding Finding) {
	u.found(f, -1, rule, finding)
	u.findings[len(u.findings)-1].Pos = item.Pos()
}

// findRecursion refuses functions that call themselves: the kernel has no
// bound for their stack (kernel/bpf/verifier.c, check_max_stack_depth).
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
		for i, in := range f.code {
			switch {
			case in.sub == nil:
			case state[in.sub] == open:
				u.found(f, i, Recursion, Finding{Detail: "the call of " + quote(in.sub.program.Name) + " leads back to itself", Help: "write a loop"})
			case state[in.sub] == unseen:
				visit(in.sub)
			}
		}
		state[f] = done
	}
	visit(u.funcs[0])
}

// unreadable notes an error that is not the program's: the target's BTF is broken.
func (u *unit) unreadable(err error) {
	u.err = errors.Join(u.err, err)
}
