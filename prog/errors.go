package prog

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	errno "syscall"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/refusal"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A Step is a step on the way from a program to one that the kernel runs. Packages structops and link have steps too, and use the same
// errors.
type Step string

// The steps, in their order.
const (
	StepLoadTypes  Step = "load types"      // the BTF that describes the program (BPF_BTF_LOAD)
	StepCreateMaps Step = "create the maps" // those that the program names
	StepLoad       Step = "load"            // the program, which the verifier looks at (BPF_PROG_LOAD)
	StepCreateMap  Step = "create the map"  // that holds an implementation of a kernel interface (BPF_MAP_CREATE)
	StepSetMembers Step = "set the members" // of the kernel's struct (BPF_MAP_UPDATE_ELEM)
	StepRegister   Step = "register"        // the implementation (BPF_LINK_CREATE)
	StepAttach     Step = "attach to"       // a program (BPF_LINK_CREATE, BPF_RAW_TRACEPOINT_OPEN)
	StepUpdate     Step = "update"          // what a link holds (BPF_LINK_UPDATE)
	StepDetach     Step = "detach"          // a link (BPF_LINK_DETACH)
	StepUnregister Step = "unregister"      // an implementation, on kernels before 6.4
	StepPin        Step = "pin at"          // a link (BPF_OBJ_PIN)
	StepUnpin      Step = "unpin"           // a link: remove its files
	StepOpen       Step = "open"            // what is pinned (BPF_OBJ_GET)
	StepRun        Step = "run"             // a program on made-up input (BPF_PROG_TEST_RUN)
)

// A StepError says which step failed: of loading, attaching or running a program, or of registering an implementation of a kernel
// interface. Unwrap returns the kernel's errno, so that errors.Is finds it.
type StepError struct {
	Step     Step
	Subject  string           // the program, or the implementation; for one without a name its kernel struct; "" when not known yet
	Place    string           // "interface 2", a path; "" for steps that have none
	Position mistake.Position // of the program; the zero Position for implementations
	Help     string           // the cause, and what to do; "" if Err says it
	Err      error
}

// Error says what was refused, in which step, and what to do.
func (e *StepError) Error() string {
	s := string(e.Step)
	if e.Place != "" {
		s += " " + e.Place
	}
	if e.Subject != "" {
		s = e.Subject + ": " + s
	}
	if e.Position.IsValid() {
		s = fmt.Sprintf("%v: %s", e.Position, s)
	}
	s += ": " + e.Err.Error()
	if e.Help != "" {
		s += "\n\thelp: " + e.Help
	}
	return s
}

// Unwrap returns the error of the step.
func (e *StepError) Unwrap() error { return e.Err }

// failed wraps the error of a step that the program takes; nil stays nil.
func (p *Plan) failed(step Step, err error) error {
	if err == nil {
		return nil
	}
	return &StepError{Step: step, Subject: p.Object.Program.Name, Position: p.Object.Program.Pos, Err: err}
}

// A ProgramError says that the kernel's verifier refused a program.
type ProgramError struct {
	Member   string // of the kernel interface that the program is for; "" for other programs
	Program  string
	Position mistake.Position   // the line of Go that the refused instruction comes from
	Report   verifierlog.Report // what the log says: reason, instruction, registers
	Help     string             // what to do; "" when that is not known
	Err      *syscall.LoadError // with the whole log
}

// refused reads the verifier's log.
func (p *Plan) refused(err *syscall.LoadError) error {
	o := p.Object
	e := &ProgramError{Member: p.Member, Program: o.Program.Name, Position: o.Program.Pos, Err: err}
	e.Report = verifierlog.Explain(err.Log, verifierlog.Program{
		Language: verifierlog.Go,
		Type:     p.Options.Type, Struct: p.Struct, Member: p.Member,
		Sleepable: o.Program.Sleepable || p.Options.Flags&syscall.ProgSleepable != 0,
		License:   p.Options.License, Errno: err.ErrnoName(), Field: kernelField,
	})
	if pos := o.Pos(e.Report.Insn); pos.IsValid() {
		e.Position = pos
	}
	if e.Help = e.Report.Fix; e.Report.Reason == "" {
		e.Help = p.Options.refusalHelp(err)
	}
	return e
}

// kernelField names a field of a struct of the running kernel, which has just refused a program. The report uses it. It is "" when the
// field is not known.
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

// refusalHelp explains an errno that came before verification began.
func (o Options) refusalHelp(err error) string {
	if o.tracesFunctions() {
		return refusal.FunctionTracing
	}
	if errors.Is(err, errno.EINVAL) && o.Type != syscall.ProgTypeStructOps {
		return o.unknownHelp(host.Release())
	}
	return ""
}

// unknownHelp lists what a kernel may not know of the options. The kernel answers EINVAL to all of it (bpf_prog_load,
// kernel/bpf/syscall.c). An attach type that follows from the type is not listed: the user did not choose it.
func (o Options) unknownHelp(release string) string {
	var may []string
	if o.Flags != 0 {
		may = append(may, fmt.Sprintf("the flags %#x (Options.Flags)", uint32(o.Flags)))
	}
	since := func(v linux.Version) string {
		if v == "" {
			return "unknown to bpfsmith, too"
		}
		return "since Linux " + string(v)
	}
	if at := o.AttachType.Info(); o.AttachType != 0 && o.AttachType != o.Type.Info().Place {
		may = append(may, fmt.Sprintf("the attach type %v (Options.AttachType; %s)", o.AttachType, since(at.Since)))
	}
	may = append(may, fmt.Sprintf("the type %v (Options.Type; %s)", o.Type, since(o.Type.Info().Since)))
	return fmt.Sprintf("the verifier did not see it: this kernel, Linux %s, does not take %s", release, strings.Join(may, ", or "))
}

// Error is a short report: the kernel's reason, what it means for this program, and what to do. %+v adds the whole log.
func (e *ProgramError) Error() string {
	subject := e.Program
	if e.Member != "" && e.Member != e.Program {
		subject = fmt.Sprintf("%s (%s)", e.Member, e.Program)
	}
	s := fmt.Sprintf("%v: %s: the kernel refused the program: %s", e.Position, subject, e.Report)
	if e.Report.Reason == "" { // refused before verification began
		s = fmt.Sprintf("%v: %s: %v", e.Position, subject, e.Err)
	} else if e.Report.Explanation != "" {
		s += "\n\t" + e.Report.Explanation
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
