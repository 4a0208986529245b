package prog

import (
	"errors"
	"fmt"
	"io"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A StepError says which step of loading, attaching or running the kernel refused.
type StepError struct {
	Step    string // "load", "attach to …", "run"
	Program string
	Pos     dsl.Position // of the program
	Help    string       // what is behind it, and what to do; "" when Err says it
	Err     error
}

// Error says what was refused, in which step, and what to do.
func (e *StepError) Error() string {
	s := fmt.Sprintf("%s: %s: %v", e.Program, e.Step, e.Err)
	if e.Pos.IsValid() {
		s = fmt.Sprintf("%v: %s", e.Pos, s)
	}
	if e.Help != "" {
		s += "\n\thelp: " + e.Help
	}
	return s
}

// Unwrap is the error that the step gave.
func (e *StepError) Unwrap() error { return e.Err }

// failed wraps the error of a step; nil stays nil.
func (l *loader) failed(step string, err error) error {
	return stepFailed(step, l.program, "", err)
}

func stepFailed(step string, p *dsl.Program, help string, err error) error {
	if err == nil {
		return nil
	}
	return &StepError{Step: step, Program: p.Name, Pos: p.Pos, Help: help, Err: err}
}

// A ProgramError says that the kernel's verifier refused a program.
type ProgramError struct {
	Program string
	Pos     dsl.Position       // the line of Go that the refused instruction comes from
	Report  verifierlog.Report // what the log says: reason, instruction, registers
	Help    string             // what to do; "" when the reason says it
	Err     *syscall.LoadError // with the whole log
}

func newProgramError(o *compile.Object, options Options, refused *syscall.LoadError) error {
	e := &ProgramError{Program: o.Program.Name, Pos: o.Program.Pos, Err: refused}
	e.Report = verifierlog.Explain(refused.Log, verifierlog.Program{
		Type: options.Type.String(), Sleepable: o.Program.Sleepable, License: options.License, Errno: refused.ErrnoName(),
	})
	if pos := o.Pos(e.Report.Insn); pos.IsValid() {
		e.Pos = pos
	}
	if e.Report.Reason == "" {
		e.Help = options.refusalHelp(refused)
	}
	return e
}

// refusalHelp says what an errno means that comes before verification begins.
func (o Options) refusalHelp(err error) string {
	if o.tracesFunctions() {
		return functionHelp
	}
	if errors.Is(err, einval) {
		return fmt.Sprintf("this kernel has no programs of type %v, or none of them at %v: look at Options.Type and AttachType", o.Type, o.AttachType)
	}
	return ""
}

// tracesFunctions reports whether the program is for functions of the kernel.
func (o Options) tracesFunctions() bool {
	switch o.AttachType {
	case syscall.AttachTraceFEntry, syscall.AttachTraceFExit, syscall.AttachModifyReturn:
		return o.Type == syscall.ProgTypeTracing
	case syscall.AttachLSMMAC:
		return o.Type == syscall.ProgTypeLSM
	}
	return false
}

// functionHelp is what may be behind a refusal to trace a function.
const functionHelp = "functions can be traced by kernels with CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS, unless they are inlined or notrace; tracepoints (AttachTraceRawTP) can be always"

// Error is a short report; %+v adds the whole log.
func (e *ProgramError) Error() string {
	s := fmt.Sprintf("%v: %s: the kernel refused the program: %s", e.Pos, e.Program, e.Report)
	if e.Report.Reason == "" { // refused before verification began
		s = fmt.Sprintf("%v: %s: %v", e.Pos, e.Program, e.Err)
	}
	if e.Help != "" {
		s += "\n\thelp: " + e.Help
	}
	return s
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
