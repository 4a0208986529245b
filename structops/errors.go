package structops

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// What callers decide on.
var (
	ErrNameTaken      = errors.New("another implementation has this name")
	ErrReplaced       = errors.New("the link holds another implementation than it did when it was opened or last updated")
	ErrDetached       = errors.New("the link is detached")
	ErrClosed         = errors.New("the link is closed")
	ErrOtherName      = errors.New("an update keeps type and name")
	ErrNoLinks        = errors.New("this kernel cannot replace a running implementation (Linux 6.4 can)")
	ErrNotRegistrable = errors.New("this type can be tested, but never registered")
)

// A StepError says which step of loading or registering the kernel refused.
type StepError struct {
	Step string // "create the map", "register", …
	Type string // the ops struct
	Name string // of the implementation, "" for those without
	Help string // what is behind it, and what to do; "" when Err says it
	Err  error
}

// Error says what was refused, in which step, and what to do.
func (e *StepError) Error() string {
	s := e.Step
	if subject := e.Name; subject != "" {
		s = fmt.Sprintf("%s: %s", subject, e.Step)
	} else if e.Type != "" {
		s = fmt.Sprintf("%s: %s", e.Type, e.Step)
	}
	s += ": " + e.Err.Error()
	if e.Help != "" {
		s += "\n\thelp: " + e.Help
	}
	return s
}

// Unwrap is the error that the step gave.
func (e *StepError) Unwrap() error { return e.Err }

// meanings says what an error of a step means, where that is more than its
// text says. Measured on Linux 6.18.
var meanings = [...]struct {
	step  string
	errno error
	is    error  // a sentinel to be found by errors.Is, or nil
	help  string // "" when the sentinel says it all
}{
	{"create the map", einval, nil, "the kernel refused size, flags or name of the map; kernels before 6.4 know no BPF_F_LINK"},
	{"create the map", syscall.ENOTSUPP, nil, "the kernel does not take this struct as an interface; was the plan made for another kernel?"},
	{"set the members", einval, nil, "the kernel refused a member: unknown bits in flags, a field that cannot be set, or one that it wants is missing; its reason may stand in dmesg"},
	{"set the members", e2big, nil, "a member's value is larger than the kernel takes"},
	{"set the members", eexist, ErrNameTaken, ""},
	{"set the members", eopnotsupp, ErrNotRegistrable, "run its programs with syscall.ProgTestRun"},
	{"register", eexist, ErrNameTaken, ""},
	{"register", ebusy, nil, "another implementation is running, and this interface takes one at a time"},
	{"register", einval, nil, "the kernel refused the implementation as a whole; its reason may stand in dmesg"},
	{"register", eopnotsupp, ErrNotRegistrable, ""},
	{"update", eperm, ErrReplaced, "open the link again, look at what it holds, and decide anew"},
	{"update", enolink, ErrDetached, "register anew"},
	{"update", einval, nil, "an update must keep type and name of the implementation"},
	{"update", eopnotsupp, nil, "this interface cannot be replaced while it runs: close the link and register anew"},
	{"detach", enolink, ErrDetached, ""},
}

// failed wraps the error of a step.
func (p *Plan) failed(step string, err error) error {
	e := stepFailed(step, p.Type.Name, p.Name, err)
	if errors.Is(e, ErrNameTaken) {
		e.Help = p.owner()
	}
	return e
}

// failed wraps the error of a step; nil stays nil.
func (l *Link) failed(step string, err error) error {
	if err == nil {
		return nil
	}
	return stepFailed(step, l.typ, l.name, err)
}

func stepFailed(step, typ, name string, err error) *StepError {
	e := &StepError{Step: step, Type: typ, Name: name, Err: err}
	for _, m := range meanings {
		if m.step == step && errors.Is(err, m.errno) {
			e.Help = m.help
			if m.is != nil {
				e.Err = fmt.Errorf("%w: %w", m.is, err)
			}
			break
		}
	}
	return e
}

// A ProgramError says that the kernel's verifier refused a program.
type ProgramError struct {
	Member  string
	Program string
	Pos     dsl.Position       // the line of Go that the refused instruction comes from
	Report  verifierlog.Report // what the log says: reason, instruction, registers
	Err     *syscall.LoadError // with the whole log
}

func newProgramError(p *Plan, program Program, refused *syscall.LoadError) error {
	o := program.Object
	e := &ProgramError{Member: program.Member.Name, Program: o.Program.Name, Pos: o.Program.Pos, Err: refused}
	e.Report = verifierlog.Explain(refused.Log, verifierlog.Program{
		Type: "struct_ops", Struct: p.Type.Name, Member: program.Member.Name,
		Sleepable: o.Program.Sleepable, License: p.License, Errno: refused.ErrnoName(), Field: kernelField,
	})
	if pos := o.Pos(e.Report.Insn); pos.IsValid() {
		e.Pos = pos
	}
	return e
}

// kernelField names the field of a struct of the running kernel, which has just refused a program, for the report; "" when that cannot be told.
func kernelField(structName string, offset int) string {
	types, err := btf.Kernel()
	if err != nil || offset < 0 || int64(offset) > math.MaxUint32 {
		return ""
	}
	defer types.Close()
	id, err := types.Composite(structName)
	if err != nil {
		return ""
	}
	return types.FieldAt(id, uint32(offset))
}

// Error is a short report; %+v adds the whole log.
func (e *ProgramError) Error() string {
	subject := e.Program
	if e.Member != e.Program {
		subject = fmt.Sprintf("%s (%s)", e.Member, e.Program)
	}
	if e.Report.Reason == "" { // refused before verification began
		return fmt.Sprintf("%v: %s: %v", e.Pos, subject, e.Err)
	}
	return fmt.Sprintf("%v: %s: the kernel refused the program: %s", e.Pos, subject, e.Report)
}

// Unwrap is the *syscall.LoadError.
func (e *ProgramError) Unwrap() error { return e.Err }

// Format implements fmt.Formatter.
func (e *ProgramError) Format(f fmt.State, verb rune) {
	io.WriteString(f, e.Error())
	if verb == 'v' && f.Flag('+') && e.Err.Log != "" {
		io.WriteString(f, "\n"+e.Err.Log)
	}
}
