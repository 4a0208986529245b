package structops

import (
	"errors"
	errno "syscall"

	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/internal/refusal"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Errors for callers to check, besides the errors of all links (link.ErrClosed, ErrDetached, ErrReplaced).
var (
	ErrNameTaken      = errors.New("another implementation has this name")
	ErrOtherName      = errors.New("an update keeps type and name")
	ErrNoLinks        = errors.New("this kernel cannot replace a running implementation (Linux 6.4 can)")
	ErrEnded          = errors.New("the kernel has ended the implementation")
	ErrNotRegistrable = errors.New("this type can be tested, but never registered")
)

// meanings explains the errors of steps. Measured on Linux 6.18.
var meanings = [...]refusal.Meaning{
	refusal.Row(prog.StepCreateMap, errno.EINVAL, nil, "the kernel refused size, flags or name of the map; kernels before 6.4 know no "+
		"BPF_F_LINK"),
	refusal.Row(prog.StepCreateMap, syscall.ENOTSUPP, nil, "the kernel does not accept this struct as an interface; was the plan made "+
		"for "+
		"another kernel?"),
	refusal.Row(prog.StepSetMembers, errno.EINVAL, nil, "the kernel refused a member: unknown bits in flags, a field that cannot be "+
		"set, or a required one is missing; look for the reason in dmesg"),
	refusal.Row(prog.StepSetMembers, errno.E2BIG, nil, "a member's value is larger than the kernel accepts"),
	refusal.Row(prog.StepSetMembers, errno.EEXIST, ErrNameTaken, ""),
	refusal.Row(prog.StepSetMembers, errno.EOPNOTSUPP, ErrNotRegistrable, "run its programs with syscall.ProgTestRun"),
	refusal.Row(prog.StepRegister, errno.EEXIST, ErrNameTaken, ""),
	refusal.Row(prog.StepRegister, errno.EBUSY, nil, "another implementation is running, and this interface accepts one at a time"),
	refusal.Row(prog.StepRegister, errno.EINVAL, nil, "the kernel refused the implementation as a whole; look for the reason in dmesg"),
	refusal.Row(prog.StepRegister, errno.EOPNOTSUPP, ErrNotRegistrable, ""),
	refusal.Row(prog.StepUpdate, errno.EPERM, attachment.ErrReplaced, "open the link again, look at its program, and decide again"),
	refusal.Row(prog.StepUpdate, errno.ENOLINK, attachment.ErrDetached, "register again"),
	refusal.Row(prog.StepUpdate, errno.EINVAL, nil, "an update must keep type and name of the implementation"),
	refusal.Row(prog.StepUpdate, errno.EOPNOTSUPP, nil, "this interface cannot be replaced while it runs: close the link and register "+
		"anew"),
	refusal.Row(prog.StepDetach, errno.ENOLINK, attachment.ErrDetached, ""),
}

// failed wraps the error of a step.
func (p *Plan) failed(step prog.Step, err error) *prog.StepError {
	e := stepFailed(step, subject(p.Type.Name, p.Name), err)
	if errors.Is(e, ErrNameTaken) {
		e.Help = p.owner()
	}
	return e
}

// failed wraps the error of a step; nil stays nil.
func (l *Link) failed(step prog.Step, err error) error {
	if err == nil {
		return nil
	}
	return stepFailed(step, subject(l.Type(), l.Name()), err)
}

// subject is the name of an implementation in errors: its own name, or its type if the type has no names.
func subject(typ, name string) string {
	if name == "" {
		return typ
	}
	return name
}

func stepFailed(step prog.Step, subject string, err error) *prog.StepError {
	e := &prog.StepError{Step: step, Subject: subject}
	e.Help, e.Err = refusal.Explain(meanings[:], step, err)
	return e
}
