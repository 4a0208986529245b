package compile

import (
	"cmp"
	"errors"
	"slices"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// passes run in this order. Each leaves a unit that the next one relies on.
var passes = [...]struct {
	name string
	run  func(*unit)
}{
	{"place", checkPlace},           // the place exists, as far as the target's types tell
	{"match", matchArguments},       // it is known which of the kernel's arguments each parameter is
	{"write", write},                // Go functions are instructions too; structured.go says how
	{"collect", collect},            // all functions of the object are there, the entry first; none calls itself
	{"signature", compareSignature}, // parameters and result are those of the program's place
	{"resolve", resolve},            // no field, kernel function or label is known only by its name
	{"stretch", stretch},            // no jump is too far, if that can be helped by adding code
	{"layout", layout},              // every instruction has a slot, and every jump and call a distance
	{"check", check},                // the code has a shape that the kernel accepts
	{"verify", verifyCode},          // its paths have nothing that the kernel is known to refuse
	{"encode", encode},              // bytes, and the records that describe them to the kernel
}

// Compile compiles a program, and the programs that it calls, into an object for a target. It is pure: the same program and target give
// the same object, and neither of them is changed.
//
// It returns all mistakes together, as [mistake.Findings].
func Compile(p *dsl.Program, t Target) (*Object, error) {
	if p == nil {
		return nil, mistake.Findings{{Insn: -1, Kind: mistake.EmptyProgram, Detail: "the program is nil"}}
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

// inSourceOrder compares findings by their order in the source.
func inSourceOrder(a, b mistake.Finding) int {
	return cmp.Or(cmp.Compare(a.Position.File, b.Position.File), cmp.Compare(a.Position.Line, b.Position.Line))
}

// A unit is a program on its way through the passes.
type unit struct {
	program  *dsl.Program
	target   Target
	passed   []argument                     // by parameter: the argument that it gets; nil if these are the kernel's in order
	written  map[*dsl.Program][]record.Item // compiled Go functions
	sites    sites
	funcs    []*function // the entry first, then in the order in which they are first named
	findings mistake.Findings
	noted    map[mistake.Finding]struct{} // the findings so far, so that each is added once
	names    bool                         // there are names to look up in BTF
	kernel   map[btf.ID]kernelFunction    // the kernel functions that are called, by id
	traits   [isa.NumForms + 1]traits     // by form, filled in when a form first occurs
	code     []isa.Instruction            // of all functions, one after the other; verify sets it
	checked  bool                         // verify followed all paths
	fixed    bool                         // there is a gotox, and nothing may be added: its targets are numbers of instructions in a map
	object   *Object
	err      error // not a mistake in the program: the BTF cannot be read
}

// count is the number of instructions of all functions.
func (u *unit) count() int {
	n := 0
	for _, f := range u.funcs {
		n += len(f.code)
	}
	return n
}

// found adds a mistake at an instruction of a function.
func (u *unit) found(f *function, index int, kind mistake.Kind, finding mistake.Finding) {
	finding.Insn = -1
	finding.Position = f.program.Pos
	if index >= 0 && index < len(f.code) {
		finding.Position = record.Position(f.item(index).Site())
		if f.placed {
			finding.Insn = f.first + int(f.code[index].slot)
		}
	}
	u.note(f.program, kind, finding)
}

// note adds a finding about a program, once: it may be found on several paths.
func (u *unit) note(p *dsl.Program, kind mistake.Kind, finding mistake.Finding) {
	finding = u.about(p, kind, finding)
	if _, twice := u.noted[finding]; twice {
		return
	}
	if u.noted == nil {
		u.noted = make(map[mistake.Finding]struct{})
	}
	u.noted[finding] = struct{}{}
	u.findings = append(u.findings, finding)
}

// foundItem adds a mistake at an item that is not an instruction.
func (u *unit) foundItem(f *function, item *record.Item, kind mistake.Kind, finding mistake.Finding) {
	finding.Insn = -1
	finding.Position = record.Position(item.Site())
	u.findings = append(u.findings, u.about(f.program, kind, finding))
}

// about fills in the kind and the subject of a finding.
func (u *unit) about(p *dsl.Program, kind mistake.Kind, finding mistake.Finding) mistake.Finding {
	finding.Kind = kind
	finding.Program = p.Name
	if p := u.target.Place; p != nil {
		finding.Member = p.Member
	}
	return finding
}

// unreadable records an error that is not the program's: the BTF of the target is broken.
func (u *unit) unreadable(err error) {
	u.err = errors.Join(u.err, err)
}
