package syscall

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	errno "syscall"
)

// ErrUnsupported is what every command returns on systems other than Linux. It wraps [errors.ErrUnsupported].
var ErrUnsupported = fmt.Errorf("bpf: needs Linux: %w", errors.ErrUnsupported)

// ErrUnexpected is wrapped when the kernel returns something that is neither its documented success nor an errno. The known
// case: an update of a struct_ops map with a non-zero "owner" returns 1 and stores nothing (measured on 6.18).
var ErrUnexpected = errors.New("the kernel returned neither success nor an errno")

// A KernelErrno is an error number of the kernel's own that bpf(2) returns nevertheless; user space has no name for it.
type KernelErrno uintptr

// ENOTSUPP is what struct_ops and some map types return when a type does not support the operation (include/linux/errno.h). It
// is not the same number as ENOTSUP, and [errors.Is] finds it under this name, under its number and as [errors.ErrUnsupported].
const ENOTSUPP KernelErrno = 524

// Error says what ENOTSUPP means; others print as their number.
func (e KernelErrno) Error() string {
	if e == ENOTSUPP {
		return "operation not supported by the kernel for this type (ENOTSUPP)"
	}
	return fmt.Sprintf("kernel errno %d", uintptr(e))
}

// Is makes errors.Is(err, unix.Errno(524)) and errors.Is(err, errors.ErrUnsupported) hold for ENOTSUPP.
func (e KernelErrno) Is(target error) bool {
	return target == errnoNumbered(uintptr(e)) || e == ENOTSUPP && target == errors.ErrUnsupported
}

// An Error is a command that failed.
type Error struct {
	Command Command
	Object  string // name, path, id or descriptor that the command was about; "" for none
	Errno   error  // a unix.Errno, ENOTSUPP, or what went wrong before the kernel was asked
	Hint    string // the likely cause or what to do; "" when that is not known
}

// Error returns one line: the command, its object, the reason and the hint.
func (e *Error) Error() string { return failure(e.Command, e.Object, describe(e.Errno), e.Hint) }

// Unwrap returns the errno.
func (e *Error) Unwrap() error { return e.Errno }

// A LoadError is a program or BTF object that the kernel refused, with the kernel's log.
type LoadError struct {
	Command   Command // CmdProgLoad or CmdBTFLoad
	Name      string  // as the caller gave it
	Errno     error   // as in Error
	Log       string  // what the kernel printed; "" when it refused before its checks began
	Truncated bool    // the log is incomplete: it is larger than the largest buffer
	Hint      string  // as in Error
}

// Error returns one line: the last line of the log that says something, or else the errno. The format verb %+v adds the whole log.
func (e *LoadError) Error() string {
	if reason := e.reason(); reason != "" {
		return failure(e.Command, quoted(e.Name), reason+": "+describe(e.Errno), e.Hint)
	}
	return failure(e.Command, quoted(e.Name), describe(e.Errno), e.Hint)
}

// reason is the line of the log that says why; "" when the log does not. After an error of another kind, such as a limit on open files,
// the log is that of a program which the verifier took.
func (e *LoadError) reason() string {
	if errors.Is(e.Errno, errno.EMFILE) || errors.Is(e.Errno, errno.ENFILE) {
		return ""
	}
	return lastLine(e.Log)
}

// Unwrap returns the errno.
func (e *LoadError) Unwrap() error { return e.Errno }

// ErrnoName returns the errno's name, "EACCES", as package verifierlog takes it; "" for none.
func (e *LoadError) ErrnoName() string { return errnoName(e.Errno) }

// Format implements [fmt.Formatter]: %v and %s print Error, %q quotes it, and %+v adds the whole log.
func (e *LoadError) Format(f fmt.State, verb rune) {
	switch {
	case verb == 'q':
		fmt.Fprintf(f, "%q", e.Error())
	case verb == 'v' && f.Flag('+') && e.Log != "":
		_, _ = io.WriteString(f, e.Error()+"\n")
		if e.Truncated {
			_, _ = io.WriteString(f, "(the log is incomplete: it is larger than the largest buffer)\n")
		}
		_, _ = io.WriteString(f, e.Log)
	case verb == 'v' || verb == 's':
		_, _ = io.WriteString(f, e.Error())
	default:
		fmt.Fprintf(f, "%%!%c(*syscall.LoadError=%s)", verb, e.Error())
	}
}

// failure puts the parts of an error message together.
func failure(c Command, object, reason, hint string) string {
	var b strings.Builder
	b.WriteString(c.String())
	if object != "" {
		b.WriteString(" " + object)
	}
	b.WriteString(": " + reason)
	if hint != "" {
		b.WriteString(": " + hint)
	}
	return b.String()
}

// quoted returns a name for an error message, nothing for none.
func quoted(name string) string {
	if name == "" {
		return ""
	}
	return strconv.Quote(name)
}

// noReason lists beginnings of log lines that never say why a program was refused: statistics, states, source lines.
var noReason = [...]string{
	"processed ", "verification time ", "stack depth ", "; ", "from ", "mark_precise: ", "force_precise: ", "cur state:", "old state:",
	"to caller at ", "(", "SCC ", "frame 0: ", "Func#",
	"func#", "Live regs ", "propagating ", "caller:", "callee:", "R0=", " R",
}

// lastLine returns the last line of a log that may give a reason, or "". It is a summary for an error's first line; the package
// verifierlog reads logs properly.
func lastLine(log string) string {
	// From 7.3 on an explanation of several paragraphs follows the reason.
	if i := strings.Index(log, "\nVerification failed: "); i >= 0 {
		log = log[:i]
	}
	lines := strings.Split(log, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if isInsn(lines[i]) {
			break // a message stands after the instruction that it is about
		}
		line := strings.TrimSpace(cutStatistics(lines[i]))
		if line != "" && !isTrace(lines[i]) {
			return line
		}
	}
	return ""
}

// cutStatistics removes statistics that the kernel glued to a message without a newline: "…tail callprocessed 3 insns (limit …".
func cutStatistics(line string) string {
	for _, mark := range [...]string{"processed ", "verification time "} {
		if i := strings.LastIndex(line, mark); i > 0 && !strings.HasPrefix(line, "BPF program is too large.") {
			return line[:i]
		}
	}
	return line
}

// isTrace reports whether a log line is one of those that never say why.
func isTrace(line string) bool {
	for _, p := range noReason {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return strings.HasPrefix(line, "func '") && strings.Contains(line, " has btf_id ")
}

// isInsn reports whether a log line is an instruction or the state at one: "7: (95) exit", "7: R0=1 R10=fp0".
func isInsn(line string) bool {
	rest := strings.TrimLeft(line, "0123456789")
	return len(rest) < len(line) &&
		(strings.HasPrefix(rest, ": (") || strings.HasPrefix(rest, ": R") || strings.HasPrefix(rest, ": frame"))
}
