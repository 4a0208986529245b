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

// passes run in this order; each leaves a unit that the next may rely on.
var passes = [...]struct {
	name string
	run  func(*unit)
}{
	{"match", matchArguments},       // it is known which of the kernel's arguments each parameter is
	{"write", write},                // functions of Go are instructions too; see structured.go for how
	{"collect", collect},            // every function of the object is there, the entry first; none calls itself
	{"signature", compareSignature}, // parameters and result are what the kernel passes and takes at the program's place
	{"resolve", resolve},            // no field, no kernel function and no label is known by name only
	{"stretch", stretch},            // no jump leads farther than it reaches, if code can be added so that none does
	{"layout", layout},              // every instruction has its slot, and every jump and call its distance
	{"check", check},                // the code has a shape that the kernel takes
	{"verify", verifyCode},          // and nothing is on its paths that the kernel is known to refuse
	{"encode", encode},              // bytes, and what describes them to the kernel
}

// Compile turns a program, and those it calls, into an object for a target. It
// is pure: the same program and target give the same object, and neither is
// changed.
//
// Mistakes are returned all together as [mistake.Findings].
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

// inSourceOrder compares findings as a reader of the source meets them.
func inSourceOrder(a, b mistake.Finding) int {
	return cmp.Or(cmp.Compare(a.Position.File, b.Position.File), cmp.Compare(a.Position.Line, b.Position.Line))
}

// A unit is a program on its way through the passes.
type unit struct {
	program  *dsl.Program
	target   Target
	passed   []argument                     // of the program's parameters, what they get; nil where the kernel's are the same
	written  map[*dsl.Program][]record.Item // what was compiled of functions of Go
	sites    sites
	funcs    []*function // the entry first, then in the order of their first mention
	findings mistake.Findings
	noted    map[mistake.Finding]struct{} // the findings, to note each once
	names    bool                         // there are names to look up in BTF
	kernel   map[btf.ID]kernelFunction    // called kernel functions, by id
	traits   [isa.NumForms + 1]traits     // by form, filled in as forms are met
	code     []isa.Instruction            // of all functions in a row, once verify made it
	checked  bool                         // verify followed all paths
	fixed    bool                         // there is a gotox. Where it leads is in a map, as numbers of instructions: nothing may be added
	object   *Object
	err      error // not a mistake in the program: BTF that cannot be read
}

// count is the number of instructions of all functions.
func (u *unit) count() int {
	n := 0
	for _, f := range u.funcs {
		n += len(f.code)
	}
	return n
}

// found notes a mistake at an instruction of a function.
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

// note adds a finding about a program, once: it may be met on several paths.
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

// foundItem notes a mistake at an item that is no instruction.
func (u *unit) foundItem(f *function, item *record.Item, kind mistake.Kind, finding mistake.Finding) {
	finding.Insn = -1
	finding.Position = record.Position(item.Site())
	u.findings = append(u.findings, u.about(f.program, kind, finding))
}

// about fills in what the finding is about.
func (u *unit) about(p *dsl.Program, kind mistake.Kind, finding mistake.Finding) mistake.Finding {
	finding.Kind = kind
	finding.Program = p.Name
	if p := u.target.Place; p != nil {
		finding.Member = p.Member
	}
	return finding
}

// unreadable notes an error that is not the program's: the target's BTF is broken.
func (u *unit) unreadable(err error) {
	u.err = errors.Join(u.err, err)
}
